/**
 * What the process that compares and the one that makes the load say to each other, as messages between processes.
 */
import type { LockCounters } from '../server/index.js';

export interface LoadOptions {
  readonly port: number;
  readonly clients: number;
  readonly seconds: number;
  /** Clients besides, which have said MONITOR and read what they are told. */
  readonly sinks: number;
  /** Bytes of a value. */
  readonly valueBytes: number;
  readonly keys: number;
  /** Clients that were not answered for so long, while others were, are not waited for. */
  readonly quietMs: number;
}

export interface LoadResult {
  /** Clients that were answered at all. */
  readonly served: number;
  /** Sinks that are still connected at the end. */
  readonly sinksLeft: number;
  readonly requests: number;
  readonly errors: number;
  readonly elapsedMs: number;
  /** From a request to its reply; null: there was none. */
  readonly latencyUs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  /** By INFO, of a server that has one; null: it has none. */
  readonly lock: LockCounters | null;
  /** The share of a processor that the load itself has used. */
  readonly ownLoad: number;
}

export type FromLoad =
  /** All that will be served have been: the measurement can begin. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly result: LoadResult }
  | { readonly kind: 'failed'; readonly message: string };

/** `go`: the measurement begins. */
export type ToLoad = { readonly kind: 'start'; readonly options: LoadOptions } | { readonly kind: 'go' };
