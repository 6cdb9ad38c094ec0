/**
 * The environment of connections: what all of them share. Made once by server.ts.
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
import type { OutputLimits } from './output-limit.js';
import type { PendingWork } from './pending-work.js';

/** One read brings at most this much; then the others have their turn. */
const READ_BYTES = 64 * 1024;

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
  /** What is decided at the seams. */
  readonly policy: PolicyInForce;
  readonly tap: Tap;
  /** Done at the start of the next turn. */
  readonly pending: PendingWork;
  /** Null without maxmemory-clients. */
  eviction: ClientEviction | null;
  /** How the readiness of those that come is reported: EDGE, LEVEL, or 0 for as the poll does it. */
  triggering: Interest;
  /** Where reads land. Another one while a request out of it still runs and others are served; see Clients.runTurnWithin. */
  input: Buffer;
  /** Bytes of the master's stream have been executed, with this database selected. */
  readonly applied: (bytes: Buffer, db: number) => void;
  /** The connection is closed, deregistered and may be forgotten. */
  readonly closed: (connection: Connection, why: DisconnectReason | `E${string}`) => void;
}

export function createInput(): Buffer {
  return Buffer.allocUnsafeSlow(READ_BYTES);
}
