/**
 * Server: the composition root. It wires loop, connections, dispatch and keyspace, and owns what none of them owns.
 *
 * Everything it depends on is passed in: the poll, the clock, the random seed. With the scripted poll and a manual clock the whole
 * server is a function of its inputs. It runs on whatever thread calls {@link Server.run}.
 */
import type { EndingSignal } from '../shared/ending-signal.js';
import { type Job, type JobResult, perform } from './background/job.js';
import { type JobRunner, Jobs } from './background/jobs.js';
import { Acceptor } from './client/acceptor.js';
import { ClientEviction } from './client/client-eviction.js';
import { Clients, type ClientSettings } from './client/clients.js';
import type { ConnectionEnvironment } from './client/environment.js';
import { Input } from './client/input.js';
import type { MasterConnection } from './client/master-connection.js';
import { PendingWork } from './client/pending-work.js';
import { commandTable } from './commands/index.js';
import { CATEGORY_ORDER } from './command/command-facts.js';
import { resolvePath, toText } from './config/bytes.js';
import { type Config, ConfigError, type SettingValues } from './config.js';
import { type Argv, type Command, commandOf } from './command/command.js';
import type { LoadProgress, ServerContext, ServerIdentity } from './command/context.js';
import { LOADING, MASTER_DOWN, NO_LONGER_MASTER, NOT_ON_DISK, notInFile, SHUTDOWN_FAILED, TOO_FEW_REPLICAS } from './errors.js';
import { AclLog } from './features/acl-log.js';
import { Blocking, type ParkRequest } from './features/blocking.js';
import { ClientPause, PAUSE_OFF } from './features/client-pause.js';
import { AfterReply } from './dispatch/after-reply.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { LoadingClient } from './dispatch/loading-client.js';
import { CommandFaults } from './faults/command-faults.js';
import { LoopFaults, type TriggerCall, type Triggering } from './faults/loop-faults.js';
import { RuleFaults } from './faults/rule-faults.js';
import { Monitors } from './features/monitors.js';
import type { Scheduler } from './features/surroundings.js';
import { PolicyInForce } from './rules/policy.js';
import { HeapWatch, type Heap, type HeapWatchState, megabytes } from './measuring/heap-watch.js';
import { IdleCollection } from './measuring/idle-collection.js';
import { type ServerStats, Statistics } from './measuring/statistics.js';
import { DispatchHooks, type Unready } from './command/hooks.js';
import { PubSub } from './features/pubsub.js';
import type { Session } from './command/session.js';
import { CommandCatalog } from './features/users/access.js';
import { RuleError } from './features/users/selector.js';
import { AclFileError, Users } from './features/users/users.js';
import { Tracking } from './features/tracking.js';
import { Watches } from './features/watches.js';
import { bindAddresses } from './io/bind-addresses.js';
import { EDGE, type Interest, LEVEL } from './io/interest.js';
import type { Address, Poll, SystemError, TcpListener } from './io/poll.js';
import { FIRST_FREE, LISTENER, type Token } from './io/token.js';
import { HashSeed } from './keyspace/hash.js';
import { Keyspace } from './keyspace/keyspace.js';
import { KeyspaceListeners } from './keyspace/listeners.js';
import { captureScripting, librariesOf, restoreScripting } from './scripting/scripting.js';
import { followNotifications, followSettings } from './keyspace/settings.js';
import { Activity, COLLECTING_GARBAGE } from './loop/activity.js';
import type { Clock } from './loop/clock.js';
import { EventLoop } from './loop/event-loop.js';
import { ErrorReply, OK, type Reply } from './resp/reply.js';
import { type SeededRandom, seededRandom } from '../shared/random.js';
import { type Host, SystemHost } from './host.js';
import { captureCommands, captureStats, restoreStats, type ServerOrigin, type ServerState } from './server-state.js';
import { AppendOnlyFile } from './persistence/aof/append-only-file.js';
import { Persistence } from './persistence/persistence.js';
import type { Facts } from './persistence/dataset-writer.js';
import { Propagation } from './propagation/propagation.js';
import type { ReplacementState } from './persistence/replacement.js';
import { SnapshotError } from './persistence/snapshot-reader.js';
import { StartLoad } from './persistence/start-load.js';
import { PrimaryLink, type Refusals } from './replication/primary-link.js';
import { optionsFor, Shutdown, type ShutdownOptions } from './replication/shutdown.js';
import { Migrations } from './replication/migrations.js';
import { Failover, type FailoverTarget } from './replication/failover.js';
import { Replicas } from './replication/replicas.js';
import { Replication } from './replication/replication.js';
import { Tap } from './trace/tap.js';

export { SnapshotError };

export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning';

const TRIGGERINGS: { readonly [each in Triggering]: Interest } = { edge: EDGE, level: LEVEL, default: 0 };

/** Least important first. */
const LEVELS: readonly LogLevel[] = ['debug', 'verbose', 'notice', 'warning'];

