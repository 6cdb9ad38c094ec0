/**
 * What the main thread and the threads of a history say to each other. Both threads never sleep in their event loops, but on the control words.
 */
import type { RecordingHead } from '../recording/replay.js';
import type { Snapshot, SnapshotRequest } from '../snapshot.js';
import type { ControlWords } from '../thread/control.js';
import type { ForkState } from './fork-state.js';
import type { Destination, HistoryRange, Moment, PastEvent, Writer } from './moment.js';
import type { Route } from './twin.js';

export interface HistoryThreadData {
  readonly role: 'follower' | 'twin';
  readonly control: ControlWords;
}

export interface FollowerCalls {
  /** The way to a destination. `before`: it was not found from this turn on. Null: then it is nowhere. */
  route: { argument: { readonly to: Destination; readonly before: number | null }; result: Route | null };
  ask: { argument: Question; result: Uint8Array };
  /** The state before a turn. */
  stateBefore: { argument: number; result: ForkState };
  /** The state at a moment between two commands. */
  stateAt: { argument: Moment; result: ForkState };
  /** Of a turn that has not ended: the last moment between two commands, of what is known of it, and before this request. */
  lastBorder: { argument: HeldTurn; result: Moment };
}

export interface Question {
  /** Between two commands. */
  readonly at: Moment;
  readonly argv: readonly string[];
  readonly protocol: 2 | 3;
  readonly db: number;
}

/** A turn in the middle of which the loop is held. */
export interface HeldTurn {
  readonly turn: number;
  /** The loop is held before this request is executed; null: it is not held at a request. */
  readonly before: { readonly token: number; readonly frame: number } | null;
}

export interface TwinCalls {
  /** Null: a search that has found nothing. */
  go: { argument: { readonly route: Route; readonly request: SnapshotRequest }; result: Arrival | null };
  look: { argument: SnapshotRequest; result: Snapshot };
  digest: { argument: null; result: string };
}

export interface Arrival {
  readonly moment: Moment;
  readonly unixMs: number;
  readonly events: readonly PastEvent[];
  readonly snapshot: Snapshot;
  /** Who executes a command at this moment. */
  readonly writer: Writer | null;
  /** The last moment between two commands. */
  readonly border: Moment;
}

export type Calls = FollowerCalls | TwinCalls;

export interface CallOf<C> {
  readonly kind: 'call';
  readonly id: number;
  readonly method: keyof C;
  readonly argument: unknown;
}

export type ToThread<C> =
  | CallOf<C>
  /** `isWhole`: the tape is there already, and does not grow. */
  | { readonly kind: 'begin'; readonly head: RecordingHead; readonly budget: number; readonly isWhole: boolean }
  | { readonly kind: 'tape'; readonly bytes: Uint8Array }
  | { readonly kind: 'close' };

export type FromThread =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly message: string }
  | { readonly kind: 'range'; readonly range: HistoryRange }
  /** A whole tape was lived through. `divergence`: only up to there did the server do the same. */
  | { readonly kind: 'followed'; readonly divergence: string | null };
