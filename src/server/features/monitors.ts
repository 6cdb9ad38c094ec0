/**
 * Monitors: the clients that have sent MONITOR and get every command that the server executes.
 *
 * The dispatcher calls it only while there is one, so that it costs nothing otherwise.
 */
import { quote } from '../resp/quote.js';
import { type Reply, SimpleString } from '../resp/reply.js';
import { type UnixClock, unixUs } from './surroundings.js';

/** What MONITOR needs of a client: of a monitoring one, and of a monitored one. */
export interface MonitoringClient {
  readonly id: number;
  isMonitor: boolean;
  isSpectator: boolean;
  send(line: Reply): void;
}

export interface MonitoredClient {
  readonly db: { readonly index: number };
  readonly isScript: boolean;
  readonly transport: { readonly peer: string };
}

type Argv = readonly string[];

/** Called after each command, with the client and its request. */
export type MonitorFeed = (client: MonitoredClient, argv: Argv) => void;

export class Monitors {
  private readonly sessions = new Set<MonitoringClient>();

  constructor(
    private readonly clock: UnixClock,
    /** Sets what is called after each command: null while there is no monitor. */
    private readonly follow: (feed: MonitorFeed | null) => void,
  ) {}

  add(session: MonitoringClient): void {
    session.isMonitor = true;
    session.isSpectator = true;
    this.sessions.add(session);
    this.follow((source, argv) => this.feed(source, argv));
  }

  /** Their tokens, in the order in which they get a command. */
  capture(): number[] {
    return Array.from(this.sessions, ({ id }) => id);
  }

  restore(tokens: readonly number[], sessions: ReadonlyMap<number, MonitoringClient>): void {
    for (const token of tokens) this.add(sessions.get(token)!);
  }

  /** Called when the client is gone, or has sent RESET. */
  remove(session: MonitoringClient): void {
    session.isMonitor = false;
    session.isSpectator = false;
    if (this.sessions.delete(session) && this.sessions.size === 0) this.follow(null);
  }

  private feed(source: MonitoredClient, argv: Argv): void {
    const line = new SimpleString(monitorLine(unixUs(this.clock), source.db.index, source.isScript ? 'lua' : source.transport.peer, argv));
    for (const session of this.sessions) session.send(line);
  }
}

/** `1339518083.107412 [0 127.0.0.1:60866] "keys" "*"` */
export function monitorLine(atUs: number, db: number, peer: string, argv: Argv): string {
  const seconds = Math.floor(atUs / 1e6);
  const micros = String(atUs - seconds * 1e6).padStart(6, '0');
  return `${seconds}.${micros} [${db} ${peer}] ${argv.map(quote).join(' ')}`;
}
