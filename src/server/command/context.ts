/**
 * ServerContext: what commands may read of the server around them, and do to it. Implemented by server.ts.
 */
import type { Config } from '../config.js';
import type { AclLog, AclLogContext } from '../features/acl-log.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import type { Host } from '../host.js';
import type { Tap } from '../trace/tap.js';
import type { ErrorReply, Reply } from '../resp/reply.js';
import type { Blocking } from '../features/blocking.js';
import type { Argv, Command } from './command.js';
import type { PubSub } from '../features/pubsub.js';
import type { Session } from './session.js';
import type { ServerStats, Statistics } from '../measuring/statistics.js';
import type { RunningCommand, Scheduler, UnixClock } from '../features/surroundings.js';
import type { Monitors } from '../features/monitors.js';
import type { ClientPause } from '../features/client-pause.js';
import type { DispatchHooks } from './hooks.js';
import type { Tracking } from '../features/tracking.js';
import type { Migrations } from '../replication/migrations.js';
import type { PrimaryLink } from '../replication/primary-link.js';
import type { Failover } from '../replication/failover.js';
import type { Replicas } from '../replication/replicas.js';
import type { Shutdown } from '../replication/shutdown.js';
import type { Replication } from '../replication/replication.js';
import type { Denial } from '../features/users/permission.js';
import type { Users } from '../features/users/users.js';
import type { Watches } from '../features/watches.js';

/** What EXEC and scripts need of the dispatcher. */
export interface CommandRunner extends RunningCommand {
  /** Executes a command that has passed the gates: timed, counted, traced. Never throws. */
  call(session: Session, command: Command, argv: Argv): Reply;
  /** Logs in ACL LOG what the session's user may not do. Returns the error. */
  deny(session: Session, context: AclLogContext, denial: Denial, error: ErrorReply): ErrorReply;
  /** Counts a command that is not executed; null: unknown command. Returns the error. */
  refuse(command: Command | null, error: ErrorReply): ErrorReply;
}

/** Identifies this server: 40 hexadecimal digits. */
export interface ServerIdentity {
  readonly runId: string;
}

/** What commands see of persistence/. Complaints are for people; null: success. */
export interface ServerPersistence {
  readonly lastSaveMs: number;
  readonly lastSeconds: number;
  readonly hasFailed: boolean;
  readonly hasSavePoints: boolean;
  readonly isSaving: boolean;
  readonly isRewriting: () => boolean;
  /** Progress of the background save; null: there is none. */
  readonly progress: { readonly seconds: number; readonly keysWritten: number; readonly keysTotal: number; readonly preImageBytes: number } | null;
  readonly isScheduled: boolean;
  readonly lastPreImageBytes: number;
  readonly saves: number;
  readonly keysLoaded: number;
  readonly keysExpired: number;
  save(): string | null;
  saveSoon(): void;
  saveInBackground(): string | null;
  flushedAll(): void;
  stop(): void;
  reload(options: { readonly saves: boolean; readonly empties: boolean; readonly merges: boolean }): string | null;
}

/** How far the loading of a dataset has come. */
export interface LoadProgress {
  /** Unix time. */
  readonly startMs: number;
  /** Bytes of its files; 0: unknown. */
  readonly totalBytes: number;
  readonly loadedBytes: number;
  /** Memory that the data took in the server that wrote it; 0: unknown. */
  readonly usedMemory: number;
  /** True while the old dataset is served. */
  readonly isAsync?: boolean;
}

/** What commands see of the append-only file. Complaints are for people; null: success. */
export interface ServerAppendOnly {
  readonly isOn: boolean;
  readonly currentBytes: number;
  readonly bytesAtRewrite: number;
  readonly writer: {
    readonly hasFailed: boolean;
    readonly bufferBytes: number;
    readonly syncing: number | null;
    readonly delayedSyncs: number;
  };
  readonly rewriting: {
    readonly isRunning: boolean;
    readonly isScheduled: boolean;
    /** Duration of the current rewrite, and of the last one; -1: there is none. */
    readonly seconds: number;
    readonly lastSeconds: number;
    readonly rewrites: number;
    readonly failures: number;
    now(): string | null;
    soon(): void;
  };
  reload(): string | null;
}

export interface ServerContext {
  readonly config: Config;
  readonly statistics: Statistics<Command>;
  /** The backend in use: epoll, portable, scripted. */
  readonly poller: string;
  /** The sends of a turn are handed to the kernel in batches. */
  readonly batchesSends: boolean;
  readonly keyspace: Keyspace;
  readonly dispatcher: CommandRunner;
  readonly watches: Watches;
  readonly blocking: Blocking;
  readonly hooks: DispatchHooks;
  readonly pause: ClientPause;
  readonly tracking: Tracking;
  readonly pubsub: PubSub;
  readonly monitors: Monitors;
  readonly users: Users;
  readonly aclLog: AclLog;
  readonly clock: UnixClock & { refresh(): void; measureUs(): number };
  readonly host: Host;
  readonly tap: Tap;
  /** Records what the loop is doing; see loop/activity.ts. */
  readonly activity: { executes(command: number): void };
  readonly commands: ReadonlyMap<string, Command>;
  /** All connected clients by id. */
  readonly sessions: ReadonlyMap<number, Session>;
  readonly scheduler: Scheduler;
  readonly stats: ServerStats;
  readonly persistence: ServerPersistence;
  readonly appendOnly: ServerAppendOnly;
  /** The dataset of the start is not whole yet. */
  readonly isLoading: boolean;
  /** Of the dataset that is being loaded, at the start or from a master; null: none is. */
  readonly loading: LoadProgress | null;
  readonly identity: ServerIdentity;
  readonly replication: Replication;
  readonly replicas: Replicas;
  readonly failover: Failover;
  readonly shutdown: Shutdown;
  readonly migrations: Migrations;
  readonly primaryLink: PrimaryLink;
  /** Returns a number in [0, 1), from the server's seed. */
  random(): number;
  /** Collects garbage as soon as no client is ready. */
  collectGarbage(): void;
  requiresPassword(): boolean;
  log(level: 'debug' | 'verbose' | 'notice' | 'warning', message: string): void;
  /**
   * Serves all clients but one while a command of that client is still running: pending events are handled, without waiting.
   * False if the server is to end.
   */
  runTurnWithin(busyToken: number): boolean;
  /** False where the poll reports nothing before the running callback has returned (see `Drive`): then a long command keeps all clients waiting. */
  readonly canRunTurnsWithin: boolean;
}