export interface ServerInputs {
  readonly poll: Poll;
  readonly clock: Clock;
  /** 32 bits: seeds hashes and every random choice. With the same poll and clock a run repeats, except for what is measured by other clocks (INFO, memory). */
  readonly seed: number;
  readonly config: Config;
  readonly log: (level: LogLevel, message: string) => void;
  /**
   * Maps whether the server is traced to whether its state is to depend on that: it decides how commands are timed. An input:
   * a replay answers as it was then. Left out: returns its argument.
   */
  readonly isWatched?: (watches: boolean) => boolean;
  /** Left out: the machine it runs on. */
  readonly host?: Host;
  /** Runs file work in the background. Left out: the host does it at once. */
  readonly jobs?: JobRunner;
  /** Does file work that the loop waits for. Left out: {@link perform}. */
  readonly perform?: (job: Job) => JobResult;
  /** The heap of this thread, to be watched; left out: it is not watched. */
  readonly heap?: Heap;
  /** Where the loop reports what it is doing; by default nothing reads it. */
  readonly activity?: Activity;
  /** Left out: all commands. */
  readonly commands?: ReadonlyMap<string, Command>;
  /** The state to start from; `config` must have its settings. Left out: an empty server. */
  readonly from?: ServerOrigin;
}

export class Server implements ServerContext {
  readonly tap = new Tap();
  readonly hooks = new DispatchHooks();
  /** The decisions at the seams of the loop. */
  readonly policy = new PolicyInForce();
  readonly loopFaults: LoopFaults;
  readonly commands: ReadonlyMap<string, Command>;
  /** All connected clients by token. */
  readonly sessions = new Map<number, Session>();
  readonly listeners: Acceptor[] = [];
  readonly loop: EventLoop;
  readonly clock: Clock;
  readonly config: Config;
  readonly host: Host;
  readonly keyspace: Keyspace;
  readonly dispatcher: Dispatcher;
  readonly watches: Watches;
  readonly pause: ClientPause;
  readonly tracking: Tracking;
  readonly blocking: Blocking;
  readonly pubsub: PubSub;
  readonly monitors: Monitors;
  readonly users: Users;
  readonly aclLog: AclLog;
  readonly stats: ServerStats;
  readonly statistics: Statistics<Command>;
  readonly persistence: Persistence;
  readonly appendOnly: AppendOnlyFile;
  readonly propagation: Propagation;
  readonly scheduler: Scheduler;
  /** File work that the loop does not wait for. */
  readonly jobs: Jobs;
  readonly identity: ServerIdentity;
  readonly replication: Replication;
  readonly replicas: Replicas;
  readonly failover: Failover;
  readonly shutdown: Shutdown;
  readonly migrations: Migrations;
  readonly primaryLink: PrimaryLink;
  readonly random: SeededRandom;
  readonly activity: Activity;
  /** The full name of each command, at its number. */
  readonly commandNames: readonly string[];
  readonly log: (level: LogLevel, message: string) => void;
  private readonly afterReply = new AfterReply();
  private readonly clients: Clients;
  private readonly environment: ConnectionEnvironment;
  /** Addresses of the settings that are not bound yet. */
  private unbound: Address[] = [];
  private nextToken: Token = FIRST_FREE;
  /** Token of the connection that was closed last; 0: none. */
  private freedToken: Token = 0;
  private heapWatch: HeapWatch | null = null;
  private idleCollection: IdleCollection | null = null;
  private startLoad: StartLoad | null = null;
  private readonly loadListeners: (() => void)[] = [];
  /** What the link to a master says. */
  private link: Omit<Refusals, 'writes'> = { isStale: false, loading: 'no' };
  /** Why writes are refused: snapshots or the append-only file cannot be written. */
  private notSaved: ErrorReply | null = null;
  private notAppended: ErrorReply | null = null;

