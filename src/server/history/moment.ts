/**
 * Moments of a server's past, and where a visit can go: what `server.history` is asked, and what it answers.
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
  /** The end of a step, as of the live loop; back: the last event before `from` at which such a step could have ended. */
  | { readonly from: Moment; readonly by: StepUnit; readonly direction: 'back' | 'forward' }
  /** The next request after `from` that is like this, before it executes. */
  | { readonly from: Moment; readonly request: Omit<RunTarget, 'key'> }
  /** The last change of a key before `from`. */
  | { readonly from: Moment; readonly changeOf: { readonly db: number; readonly key: string } };

/** `seq` rises with every event of a visit; it says nothing beyond it. Durations in events were not measured again: they are 0 or too small. */
export type PastEvent = TraceEvent & { readonly moment: Moment };

export interface Visit {
  readonly moment: Moment;
  readonly unixMs: number;
  /** Up to the event at which the server stands, oldest first: of its turn and of turns before. */
  readonly events: readonly PastEvent[];
  /** Of the windows asked for, at exactly this moment. */
  readonly snapshot: Snapshot;
  /** Of `changeOf`: the client that wrote, and what it executed. Null if nobody did: the time of the key was over, or it was evicted. */
  readonly writer: Writer | null;
}

export interface Writer {
  readonly token: number;
  /** CLIENT SETNAME. */
  readonly name: string;
  readonly command: string;
}

/** What was read of a client and is not executed, in bytes. */
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
  /** Memory that the history takes: tape and checkpoints. */
  readonly bytes: number;
  /** It is the past of a recording, and does not grow. */
  readonly isWhole: boolean;
  /** Why there is no going back, in a sentence; null if there is. */
  readonly off: string | null;
}

export interface PastAnswer {
  /** RESP, in the version asked for. */
  readonly reply: Buffer;
  /** When it was asked: the moment visited or, if a command is being executed there, the one before it. */
  readonly asOf: Moment;
}

/** What there is to know of the past of a running server. Calls are answered one after the other. */
export interface Past {
  /** What can be visited, as of at most 100 ms ago. */
  readonly range: HistoryRange;
  /** Calls `listener` when the range has changed. Returns how to stop listening. */
  onGrow(listener: (range: HistoryRange) => void): () => void;
  /** Goes to a moment, and stays there. Rejects with an Error that says why there is no such moment. */
  visit(to: Destination, request: SnapshotRequest): Promise<Visit>;
  /** Other windows of the moment visited. */
  look(request: SnapshotRequest): Promise<Snapshot>;
  /** Resolves with what a command would have answered at the moment visited. It changes nothing: it runs in a copy of the server that is thrown away. */
  ask(argv: readonly string[], protocol?: 2 | 3, db?: number): Promise<PastAnswer>;
  /** One line that is the same for the same keyspace and clients, at the moment visited. */
  digest(): Promise<string>;
  /** Lets go of the moment visited. */
  leave(): Promise<void>;
}

export function isBefore(one: Moment, other: Moment): boolean {
  return one.turn < other.turn || (one.turn === other.turn && one.event < other.event);
}
