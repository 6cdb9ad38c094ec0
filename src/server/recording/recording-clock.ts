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
  /** Of a virtual clock: its steps are not those of the time that is measured. */
  private lastVirtualUs = 0;

  constructor(
    private readonly inner: Clock,
    private readonly tape: TapeWriter,
  ) {
    this.record();
  }

  get refreshedUs(): number {
    return this.inner.refreshedUs;
  }

  get targetUs(): number | null {
    return this.inner.targetUs;
  }

  get heldMs(): number {
    return this.inner.heldMs ?? 0;
  }

  get heldAtMs(): number {
    return this.inner.heldAtMs ?? 0;
  }

  refresh(stopUs?: number): void {
    this.inner.refresh(stopUs);
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
  mark(): readonly [lastMs: number, lastNs: number, lastVirtualUs: number] {
    return [this.lastMs, this.lastNs, this.lastVirtualUs];
  }

  /** The readings since the mark are no longer on the tape. */
  restore([lastMs, lastNs, lastVirtualUs]: readonly [lastMs: number, lastNs: number, lastVirtualUs: number]): void {
    this.lastMs = lastMs;
    this.lastNs = lastNs;
    this.lastVirtualUs = lastVirtualUs;
  }

  private record(): void {
    this.nowMs = this.inner.nowMs;
    this.nowUs = this.inner.nowUs;
    this.tape.byte(REFRESH);
    this.tape.signed(this.nowMs - this.lastMs);
    this.lastMs = this.nowMs;
    if (this.inner.targetUs === null) {
      this.recordNs(this.nowUs);
    } else {
      this.tape.signed(this.nowUs - this.lastVirtualUs);
      this.lastVirtualUs = this.nowUs;
    }
    this.refreshedAt = this.tape.mark();
  }

  private recordNs(us: number): void {
    const ns = Math.round(us * 1000);
    this.tape.signed(ns - this.lastNs);
    this.lastNs = ns;
  }
}
