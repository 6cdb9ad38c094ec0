/**
 * RecordingClock: a clock whose readings are recorded on the tape. Only those that steer or enter state: what is measured for observers only (`measureUs`) is
 * no input, so a recording does not depend on whether the server is observed.
 */
import type { Clock } from '../loop/clock.js';
import { READ_US, REFRESH } from './inputs.js';
import type { TapeWriter } from './tape.js';

export class RecordingClock implements Clock {
  nowMs = 0;
  nowUs = 0;
  /** The last readings on the tape; the next ones are recorded as differences to them, in whole ms and ns. */
  private lastMs = 0;
  private lastNs = 0;
  /** The position of the tape after the last refresh. */
  refreshedAt = 0;
  /** For a virtual clock: its steps differ from those of measured time. */
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

  /** Returns a mark for {@link restore}. */
  mark(): readonly [lastMs: number, lastNs: number, lastVirtualUs: number] {
    return [this.lastMs, this.lastNs, this.lastVirtualUs];
  }

  /** Called when the readings since the mark were removed from the tape. */
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
