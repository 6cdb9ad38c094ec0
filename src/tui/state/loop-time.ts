/**
 * The loop's unix time between two of its messages: it advances with the clock of this process, and stands still while the loop is held, or if it is virtual.
 */
export class LoopTime {
  private nowMs = Number.NaN;
  private readAtMs = 0;
  private isHeld = false;

  /** @param clockMs any clock in ms that advances evenly, or stands still */
  constructor(private readonly clockMs: () => number) {}

  /** Sets the loop's time from a message. */
  set(nowMs: number): void {
    this.nowMs = nowMs;
    this.readAtMs = this.clockMs();
  }

  hold(isHeld: boolean): void {
    if (isHeld === this.isHeld) return;
    this.set(this.read());
    this.isHeld = isHeld;
  }

  /** NaN until it was set. */
  read(): number {
    return this.isHeld ? this.nowMs : this.nowMs + this.clockMs() - this.readAtMs;
  }
}
