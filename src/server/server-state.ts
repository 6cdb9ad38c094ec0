/**
 * ServerState: a whole server between two turns, as plain data that `v8.serialize` takes, independent of what the server changes afterwards. Each part
 * captures and restores its own; clients are named by their tokens, commands by their full names, databases by their numbers.
 *
 * Left out are sockets, descriptors, the poll, observers, and what only makes things faster (caches, pools).
 */
import type { JobsState } from './background/jobs.js';
import type { AcceptorState } from './client/acceptor.js';
import type { ConnectionState } from './client/connection.js';
import type { ClientsState } from './client/clients.js';
import type { Command, CommandCounts } from './command/command.js';
import type { ServerIdentity } from './command/context.js';
import type { SettingValues } from './config.js';
import type { AclLogEntry } from './features/acl-log.js';
import type { BlockingState } from './features/blocking.js';
import type { LoopFaultsState } from './faults/loop-faults.js';
import type { ClientPauseState } from './features/client-pause.js';
import type { PubSubState } from './features/pubsub.js';
import type { TrackingState } from './features/tracking.js';
import type { UserState } from './features/users/user.js';
import type { WatchState } from './features/watches.js';
import type { TcpListener, TcpStream } from './io/poll.js';
import type { KeyspaceState } from './keyspace/keyspace.js';
import type { HeapWatchState } from './measuring/heap-watch.js';
import type { IdleCollectionState } from './measuring/idle-collection.js';
import type { ServerStats, StatisticsState } from './measuring/statistics.js';
import type { AppendOnlyState } from './persistence/aof/append-only-file.js';
import type { PersistenceState } from './persistence/persistence.js';
import type { MigrationsState } from './replication/migrations.js';
import type { LinkState } from './replication/primary-link.js';
import type { FailoverState } from './replication/failover.js';
import type { ShutdownState } from './replication/shutdown.js';
import type { ReplicasState } from './replication/replicas.js';
import type { ReplicationState } from './replication/replication.js';
import type { ScriptingState } from './scripting/scripting.js';

export interface ServerState {
  /** The clock at that moment: unix time, and the monotonic time that timers use. */
  readonly nowMs: number;
  readonly nowUs: number;
  readonly turn: number;
  /** How many timers were ever scheduled. */
  readonly timers: number;
  readonly nextToken: number;
  /** Token of the connection that was closed last; 0: none. */
  readonly freedToken: number;
  readonly identity: ServerIdentity;
  readonly replication: ReplicationState;
  readonly replicas: ReplicasState;
  readonly failover: FailoverState;
  readonly shutdown: ShutdownState;
  readonly migrations: MigrationsState;
  readonly primaryLink: LinkState;
  readonly random: number;
  /** The settings in force that differ from the defaults: a restored server's Config must be made of these. */
  readonly settings: Partial<SettingValues>;
  readonly listeners: readonly AcceptorState[];
  readonly users: readonly UserState[];
  readonly clients: ClientsState;
  readonly watches: readonly WatchState[];
  readonly tracking: TrackingState;
  readonly blocking: BlockingState;
  readonly pubsub: PubSubState;
  readonly monitors: readonly number[];
  readonly pause: ClientPauseState;
  readonly aclLog: readonly AclLogEntry[];
  readonly faults: LoopFaultsState;
  readonly stats: StatsState;
  readonly statistics: StatisticsState;
  readonly commands: readonly (readonly [fullName: string, CommandCounts])[];
  /** Null: the heap is not watched. */
  readonly heapWatch: HeapWatchState | null;
  readonly idleCollection: IdleCollectionState | null;
  readonly keyspace: KeyspaceState;
  readonly scripting: ScriptingState | null;
  readonly persistence: PersistenceState;
  readonly appendOnly: AppendOnlyState;
  readonly jobs: JobsState;
}

/** Returns the settings of a server that starts from this state. It is another server: it must not write to the files of the first. */
export function settingsOf({ settings }: ServerState): Partial<SettingValues> {
  return { ...settings, save: '', appendonly: false };
}

/** What a server is restored from. */
export interface ServerOrigin {
  readonly state: ServerState;
  /** The sockets of its clients and listeners. Left out: there are none. Then its clients become ghosts, and it has to listen again. */
  readonly sockets?: RestoredSockets;
}

export interface RestoredSockets {
  streamOf(socket: Pick<ConnectionState, 'token' | 'fd' | 'peer' | 'local'>): TcpStream;
  listenerOf(listener: AcceptorState): TcpListener;
}

export interface StatsState extends Omit<ServerStats, 'errors'> {
  readonly errors: readonly (readonly [code: string, count: number])[];
}

export function captureStats(stats: ServerStats): StatsState {
  return { ...stats, errors: [...stats.errors] };
}

export function restoreStats(stats: ServerStats, { errors, ...counters }: StatsState): void {
  Object.assign(stats, counters);
  for (const [code, count] of errors) stats.errors.set(code, count);
}

/** Captures the commands that have any counts. */
export function captureCommands(commands: ReadonlyMap<string, Command>): [fullName: string, CommandCounts][] {
  const all = [...commands.values()].flatMap((command) => [command, ...(command.subcommands?.values() ?? [])]);
  const counts = all.map((command): [string, CommandCounts] => [command.fullName, command.stats.capture()]);
  // A command may have failed, or taken time, since CONFIG RESETSTAT without having been called since.
  return counts.filter(([, each]) => Object.values(each).some((count) => count !== 0));
}