  /** Each part gets what it needs, all of it made before: only connections, which come later, get the server as a whole. */
  constructor(inputs: ServerInputs) {
    const { poll, clock, seed, config, log, activity = new Activity(), isWatched = (watches) => watches, host = new SystemHost(), heap, from } = inputs;
    const { tap, hooks, sessions } = this;
    const commands = (this.commands = inputs.commands ?? commandTable());
    const { values } = config;
    this.clock = clock;
    this.activity = activity;
    this.commandNames = numbered(commands);
    this.config = config;
    this.host = host;
    this.log = (level, message) => {
      if (LEVELS.indexOf(level) >= LEVELS.indexOf(values.loglevel as LogLevel)) log(level, message);
    };
    const random = (this.random = seededRandom(seed));
    const loop = (this.loop = new EventLoop(poll, clock, tap, () => this.beforeSleep(), activity, this.policy));
    const scheduler = (this.scheduler = schedulerOf(loop));
    this.jobs = new Jobs(inputs.jobs ?? null, host, scheduler);

    const rules = new RuleFaults(this.policy, (token) => sessions.has(token));
    this.loopFaults = new LoopFaults(new CommandFaults(hooks, scheduler), rules, (call) => this.trigger(call));
    this.identity = from?.state.identity ?? { runId: randomId(random) };
    this.replication = new Replication(from?.state.replication.id ?? randomId(random), () => host.uniqueHex(40));

    // Measuring.
    const stats = (this.stats = {
      startedMs: clock.nowMs,
      connectionsReceived: 0,
      connectionsRejected: 0,
      clientsEvicted: 0,
      commandsProcessed: 0,
      bytesRead: 0,
      bytesWritten: 0,
      reads: 0,
      writes: 0,
      fullSyncs: 0,
      partialSyncs: 0,
      partialSyncsRefused: 0,
      failedChanges: 0,
      bytesReplicated: 0,
      bytesFromMaster: 0,
      errors: new Map(),
    });
    const statistics = (this.statistics = new Statistics<Command>(
      { config, stats, clock, usedBytes: () => this.keyspace.usedBytes },
      (isOn) => void (hooks.timesEach = isOn),
    ));
    hooks.executed = (session, command, argv, elapsedUs, calls) => statistics.executed(session, command, argv, elapsedUs, calls);

    // The keyspace, and the features that listen to it.
    const keyspace = (this.keyspace = new Keyspace(values.databases, clock, new HashSeed(seed), random, tap));
    this.propagation = new Propagation({ keyspace, settings: values, tap });
    const keyspaceListeners = new KeyspaceListeners(keyspace);
    const { afterReply } = this;
    const pubsub = (this.pubsub = new PubSub(tap));
    const pause = (this.pause = new ClientPause(clock, scheduler));
    this.monitors = new Monitors(clock, (feed) => void (hooks.monitor = feed));
    const users = (this.users = new Users({
      catalog: new CommandCatalog(commands, CATEGORY_ORDER),
      host,
      allowsChannelsByDefault: () => values['acl-pubsub-default'] === 'allchannels',
      aclFile: () => ({ name: values.aclfile, path: toText(resolvePath(values.dir, values.aclfile)) }),
    }));
    config.onChange('requirepass', (password) => users.requirePassword(password));
    const aclLog = (this.aclLog = new AclLog(clock, () => values['acllog-max-len']));
    this.watches = new Watches(keyspaceListeners, clock);
    const answered = ({ id }: { readonly id: number }, reply: Reply, elapsedUs: number, hasFailed: boolean): void => {
      const session = sessions.get(id);
      if (session !== undefined) this.dispatcher.resumed(session, reply, elapsedUs, hasFailed);
    };
    this.blocking = new Blocking({ policy: this.policy, host, clock, tap, scheduler, keyspace, dispatcher: afterReply, answered }, keyspaceListeners);
    const tracking = (this.tracking = new Tracking(
      { keyspace, dispatcher: afterReply, scheduler, sessions },
      keyspaceListeners,
      () => values['tracking-table-max-keys'],
    ));
    config.onChange('tracking-table-max-keys', () => tracking.limitSoon());
    // Of a dataset that is being loaded nothing goes: what comes later may say that it stays.
    keyspace.isPaused = () => pause.mode !== PAUSE_OFF || this.isLoading;
    keyspace.policy = this.policy;
    keyspace.schedule(scheduler);
    statistics.follow(keyspace);
    followSettings(
      keyspace,
      config,
      (makeRoom) => void (hooks.makeRoom = makeRoom),
      (maxmemory, usedBytes) => this.log('warning', lowLimit(maxmemory, usedBytes)),
    );
    if (heap !== undefined) this.watchHeap(heap);
    followNotifications(keyspaceListeners, config, (channel, message) => void pubsub.publish(channel, message, 0));

    const persistence = (this.persistence = new Persistence({
      settings: values, keyspace, clock, scheduler, host, tap, jobs: this.jobs, libraries: librariesOf(this), log: this.log,
      commandsProcessed: () => stats.commandsProcessed,
      place: () => this.placeFacts(),
      denyWrites: (isDenied) => {
        this.notSaved = isDenied ? NOT_ON_DISK : null;
        this.tellDenials();
      },
    }));
    for (const name of ['save', 'stop-writes-on-bgsave-error'] as const) config.onChange(name, () => persistence.configure());

    const appendOnly = (this.appendOnly = new AppendOnlyFile({
      settings: values, keyspace, clock, scheduler, host, jobs: this.jobs, libraries: librariesOf(this), walks: persistence.walks, log: this.log,
      perform: inputs.perform ?? perform,
      isSaving: () => persistence.isSaving,
      client: () => new LoadingClient(this),
      listen: (sink) => {
        this.propagation.toFile(sink);
        this.environment.pending.beforeWrites = sink === null ? null : () => sink.writer.flush();
      },
      denyWrites: (why) => {
        this.notAppended = why === null ? null : notInFile(why);
        this.tellDenials();
      },
      guard: (gate) => this.environment.pending.guard(gate),
      releaseOutput: () => this.environment.pending.release(),
      dropOutput: (gate) => this.environment.pending.dropHeld(gate, 'append-only file'),
    }));
    persistence.isRewriting = () => appendOnly.rewriting.isRunning;
    persistence.isLoading = () => this.isPartial;
    config.onChange('appendonly', (isOn) => appendOnly.configure(isOn));
    config.onChange('appendfsync', () => appendOnly.writer.configureSync());

    const replicas = (this.replicas = new Replicas({
      settings: values, replication: this.replication, clock, scheduler, tap, host, memory: keyspace.memory, stats, log: this.log,
      writeDataset: (request, receiver) => persistence.writeDataset(receiver, request),
      listen: (isOn) => {
        hooks.stream = isOn ? this.replication : null;
        this.propagation.toReplicas(isOn ? this.replicas : null);
      },
      acknowledged: () => {
        this.failover.look();
        this.shutdown.look();
      },
      isHandingOver: () => this.failover.phase !== 'no-failover',
      answer: ({ id }, reply) => void this.blocking.answer(sessions.get(id)!, reply),
      denyWrites: (isDenied) => void (hooks.tooFewReplicas = isDenied ? TOO_FEW_REPLICAS : null),
    }));
    for (const name of ['min-replicas-to-write', 'min-replicas-max-lag'] as const) config.onChange(name, () => replicas.look());
    replicas.look();
    this.failover = new Failover({
      replication: this.replication, replicas, scheduler, log: this.log,
      hold: (isOn) => pause.hold('failover', isOn),
      follow: (target) => this.followTarget(target),
      promote: () => {
        config.set('replicaof', '');
        this.primaryLink.promote();
      },
    });

    this.shutdown = new Shutdown({
      settings: values, replication: this.replication, replicas, clock, scheduler, log: this.log,
      hold: (isOn) => pause.hold('shutdown', isOn),
      end: (options) => this.endAsTold(options),
      answer: ({ id }) => this.blocking.answer(sessions.get(id)!, SHUTDOWN_FAILED),
    });

    this.migrations = new Migrations({
      loop, tap, clock, scheduler, jobs: this.jobs, log: this.log,
      newToken: () => this.newToken(),
      hold: (isOn) => pause.hold('migrate', isOn),
      moved: (db, client, moved) => this.deleteMoved(db, client, moved),
      answer: ({ id }, error) => this.blocking.answer(sessions.get(id)!, error === null ? OK : new ErrorReply(error)),
      hideOutput: (token, waitingBytes) => this.hideOutput(token, waitingBytes),
    });

    // The way from requests to replies, and the clients.
    const requiresPassword = (): boolean => this.requiresPassword();
    this.dispatcher = new Dispatcher(
      { commands, keyspace, aclLog, hooks, pause, tracking, stats, tap, clock, activity, requiresPassword, log: this.log, isWatched },
      afterReply,
    );
    const environment: ConnectionEnvironment & { readonly settings: ClientSettings } = {
      loop,
      dispatcher: this.dispatcher,
      server: this,
      settings: values,
      policy: this.policy,
      tap,
      pending: new PendingWork(loop.poll, tap),
      eviction: null,
      triggering: 0,
      input: new Input(),
      applied: (bytes, db) => {
        this.replication.selectedDb = db;
        stats.bytesFromMaster += bytes.length;
        this.replicas.proxy(bytes);
      },
      closed: ({ session }) => this.forget(session),
    };
    this.environment = environment;
    this.clients = new Clients(environment, () => this.newToken(), sessions);
    config.onChange('maxmemory-clients', () => this.limitClients());
    config.onChange('timeout', () => this.clients.scheduleSweep());
    this.primaryLink = this.createLink();
    if (from !== undefined) this.restore(from);
    else {
      this.loadUsers();
      this.primaryLink.begin();
    }
    this.limitClients();
  }

