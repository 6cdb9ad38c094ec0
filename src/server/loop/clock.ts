/**
 * Clock: the time as the loop sees it, an input like any other.
 *
 * Two readings are taken once a turn and cached, as Redis does, because a system clock costs some 40 ns per reading:
 * unix time in milliseconds, by which keys expire, and a monotonic time in microseconds, by which timers run.
 * During a pause the clock is held: both readings later continue as if no time had passed.
 *
 *                 what steers: nowMs, nowUs      what measures: readUs, measureUs
 *   SystemClock   the system's                   the same
 *   VirtualClock  moved by `advance`             the system's, so that an endless script is still detected as slow
 *   ManualClock   moved by a test                the same
 */
import { hrtime } from 'node:process';

/** Read once: in the bundle each use of an import of a built-in module calls a getter, which took a third of the time of a reading. */
const readHrtime = hrtime;

export interface Clock {
  /** Unix time in whole milliseconds, as of the last refresh. */
  readonly nowMs: number;
  /** Monotonic time in microseconds since the clock was made, as of the last refresh. */
  readonly nowUs: number;
  /** The value of `measureUs` at the last refresh. */
  readonly refreshedUs: number;
  /** Null: time passes by itself. Otherwise the clock is virtual, and this is how far it may move, on the scale of `nowUs`. */
  readonly targetUs: number | null;
  /** Reads the system's clocks again. A virtual clock moves towards its target, at most to `stopUs`, and not at all without `stopUs`. */
  refresh(stopUs?: number): void;
  /** Returns microseconds since the clock was made, read now, for durations that steer the server or enter its state. Does not refresh. */
  readUs(): number;
  /** The same for durations that only observers see: it is no input of the server, is not recorded, and may differ when a recording is replayed. */
  measureUs(): number;
  /** How long the clock has been on hold so far, in ms; undefined: this clock does not know. For observers: not recorded. */
  readonly heldMs?: number;
  /** The value of `nowMs` when the last hold began; 0: there was none. For observers: not recorded. */
  readonly heldAtMs?: number;
  /** Stops the clock until release. */
  hold(): void;
  release(): void;
}

/** Returns the current value of the clock that timers use, in µs: it moves within a turn, unless it is virtual. For observers: not recorded. */
export function momentUs(clock: Clock): number {
  return clock.targetUs === null ? clock.measureUs() : clock.nowUs;
}

/** How old `nowMs` may become: Date.now() takes longer than hrtime, and a busy loop turns 30,000 times a second. */
const DATE_LASTS_US = 200;

export class SystemClock implements Clock {
  nowMs = 0;
  nowUs = 0;
  readonly targetUs = null;
  private readonly origin: readonly [seconds: number, nanoseconds: number];
  /** Time spent on hold so far, in ns; both readings leave it out. */
  private heldNs: number;
  private heldSinceNs = -1;
  heldAtMs = 0;
  /** When `nowMs` was read. */
  private datedUs = -Infinity;

  /**
   * @param startUs initial value of the monotonic time: that of the server that continues here
   * @param heldMs how long that server counts as having been on hold
   */
  constructor(startUs = 0, heldMs = 0) {
    const [seconds, nanoseconds] = hrtime();
    this.heldNs = heldMs * 1e6;
    this.origin = [seconds, nanoseconds - Math.round(startUs * 1000) - this.heldNs];
    this.refresh();
  }

  refresh(): void {
    if (this.heldSinceNs >= 0) return;
    this.nowUs = this.readUs();
    if (this.nowUs - this.datedUs < DATE_LASTS_US) return;
    this.datedUs = this.nowUs;
    this.nowMs = Date.now() - Math.round(this.heldNs / 1e6);
  }

  get refreshedUs(): number {
    return this.nowUs;
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
    this.heldAtMs = this.nowMs;
    this.heldSinceNs = this.monotonicNs();
  }

  release(): void {
    if (this.heldSinceNs < 0) return;
    this.heldNs += this.monotonicNs() - this.heldSinceNs;
    this.heldSinceNs = -1;
  }

  get heldMs(): number {
    const sinceNs = this.heldSinceNs < 0 ? 0 : this.monotonicNs() - this.heldSinceNs;
    return Math.round((this.heldNs + sinceNs) / 1e6);
  }

  /**
   * Returns whole nanoseconds since the clock was made: a reading in µs is a whole number divided by 1000, so a recording stores it exactly.
   * Uses hrtime, because in Node 20 performance.now takes half as long again: it checks its receiver at each call.
   */
  private monotonicNs(): number {
    const [seconds, nanoseconds] = readHrtime();
    return (seconds - this.origin[0]) * 1e9 + (nanoseconds - this.origin[1]);
  }
}

/** The maximum of a virtual clock since its start: 285 years, the range in which every microsecond is a safe integer. */
const LAST_US = Number.MAX_SAFE_INTEGER;

/**
 * A clock that is moved by hand: `advance` says how far, and with each turn of the loop it moves to the next time at which something is due, in whole
 * microseconds. Measured durations are real.
 */
export class VirtualClock implements Clock {
  nowMs: number;
  nowUs: number;
  targetUs: number;

  /** @param startMs unix time at the start. @param real measures durations. @param startUs initial value of the monotonic time, in whole µs */
  constructor(
    private readonly startMs: number,
    private readonly real: Clock,
    private readonly startUs = 0,
  ) {
    this.nowMs = startMs;
    this.nowUs = startUs;
    this.targetUs = startUs;
  }

  /** Lets the clock move on by `us` whole microseconds, in addition to earlier calls. Throws RangeError. */
  advance(us: number): void {
    if (!Number.isInteger(us) || us < 0) throw new RangeError(`a clock goes forward by whole microseconds, and not by ${us}`);
    if (this.targetUs + us > LAST_US) throw new RangeError('the clock can be advanced by 285 years, and no further');
    this.targetUs += us;
  }

  refresh(stopUs = 0): void {
    this.real.refresh();
    this.nowUs = Math.max(this.nowUs, Math.min(Math.ceil(stopUs), this.targetUs));
    this.nowMs = this.startMs + Math.floor((this.nowUs - this.startUs) / 1000);
  }

  get refreshedUs(): number {
    return this.real.refreshedUs;
  }

  readUs(): number {
    return this.real.readUs();
  }

  measureUs(): number {
    return this.real.measureUs();
  }

  hold(): void {
    this.real.hold();
  }

  release(): void {
    this.real.release();
  }
}

/** A clock that moves only when told to, measured durations included: the time of tests. */
export class ManualClock implements Clock {
  nowUs = 0;
  readonly targetUs = null;
  /** How much each reading by `readUs` adds: above 0, time passes within a turn as well. */
  costUs = 0;
  /** Time that readings have added since the last refresh. */
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

  get refreshedUs(): number {
    return this.nowUs;
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
