/**
 * Clock: the time as the loop sees it, an input like any other.
 *
 * Two readings are taken once a turn and cached, as Redis does, because asking the system costs some 40 ns each:
 * unix time in milliseconds, by which keys expire, and a monotonic time in microseconds, by which timers run.
 * In a pause the clock is held: both readings go on later as if no time had passed.
 */
import { hrtime } from 'node:process';

export interface Clock {
  /** Unix time in whole milliseconds, as of the last refresh. */
  readonly nowMs: number;
  /** Monotonic time in microseconds since the clock was made, as of the last refresh. */
  readonly nowUs: number;
  /** Reads the system's clocks again. */
  refresh(): void;
  /** Monotonic time in microseconds at this very moment, for measuring. Does not refresh. */
  readUs(): number;
  /** Time stands still from here on, until release. */
  hold(): void;
  release(): void;
}

export class SystemClock implements Clock {
  nowMs = 0;
  nowUs = 0;
  private readonly originUs = monotonicUs();
  /** Time spent on hold so far, which both readings leave out. */
  private heldUs = 0;
  private heldSinceUs = -1;

  constructor() {
    this.refresh();
  }

  refresh(): void {
    if (this.heldSinceUs >= 0) return;
    this.nowMs = Date.now() - Math.round(this.heldUs / 1000);
    this.nowUs = this.readUs();
  }

  readUs(): number {
    if (this.heldSinceUs >= 0) return this.heldSinceUs - this.originUs - this.heldUs;
    return monotonicUs() - this.originUs - this.heldUs;
  }

  hold(): void {
    if (this.heldSinceUs >= 0) return;
    this.refresh();
    this.heldSinceUs = monotonicUs();
  }

  release(): void {
    if (this.heldSinceUs < 0) return;
    this.heldUs += monotonicUs() - this.heldSinceUs;
    this.heldSinceUs = -1;
  }
}

/** By hrtime, because in Node 20 performance.now takes half as long again: it checks its receiver at each call. */
function monotonicUs(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1e6 + nanoseconds / 1000;
}

/** A clock that moves only when it is told to: the time of tests and of simulations. */
export class ManualClock implements Clock {
  nowUs = 0;
  /** What each reading by `readUs` takes: with more than 0, time passes within a turn as well. */
  costUs = 0;
  /** Time that readings have taken since the last refresh. */
  private aheadUs = 0;

  constructor(public nowMs = 1_700_000_000_000) {}

  advance(ms: number): void {
    this.nowMs += ms;
    this.nowUs += ms * 1000;
  }

  refresh(): void {
    const wholeMs = Math.floor((this.nowUs % 1000 + this.aheadUs) / 1000);
    this.nowMs += wholeMs;
    this.nowUs += this.aheadUs;
    this.aheadUs = 0;
  }

  readUs(): number {
    this.aheadUs += this.costUs;
    return this.nowUs + this.aheadUs;
  }

  hold(): void {}
  release(): void {}
}
