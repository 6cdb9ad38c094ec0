/**
 * Monitors: the clients that have said MONITOR and see every command that the server executes.
 *
 * The dispatcher's hook is set only while there is one, so that nobody pays for what nobody watches.
 */
import { SimpleString } from '../resp/reply.js';
import type { Argv } from './command.js';
import type { DispatchHooks } from './hooks.js';
import type { Session } from './session.js';

interface Clock {
  readonly nowMs: number;
  readonly nowUs: number;
  readUs(): number;
}

export class Monitors {
  private readonly sessions = new Set<Session>();

  constructor(
    private readonly hooks: DispatchHooks,
    private readonly clock: Clock,
  ) {}

  add(session: Session): void {
    session.isMonitor = true;
    this.sessions.add(session);
    this.hooks.monitor = (source, argv) => this.feed(source, argv);
  }

  /** The client has gone, or has said RESET. */
  remove(session: Session): void {
    session.isMonitor = false;
    if (this.sessions.delete(session) && this.sessions.size === 0) this.hooks.monitor = null;
  }

  private feed(source: Session, argv: Argv): void {
    const { clock } = this;
    // Unix time is read once a turn; the rest of the microseconds comes from the monotonic clock.
    const atUs = clock.nowMs * 1000 + Math.max(0, Math.floor(clock.readUs() - clock.nowUs));
    const line = new SimpleString(monitorLine(atUs, source.db.index, source.isScript ? 'lua' : source.transport.peer, argv));
    for (const session of this.sessions) session.send(line);
  }
}

/** `1339518083.107412 [0 127.0.0.1:60866] "keys" "*"` */
export function monitorLine(atUs: number, db: number, peer: string, argv: Argv): string {
  const seconds = Math.floor(atUs / 1e6);
  const micros = String(atUs - seconds * 1e6).padStart(6, '0');
  return `${seconds}.${micros} [${db} ${peer}] ${argv.map(quote).join(' ')}`;
}

const ESCAPES: { readonly [char: string]: string } = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\x07': '\\a', '\b': '\\b' };

/** Bytes in quotes, everything that is not printable ASCII escaped (Redis's sdscatrepr). */
export function quote(bytes: string): string {
  return `"${bytes.replace(/[\\"]|[^ -~]/g, (char) => ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
}
