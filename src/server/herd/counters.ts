/**
 * The memory that the threads of a herd share: the words of the main thread first, then those of each waiter.
 *
 *   [ stop · · ] [ wakes found accepted ] [ wakes found accepted ] …
 */
import type { Address } from '../io/poll.js';

export interface HerdThreadData {
  /** The number of the waiter, from 0. */
  readonly index: number;
  /** The listener's descriptor, the same in all threads of a process. */
  readonly fd: number;
  readonly local: Address;
  readonly isExclusive: boolean;
  readonly shared: Int32Array;
}

/** Words per thread. */
export const HERD_WORDS = 3;

/** Not 0: the waiters must end. */
export const STOP_WORD = 0;

/** Indices within the words of a waiter. */
export const WAKES = 0;
export const FOUND = 1;
export const ACCEPTED = 2;

/** Returns where the words of a waiter begin. */
export const wordsOf = (index: number): number => (index + 1) * HERD_WORDS;

export interface HerdCounters {
  /** How often the kernel has woken the thread. */
  readonly wakes: number;
  /** Wakes that found a connection. */
  readonly found: number;
  readonly accepted: number;
}

/** Returns the counters of a waiter. To be called when the threads have ended. */
export function countersOf(shared: Int32Array, index: number): HerdCounters {
  const at = wordsOf(index);
  return { wakes: shared[at + WAKES]!, found: shared[at + FOUND]!, accepted: shared[at + ACCEPTED]! };
}
