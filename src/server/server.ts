/**
 * The server: the composition root. It wires loop, connections, dispatch and keyspace, and owns what none of them owns.
 *
 * Everything it depends on is handed in: the poll, the clock, the random seed. With the scripted poll and a manual clock the whole
 * server is a function of its inputs. It runs on whatever thread calls {@link Server.run}.
 */
import { Acceptor } from './client/acceptor.js';
import { Clients } from './client/clients.js';
import { createInput } from './client/environment.js';
import { PendingWork } from './client/pending-work.js';
import { commandTable } from './commands/index.js';
import type { Config } from './config.js';
import type { Command } from './dispatch/command.js';
import type { ServerContext, ServerStats } from './dispatch/context.js';
import { Blocking } from './dispatch/blocking.js';
import { ClientPause, PAUSE_OFF } from './dispatch/client-pause.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { DispatchHooks } from './dispatch/hooks.js';
import { PubSub } from './dispatch/pubsub.js';
import type { Session } from './dispatch/session.js';
import { Tracking } from './dispatch/tracking.js';
import { Watches } from './dispatch/watches.js';
import { bindAddresses } from './io/bind-addresses.js';
import type { Address, Poll, SystemError } from './io/poll.js';
import { FIRST_FREE, LISTENER, type Token } from './io/token.js';
import { seedHashes } from './keyspace/hash.js';
import { Keyspace } from './keyspace/keyspace.js';
import { KeyspaceListeners } from './keyspace/listeners.js';
import { followNotifications, followSettings } from './keyspace/settings.js';
import type { Clock } from './loop/clock.js';
import { EventLoop } from './loop/event-loop.js';
import { Statistics } from './dispatch/statistics.js';
import { Tap } from './trace/tap.js';

export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning';