  /** Creates the link to a master, whether there is one or not. */
  private createLink(): PrimaryLink {
    const { config, keyspace, hooks, persistence, clients, replication, replicas, clock, scheduler, tap, loop, log, stats } = this;
    const { values } = config;
    const link = new PrimaryLink({
      settings: values, replication, replicas, clock, scheduler, tap, loop, log, stats, failover: this.failover, jobs: this.jobs,
      port: () => this.portOfClients(),
      newToken: () => this.newToken(),
      isEmpty: () => keyspace.databases.every(({ size }) => size === 0),
      openFile: (listener) => persistence.receive(listener),
      load: (next, isBeside) => persistence.beginReplacing(next, isBeside),
      restoreLoad: (state) => persistence.continueReplacing(state as ReplacementState),
      complaintOf: (error) => (error instanceof SnapshotError ? error.message : null),
      deleteFile: () => persistence.deleteReceived(),
      datasetLoaded: (loaded, isInFile) => {
        this.appendOnly.restart();
        persistence.replaced(loaded, isInFile);
      },
      adopt: (stream, token, db) => clients.adoptMaster(stream, token, db),
      isLoading: () => this.isLoading,
      changed: ({ writes, ...link }) => {
        hooks.readOnly = writes;
        this.link = link;
        this.tellUnready();
        keyspace.becomes(replication.role, values['replica-read-only'], values['replica-ignore-maxmemory']);
      },
      hideOutput: (token, waitingBytes) => this.hideOutput(token, waitingBytes),
    });
    for (const name of ['replica-read-only', 'replica-serve-stale-data', 'replica-ignore-maxmemory'] as const) config.onChange(name, () => link.tell());
    return link;
  }

  /** What a connection of this server to another one sends next shows a password. */
  private hideOutput(id: Token, waitingBytes: () => number): void {
    this.hooks.showsSecret?.({ id, transport: { get outputBytes() { return waitingBytes(); } } });
  }

