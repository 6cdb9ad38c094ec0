/**
 * Migrations: MIGRATE: sends keys to another server by RESTORE, and deletes those here that it has accepted.
 *
 *   MIGRATE ─▶ a new or a cached connection ─▶ AUTH SELECT RESTORE … ─▶ a reply to each ─▶ DEL here ─▶ the client is answered
 *
 * Redis waits for the other server and serves no client meanwhile. Here the client is parked, and writes of all clients are held (features/client-pause.ts), so
 * that no key changes while it is being sent. MIGRATE is a write itself: there is only one at a time.
 */
import { captureTimer, type Scheduler, type TimerState } from '../../shared/timer-state.js';
import { SystemError, type TcpStream } from '../io/poll.js';
import type { Token } from '../io/token.js';
import { encodeRequest } from '../resp/request-encoder.js';
import type { Tap } from '../trace/tap.js';
import { type LinkLoop, LinkSocket, type LinkSocketState } from './link-socket.js';
import { knownAddress, type LookupJobs, NameLookup } from './name-lookup.js';
import { isStillParked, type ParkableClient, type ParkedClient, parkedClient } from './parked-client.js';

export interface MigrationRequest {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  /** Time without any progress after which it fails. */
  readonly timeoutMs: number;
  readonly copies: boolean;
  /** Null: no AUTH. */
  readonly password: string | null;
  /** Null: AUTH without a user. */
  readonly user: string | null;
  /** The existing keys, and the arguments of RESTORE for each. */
  readonly keys: readonly string[];
  readonly restores: readonly (readonly string[])[];
}

/** The result of a migration: null: success; otherwise the error for the client. */
export type MigrationError = string | null;

export interface MigrationsState {
  readonly connections: readonly (Omit<Connection, 'socket'> & { readonly socket: LinkSocketState })[];
  readonly current: (Omit<Current, 'client' | 'park'> & { readonly token: number }) | null;
  readonly timer: TimerState | null;
  readonly sweep: TimerState | null;
  /** The job that looks up the other server's name; null: there is none. */
  readonly lookup: number | null;
}

interface Surroundings {
  readonly loop: LinkLoop;
  readonly tap: Tap;
  readonly clock: { readonly nowMs: number };
  readonly scheduler: Scheduler;
  readonly jobs: LookupJobs;
  newToken(): Token;
  log(level: 'warning', message: string): void;
  /** Sets whether writes are held. */
  hold(isOn: boolean): void;
  /** Deletes keys that the other server has accepted. */
  moved(db: number, client: number, keys: readonly string[]): void;
  answer(client: ParkableClient, error: MigrationError): void;
  /** Called when what this connection sends next shows a password. */
  hideOutput(token: Token, waitingBytes: () => number): void;
}

/** A connection, which is reused if the next migration goes to the same address soon. */
interface Connection {
  readonly name: string;
  readonly socket: LinkSocket;
  /** The database that it has selected; -1: unknown. */
  selected: number;
  isIdle: boolean;
  usedMs: number;
}

interface Current extends ParkedClient {
  readonly request: MigrationRequest;
  /** The database of the keys. */
  readonly db: number;
  /** The connection was opened for an earlier migration: if it fails at once, another one is opened. */
  isReused: boolean;
  /** The requests have been passed to the connection. */
  isSent: boolean;
  /** What the next replies belong to: `auth`, `select`, or the number of a key. */
  expected: ('auth' | 'select' | number)[];
  hasReplies: boolean;
  /** The start of a reply. */
  line: string;
  /** The first error for AUTH or SELECT, which becomes that of each key. */
  refusal: string | null;
  error: MigrationError;
  /** Keys that the other server has accepted. */
  readonly taken: string[];
  /** Bytes still to be sent when the timer was set. */
  unsentBytes: number;
}

const TIMER = 'migrate';
const SWEEP_TIMER = 'migrate connections';
const IDLE_MS = 10_000;
const MOST_CONNECTIONS = 64;

export class Migrations {
  private readonly connections = new Map<string, Connection>();
  private current: Current | null = null;
  private timer: TimerState | null = null;
  private sweep: TimerState | null = null;

  private readonly names: NameLookup;

  constructor(private readonly server: Surroundings) {
    this.names = new NameLookup(server.jobs, (address, why) => this.lookedUp(address, why));
  }

