/**
 * WallTime: the time of day at which something has happened, although the loop's own clock stands still while the loop is held.
 *
 *   loop  ──────┤ 14:40:20                 14:40:20 ├──────▶
 *   wall  ──────┤ 14:40:20 ── held 60 s ── 14:41:20 ├──────▶
 *
 * What the screen says of a moment is the wall's time, and `goto` takes the same.
 */

interface Lag {
  /** From behind this time of the loop on, */
  readonly loopMs: number;
  /** it was behind the wall by so much. */
  readonly lagMs: number;
}

/** More pauses than a session has; in slow motion each look at the loop sees another one. */
const KEPT = 20_000;

export class WallTime {
  /** Oldest first; both numbers rise. */
  private lags: Lag[] = [];

  /**
   * The loop has said for how long it has been held so far, and what time it was for it when the last hold began.
   * What was added since the last look belongs to that hold, also when nobody looked while it lasted.
   */
  saw(heldAtMs: number, lagMs: number): void {
    const last = this.lags.at(-1);
    if ((last?.lagMs ?? 0) === lagMs) return;
    if (last?.loopMs === heldAtMs) this.lags.pop();
    this.lags.push({ loopMs: heldAtMs, lagMs });
    if (this.lags.length > KEPT) this.lags = this.lags.slice(KEPT / 2);
  }

  wallOf(loopMs: number): number {
    return loopMs + (this.lags.findLast((lag) => lag.loopMs < loopMs)?.lagMs ?? 0);
  }

  /** In a pause: when that began. */
  loopOf(wallMs: number): number {
    const i = this.lags.findLastIndex((lag) => lag.loopMs + lag.lagMs <= wallMs);
    const loopMs = wallMs - (this.lags[i]?.lagMs ?? 0);
    return Math.min(loopMs, this.lags[i + 1]?.loopMs ?? Infinity);
  }
}
