/**
 * Moments of a server's history, and where a visit can go: the arguments and results of `server.history`.
 */
import type { Snapshot, SnapshotRequest } from '../snapshot.js';
import type { TraceEvent } from '../trace/events.js';
import type { RunTarget, StepUnit } from '../trace/stepping.js';

/** After event number `event` of a turn, counted from 1: its turn-begin. Infinity: after its last event. */
export interface Moment {
  readonly turn: number;
  readonly event: number;
}

export type Destination =
  | Moment
  /** The beginning of a turn. */
  | { readonly turn: number }
  /** The last event at or before a unix time. */
  | { readonly unixMs: number }
  /** After the n-th command that the server has executed, counted from its start; commands of scripts and transactions count as well. */
  | { readonly command: number }
  /** The end of a step, as in the live loop; back: the last event before `from` at which such a step could have ended. */
  | { readonly from: Moment; readonly by: StepUnit; readonly direction: 'back' | 'forward' }
  /** The next matching request after `from`, before it executes. */
  | { readonly from: Moment; readonly request: Omit<RunTarget, 'key'> }
  /** The last change of a key before `from`. */
  | { readonly from: Moment; readonly changeOf: { readonly db: number; readonly key: string } };

/** `seq` rises with every event of a visit, and has no meaning beyond it. Durations in events were not measured again: they are 0 or too small. */
export type PastEvent = TraceEvent & { readonly moment: Moment };

export interface Visit {
  readonly moment: Moment;
  readonly unixMs: number;
  /** The events up to the visited one, oldest first: of its turn and of earlier turns. */
  readonly events: readonly PastEvent[];
  /** The requested windows at exactly this moment. */
  readonly snapshot: Snapshot;
  /** For `changeOf`: the client that wrote, and the command it executed. Null if there is none: the key expired, or was evicted. */
  readonly writer: Writer | null;
}

export interface Writer {
  readonly token: number;
  /** Set by CLIENT SETNAME. */
  readonly name: string;
  readonly command: string;
}

/** What was read from a client and is not executed, in bytes. */
export interface Dropped {
  readonly token: number;
  readonly bytes: number;
}

export interface HistoryRange {
  readonly oldest: Moment;
  readonly newest: Moment;
  readonly oldestMs: number;
  readonly newestMs: number;
  /** Numbers of the first command after the oldest moment, and of the last one before the newest. */
  readonly oldestCommand: number;
  readonly newestCommand: number;
  /** Memory used by the history: tape and checkpoints. */
  readonly bytes: number;
  /** True for the history of a finished recording, which does not grow. */
  readonly isWhole: boolean;
  /** Why going back is impossible, as a sentence; null if it is possible. */
  readonly off: string | null;
}

export interface PastAnswer {
  /** RESP, in the requested version. */
  readonly reply: Buffer;
  /** The moment of the answer: the visited one or, if a command is being executed there, the one before it. */
  readonly asOf: Moment;
}

/** The history of a running server. Calls are answered one after the other. */
export interface Past {
  /** What can be visited, at most 100 ms old. */
  readonly range: HistoryRange;
  /** Calls `listener` when the range has changed. Returns a function that removes the listener. */
  onGrow(listener: (range: HistoryRange) => void): () => void;
  /** Goes to a moment, and stays there. Rejects with an Error that says why there is no such moment. */
  visit(to: Destination, request: SnapshotRequest): Promise<Visit>;
  /** Returns other windows of the visited moment. */
  look(request: SnapshotRequest): Promise<Snapshot>;
  /** Resolves with the reply that a command would have had at the visited moment. Changes nothing: it runs in a copy of the server that is discarded. */
  ask(argv: readonly string[], protocol?: 2 | 3, db?: number): Promise<PastAnswer>;
  /** Returns one line that is the same for the same keyspace and clients, at the visited moment. */
  digest(): Promise<string>;
  /** Leaves the visited moment. */
  leave(): Promise<void>;
}

export function isBefore(one: Moment, other: Moment): boolean {
  return one.turn < other.turn || (one.turn === other.turn && one.event < other.event);
}