  capture(): MigrationsState {
    const connections = Array.from(this.connections.values(), (connection) => ({ ...connection, socket: connection.socket.capture() }));
    return { connections, current: this.captureCurrent(), timer: captureTimer(this.timer), sweep: captureTimer(this.sweep), lookup: this.names.capture() };
  }

  private captureCurrent(): MigrationsState['current'] {
    if (this.current === null) return null;
    const { client, park: _park, ...rest } = this.current;
    return { ...rest, expected: [...rest.expected], taken: [...rest.taken], token: client.id };
  }

  /** @param streamOf null: there are no sockets any more, and an unfinished migration has failed */
  restore(
    { connections, current, timer, sweep, lookup }: MigrationsState,
    clients: ReadonlyMap<number, ParkableClient>,
    streamOf: ((socket: LinkSocketState) => TcpStream) | null,
  ): void {
    const { scheduler } = this.server;
    if (current !== null) {
      const { token, ...rest } = current;
      this.current = { ...rest, ...parkedClient(clients.get(token) ?? { id: token, waiting: null }), expected: [...rest.expected], taken: [...rest.taken] };
    }
    if (streamOf === null) return this.current === null ? undefined : this.finish(brokenBy('reading'));
    for (const { name, socket, ...fields } of connections) {
      const restored = new LinkSocket(streamOf(socket), socket.token, this.server, this.ownerOf(name)).restore(socket);
      this.connections.set(name, { name, socket: restored, ...fields });
    }
    this.names.restore(lookup);
    if (timer !== null) this.timer = scheduler.restore(TIMER, timer, () => this.timedOut());
    if (sweep !== null) this.sweep = scheduler.restore(SWEEP_TIMER, sweep, () => this.closeIdle());
  }

  /** Open connections, for INFO. */
  get size(): number {
    return this.connections.size;
  }

  get isUnderWay(): boolean {
    return this.current !== null;
  }

  /** @param client has been parked. @param db the database of the keys */
  begin(client: ParkableClient, db: number, request: MigrationRequest): void {
    this.current = {
      request, db, ...parkedClient(client),
      isReused: false, isSent: false, expected: [], hasReplies: false, line: '', refusal: null, error: null, taken: [], unsentBytes: 0,
    };
    this.server.hold(true);
    const connection = this.connections.get(nameOf(request));
    this.current.isReused = connection !== undefined;
    if (connection === undefined) this.connect();
    else this.send(connection);
  }

  /** Called when the server ends. */
  end(): void {
    for (const name of this.connections.keys()) this.close(name);
  }

  private connect(): void {
    const { host } = this.current!.request;
    const address = knownAddress(host);
    if (address !== null) return this.connectTo(address);
    this.setTimer();
    this.names.begin(host);
  }

  /** @param address null: the other server's name has none */
  private lookedUp(address: string | null, why: string): void {
    if (address !== null) return this.connectTo(address);
    this.server.log('warning', `MIGRATE: the name ${this.current!.request.host} cannot be resolved (${why})`);
    this.finish(NOT_CONNECTED);
  }

  private connectTo(address: string): void {
    const { loop, clock } = this.server;
    const { request } = this.current!;
    let stream: TcpStream;
    try {
      stream = loop.poll.connect({ host: address, port: request.port });
    } catch (error) {
      if (!(error instanceof SystemError) && !(error instanceof RangeError)) throw error;
      return this.finish(NOT_CONNECTED);
    }
    const name = nameOf(request);
    if (this.connections.size >= MOST_CONNECTIONS) this.close(this.connections.keys().next().value!);
    const socket = new LinkSocket(stream, this.server.newToken(), this.server, this.ownerOf(name));
    this.connections.set(name, { name, socket, selected: -1, isIdle: false, usedMs: clock.nowMs });
    this.setTimer();
    socket.begin();
  }

  private ownerOf(name: string): ConstructorParameters<typeof LinkSocket>[3] {
    return {
      connected: () => this.send(this.connections.get(name)!),
      took: (bytes) => this.took(bytes),
      failed: () => this.failed(name),
    };
  }

  private send(connection: Connection): void {
    const current = this.current!;
    const { password, user, db, restores } = current.request;
    const { socket } = connection;
    const requests: string[] = [];
    if (password !== null) {
      requests.push(encodeRequest(['AUTH', ...(user === null ? [] : [user]), password]));
      current.expected.push('auth');
    }
    if (connection.selected !== db) {
      requests.push(encodeRequest(['SELECT', String(db)]));
      current.expected.push('select');
    }
    for (const [number, restore] of restores.entries()) {
      requests.push(encodeRequest(restore));
      current.expected.push(number);
    }
    connection.isIdle = false;
    connection.selected = db;
    if (password !== null) this.server.hideOutput(socket.token, () => socket.unsentBytes);
    // It may fail at once.
    socket.say(requests.join(''));
    if (this.current !== current) return;
    current.isSent = true;
    this.setTimer();
  }

