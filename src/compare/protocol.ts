/**
 * The messages between the process that compares and the one that makes the load.
 */
import type { LockCounters } from '../server/index.js';

export interface LoadOptions {
  readonly port: number;
  readonly clients: number;
  readonly seconds: number;
  /** Additional clients that have sent MONITOR and read the propagated commands. */
  readonly sinks: number;
  /** Size of a value in bytes. */
  readonly valueBytes: number;
  readonly keys: number;
  /** Clients that have not been answered for this time, while others were, are not waited for. */
  readonly quietMs: number;
}

export interface LoadResult {
  /** Clients that were answered at least once. */
  readonly served: number;
  /** Sinks that are still connected at the end. */
  readonly sinksLeft: number;
  readonly requests: number;
  readonly errors: number;
  readonly elapsedMs: number;
  /** From a request to its reply; null: there was no reply. */
  readonly latencyUs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  /** From INFO, if the server has it; null: it does not. */
  readonly lock: LockCounters | null;
  /** The share of a processor that the load itself used. */
  readonly ownLoad: number;
}

export type FromLoad =
  /** All clients that will be served have been: the measurement can begin. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly result: LoadResult }
  | { readonly kind: 'failed'; readonly message: string };

/** `go` begins the measurement. */
export type ToLoad = { readonly kind: 'start'; readonly options: LoadOptions } | { readonly kind: 'go' };