  private followTarget({ host, port }: FailoverTarget): void {
    this.blocking.unblockAll(this.sessions.values(), NO_LONGER_MASTER);
    this.config.set('replicaof', `${host} ${port}`);
    this.primaryLink.follow();
  }

  private portOfClients(): number {
    const local = this.listeners.map(({ listener }) => listener.local).find((address) => 'port' in address);
    return local !== undefined && 'port' in local ? local.port : this.config.values.port;
  }

  /** Called when maxmemory-clients has been set. */
  private limitClients(): void {
    const { environment, hooks, sessions, stats, log } = this;
    const { values } = this.config;
    if (values['maxmemory-clients'] === 0) environment.eviction = hooks.evictClients = null;
    if (values['maxmemory-clients'] === 0 || environment.eviction !== null) return;
    const eviction = (environment.eviction = new ClientEviction(values, { sessions, stats, log }));
    hooks.evictClients = (session) => eviction.admits(session);
  }

  /** Loads the users at the start. Throws {@link ConfigError} if the ACL file or one of its lines is invalid. */
  private loadUsers(): void {
    const { users, config } = this;
    const { requirepass, aclfile, user } = config.values;
    if (requirepass !== '') users.requirePassword(requirepass);
    try {
      if (aclfile !== '' && user.length > 0) throw new ConfigError('aclfile', 'users are in a file of their own or in the configuration, not in both');
      for (const name of users.configure(user)) this.log('notice', disabledUser(name));
      if (aclfile !== '') users.load();
    } catch (error) {
      if (error instanceof AclFileError) throw new ConfigError('aclfile', error.message);
      throw error instanceof RuleError ? new ConfigError('user', error.message) : error;
    }
  }

  /** Returns the whole server as plain data. Throws in the middle of a turn. */
  capture(): ServerState {
    if (this.isLoading) throw new Error(STILL_LOADING);
    if (!this.loop.isBetweenTurns) throw new Error('the state of a server can be captured between two turns only');
    return this.state();
  }

  /**
   * Like {@link capture}, but in the middle of a turn, between two commands, of a server that does not continue itself: what was read from the client being
   * served, and is not executed, is dropped.
   * @param isDecoded a request that is not executed, or its beginning, has been decoded
   */
  captureWithin(served: Token, isDecoded: boolean): { readonly state: ServerState; readonly droppedBytes: number } {
    if (this.isLoading) throw new Error(STILL_LOADING);
    // The commands of this read are counted at its end.
    this.dispatcher.endRead();
    const droppedBytes = this.clients.dropUnread(served, isDecoded);
    return { state: this.state(), droppedBytes };
  }

  private state(): ServerState {
    const { clock, loop, sessions } = this;
    return {
      nowMs: clock.nowMs,
      nowUs: clock.nowUs,
      turn: loop.turnNumber,
      timers: loop.timers.count,
      nextToken: this.nextToken,
      freedToken: this.freedToken,
      identity: this.identity,
      replication: this.replication.capture(),
      replicas: this.replicas.capture(sessions.values()),
      failover: this.failover.capture(),
      shutdown: this.shutdown.capture(),
      migrations: this.migrations.capture(),
      primaryLink: this.primaryLink.capture(),
      random: this.random.capture(),
      settings: this.config.capture(),
      listeners: this.listeners.map((acceptor) => acceptor.capture()),
      users: this.users.capture(),
      clients: this.clients.capture(),
      watches: this.watches.capture(),
      tracking: this.tracking.capture(),
      blocking: this.blocking.capture(sessions.values()),
      pubsub: this.pubsub.capture(sessions.values()),
      monitors: this.monitors.capture(),
      pause: this.pause.capture(),
      aclLog: this.aclLog.capture(),
      faults: this.loopFaults.capture(),
      stats: captureStats(this.stats),
      statistics: this.statistics.capture(),
      commands: captureCommands(this.commands),
      heapWatch: this.heapWatch?.capture() ?? null,
      idleCollection: this.idleCollection?.capture() ?? null,
      keyspace: this.keyspace.capture(),
      scripting: captureScripting(this),
      persistence: this.persistence.capture(),
      appendOnly: this.appendOnly.capture(),
      jobs: this.jobs.capture(),
    };
  }

