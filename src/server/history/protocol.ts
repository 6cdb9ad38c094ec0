/**
 * Messages between the main thread and the threads of a history. Both threads never sleep in their event loops, but on the control words.
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
  /** The route to a destination. `before`: it was not found from this turn on. Null: then it does not exist. */
  route: { argument: { readonly to: Destination; readonly before: number | null }; result: Route | null };
  ask: { argument: Question; result: Uint8Array };
  /** Returns the state before a turn. */
  stateBefore: { argument: number; result: ForkState };
  /** Returns the state at a moment between two commands. */
  stateAt: { argument: Moment; result: ForkState };
  /** In a turn that has not ended: returns the last known moment between two commands, before this request. */
  lastBorder: { argument: HeldTurn; result: Moment };
}

export interface Question {
  /** The moment, between two commands. */
  readonly at: Moment;
  readonly argv: readonly string[];
  readonly protocol: 2 | 3;
  readonly db: number;
}

/** A turn in which the loop is held. */
export interface HeldTurn {
  readonly turn: number;
  /** The request before whose execution the loop is held; null: it is not held at a request. */
  readonly before: { readonly token: number; readonly frame: number } | null;
}

export interface TwinCalls {
  /** Null: a search has found nothing. */
  go: { argument: { readonly route: Route; readonly request: SnapshotRequest }; result: Arrival | null };
  look: { argument: SnapshotRequest; result: Snapshot };
  digest: { argument: null; result: string };
}

export interface Arrival {
  readonly moment: Moment;
  readonly unixMs: number;
  readonly events: readonly PastEvent[];
  readonly snapshot: Snapshot;
  /** The client that executes a command at this moment. */
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
  /** `isWhole`: the tape is complete, and does not grow. */
  | { readonly kind: 'begin'; readonly head: RecordingHead; readonly budget: number; readonly isWhole: boolean }
  | { readonly kind: 'tape'; readonly bytes: Uint8Array }
  | { readonly kind: 'close' };

export type FromThread =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly message: string }
  | { readonly kind: 'range'; readonly range: HistoryRange }
  /** A complete tape was replayed. `divergence`: where the replay began to differ. */
  | { readonly kind: 'followed'; readonly divergence: string | null };
