/**
 * Scan order: the order in which SCAN visits a hash table, so that a cursor stays valid whatever happens to the table between two calls.
 *
 *   hash              … 1 0 1 1                       the low bits give the bucket of the index that an entry belongs to
 *   place in order    1 1 0 1 …                       the same bits read from the other end, as a number from 0 to 2^32
 *
 *   8 buckets    000       100       010       110       001       101       011       111       in this order
 *   4 buckets    00        00        10        10        01        01        11        11        each is two neighbours
 *
 * An entry's place depends only on its hash. A table of twice the size splits each bucket into two neighbours, so the entries
 * before a place are the same ones at any size: what the scan has passed stays passed, what is ahead of it comes once. (Redis uses the same order. It continues
 * at the beginning of a bucket, so a table that has shrunk meanwhile returns some entries again; here the place is exact.)
 *
 * A cursor is the place, with its bits reversed again: the number of the next bucket, small for a small table.
 */

/** The place after all others. */
export const SCAN_END = 0x1_0000_0000;

/** A step of a scan stops after this many buckets for each requested entry, since most may be empty; Redis's own factor. */
export const EMPTY_BUCKETS = 10;

/** Converts a hash to a place, and back: reverses the 32 bits, unsigned. */
export function reverseBits(bits: number): number {
  bits = ((bits >>> 1) & 0x55555555) | ((bits & 0x55555555) << 1);
  bits = ((bits >>> 2) & 0x33333333) | ((bits & 0x33333333) << 2);
  bits = ((bits >>> 4) & 0x0f0f0f0f) | ((bits & 0x0f0f0f0f) << 4);
  bits = ((bits >>> 8) & 0x00ff00ff) | ((bits & 0x00ff00ff) << 8);
  return ((bits >>> 16) | (bits << 16)) >>> 0;
}

/** Returns the end of the bucket that contains `place`, in an index of `buckets` buckets: the place of the next one, or SCAN_END. */
export function nextBucket(place: number, buckets: number): number {
  const width = SCAN_END / buckets;
  return (Math.floor(place / width) + 1) * width;
}
