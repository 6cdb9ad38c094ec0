/**
 * Clients: admits connections, and closes those that have been idle for too long. Beside the path: reached from the acceptor and from a timer.
 *
 *   accept → maxclients? → protected mode? → Connection, registered        refused: one line of error, and closed
 *
 * One timer serves the `timeout` of all clients. It is set for the deadline of the client that has been idle longest, and not at all while `timeout` is 0 or no
 * client is connected.
 */
import { encode } from '../resp/encoder.js';
import type { ErrorReply } from '../resp/reply.js';
import type { Session } from '../command/session.js';
import { captureTimer, type TimerState } from '../../shared/timer-state.js';
import { MAX_CLIENTS, PROTECTED_MODE } from '../errors.js';
import { type Interest, READABLE } from '../io/interest.js';
import { GhostStream } from '../io/ghost-stream.js';
import { SystemError, type TcpStream } from '../io/poll.js';
import type { Token } from '../io/token.js';
import { Connection, type ConnectionState } from './connection.js';
import type { ConnectionEnvironment, ConnectionSettings } from './environment.js';
import { Input } from './input.js';
import { MasterConnection } from './master-connection.js';
import { OutputBuffer } from './output-buffer.js';
import type { PendingState } from './pending-work.js';

/** The settings in force; names as in redis.conf. */
export interface ClientSettings extends ConnectionSettings {
  readonly maxclients: number;
  readonly timeout: number;
  readonly 'tcp-keepalive': number;
  readonly 'protected-mode': boolean;
}

/** All connections, in the order in which they were accepted, and their pending work. */
export interface ClientsState {
  readonly connections: readonly ConnectionState[];
  readonly pending: PendingState;
  readonly triggering: Interest;
  readonly sweep: TimerState | null;
}

/** The name of the timer for idle clients. */
const TIMER = 'idle-clients';

export class Clients {
  private sweepTimer: TimerState | null = null;
  private spareInput: Input | null = null;

  constructor(
    private readonly env: ConnectionEnvironment & { readonly settings: ClientSettings },
    private readonly nextToken: () => Token,
    private readonly sessions: Map<number, Session>,
  ) {}

  capture(): ClientsState {
    const connections = Array.from(this.sessions.values(), ({ transport }) => (transport as Connection).capture());
    return { connections, pending: this.env.pending.capture(), triggering: this.env.triggering, sweep: captureTimer(this.sweepTimer) };
  }

  /** @param streamOf returns the socket of a client; null: the clients have no sockets any more, and become ghosts */
  restore({ connections, pending, triggering, sweep }: ClientsState, streamOf: ((client: ConnectionState) => TcpStream) | null): void {
    const { env, sessions } = this;
    env.triggering = triggering;
    for (const state of connections) {
      // The link to the master reconnects by itself.
      if (streamOf === null && state.session.fields.isMaster) continue;
      const connection = streamOf === null || state.isGhost ? this.restoreGhost(state) : this.restoreClient(state, streamOf(state));
      sessions.set(state.token, connection.session);
    }
    env.pending.restore(pending, (token) => sessions.get(token)?.transport as Connection | undefined);
    if (sweep !== null) this.sweepTimer = env.server.scheduler.restore(TIMER, sweep, () => this.sweep());
  }

  private restoreClient(state: ConnectionState, stream: TcpStream): Connection {
    const Kind = state.session.fields.isMaster ? MasterConnection : Connection;
    const connection = new Kind(state.token, stream, this.env);
    this.env.loop.register(stream, state.token, state.interest, connection);
    connection.restore(state);
    return connection;
  }

  /** Its unsent output is discarded by the ghost's stream. */
  private restoreGhost(state: ConnectionState): Connection {
    const connection = new Connection(state.token, new GhostStream(state.peer, state.local), this.env);
    connection.restore({ ...state, interest: READABLE });
    connection.queueFlush();
    return connection;
  }

  /** Takes a connection over and returns its token, or says why it was refused. */
  connect(stream: TcpStream): Token | string {
    const { server } = this.env;
    const refusal = this.refusal(stream);
    if (refusal !== null) {
      server.stats.connectionsRejected++;
      refuse(stream, refusal);
      return refusal.code;
    }
    server.stats.connectionsReceived++;
    return this.open(stream);
  }

  /** Makes the connection that the link to the master has opened a client. @param db selected by the stream */
  adoptMaster(stream: TcpStream, token: Token, db: number): MasterConnection {
    const { env } = this;
    stream.setKeepAlive(env.settings['tcp-keepalive']);
    const connection = new MasterConnection(token, stream, env);
    connection.session.db = env.server.keyspace.databases[db]!;
    this.sessions.set(token, connection.session);
    env.loop.register(stream, token, connection.registeredInterest, connection);
    return connection;
  }

