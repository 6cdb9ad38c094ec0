/**
 * What the threads of a herd share: a few words in memory, those of the main thread first, then those of each waiter.
 *
 *   [ stop · · ] [ wakes found accepted ] [ wakes found accepted ] …
 */
import type { Address } from '../io/poll.js';

export interface HerdThreadData {
  /** Which waiter it is, from 0. */
  readonly index: number;
  /** The listener's descriptor: all threads of a process have the same ones. */
  readonly fd: number;
  readonly local: Address;
  readonly isExclusive: boolean;
  readonly shared: Int32Array;
}

/** Words for each. */
export const HERD_WORDS = 3;

/** Not 0: the waiters end. */
export const STOP_WORD = 0;

/** Of the words of a waiter. */
export const WAKES = 0;
export const FOUND = 1;
export const ACCEPTED = 2;

/** Where the words of a waiter begin. */
export const wordsOf = (index: number): number => (index + 1) * HERD_WORDS;

export interface HerdCounters {
  /** How often the kernel has woken the thread. */
  readonly wakes: number;
  /** Wakes that found a connection. */
  readonly found: number;
  readonly accepted: number;
}

/** To be read when the threads have ended. */
export function countersOf(shared: Int32Array, index: number): HerdCounters {
  const at = wordsOf(index);
  return { wakes: shared[at + WAKES]!, found: shared[at + FOUND]!, accepted: shared[at + ACCEPTED]! };
}
