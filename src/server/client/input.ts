/**
 * Input: the buffer into which all connections read, one after the other. What is not executed at once moves to the QueryBuffer of its client.
 *
 *   bytes  [ SET a 1 │ SET b 2 │ room for one read          ]
 *            kept               ↑ start
 *
 * Requests that are propagated are copied from here (resp/request-run.ts). Until then they are kept, and those of the next connection are read behind them, so
 * that the requests of many connections are copied at once.
 */

/** The maximum for one read; then other connections are served. It holds two values of 64 KB: half a request that is left must be copied and wait. */
export const READ_BYTES = 132 * 1024;

/** Requests are kept up to this position: no further than what the processor's cache holds anyway. */
const KEPT_BYTES = 16 * 1024;

export class Input {
  readonly bytes = Buffer.allocUnsafeSlow(KEPT_BYTES + READ_BYTES);
  /** Where the next read begins. */
  start = 0;

  /** True if bytes before `end` can be kept: there is room for a read behind them. */
  canKeep(end: number): boolean {
    return end <= KEPT_BYTES;
  }
}