  /** See {@link Connection.dropUnread}. */
  dropUnread(token: Token, isDecoded: boolean): number {
    const session = this.sessions.get(token);
    return session === undefined ? 0 : (session.transport as Connection).dropUnread(isDecoded);
  }

  /** The triggering of new connections. */
  get triggering(): Interest {
    return this.env.triggering;
  }

  /** Sets how readiness is reported from now on: for one connection, or, with null, for all, new ones included. */
  trigger(triggering: Interest, token: Token | null): void {
    if (token === null) this.env.triggering = triggering;
    for (const [id, { transport }] of this.sessions) if (token === null || token === id) (transport as Connection).trigger(triggering);
  }

  private refusal(stream: TcpStream): ErrorReply | null {
    const { settings, server } = this.env;
    if (this.sessions.size >= settings.maxclients) return MAX_CLIENTS;
    if (settings['protected-mode'] && server.users.default.isNoPass && !isLocal(stream)) return PROTECTED_MODE;
    return null;
  }

  private open(stream: TcpStream): Token {
    const { env } = this;
    const token = this.nextToken();
    stream.setKeepAlive(env.settings['tcp-keepalive']);
    const connection = new Connection(token, stream, env);
    this.sessions.set(token, connection.session);
    env.loop.register(stream, token, connection.registeredInterest, connection);
    if (env.tap.sink !== null) env.tap.sink.emit({ kind: 'connect', token, fd: stream.fd, peer: connection.peer, local: connection.local });
    if (this.sweepTimer === null) this.scheduleSweep();
    return token;
  }

  /** Does the pending work of connections before the loop may sleep. */
  beforeSleep(): void {
    const { pending, server, eviction } = this.env;
    if (pending.resumed.length > 0) pending.proceed();
    if (server.tracking.isActive) server.tracking.broadcast();
    if (server.replicas.asksForAck) server.replicas.askForAck();
    pending.flush();
    if (eviction !== null) eviction.look();
    if (pending.skipped.length > 0) pending.admit();
  }

  /**
   * Serves the other clients while a command of one client takes long. That command is in the shared input, with perhaps more behind it: so the
   * others are read into another buffer.
   */
  runTurnWithin(busyToken: Token): void {
    const { env } = this;
    const { input } = env;
    env.input = this.spareInput ??= new Input();
    try {
      env.loop.turnWithin(busyToken);
      env.pending.flush();
    } finally {
      env.input = input;
    }
  }

  /** Sets the timer for idle clients again. Also called when `timeout` has changed. */
  scheduleSweep(): void {
    const { settings, server } = this.env;
    if (this.sweepTimer !== null) server.scheduler.cancel(this.sweepTimer);
    this.sweepTimer = null;
    if (settings.timeout === 0 || this.sessions.size === 0) return;
    const { nowMs } = server.clock;
    // A client that cannot time out now may be able to later, so the next check is never further away than this.
    let dueMs = deadlineMs(nowMs, settings.timeout);
    for (const session of this.sessions.values()) {
      if (canTimeOut(session)) dueMs = Math.min(dueMs, deadlineMs(session.lastInteractionMs, settings.timeout));
    }
    this.sweepTimer = server.scheduler.after(TIMER, Math.max(0, dueMs - nowMs), () => this.sweep());
  }

  private sweep(): void {
    const { settings, server } = this.env;
    const { nowMs } = server.clock;
    for (const session of this.sessions.values()) {
      if (!canTimeOut(session) || nowMs < deadlineMs(session.lastInteractionMs, settings.timeout)) continue;
      server.log('verbose', 'Closing idle client');
      session.transport.close('timeout');
    }
    this.scheduleSweep();
  }
}

/** Returns when a client times out. Whole seconds of unix time, as Redis counts them: more than `timeoutSeconds` must have passed. */
function deadlineMs(lastMs: number, timeoutSeconds: number): number {
  return (Math.floor(lastMs / 1000) + timeoutSeconds + 1) * 1000;
}

/** Blocked clients and subscribers wait for other clients, the link to a master has a timeout of its own, replicas and monitors only listen (clientsCron). */
function canTimeOut(session: Session): boolean {
  return !session.parked && !session.isSpectator && !session.isMaster && session.subscriptions === 0;
}

/** True for exactly these two addresses, as in Redis, and for unix sockets. */
function isLocal({ peer }: TcpStream): boolean {
  return 'path' in peer || peer.host === '127.0.0.1' || peer.host === '::1';
}

/** Sends the error, if the socket takes it at once, and closes. */
function refuse(stream: TcpStream, error: ErrorReply): void {
  const output = new OutputBuffer();
  encode(output, error, 2);
  try {
    output.writeTo(stream, output.offered);
  } catch (failure) {
    if (!(failure instanceof SystemError)) throw failure;
  }
  output.clear();
  stream.close();
}
