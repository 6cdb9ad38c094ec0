/**
 * The server: the composition root. It wires loop, connections, dispatch and keyspace, and owns what none of them owns.
 *
 * Everything it depends on is handed in: the poll, the clock, the random seed. With the scripted poll and a manual clock the whole
 * server is a function of its inputs. It runs on whatever thread calls {@link Server.run}.
 */
import { Acceptor } from './client/acceptor.js';
import { Connection, type ConnectionEnvironment, createInput } from './client/connection.js';
import { commandTable } from './commands/index.js';
import type { Config } from './config.js';
import type { Command } from './dispatch/command.js';
import type { ServerContext, ServerStats } from './dispatch/context.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { PubSub } from './dispatch/pubsub.js';
import type { Session } from './dispatch/session.js';
import { Watches } from './dispatch/watches.js';
import { READABLE } from './io/interest.js';
import type { Address, Poll, SystemError, TcpListener, TcpStream } from './io/poll.js';
import { FIRST_FREE, LISTENER, type Token } from './io/token.js';
import { seedHashes } from './keyspace/hash.js';
import { Keyspace } from './keyspace/keyspace.js';
import { KeyspaceListeners } from './keyspace/listeners.js';
import type { Clock } from './loop/clock.js';
import { EventLoop } from './loop/event-loop.js';
import { Tap } from './trace/tap.js';

export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning';

export interface ServerInputs {
  readonly poll: Poll;
  readonly clock: Clock;
  /** 32 bits; the same seed, clock and readiness give the same run. */
  readonly seed: number;
  readonly config: Config;
  readonly log: (level: LogLevel, message: string) => void;
}

export class Server implements ServerContext {
  readonly tap = new Tap();
  readonly loop: EventLoop;
  readonly clock: Clock;
  readonly config: Config;
  readonly keyspace: Keyspace;
  readonly commands: ReadonlyMap<string, Command> = commandTable();
  readonly dispatcher = new Dispatcher(this);
  readonly keyspaceListeners: KeyspaceListeners;
  readonly watches: Watches;
  readonly pubsub = new PubSub(this.tap);
  readonly sessions = new Map<number, Session>();
  readonly stats: ServerStats;
  readonly random: () => number;
  readonly log: (level: LogLevel, message: string) => void;
  private readonly listeners: { readonly token: Token; readonly listener: TcpListener }[] = [];
  private readonly pendingWrites: Connection[] = [];
  private readonly environment: ConnectionEnvironment;
  private nextToken: Token = FIRST_FREE;

  constructor(inputs: ServerInputs) {
    this.clock = inputs.clock;
    this.config = inputs.config;
    this.log = inputs.log;
    this.random = seededRandom(inputs.seed);
    seedHashes(inputs.seed);
    this.stats = { startedMs: this.clock.nowMs, connectionsReceived: 0, connectionsRejected: 0, commandsProcessed: 0, bytesRead: 0, bytesWritten: 0, errors: new Map() };
    this.keyspace = new Keyspace(this.config.values.databases, this.clock, this.random, this.tap);
    this.loop = new EventLoop(inputs.poll, this.clock, this.tap, () => this.beforeSleep());
    this.keyspace.schedule(this.scheduler);
    this.keyspaceListeners = new KeyspaceListeners(this.keyspace);
    this.watches = new Watches(this.keyspaceListeners, this.clock);
    this.environment = {
      loop: this.loop,
      dispatcher: this.dispatcher,
      server: this,
      tap: this.tap,
      pendingWrites: this.pendingWrites,
      input: createInput(),
      closed: (connection) => this.forget(connection.session),
    };
  }

  readonly scheduler = {
    after: (name: string, delayMs: number, run: () => void): (() => void) => {
      const timer = this.loop.timers.schedule(name, this.clock.nowUs + delayMs * 1000, run);
      return () => this.loop.timers.cancel(timer);
    },
  };

  /** Binds every address of the settings. Throws SystemError; then nothing stays bound. */
  listen(): Address[] {
    try {
      for (const address of this.addresses()) this.listenOn(address);
    } catch (error) {
      this.closeListeners();
      throw error;
    }
    return this.listeners.map(({ listener }) => listener.local);
  }

  /** Turn after turn, until {@link shutdown}. */
  run(): Promise<void> {
    return this.loop.run();
  }

  requiresPassword(): boolean {
    return this.config.values.requirepass !== '';
  }

  shutdown(): void {
    this.loop.stop();
  }

  /** After the last turn: every descriptor is given back. */
  close(): void {
    for (const session of this.sessions.values()) session.transport.close('server shut down');
    this.closeListeners();
    this.loop.poll.close();
  }

  private addresses(): Address[] {
    const { bind, port, unixsocket } = this.config.values;
    const tcp = bind.split(' ').filter((host) => host !== '').map((host) => ({ host, port }));
    return unixsocket === '' ? tcp : [...tcp, { path: unixsocket }];
  }

  private listenOn(address: Address): void {
    const listener = this.loop.poll.listen(address, this.config.values['tcp-backlog']);
    const token = this.listeners.length === 0 ? LISTENER : this.nextToken++;
    const acceptor = new Acceptor(token, listener, this.tap, (stream) => this.connect(stream), (error) => this.acceptFailed(error));
    this.listeners.push({ token, listener });
    this.loop.register(listener, token, READABLE, acceptor);
  }

  private connect(stream: TcpStream): Token {
    const token = this.nextToken++;
    stream.setKeepAlive(this.config.values['tcp-keepalive']);
    const connection = new Connection(token, stream, this.environment);
    this.stats.connectionsReceived++;
    this.sessions.set(token, connection.session);
    this.loop.register(stream, token, READABLE, connection);
    if (this.tap.sink !== null) this.tap.sink.emit({ kind: 'connect', token, fd: stream.fd, peer: connection.peer, local: connection.local });
    return token;
  }

  /** What the server keeps of a client ends with its connection. */
  private forget(session: Session): void {
    this.sessions.delete(session.id);
    this.watches.unwatch(session);
    this.pubsub.forget(session);
  }

  private acceptFailed(error: SystemError): void {
    this.log('warning', `Accepting client connection: ${error.message}`);
  }

  /** Replies are written straight away, before the loop may sleep: WRITABLE interest is for those that did not fit. */
  private beforeSleep(): void {
    this.keyspace.expireCycle.fast();
    const { pendingWrites } = this;
    for (let i = 0; i < pendingWrites.length; i++) pendingWrites[i]!.flush();
    pendingWrites.length = 0;
  }

  private closeListeners(): void {
    for (const { token, listener } of this.listeners.splice(0)) {
      this.loop.deregister(listener, token);
      listener.close();
    }
  }
}

/** Mulberry32: small, fast, and good enough for sampling keys. */
function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  };
}