/** From the least important on. */
const LEVELS: readonly LogLevel[] = ['debug', 'verbose', 'notice', 'warning'];

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
  readonly hooks = new DispatchHooks();
  readonly pause: ClientPause;
  readonly tracking: Tracking;
  readonly blocking: Blocking;
  readonly pubsub = new PubSub(this.tap);
  readonly sessions = new Map<number, Session>();
  readonly stats: ServerStats;
  readonly statistics: Statistics;
  readonly random: () => number;
  readonly log: (level: LogLevel, message: string) => void;
  readonly listeners: Acceptor[] = [];
  /** Addresses of the settings that are still to be bound. */
  private unbound: Address[] = [];
  private readonly clients: Clients;
  private nextToken: Token = FIRST_FREE;

  constructor(inputs: ServerInputs) {
    this.clock = inputs.clock;
    this.config = inputs.config;
    this.log = (level, message) => {
      if (LEVELS.indexOf(level) >= LEVELS.indexOf(this.config.values.loglevel as LogLevel)) inputs.log(level, message);
    };
    this.random = seededRandom(inputs.seed);
    seedHashes(inputs.seed);
    this.stats = { startedMs: this.clock.nowMs, connectionsReceived: 0, connectionsRejected: 0, commandsProcessed: 0, bytesRead: 0, bytesWritten: 0, errors: new Map() };
    this.statistics = new Statistics(this);
    this.keyspace = new Keyspace(this.config.values.databases, this.clock, this.random, this.tap);
    this.loop = new EventLoop(inputs.poll, this.clock, this.tap, () => this.beforeSleep());
    this.statistics.follow(this.keyspace);
    this.keyspace.schedule(this.scheduler);
    followSettings(this.keyspace, this.config, (makeRoom) => void (this.hooks.makeRoom = makeRoom));
    this.keyspaceListeners = new KeyspaceListeners(this.keyspace);
    followNotifications(this.keyspaceListeners, this.config, (channel, message) => void this.pubsub.publish(channel, message, 0));
    this.watches = new Watches(this.keyspaceListeners, this.clock);
    this.blocking = new Blocking(this, this.keyspaceListeners);
    this.pause = new ClientPause(this.clock, this.scheduler);
    this.keyspace.isPaused = () => this.pause.mode !== PAUSE_OFF;
    this.tracking = new Tracking(this, this.keyspaceListeners, () => this.config.values['tracking-table-max-keys']);
    const environment = {
      loop: this.loop,
      dispatcher: this.dispatcher,
      server: this,
      settings: this.config.values,
      tap: this.tap,
      pending: new PendingWork(),
      input: createInput(),
      closed: ({ session }: { session: Session }) => this.forget(session),
    };
    this.clients = new Clients(environment, () => this.nextToken++, this.sessions);
    this.config.onChange('timeout', () => this.clients.scheduleSweep());
  }

  readonly scheduler = {
    after: (name: string, delayMs: number, run: () => void): (() => void) => {
      const timer = this.loop.timers.schedule(name, this.clock.nowUs + delayMs * 1000, run);
      return () => this.loop.timers.cancel(timer);
    },
  };

  /** Binds every address of the settings whose port is known; {@link opened} does the rest. Throws SystemError; then nothing stays bound. */
  listen(): Address[] {
    this.unbound = this.addresses();
    try {
      this.bindMore();
    } catch (error) {
      this.closeListeners();
      throw error;
    }
    return this.listeners.map(({ listener }) => listener.local);
  }

  /** The addresses, once they are really bound: see `Poll.opened`. Rejects with SystemError; then nothing stays bound. */
  async opened(): Promise<Address[]> {
    try {
      await this.loop.poll.opened?.();
      this.bindMore();
      await this.loop.poll.opened?.();
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

  get poller(): string {
    return this.loop.poll.name;
  }

  requiresPassword(): boolean {
    return this.config.values.requirepass !== '';
  }

  shutdown(): void {
    this.loop.stop();
  }

  get hearsOthers(): boolean {
    return this.loop.poll.drive === undefined;
  }

  serveOthers(busyToken: Token): boolean {
    this.clients.serveOthers(busyToken);
    return !this.loop.isStopped;
  }

  /** After the last turn: every descriptor is given back. */
  close(): void {
    for (const session of this.sessions.values()) session.transport.close('server shut down');
    this.closeListeners();
    this.loop.poll.close();
  }

  private addresses(): Address[] {
    const { bind, port, unixsocket, unixsocketperm } = this.config.values;
    const tcp = bindAddresses(bind, port);
    return unixsocket === '' ? tcp : [...tcp, { path: unixsocket, mode: unixsocketperm }];
  }

  /** All addresses have one port. If any free one will do, the first address to be bound says which: a poll that binds later than it returns, later. */
  private bindMore(): void {
    for (let next = this.unbound[0]; next !== undefined; next = this.unbound[0]) {
      const [first] = this.listeners;
      if ('port' in next && next.port === 0 && first !== undefined) {
        const { local } = first.listener;
        if (!('port' in local) || local.port === 0) return;
        next = { ...next, port: local.port };
      }
      this.listenOn(next);
      this.unbound.shift();
    }
  }

  private listenOn(address: Address): void {
    const listener = this.loop.poll.listen(address, this.config.values['tcp-backlog']);
    const token = this.listeners.length === 0 ? LISTENER : this.nextToken++;
    this.listeners.push(new Acceptor(token, listener, this.loop, this.tap, (stream) => this.clients.connect(stream), (error) => this.acceptFailed(error)));
  }

  /** What the server keeps of a client ends with its connection. */
  private forget(session: Session): void {
    this.sessions.delete(session.id);
    this.watches.unwatch(session);
    if (session.isMonitor) this.statistics.monitors.remove(session);
    this.pause.forget(session);
    this.tracking.disable(session);
    this.blocking.forget(session);
    this.pubsub.forget(session);
  }

  private acceptFailed(error: SystemError): void {
    this.log('warning', `Accepting client connection: ${error.message}`);
  }

  private beforeSleep(): void {
    this.blocking.resumeReleased();
    this.keyspace.expireCycle.fast();
    this.clients.beforeSleep();
  }

  private closeListeners(): void {
    for (const acceptor of this.listeners.splice(0)) acceptor.close();
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
