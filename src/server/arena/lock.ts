/**
 * Lock: mutual exclusion between threads by one word of shared memory, a mutex over a futex (Drepper, "Futexes Are Tricky", mutex 2), with Atomics.wait and
 * Atomics.notify instead of futex(2).
 *
 *   FREE ── acquire ──▶ HELD ── another thread wants it ──▶ CONTENDED      releasing it then wakes one sleeping thread
 *
 * Without contention it costs two atomic operations. With contention V8 takes a mutex of its own, one for all words of the process, and sleeps on a condition
 * variable, where futex(2) is a single system call; docs/engines.md has measurements of both.
 */
import { ACQUISITIONS, LOCK, LOCK_WAITED_US, LOCK_WAITS } from './layout.js';

const FREE = 0;
const HELD = 1;
const CONTENDED = 2;

/** Counters of the lock. */
export interface LockCounters {
  readonly acquisitions: number;
  /** Acquisitions that had to sleep. */
  readonly waits: number;
  readonly waitedUs: number;
}

export function lockCounters(memory: SharedArrayBuffer): LockCounters {
  const counters = new Float64Array(memory);
  return { acquisitions: counters[ACQUISITIONS]!, waits: counters[LOCK_WAITS]!, waitedUs: Math.round(counters[LOCK_WAITED_US]!) };
}

/** Called with what the lock's thread is doing. */
export interface LockObserver {
  waits(): void;
  holds(): void;
  released(): void;
}

export class Lock {
  private readonly words: Int32Array;
  private readonly counters: Float64Array;

  constructor(
    memory: SharedArrayBuffer,
    private readonly observer: LockObserver,
  ) {
    this.words = new Int32Array(memory);
    this.counters = new Float64Array(memory);
  }

  /** Sleeps until this thread holds the lock. A thread that already holds it would sleep for ever. */
  acquire(): void {
    if (Atomics.compareExchange(this.words, LOCK, FREE, HELD) !== FREE) this.wait();
    this.counters[ACQUISITIONS]!++;
    this.observer.holds();
  }

  release(): void {
    this.observer.released();
    if (Atomics.exchange(this.words, LOCK, FREE) === CONTENDED) Atomics.notify(this.words, LOCK, 1);
  }

  private wait(): void {
    const { words, counters } = this;
    const startMs = performance.now();
    this.observer.waits();
    // A thread that has slept cannot know whether others still do: it marks the lock contended, and its release may wake no thread.
    while (Atomics.exchange(words, LOCK, CONTENDED) !== FREE) Atomics.wait(words, LOCK, CONTENDED);
    counters[LOCK_WAITS]!++;
    counters[LOCK_WAITED_US]! += (performance.now() - startMs) * 1000;
  }
}
