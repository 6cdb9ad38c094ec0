/**
 * Retries: when a failed rewrite is tried again: at once after one or two failures, then after a minute, two, four, up to an hour.
 */
const FREE_FAILURES = 3;
const MINUTE_MS = 60_000;
const MOST_MINUTES = 60;

export class Retries {
  failures = 0;
  private nextMs = 0;

  capture(): { readonly failures: number; readonly nextMs: number } {
    return { failures: this.failures, nextMs: this.nextMs };
  }

  restore({ failures, nextMs }: ReturnType<Retries['capture']>): void {
    this.failures = failures;
    this.nextMs = nextMs;
  }

  mayTry(nowMs: number): boolean {
    return nowMs >= this.nextMs;
  }

  failed(nowMs: number): void {
    this.failures++;
    if (this.failures >= FREE_FAILURES) this.nextMs = nowMs + Math.min(MOST_MINUTES, 2 ** (this.failures - FREE_FAILURES)) * MINUTE_MS;
  }

  succeeded(): void {
    this.failures = 0;
    this.nextMs = 0;
  }

  /** Called when a client requests a rewrite, which is tried at once. */
  forget(): void {
    this.nextMs = 0;
  }
}
