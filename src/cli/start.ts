/**
 * What main.ts has begun before anybody knows what is to be run.
 */
import type { Worker } from 'node:worker_threads';

export interface Start {
  /** A loop thread that waits for its options. Each can be had once; the first one has been started already. */
  readonly takeThread: () => Worker;
  /** The start is over: keeps what has been compiled, for the next one. */
  readonly isOver: () => void;
}
