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
  /** Monotonic time in microseconds at this very moment, for what steers the server or enters its state. Does not refresh. */
  readUs(): number;
  /** The same for what only an observer sees: it is no input of the server, is not recorded, and may differ when a recording is replayed. */
  measureUs(): number;
  /** Time stands still from here on, until release. */
  hold(): void;
  release(): void;
}

export class SystemClock implements Clock {
  nowMs = 0;
  nowUs = 0;
  private readonly origin = hrtime();
  /** Time spent on hold so far, which both readings leave out; in ns. */
  private heldNs = 0;
  private heldSinceNs = -1;

  constructor() {
    this.refresh();
  }

  refresh(): void {
    if (this.heldSinceNs >= 0) return;
    this.nowMs = Date.now() - Math.round(this.heldNs / 1e6);
    this.nowUs = this.readUs();
  }

  readUs(): number {
    return ((this.heldSinceNs >= 0 ? this.heldSinceNs : this.monotonicNs()) - this.heldNs) / 1000;
  }

  measureUs(): number {
    return this.readUs();
  }

  hold(): void {
    if (this.heldSinceNs >= 0) return;
    this.refresh();
    this.heldSinceNs = this.monotonicNs();
  }

  release(): void {
    if (this.heldSinceNs < 0) return;
    this.heldNs += this.monotonicNs() - this.heldSinceNs;
    this.heldSinceNs = -1;
  }

  /**
   * Whole nanoseconds since the clock was made: a reading in µs is the quotient of a whole number and 1000, so a recording holds it exactly.
   * By hrtime, because in Node 20 performance.now takes half as long again: it checks its receiver at each call.
   */
  private monotonicNs(): number {
    const [seconds, nanoseconds] = hrtime();
    return (seconds - this.origin[0]) * 1e9 + (nanoseconds - this.origin[1]);
  }
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

  measureUs(): number {
    return this.nowUs + this.aheadUs;
  }

  hold(): void {}
  release(): void {}
}
