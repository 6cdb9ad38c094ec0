/**
 * Expires: when the volatile keys of a database expire.
 *
 *   place    0    1    2         the volatile keys, densely and in no order: the expire cycle scans them, and a random
 *   slots  [ 7  | 2  | 9  ]      one costs O(1)
 *   times  [ t7 | t2 | t9 ]      unix time in ms
 *              ▲
 *   the table's facts of slot 2: volatile = place + 1, so that a lookup sees in a cache line that it reads anyway whether a key expires
 *
 * A time beyond 2^53 is rounded in the list, which is exact enough to tell whether it is over, and exact in a Map beside it, which is nearly always empty.
 * In chunks, as in KeyTable, so that the lists are never copied as a whole. Redis keeps a second hash table for this.
 */
import type { KeyTable } from './key-table.js';
import type { Int64 } from './types/int64.js';

const CHUNK_BITS = 12;
const CHUNK = 1 << CHUNK_BITS;
const IN_CHUNK = CHUNK - 1;

/** The result for a key that never expires. */
export const NEVER = -1;

export interface ExpiresState {
  readonly slots: Int32Array;
  readonly times: Float64Array;
  /** Number of allocated chunks. */
  readonly chunks: number;
  /** Places with times beyond 2^53; left out: there are none. */
  readonly wide?: readonly (readonly [place: number, atMs: bigint])[];
}

export class Expires {
  /** Number of volatile keys. */
  size = 0;
  private readonly slotChunks: Int32Array[] = [];
  private readonly timeChunks: Float64Array[] = [];
  /** The times beyond 2^53, by place. */
  private readonly wide = new Map<number, bigint>();

  constructor(protected readonly table: KeyTable) {}

  /** Allocated bytes of these lists. */
  get tableBytes(): number {
    return [...this.slotChunks, ...this.timeChunks].reduce((bytes, chunk) => bytes + chunk.byteLength, 0);
  }

  /** Returns unix time in ms, or NEVER. */
  at(slot: number): number {
    const place = this.table.volatileAt(slot) - 1;
    return place === -1 ? NEVER : this.timeAt(place);
  }

  /** The same, also beyond 2^53. */
  exactAt(slot: number): Int64 {
    const place = this.table.volatileAt(slot) - 1;
    if (place === -1) return NEVER;
    return (this.wide.size === 0 ? undefined : this.wide.get(place)) ?? this.timeAt(place);
  }

  slotAt(place: number): number {
    return this.slotChunks[place >> CHUNK_BITS]![place & IN_CHUNK]!;
  }

  timeAt(place: number): number {
    return this.timeChunks[place >> CHUNK_BITS]![place & IN_CHUNK]!;
  }

  set(slot: number, atMs: Int64): void {
    let place = this.table.volatileAt(slot) - 1;
    if (place === -1) {
      place = this.size++;
      this.table.setVolatileAt(slot, place + 1);
    }
    this.put(place, slot, atMs);
  }

  /** True if the key had an expiry. The last key of the list moves into its place. */
  remove(slot: number): boolean {
    const place = this.table.volatileAt(slot) - 1;
    if (place === -1) return false;
    const last = --this.size;
    if (place !== last) {
      const moved = this.slotAt(last);
      this.put(place, moved, this.exactAt(moved));
      this.table.setVolatileAt(moved, place + 1);
    }
    if (this.wide.size > 0) this.wide.delete(last);
    this.table.setVolatileAt(slot, 0);
    if (this.slotChunks.length * CHUNK - last > 2 * CHUNK) this.releaseChunk();
    return true;
  }

  /** Called when a key has moved into this slot of the table. */
  follow(slot: number): void {
    const place = this.table.volatileAt(slot) - 1;
    if (place !== -1) this.slotChunks[place >> CHUNK_BITS]![place & IN_CHUNK] = slot;
  }

  capture(): ExpiresState {
    const { size } = this;
    const slots = new Int32Array(size);
    const times = new Float64Array(size);
    for (let place = 0; place < size; place += CHUNK) {
      const count = Math.min(CHUNK, size - place);
      slots.set(this.slotChunks[place >> CHUNK_BITS]!.subarray(0, count), place);
      times.set(this.timeChunks[place >> CHUNK_BITS]!.subarray(0, count), place);
    }
    return { slots, times, chunks: this.slotChunks.length, ...(this.wide.size === 0 ? {} : { wide: [...this.wide] }) };
  }

  /** Becomes what was captured. Only for a new one, over a restored table. */
  restore({ slots, times, chunks, wide = [] }: ExpiresState): void {
    this.size = slots.length;
    for (const [place, atMs] of wide) this.wide.set(place, atMs);
    for (let start = 0; start < chunks * CHUNK; start += CHUNK) {
      this.addChunk();
      this.slotChunks.at(-1)!.set(slots.subarray(start, start + CHUNK));
      this.timeChunks.at(-1)!.set(times.subarray(start, start + CHUNK));
    }
  }

  private put(place: number, slot: number, atMs: Int64): void {
    const chunk = place >> CHUNK_BITS;
    if (chunk === this.slotChunks.length) this.addChunk();
    this.slotChunks[chunk]![place & IN_CHUNK] = slot;
    this.timeChunks[chunk]![place & IN_CHUNK] = Number(atMs);
    if (typeof atMs === 'bigint') this.wide.set(place, atMs);
    else if (this.wide.size > 0) this.wide.delete(place);
  }

  private addChunk(): void {
    this.slotChunks.push(new Int32Array(CHUNK));
    this.timeChunks.push(new Float64Array(CHUNK));
  }

  private releaseChunk(): void {
    this.slotChunks.pop();
    this.timeChunks.pop();
  }
}