  /** Clients come first, because the features refer to them; the keyspace last, because it holds the account of all memory. */
  private restore({ state, sockets }: ServerOrigin): void {
    const { sessions, commands, keyspace } = this;
    const { databases } = keyspace;
    this.loop.turnNumber = state.turn;
    this.loop.timers.count = state.timers;
    this.nextToken = state.nextToken;
    this.freedToken = state.freedToken;
    this.replication.restore(state.replication);
    this.users.restore(state.users, sockets === undefined);
    const { requirepass } = this.config.values;
    if (requirepass !== (state.settings.requirepass ?? '')) this.users.requirePassword(requirepass);
    this.clients.restore(state.clients, sockets === undefined ? null : (client) => sockets.streamOf(client));
    this.watches.restore(state.watches, sessions, databases);
    this.tracking.restore(state.tracking);
    this.blocking.restore(state.blocking, { sessions, databases, requestOf: (session, argv) => waitRequestOf(sessions.get(session.id)!, argv) });
    this.pubsub.restore(state.pubsub, sessions);
    this.monitors.restore(state.monitors, sessions);
    this.pause.restore(state.pause, sessions);
    this.aclLog.restore(state.aclLog);
    this.loopFaults.restore(state.faults, sessions);
    restoreStats(this.stats, state.stats);
    this.statistics.restore(state.statistics, (name) => commandOf(commands, name));
    for (const [name, counts] of state.commands) commandOf(commands, name).stats.restore(counts);
    if (state.heapWatch !== null) this.restoreHeapWatch(state.heapWatch);
    if (state.idleCollection !== null) this.idleCollection?.restore(state.idleCollection);
    restoreScripting(this, state.scripting);
    keyspace.restore(state.keyspace);
    this.jobs.restore(state.jobs, sockets === undefined);
    this.persistence.restore(state.persistence, sockets === undefined);
    this.appendOnly.restore(state.appendOnly, sockets === undefined);
    this.replicas.restore(state.replicas, sessions, sockets === undefined);
    this.failover.restore(state.failover, sockets === undefined);
    this.shutdown.restore(state.shutdown, sessions, sockets === undefined);
    this.migrations.restore(state.migrations, sessions, sockets === undefined ? null : (socket) => sockets.streamOf(socket));
    const clientOf = (token: Token): MasterConnection => sessions.get(token)!.transport as MasterConnection;
    this.primaryLink.restore(state.primaryLink, sockets === undefined ? null : { streamOf: (socket) => sockets.streamOf(socket), clientOf });
    this.random.restore(state.random);
    if (sockets !== undefined) for (const listener of state.listeners) this.accept(listener.token, sockets.listenerOf(listener)).restore(listener);
  }

  /** Sets how readiness is reported from now on: for one token, or for all and new ones. Does nothing if there is no such token. */
  private trigger({ trigger, token }: TriggerCall): void {
    const triggering = TRIGGERINGS[trigger];
    this.clients.trigger(triggering, token);
    for (const acceptor of this.listeners) if (token === null || token === acceptor.token) acceptor.trigger(triggering);
  }

  /**
   * Begins to load the append-only file, if it is on; otherwise the snapshot, if there is one and the settings ask for it: dir, dbfilename or save is among
   * them. A small dataset is loaded when this returns; the rest of a larger one is loaded in the turns of the loop. Throws SnapshotError, and so may a turn.
   * @param given the settings that the server was started with; the others have their defaults
   */
  load({ dir, dbfilename, save }: Partial<SettingValues>): void {
    const { appendOnly, persistence, config, clock } = this;
    const isAppendOnly = config.values.appendonly;
    if (!isAppendOnly && dir === undefined && dbfilename === undefined && save === undefined) return persistence.loadsNone();
    const startUs = clock.readUs();
    const task = isAppendOnly ? appendOnly.toLoad() : persistence.toLoad();
    const isThere = task !== null;
    const ended = (): void => {
      const seconds = isThere ? ((clock.readUs() - startUs) / 1e6).toFixed(3) : '';
      if (isThere && isAppendOnly) this.log('notice', `DB loaded from append only file: ${seconds} seconds`);
      else if (isThere) this.log('notice', `DB loaded from disk: ${seconds} seconds`);
      if (isAppendOnly) appendOnly.loaded();
      if (isAppendOnly && isThere) persistence.supersede();
      if (!isAppendOnly) this.continueHistory();
      this.loaded();
    };
    if (task === null) return ended();
    const { scheduler, log } = this;
    this.startLoad = new StartLoad(task, { settings: config.values, clock, scheduler, log, done: ended });
    this.tellUnready();
    this.startLoad.begin();
  }

  /** What a snapshot of this moment says of the history of changes, so that after a restart from it replication can continue there. */
  private placeFacts(): Facts {
    const { replicas, primaryLink, replication } = this;
    const isPart = replication.role === 'master' ? replicas.backlog !== null : primaryLink.isUp || primaryLink.canContinue;
    if (!isPart) return [];
    return [['repl-stream-db', String(Math.max(0, replication.selectedDb))], ['repl-id', replication.id], ['repl-offset', String(replication.offset)]];
  }

  /** Called when the snapshot is loaded: replication continues at the place where it was written. */
  private continueHistory(): void {
    const { placeLoaded: place, expiredAtStart } = this.persistence;
    const expired = expiredAtStart.splice(0);
    if (place === null) return;
    if (this.replication.role === 'slave') return this.primaryLink.resume(place.id, place.offset, place.db);
    this.replicas.resume(place.id, place.offset);
    // Replicas still have them.
    const name = this.config.values['lazyfree-lazy-expire'] ? 'UNLINK' : 'DEL';
    for (const { db, key } of expired) this.replicas.feed(db, [name, key]);
  }

  private loaded(): void {
    this.startLoad = null;
    this.tellUnready();
    this.idleCollection?.note(this.keyspace.usedBytes);
    for (const listener of this.loadListeners.splice(0)) listener();
  }

  /** The dataset of the start is not whole yet. */
  get isLoading(): boolean {
    return this.startLoad !== null;
  }

