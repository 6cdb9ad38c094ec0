/**
 * The layout of a keyspace in shared memory: one SharedArrayBuffer of a fixed size, which all threads see at the same time.
 *
 *   byte 0            64                  128                  256                        …                   end
 *   [ words, 32 bits | counters, doubles | lists of free blocks | buckets of the hash table | blocks of 2^n bytes ]
 *     lock, sizes      lock waits …        one for each order      offset of the first entry  entries, and free ones
 *
 * An offset is a number of bytes from the beginning; 0 is none. Everything but the lock's word belongs to the thread that holds the lock.
 */

/** Words, by their index in an Int32Array of the whole memory. */
export const LOCK = 0;
export const KEYS = 1;
/** Number of buckets, a power of two. */
export const BUCKETS = 2;
export const BLOCKS_START = 3;
export const BLOCKS_END = 4;
/** Bytes of the blocks in use. */
export const USED = 5;
/** The list of free blocks of each order, from {@link FIRST_ORDER} on. */
export const FREE_LISTS = 32;

/** Counters, by their index in a Float64Array of the whole memory. */
export const ACQUISITIONS = 8;
/** Acquisitions that had to sleep. */
export const LOCK_WAITS = 9;
export const LOCK_WAITED_US = 10;
export const EXPIRED_KEYS = 11;

export const HEADER_BYTES = 256;
/** The word of the first bucket. */
export const FIRST_BUCKET = HEADER_BYTES / 4;

/** The smallest block has 2^6 = 64 bytes. */
export const FIRST_ORDER = 6;
export const LAST_ORDER = 30;
