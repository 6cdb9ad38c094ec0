/**
 * Prefetch: in a pipeline that names one member of a large collection after the other, the next members are looked for together, before their requests are
 * decoded.
 *
 *   read   [ SISMEMBER s m1 │ SISMEMBER s m2 │ SISMEMBER s m3 │ … ]      requests of equal length, and equal up to the member
 *                        │               └───────────────┴── what their lookups will read is read now, for up to 16 of them
 *                        └ being decoded
 *
 * A lookup reads a position of the index, then a slot, then a text, each in memory that is in no cache, and each only known after the one before. The processor
 * waits for every one of them, but for those of 16 lookups at the same time. Nothing is remembered of what is read: each request looks again, and finds all of
 * it in the caches. Where members are removed, that includes what is read of the last ones, which move into the gaps.
 */

/** The maximum number of requests looked ahead: their reads are under way at the same time. */
export const PREFETCH_MOST = 16;

/** Members are prefetched if they come right after the key: behind a score, requests in succession are hardly ever equal up to the member. */
export const PREFETCHED_AT = 2;

/** Returns how many requests of `step` bytes follow one another that are equal to the one at `start` before `member`, at most {@link PREFETCH_MOST}. */
export function followers(buffer: Uint8Array, start: number, member: number, step: number, end: number): number {
  for (let count = 0; count < PREFETCH_MOST; count++) {
    const other = (count + 1) * step;
    if (start + other + step > end) return count;
    for (let at = start; at < member; at++) if (buffer[at] !== buffer[at + other]) return count;
  }
  return PREFETCH_MOST;
}