  /** Only a part of a dataset is loaded, at the start or from a master. */
  private get isPartial(): boolean {
    return this.isLoading || this.link.loading === 'yes';
  }

  /** Of the dataset that is being loaded, at the start or from a master; null: none is. */
  get loading(): LoadProgress | null {
    return this.startLoad ?? this.primaryLink.loadProgress;
  }

  /** Calls `listener` once, as soon as all of the dataset of the start is there: at once if it is. */
  whenLoaded(listener: () => void): void {
    if (this.startLoad === null) listener();
    else this.loadListeners.push(listener);
  }

  private tellUnready(): void {
    const isAsync = this.link.loading === 'async' && !this.isLoading;
    const loading: Unready | null = this.isPartial || isAsync ? { error: LOADING, allowed: isAsync ? 'async_loading' : 'loading', next: null } : null;
    this.hooks.unready = this.link.isStale ? { error: MASTER_DOWN, allowed: 'stale', next: loading } : loading;
  }

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

  /** Returns the addresses, once they are bound: see `Poll.opened`. Rejects with SystemError; then nothing stays bound. */
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

  /** Runs turns until {@link stop}. */
  run(): Promise<void> {
    return this.loop.run();
  }

  get batchesSends(): boolean {
    return this.loop.poll.batchesSends;
  }

  get poller(): string {
    return this.loop.poll.name;
  }

  requiresPassword(): boolean {
    return this.users.default.needsPassword;
  }

  /** No connection is accepted from here on, also while a script is still to be ended. */
  stop(): void {
    this.startLoad?.stop();
    this.persistence.stop();
    this.appendOnly.stop();
    this.loop.stop();
    this.replicas.flush();
    this.closeListeners();
  }

  /** Ends the server for a signal, as SHUTDOWN does: see `shutdown-on-sigint` and `shutdown-on-sigterm`. While it loads, it ends at once. */
  endForSignal(signal: EndingSignal): void {
    if (this.isLoading) return this.terminate();
    this.shutdown.begin(optionsFor(signal, this.config.values));
  }

  /** Ends the server at once: saves first, if there are save points and the dataset is loaded. */
  terminate(): void {
    this.persistence.stop();
    if (this.persistence.hasSavePoints && !this.isPartial) this.persistence.save();
    this.stop();
  }

  /** What SHUTDOWN does once no replica is waited for. False: the data could not be saved, and the server goes on. */
  private endAsTold({ saves, isForced }: ShutdownOptions): boolean {
    const { persistence, appendOnly } = this;
    if (appendOnly.phase === 'waiting') {
      // Without its first base the file that the next start loads would have nothing.
      this.log('warning', isForced ? 'Writing initial AOF. Exit anyway.' : "Writing initial AOF, can't exit.");
      if (!isForced) return false;
    }
    persistence.stop();
    // A part of a dataset must not take the place of all of it.
    const isSaving = !this.isPartial && (saves ?? persistence.hasSavePoints);
    if (isSaving && persistence.save() !== null && !isForced) return false;
    this.stop();
    return true;
  }

  /** Deletes what another server has taken from a database; in a frame of its own, because the command that has asked for it has returned. */
  private deleteMoved(index: number, client: number, moved: readonly string[]): void {
    const { keyspace } = this;
    const db = keyspace.databases[index]!;
    const { effects } = keyspace;
    const argv = ['DEL', ...moved];
    keyspace.actingToken = client;
    if (effects !== null) effects.begin();
    for (const key of moved) if (db.delete(key)) db.changed(key, 'g', 'del');
    if (effects !== null) effects.end(db, argv);
    keyspace.actingToken = 0;
    this.dispatcher.finish();
  }

  get canRunTurnsWithin(): boolean {
    return this.loop.poll.drive === undefined;
  }

  runTurnWithin(busyToken: Token): boolean {
    this.clients.runTurnWithin(busyToken);
    return !this.loop.isStopped;
  }

  /** Closes every descriptor, after the last turn. */
  close(): void {
    this.closeListeners();
    this.primaryLink.end();
    this.migrations.end();
    for (const session of this.sessions.values()) session.transport.close('server shut down');
    this.loop.poll.close();
  }

  private addresses(): Address[] {
    const { bind, port, unixsocket, unixsocketperm } = this.config.values;
    const tcp = bindAddresses(bind, port);
    return unixsocket === '' ? tcp : [...tcp, { path: toText(unixsocket), mode: unixsocketperm }];
  }

  private watchHeap(heap: Heap): void {
    const { hooks, keyspace } = this;
    const watch = (this.heapWatch = new HeapWatch(heap, (message) => this.log('warning', message)));
    const idle = (this.idleCollection = this.collectWhenIdle(heap));
    this.statistics.watchHeap = () => {
      const nextMs = watch.look(keyspace.usedBytes);
      idle.note(keyspace.usedBytes);
      hooks.isHeapFull = watch.isFull;
      return nextMs;
    };
    keyspace.onShrink = () => idle.note(keyspace.usedBytes);
    keyspace.memory.onDrop = (bytes) => idle.dropped(bytes);
    hooks.watchHeap = () => {
      watch.lookIfChanged(keyspace.usedBytes);
      return (hooks.isHeapFull = watch.isFull);
    };
  }

