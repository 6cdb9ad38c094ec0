/**
 * What main.ts has started before it is known what to run.
 */
import type { Worker } from 'node:worker_threads';

export interface Start {
  /** A loop thread that waits for its options. Each can be taken once; the first one is already started. */
  readonly takeThread: () => Worker;
  /** The start has ended: caches the compiled code for the next one. */
  readonly isOver: () => void;
}
