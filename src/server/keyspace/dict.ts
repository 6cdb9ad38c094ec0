/**
 * Dict: the hash table of large hashes and sets. (A database has its own, KeyTable, which stores more for each key.)
 *
 * Keys and values are stored densely in two arrays, in slots 0 … size-1; an open-addressed index of 32-bit integers leads from a hash
 * to a slot. Removing a key moves the last one into its place.
 *
 *   index   [ . . 3 . 1 . . 2 . ]     slot + 1, 0 where free; linear probing, at most half full
 *                 │   │     │
 *   hashes  [ h0  h1  h2 ]            so that growing never hashes a key again, and most misses never compare one
 *   keys    [ k0  k1  k2 ]
 *   values  [ v0  v1  v2 ]
 *
 * Why not a Map: dense slots give a random member in O(1), which SPOP and HRANDFIELD need, and the index a cursor for SCAN that stays valid while the table
 * grows and shrinks (see scan-order.ts). It also takes less memory, and has no limit at 16.7 million entries. Redis grows its table step by step; this one at
 * once, from the stored hashes, some 30 ms per million members.
 */
import type { ColumnReader, ColumnWriter } from './columns.js';
import type { FrozenDict } from './frozen-dict.js';
import { type HashSeed, hashString } from './hash.js';
import { EMPTY_BUCKETS, nextBucket, reverseBits, SCAN_END } from './scan-order.js';

const MIN_INDEX = 8;

/** Counts how many of these numbers are 0, 1, 2, … */
export function countsOf(numbers: Uint32Array): number[] {
  const counts: number[] = [0];
  for (const number of numbers) {
    while (counts.length <= number) counts.push(0);
    counts[number]!++;
  }
  return counts;
}

export class Dict<V> {
  private hashes = new Int32Array(MIN_INDEX / 2);
  private index = new Int32Array(MIN_INDEX);
  private mask = MIN_INDEX - 1;
  /** Set while a snapshot reads this dict as it was: asked before anything changes. */
  frozen: FrozenDict<V> | null = null;
  /** The hash computed by the last `find`. */
  private lastHash = 0;

  constructor(
    private readonly seed: HashSeed,
    private readonly keys: string[] = [],
    private readonly values: V[] = [],
  ) {}

  get size(): number {
    return this.keys.length;
  }

  /** Returns the key in a slot. */
  keyAt(slot: number): string {
    return this.keys[slot]!;
  }

  valueAt(slot: number): V {
    return this.values[slot]!;
  }

  /** Returns the keys in the slots from `start` on, before `end`, in an array that belongs to the caller. */
  keysBetween(start: number, end: number): string[] {
    return this.keys.slice(start, end);
  }

  valuesBetween(start: number, end: number): V[] {
    return this.values.slice(start, end);
  }

  /** Returns the slot of a key, or -1. It is valid until the next removal. */
  find(key: string): number {
    const hash = hashString(key, this.seed);
    this.lastHash = hash;
    for (let at = hash & this.mask; ; at = (at + 1) & this.mask) {
      const slot = this.index[at]! - 1;
      if (slot === -1) return -1;
      if (this.hashes[slot] === hash && this.keys[slot] === key) return slot;
    }
  }

  has(key: string): boolean {
    return this.find(key) !== -1;
  }

  get(key: string): V | undefined {
    const slot = this.find(key);
    return slot === -1 ? undefined : this.values[slot];
  }

  /** Adds or replaces a key; returns the slot. */
  set(key: string, value: V): number {
    const slot = this.find(key);
    if (slot === -1) return this.addMissed(key, value);
    this.setValue(slot, value);
    return slot;
  }

  setValue(slot: number, value: V): void {
    if (this.frozen !== null) this.frozen.keep(slot);
    this.values[slot] = value;
  }

  /** Adds a key that is known to be absent; returns its slot, which is the last. */
  add(key: string, value: V): number {
    return this.addHashed(key, value, hashString(key, this.seed));
  }

  /** The same for the last key that `find` looked for, which is not hashed again. */
  addMissed(key: string, value: V): number {
    return this.addHashed(key, value, this.lastHash);
  }

  private addHashed(key: string, value: V, hash: number): number {
    const slot = this.keys.length;
    if (this.frozen !== null) this.frozen.keep(slot);
    if ((slot + 1) * 2 > this.index.length) this.resize(this.index.length * 2);
    this.hashes[slot] = hash;
    this.keys.push(key);
    this.values.push(value);
    this.link(hash, slot);
    return slot;
  }

  /** Returns a dict with the same keys and values in the same slots: arrays are copied, and nothing is hashed. */
  clone(): Dict<V> {
    const copy = new Dict<V>(this.seed, this.keys.slice(), this.values.slice());
    copy.hashes = this.hashes.slice();
    copy.index = this.index.slice();
    copy.mask = this.mask;
    return copy;
  }

  /** True if the key existed. */
  delete(key: string): boolean {
    const slot = this.find(key);
    if (slot === -1) return false;
    this.removeSlot(slot);
    return true;
  }

