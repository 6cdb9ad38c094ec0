/**
 * WallTime: the time of day of past events, although the loop's own clock stands still while the loop is held.
 *
 *   loop  ──────┤ 14:40:20                 14:40:20 ├──────▶
 *   wall  ──────┤ 14:40:20 ── held 60 s ── 14:41:20 ├──────▶
 *
 * The screen shows wall-clock times, and `goto` accepts them.
 */

interface Lag {
  /** From this time of the loop on, */
  readonly loopMs: number;
  /** its clock lags behind the wall clock by this time. */
  readonly lagMs: number;
}

/** More pauses than a session has; in slow motion each reading of the loop sees another one. */
const KEPT = 20_000;

export class WallTime {
  /** Oldest first; both numbers rise. */
  private lags: Lag[] = [];

  /**
   * Updates from the loop's total held time, and its clock when the last hold began. Time added since the last update belongs to that hold, even if there was
   * no update while it lasted.
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

  /** During a pause: the time when it began. */
  loopOf(wallMs: number): number {
    const i = this.lags.findLastIndex((lag) => lag.loopMs + lag.lagMs <= wallMs);
    const loopMs = wallMs - (this.lags[i]?.lagMs ?? 0);
    return Math.min(loopMs, this.lags[i + 1]?.loopMs ?? Infinity);
  }
}