  private took(bytes: Buffer): void {
    const { current } = this;
    // An unexpected reply.
    if (current === null) return;
    const lines = (current.line + bytes.latin1Slice()).split('\r\n');
    current.line = lines.pop()!;
    for (const line of lines) this.answered(current, line);
    if (current.expected.length === 0) return this.complete(current);
    if (lines.length > 0) this.setTimer();
  }

  private answered(current: Current, line: string): void {
    const step = current.expected.shift();
    if (step === undefined) return;
    current.hasReplies = true;
    const isError = line.startsWith('-');
    if (typeof step === 'string') {
      if (isError) current.refusal ??= line;
    } else if (isError || current.refusal !== null) {
      current.error ??= `ERR Target instance replied with error: ${(current.refusal ?? line).slice(1)}`;
    } else current.taken.push(current.request.keys[step]!);
  }

  private complete({ error, request }: Current): void {
    const connection = this.connections.get(nameOf(request))!;
    connection.isIdle = true;
    connection.usedMs = this.server.clock.nowMs;
    // After an error the selected database is unknown.
    if (error !== null) connection.selected = -1;
    this.sweep ??= this.server.scheduler.after(SWEEP_TIMER, IDLE_MS, () => this.closeIdle());
    this.finish(error);
  }

  /** Called when a connection has failed, or the other server has closed it. */
  private failed(name: string): void {
    const { current } = this;
    const unsentBytes = this.connections.get(name)?.socket.unsentBytes ?? 0;
    this.close(name);
    if (current === null || nameOf(current.request) !== name) return;
    if (current.isReused && !current.hasReplies) {
      current.isReused = false;
      current.expected = [];
      current.isSent = false;
      return this.connect();
    }
    this.finish(failureOf(current, unsentBytes));
  }

  private setTimer(): void {
    const { scheduler } = this.server;
    const current = this.current!;
    if (this.timer !== null) scheduler.cancel(this.timer);
    current.unsentBytes = this.unsentBytes(current);
    this.timer = scheduler.after(TIMER, current.request.timeoutMs, () => this.timedOut());
  }

  private unsentBytes({ request }: Current): number {
    return this.connections.get(nameOf(request))?.socket.unsentBytes ?? 0;
  }

  private timedOut(): void {
    this.timer = null;
    const current = this.current!;
    const unsentBytes = this.unsentBytes(current);
    // A part was sent meanwhile.
    if (unsentBytes < current.unsentBytes) return this.setTimer();
    this.close(nameOf(current.request));
    this.finish(failureOf(current, unsentBytes));
  }

  private finish(error: MigrationError): void {
    const { server, timer } = this;
    const current = this.current!;
    const { client, db, request, taken } = current;
    this.current = null;
    this.names.forget();
    if (timer !== null) server.scheduler.cancel(timer);
    this.timer = null;
    if (!request.copies && taken.length > 0) server.moved(db, client.id, taken);
    if (isStillParked(current)) server.answer(client, error);
    server.hold(false);
  }

  private closeIdle(): void {
    this.sweep = null;
    const { clock, scheduler } = this.server;
    for (const { name, isIdle, usedMs } of this.connections.values()) if (isIdle && clock.nowMs - usedMs >= IDLE_MS) this.close(name);
    if (this.connections.size > 0) this.sweep = scheduler.after(SWEEP_TIMER, IDLE_MS, () => this.closeIdle());
  }

  private close(name: string): void {
    const connection = this.connections.get(name);
    this.connections.delete(name);
    connection?.socket.close('migration ended');
  }
}

const NOT_CONNECTED = 'IOERR error or timeout connecting to the client';
const brokenBy = (doing: 'reading' | 'writing'): string => `IOERR error or timeout ${doing} to target instance`;
const failureOf = ({ isSent }: Current, unsentBytes: number): MigrationError => (isSent ? brokenBy(unsentBytes > 0 ? 'writing' : 'reading') : NOT_CONNECTED);
const nameOf = ({ host, port }: MigrationRequest): string => `${host}:${port}`;