  /** Removes the key in a slot; the last slot's key moves into it. Arrays kept in parallel to this dict must do the same. */
  removeSlot(slot: number): void {
    this.unlink(this.position(slot));
    const last = this.keys.length - 1;
    if (this.frozen !== null) {
      this.frozen.keep(slot);
      this.frozen.keep(last);
    }
    if (slot !== last) {
      this.index[this.position(last)] = slot + 1;
      this.hashes[slot] = this.hashes[last]!;
      this.keys[slot] = this.keys[last]!;
      this.values[slot] = this.values[last]!;
    }
    this.keys.pop();
    this.values.pop();
    // An eighth full: shrinks, but never so much that one more key would grow it again.
    if (this.index.length > MIN_INDEX && last * 8 < this.index.length) this.resize(this.index.length / 2);
  }

  clear(): void {
    this.keys.length = 0;
    this.values.length = 0;
    this.hashes = new Int32Array(MIN_INDEX / 2);
    this.index = new Int32Array(MIN_INDEX);
    this.mask = MIN_INDEX - 1;
  }

  /**
   * One step of a SCAN: calls `visit` for about `count` slots, and returns the next cursor, 0 at the end. Entries that exist from the
   * first step to the last are visited once; others at most once each time they are added.
   */
  scan(cursor: number, count: number, visit: (slot: number) => void): number {
    let place = reverseBits(cursor);
    let left = count;
    for (let buckets = count * EMPTY_BUCKETS; left > 0 && buckets > 0 && place < SCAN_END; buckets--) {
      left -= this.visitBucket(place, visit);
      place = nextBucket(place, this.mask + 1);
    }
    return reverseBits(place);
  }

  /** Visits the entries of the bucket at a place in scan order, from that place on. Returns their number. */
  private visitBucket(place: number, visit: (slot: number) => void): number {
    const { index, hashes, mask } = this;
    const home = reverseBits(place) & mask;
    let visited = 0;
    for (let at = home; index[at] !== 0; at = (at + 1) & mask) {
      const slot = index[at]! - 1;
      const hash = hashes[slot]!;
      if ((hash & mask) !== home || reverseBits(hash) < place) continue;
      visit(slot);
      visited++;
    }
    return visited;
  }

  /** Returns a uniformly random slot, for a `random` in [0, 1); -1 if the dict is empty. */
  randomSlot(random: number): number {
    return this.keys.length === 0 ? -1 : Math.floor(random * this.keys.length);
  }

  /** Counts the positions of the index at which the search for no key begins, for one key, for two, …; for DEBUG HTSTATS. */
  chains(): number[] {
    const homes = new Uint32Array(this.index.length);
    for (let slot = 0; slot < this.keys.length; slot++) homes[this.hashes[slot]! & this.mask]!++;
    return countsOf(homes);
  }

  /** Writes the keys and their slots. The owner writes the values. */
  capture(to: ColumnWriter): void {
    to.number(this.size);
    to.number(this.index.length);
    to.texts(this.keys);
    to.words(this.hashes.subarray(0, this.size));
    to.words(this.index);
  }

  /** Becomes the captured dict, except for its values, which the owner sets in the order of their slots. Only for a new one. */
  restore(from: ColumnReader): void {
    const size = from.number();
    const length = from.number();
    for (let left = size; left > 0; left--) this.keys.push(from.text());
    this.hashes = new Int32Array(length / 2);
    this.hashes.set(from.words(size));
    this.index = from.words(length);
    this.mask = length - 1;
  }

  /** Returns the position of a slot in the index. */
  private position(slot: number): number {
    let at = this.hashes[slot]! & this.mask;
    while (this.index[at] !== slot + 1) at = (at + 1) & this.mask;
    return at;
  }

  private link(hash: number, slot: number): void {
    let at = hash & this.mask;
    while (this.index[at] !== 0) at = (at + 1) & this.mask;
    this.index[at] = slot + 1;
  }

  /** Frees an index position and closes the gap, so that no probe sequence is cut (Knuth's algorithm R, without tombstones). */
  private unlink(gap: number): void {
    const { index, hashes, mask } = this;
    for (let at = (gap + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
      const home = hashes[index[at]! - 1]! & mask;
      // The entry may move back into the gap unless its home is cyclically in (gap, at].
      const reachable = gap <= at ? home <= gap || home > at : home <= gap && home > at;
      if (reachable) {
        index[gap] = index[at]!;
        gap = at;
      }
    }
    index[gap] = 0;
  }

  private resize(length: number): void {
    this.index = new Int32Array(length);
    this.mask = length - 1;
    const hashes = new Int32Array(length / 2);
    hashes.set(this.hashes.subarray(0, Math.min(this.keys.length, hashes.length)));
    this.hashes = hashes;
    for (let slot = 0; slot < this.keys.length; slot++) this.link(hashes[slot]!, slot);
  }
}