  collectGarbage(): void {
    this.idleCollection?.want();
  }

  private collectWhenIdle(heap: Heap): IdleCollection {
    const { clock, keyspace, loop, scheduler, statistics, stats } = this;
    return new IdleCollection({
      heap, scheduler,
      usedBytes: () => keyspace.usedBytes,
      isBusy: () => loop.readyCount > 0 || this.persistence.isSaving || this.appendOnly.rewriting.isRunning,
      commands: () => stats.commandsProcessed,
      readUs: () => clock.readUs(),
      collecting: () => this.activity.is(COLLECTING_GARBAGE),
      collected: (pauseMs, usedBefore, usedAfter, isRepeat) => {
        statistics.latencyEvent('garbage-collection', pauseMs);
        if (isRepeat) return;
        const change = `${megabytes(usedBefore)} to ${megabytes(usedAfter)}`;
        this.log('notice', `Garbage was collected while no client was ready: the heap had ${change}, in ${pauseMs.toFixed(1)} ms`);
      },
    });
  }

  private restoreHeapWatch(state: HeapWatchState): void {
    this.heapWatch?.restore(state);
    this.hooks.isHeapFull = this.heapWatch?.isFull ?? false;
  }

  /** All addresses have one port. If any free port will do, the first bound address determines it: later, on a poll that binds asynchronously. */
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
    this.accept(token, listener);
  }

  private accept(token: Token, listener: TcpListener): Acceptor {
    const { clients } = this;
    const acceptor = new Acceptor(token, listener, this, (stream) => clients.connect(stream), (error) => this.acceptFailed(error), clients.triggering);
    this.listeners.push(acceptor);
    return acceptor;
  }

  /** Returns the token of an accepted connection: see token.ts. The seam `new-token`. */
  private newToken(): Token {
    const { freedToken } = this;
    if (freedToken === 0 || this.policy.current.newToken(freedToken) === 'new') return this.nextToken++;
    this.freedToken = 0;
    return freedToken;
  }

  /** What the server keeps about a client ends with its connection. */
  private forget(session: Session): void {
    this.freedToken = session.id;
    this.environment.eviction?.forget(session);
    this.sessions.delete(session.id);
    this.watches.unwatch(session);
    if (session.isMonitor) this.monitors.remove(session);
    this.pause.forget(session);
    this.loopFaults.forget(session);
    this.replicas.forget(session);
    if (session.isMaster) this.primaryLink.lost(session.id);
    this.tracking.disable(session);
    this.blocking.forget(session);
    this.pubsub.forget(session);
  }

  private acceptFailed(error: SystemError): void {
    this.log('warning', `Accepting client connection: ${error.message}`);
  }

  private tellDenials(): void {
    this.hooks.writesDenied = this.notSaved ?? this.notAppended;
  }

  private beforeSleep(): void {
    // A key that became ready outside of a command, for example by the expire cycle, has no reply to wait for.
    if (!this.afterReply.isEmpty) this.afterReply.finish();
    this.keyspace.expireCycle.fast();
    this.clients.beforeSleep();
  }

  private closeListeners(): void {
    for (const acceptor of this.listeners.splice(0)) acceptor.close();
  }
}

const STILL_LOADING = 'the dataset is still being loaded: the state of the server can be captured when all of it is there';

/** Returns 40 hexadecimal digits. */
function randomId(random: () => number): string {
  return Array.from({ length: 40 }, () => Math.floor(random() * 16).toString(16)).join('');
}

/** Returns the request of a client that was parked when the state was captured. */
function waitRequestOf(session: Session, argv: Argv): ParkRequest {
  const waitFor = session.suspended?.command.declaration.waitFor;
  if (waitFor === undefined) throw new Error(`client ${session.id} was parked by a command that does not park clients`);
  return waitFor(argv, session);
}

/** Returns the timers of the loop, for parts that do not know the loop. */
function schedulerOf({ timers, clock }: EventLoop): Scheduler {
  return {
    after: (name, delayMs, run) => timers.schedule(name, clock.nowUs + delayMs * 1000, run),
    restore: (name, timer, run) => timers.restore(name, timer, run),
    cancel: (timer) => timers.cancel(timer),
  };
}

/** Worded as in redis-server. */
function disabledUser(name: string): string {
  return `The user '${name}' is disabled (there is no 'on' modifier in the user description). Make sure this is not a configuration error.`;
}

/** Worded as in redis-server. */
function lowLimit(maxmemory: number, usedBytes: number): string {
  return (
    `WARNING: the new maxmemory value set via CONFIG SET (${maxmemory}) is smaller than the current memory usage (${usedBytes}). ` +
    'This will result in key eviction and/or the inability to accept new write commands depending on the maxmemory-policy.'
  );
}

/** Gives each command its number, and returns their names by number: number 0 has no command. */
function numbered(commands: ReadonlyMap<string, Command>): readonly string[] {
  const names = [''];
  for (const command of commands.values()) {
    for (const each of [command, ...(command.subcommands?.values() ?? [])]) {
      each.number = names.length;
      names.push(each.fullName);
    }
  }
  return names;
}
