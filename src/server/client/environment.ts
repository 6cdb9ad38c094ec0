/**
 * The environment of connections: what all of them share. Created once by server.ts.
 */
import type { ServerContext } from '../command/context.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { Interest } from '../io/interest.js';
import type { EventLoop } from '../loop/event-loop.js';
import type { PolicyInForce } from '../rules/policy.js';
import type { DisconnectReason } from '../trace/events.js';
import type { Tap } from '../trace/tap.js';
import type { ClientEviction } from './client-eviction.js';
import type { Connection } from './connection.js';
import type { Input } from './input.js';
import type { OutputLimits } from './output-limit.js';
import type { PendingWork } from './pending-work.js';

/** The settings in force; names as in redis.conf. */
export interface ConnectionSettings {
  readonly 'proto-max-bulk-len': number;
  readonly 'client-query-buffer-limit': number;
  readonly 'client-output-buffer-limit': OutputLimits;
  readonly 'repl-backlog-size': number;
}

export interface ConnectionEnvironment {
  readonly loop: EventLoop;
  readonly dispatcher: Dispatcher;
  readonly server: ServerContext;
  readonly settings: ConnectionSettings;
  /** The decisions at the seams. */
  readonly policy: PolicyInForce;
  readonly tap: Tap;
  /** What to do at the start of the next turn. */
  readonly pending: PendingWork;
  /** Null if maxmemory-clients is 0. */
  eviction: ClientEviction | null;
  /** The triggering of new connections: EDGE, LEVEL, or 0 for the poll's default. */
  triggering: Interest;
  /** Replaced while a request in it is still running and other clients are served; see Clients.runTurnWithin. */
  input: Input;
  /** Called when bytes of the master's stream have been executed, with this database selected. */
  readonly applied: (bytes: Buffer, db: number) => void;
  /** Called when the connection is closed and deregistered, and may be forgotten. */
  readonly closed: (connection: Connection, why: DisconnectReason | `E${string}`) => void;
}
