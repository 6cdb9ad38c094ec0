/**
 * RecordingClock: a clock whose readings stand on the tape. Only those that steer or enter state: what is measured for an observer alone (`measureUs`)
 * is nobody's input, so a recording does not depend on whether anybody watches.
 */
import type { Clock } from '../loop/clock.js';
import { READ_US, REFRESH } from './inputs.js';
import type { TapeWriter } from './tape.js';

export class RecordingClock implements Clock {
  nowMs = 0;
  nowUs = 0;
  /** The last readings on the tape, which the next ones are told as differences to; in whole ms and ns. */
  private lastMs = 0;
  private lastNs = 0;
  /** Where the tape stood after the last refresh. */
  refreshedAt = 0;

  constructor(
    private readonly inner: Clock,
    private readonly tape: TapeWriter,
  ) {
    this.record();
  }

  refresh(): void {
    this.inner.refresh();
    this.record();
  }

  readUs(): number {
    const us = this.inner.readUs();
    this.tape.byte(READ_US);
    this.recordNs(us);
    return us;
  }

  measureUs(): number {
    return this.inner.measureUs();
  }

  hold(): void {
    this.inner.hold();
  }

  release(): void {
    this.inner.release();
  }

  /** For {@link restore}. */
  mark(): readonly [lastMs: number, lastNs: number] {
    return [this.lastMs, this.lastNs];
  }

  /** The readings since the mark are no longer on the tape. */
  restore([lastMs, lastNs]: readonly [lastMs: number, lastNs: number]): void {
    this.lastMs = lastMs;
    this.lastNs = lastNs;
  }

  private record(): void {
    this.nowMs = this.inner.nowMs;
    this.nowUs = this.inner.nowUs;
    this.tape.byte(REFRESH);
    this.tape.signed(this.nowMs - this.lastMs);
    this.lastMs = this.nowMs;
    this.recordNs(this.nowUs);
    this.refreshedAt = this.tape.mark();
  }

  private recordNs(us: number): void {
    const ns = Math.round(us * 1000);
    this.tape.signed(ns - this.lastNs);
    this.lastNs = ns;
  }
}
