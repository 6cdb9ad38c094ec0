/**
 * What the threads of an engine are started with, and their messages.
 */
import type { Address } from '../io/poll.js';

export interface AcceptorData {
  /** The listeners' descriptors, the same in all threads of a process. */
  readonly listeners: readonly number[];
  /** See slots.ts. */
  readonly slots: Int32Array;
}

export type FromAcceptor =
  | { readonly kind: 'accepted'; readonly fd: number; readonly peer: Address }
  /** accept(2) has failed, and is tried again after a while. */
  | { readonly kind: 'failed'; readonly message: string };

export interface ConnectionData {
  readonly id: number;
  readonly fd: number;
  readonly lane: number;
  readonly lanes: SharedArrayBuffer;
  readonly memory: SharedArrayBuffer;
  /** See sinks.ts. */
  readonly sinks: SharedArrayBuffer;
  readonly peer: string;
  /** Unix time in seconds. */
  readonly startedAt: number;
  readonly port: number;
}
