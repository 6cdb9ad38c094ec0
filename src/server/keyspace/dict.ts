/**
 * Dict: the hash table of large hashes, sets and sorted sets. (A database has its own, KeyTable, which stores more for each key.)
 *
 * Keys and values are stored densely, in slots 0 … size-1; an index (slot-index.ts) leads from a hash to a slot. Removing a key moves the last one into its
 * slot.
 *
 *   slot >> 15 ─▶ chunk, slot & 32767 ─▶ place in it
 *     SetDict     [ key | key | … ]
 *     HashDict    [ key, value | key, value | … ]      side by side, in one cache line
 *     ScoreDict   [ key | key | … ]    [ score | score | … ]
 *     each        [ hash | hash | … ]                  so that no key is hashed, or even read, when it moves
 *
 * Nothing is ever copied as a whole: the table grows by a chunk of slots, or by a segment of the index, and gives them up again. The first chunk is as large as
 * needed, and doubles.
 *
 * Why not a Map: dense slots give a random member in O(1), which SPOP and HRANDFIELD need, and the index a cursor for SCAN that stays valid while the table
 * grows and shrinks (see scan-order.ts). A Map also takes more memory, is copied as it grows, and has at most 16.7 million entries.
 */
import type { MemberTable } from '../resp/member-table.js';
import { PREFETCH_MOST } from '../resp/prefetch.js';
import { type ColumnReader, type ColumnWriter, emptyTexts } from './columns.js';
import type { FrozenDict } from './frozen-dict.js';
import { hashBytes, type HashSeed, hashString, isSpelled } from './hash.js';
import { SLOT_CHUNK_BITS, SlotIndex } from './slot-index.js';

const CHUNK_BITS = SLOT_CHUNK_BITS;
const CHUNK = 1 << CHUNK_BITS;
const IN_CHUNK = CHUNK - 1;
const MIN_CAPACITY = 8;

/** Fewer keys are mostly in the processor's caches: see {@link Dict.prefetch}. */
const LARGE = 1 << 16;

/** Hashes and slots of the keys that are prefetched. */
const hashed = new Int32Array(PREFETCH_MOST);
const slots = new Int32Array(PREFETCH_MOST);

/** Counts how many of these numbers are 0, 1, 2, … */
export function countsOf(numbers: Uint32Array): number[] {
  const counts: number[] = [0];
  for (const number of numbers) {
    while (counts.length <= number) counts.push(0);
    counts[number]!++;
  }
  return counts;
}

abstract class Dict<V> implements MemberTable {
  size = 0;
  /** The key of a slot, and its value if there are two places a slot. */
  protected readonly chunks: string[][] = [];
  private readonly hashes: Int32Array[] = [];
  private readonly index = new SlotIndex(this.hashes, 0);
  protected capacity = 0;
  /** Set while a snapshot reads this dict as it was: asked before anything changes. */
  frozen: FrozenDict<V> | null = null;
  /** The hash of the last key that was looked for, and its slot; -1 if it has none, or that is not known any more. */
  private lastHash = 0;
  private lastSlot = -1;
  /** The string that `intern` made last, and its hash: a new key is hashed only once. It is young, so that its page, which V8 looks at, is in the caches. */
  private made: string | null = null;
  private madeHash = 0;
  /** What {@link prefetch} has read: without a result the reads would be left out. */
  prefetched = 0;

  /** @param shift 1 if there are two places a slot, 0 if one */
  constructor(
    protected readonly seed: HashSeed,
    protected readonly shift: 0 | 1,
  ) {}

  abstract valueAt(slot: number): V;
  protected abstract store(slot: number, value: V): void;
  /** Returns an empty dict of the same kind, with the same seed. */
  protected abstract another(): this;

  /** Returns the key in a slot. */
  keyAt(slot: number): string {
    return this.chunks[slot >> CHUNK_BITS]![(slot & IN_CHUNK) << this.shift]!;
  }

  /** Returns the keys in the slots from `start` on, before `end`, in an array that belongs to the caller. */
  keysBetween(start: number, end: number): string[] {
    if (this.shift === 0 && end > start && start >> CHUNK_BITS === (end - 1) >> CHUNK_BITS) {
      return this.chunks[start >> CHUNK_BITS]!.slice(start & IN_CHUNK, ((end - 1) & IN_CHUNK) + 1);
    }
    const keys: string[] = [];
    for (let slot = start; slot < end; slot++) keys.push(this.keyAt(slot));
    return keys;
  }

  valuesBetween(start: number, end: number): V[] {
    const values: V[] = [];
    for (let slot = start; slot < end; slot++) values.push(this.valueAt(slot));
    return values;
  }

  /** Returns the slot of a key, or -1. It is valid until the next removal. */
  find(key: string): number {
    const { index, lastSlot } = this;
    if (lastSlot !== -1 && this.keyAt(lastSlot) === key) return lastSlot;
    const hash = this.hashOf(key);
    this.lastHash = hash;
    let slot = index.first(hash);
    while (slot !== -1 && this.keyAt(slot) !== key) slot = index.next(hash);
    return (this.lastSlot = slot);
  }

  /**
   * Also: the next `find` of a key that exists needs no hash, and compares two pointers. The key itself is not kept in a field: to store it there V8 reads
   * what it notes about the page of the key, which in a large table is in no cache.
   */
  intern(bytes: Buffer, start: number, length: number): string {
    const { index } = this;
    const hash = hashBytes(bytes, start, length, this.seed);
    let slot = index.first(hash);
    while (slot !== -1 && !isSpelled(this.keyAt(slot), bytes, start, length)) slot = index.next(hash);
    this.lastHash = hash;
    this.lastSlot = slot;
    if (slot !== -1) return this.keyAt(slot);
    this.madeHash = hash;
    return (this.made = bytes.latin1Slice(start, start + length));
  }

  private hashOf(key: string): number {
    return this.lastSlot === -1 && key === this.made ? this.madeHash : hashString(key, this.seed);
  }

  get isLarge(): boolean {
    return this.size >= LARGE;
  }

  /** For all of these keys does one step after the other: no step waits for what another key's step reads. */
  prefetch(bytes: Uint8Array, start: number, step: number, count: number, length: number, areRemoved: boolean): number {
    const { index, seed } = this;
    let read = areRemoved ? this.readLast(count) : 0;
    for (let i = 0; i < count; i++) {
      const hash = hashBytes(bytes, start + i * step, length, seed);
      hashed[i] = hash;
      read ^= index.home(hash);
    }
    let found = 0;
    for (let i = 0; i < count; i++) {
      const slot = index.first(hashed[i]!);
      if (slot !== -1) slots[found++] = slot;
    }
    for (let i = 0; i < found; i++) read ^= this.read(slots[i]!);
    if (areRemoved) for (let i = 0; i < found; i++) read ^= this.hashAt(slots[i]!);
    this.prefetched = read;
    return found;
  }

  /** Reads where the index leads to the last keys, which move into the gaps that `count` removals leave. */
  private readLast(count: number): number {
    const { index, size } = this;
    let read = 0;
    for (let slot = size - count; slot < size; slot++) read ^= index.home(this.hashAt(slot));
    return read;
  }

  /** Reads what is in a slot, without a branch that depends on it. */
  protected read(slot: number): number {
    return this.keyAt(slot).length;
  }

  has(key: string): boolean {
    return this.find(key) !== -1;
  }

  get(key: string): V | undefined {
    const slot = this.find(key);
    return slot === -1 ? undefined : this.valueAt(slot);
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
    this.store(slot, value);
  }

  /** Adds a key that is known to be absent; returns its slot, which is the last. */
  add(key: string, value: V): number {
    return this.addHashed(key, value, this.hashOf(key));
  }

  /** The same for the last key that `find` looked for, which is not hashed again. */
  addMissed(key: string, value: V): number {
    return this.addHashed(key, value, this.lastHash);
  }

  private addHashed(key: string, value: V, hash: number): number {
    const slot = this.size;
    if (this.frozen !== null) this.frozen.keep(slot);
    if (slot === this.capacity) this.addRoom();
    this.index.add(hash, slot);
    this.size++;
    this.storeKey(slot, key, hash);
    this.store(slot, value);
    return slot;
  }

  /** Returns a dict with the same keys and values in the same slots: nothing is hashed. */
  clone(): this {
    const copy = this.another();
    copy.index.restore(this.index.capture());
    copy.copySlots(this);
    return copy;
  }

  protected copySlots(from: this): void {
    this.size = from.size;
    this.capacity = from.capacity;
    for (const chunk of from.chunks) this.chunks.push(chunk.slice());
    for (const chunk of from.hashes) this.hashes.push(chunk.slice());
  }

  /** True if the key existed. */
  delete(key: string): boolean {
    const slot = this.find(key);
    if (slot === -1) return false;
    this.removeSlot(slot);
    return true;
  }

  /** Removes the key in a slot; the last slot's key moves into it. */
  removeSlot(slot: number): void {
    const { index, frozen } = this;
    const last = this.size - 1;
    if (frozen !== null) {
      frozen.keep(slot);
      frozen.keep(last);
    }
    index.remove(slot === this.lastSlot ? this.lastHash : this.hashAt(slot), slot);
    this.lastSlot = -1;
    if (slot !== last) {
      const hash = this.hashAt(last);
      index.move(hash, last, slot);
      this.storeKey(slot, this.keyAt(last), hash);
      this.store(slot, this.valueAt(last));
    }
    this.erase(last);
    this.size = last;
    this.releaseRoom();
  }

  clear(): void {
    this.size = 0;
    this.capacity = 0;
    this.chunks.length = 0;
    this.hashes.length = 0;
    this.index.clear();
    this.lastSlot = -1;
  }

  /** One step of a SCAN; see {@link SlotIndex.scan}. */
  scan(cursor: number, count: number, visit: (slot: number) => void): number {
    return this.index.scan(cursor, count, visit);
  }

  /** Returns a uniformly random slot, for a `random` in [0, 1); -1 if the dict is empty. */
  randomSlot(random: number): number {
    return this.size === 0 ? -1 : Math.floor(random * this.size);
  }

  /** Counts the positions of the index at which the search for no key begins, for one key, for two, …; for DEBUG HTSTATS. */
  chains(): number[] {
    return countsOf(this.index.homes());
  }

  /** Writes the keys and their slots. The owner writes the values. */
  capture(to: ColumnWriter): void {
    to.number(this.size);
    to.number(this.capacity);
    for (let slot = 0; slot < this.size; slot++) to.text(this.keyAt(slot));
    for (const chunk of this.hashes) to.words(chunk);
    this.index.captureTo(to);
  }

  /** Becomes the captured dict, except for its values, which the owner sets. Only for a new one. */
  restore(from: ColumnReader): void {
    const size = from.number();
    const capacity = from.number();
    while (this.capacity < capacity) this.addRoom();
    for (let slot = 0; slot < size; slot++) this.storeKey(slot, from.text(), 0);
    for (const chunk of this.hashes) chunk.set(from.words(chunk.length));
    this.size = size;
    this.index.restoreFrom(from);
  }

  private hashAt(slot: number): number {
    return this.hashes[slot >> CHUNK_BITS]![slot & IN_CHUNK]!;
  }

  private storeKey(slot: number, key: string, hash: number): void {
    this.chunks[slot >> CHUNK_BITS]![(slot & IN_CHUNK) << this.shift] = key;
    this.hashes[slot >> CHUNK_BITS]![slot & IN_CHUNK] = hash;
  }

  /** Refers no longer to the key and value of a slot. */
  protected erase(slot: number): void {
    this.storeKey(slot, '', 0);
  }

  /** Allocates room for the next key: the first chunk doubles, so that small tables stay small; later ones are allocated whole. */
  protected addRoom(): void {
    const { capacity } = this;
    if (capacity >= CHUNK) {
      this.chunks.push(emptyTexts(CHUNK << this.shift));
      this.hashes.push(new Int32Array(CHUNK));
      this.capacity = capacity + CHUNK;
      return;
    }
    this.capacity = Math.max(MIN_CAPACITY, capacity * 2);
    const chunk = emptyTexts(this.capacity << this.shift);
    const before = this.chunks[0] ?? [];
    for (let at = 0; at < before.length; at++) chunk[at] = before[at]!;
    this.chunks[0] = chunk;
    const hashes = new Int32Array(this.capacity);
    if (capacity > 0) hashes.set(this.hashes[0]!);
    this.hashes[0] = hashes;
  }

  /** Frees the last chunk once the one before it is half empty, and half of the only one once three quarters are empty, so that no key soon needs it again. */
  private releaseRoom(): void {
    const { size, capacity } = this;
    if (size === 0) return this.clear();
    if (capacity > CHUNK ? capacity - size > CHUNK + CHUNK / 2 : capacity > MIN_CAPACITY && size * 4 <= capacity) this.giveUpRoom();
  }

  protected giveUpRoom(): void {
    if (this.capacity > CHUNK) {
      this.chunks.pop();
      this.hashes.pop();
      this.capacity -= CHUNK;
    } else {
      this.capacity /= 2;
      this.chunks[0] = this.chunks[0]!.slice(0, this.capacity << this.shift);
      this.hashes[0] = this.hashes[0]!.slice(0, this.capacity);
    }
  }
}

export type { Dict };

/** Keys only. */
export class SetDict extends Dict<null> {
  constructor(seed: HashSeed) {
    super(seed, 0);
  }

  override valueAt(): null {
    return null;
  }

  protected override store(): void {}

  protected override another(): this {
    return new SetDict(this.seed) as this;
  }
}

/** Texts as values. */
export class HashDict extends Dict<string> {
  constructor(seed: HashSeed) {
    super(seed, 1);
  }

  override valueAt(slot: number): string {
    return this.chunks[slot >> CHUNK_BITS]![((slot & IN_CHUNK) << 1) + 1]!;
  }

  protected override read(slot: number): number {
    return super.read(slot) ^ this.valueAt(slot).length;
  }

  protected override store(slot: number, value: string): void {
    this.chunks[slot >> CHUNK_BITS]![((slot & IN_CHUNK) << 1) + 1] = value;
  }

  protected override another(): this {
    return new HashDict(this.seed) as this;
  }

  protected override erase(slot: number): void {
    super.erase(slot);
    this.store(slot, '');
  }
}

/** Numbers as values: stored as such, not as objects. */
export class ScoreDict extends Dict<number> {
  private scores: Float64Array[] = [];

  constructor(seed: HashSeed) {
    super(seed, 0);
  }

  override valueAt(slot: number): number {
    return this.scores[slot >> CHUNK_BITS]![slot & IN_CHUNK]!;
  }

  protected override read(slot: number): number {
    return super.read(slot) ^ this.valueAt(slot);
  }

  protected override store(slot: number, value: number): void {
    this.scores[slot >> CHUNK_BITS]![slot & IN_CHUNK] = value;
  }

  protected override another(): this {
    return new ScoreDict(this.seed) as this;
  }

  protected override copySlots(from: this): void {
    super.copySlots(from);
    this.scores = from.scores.map((chunk) => chunk.slice());
  }

  override clear(): void {
    super.clear();
    this.scores = [];
  }

  protected override addRoom(): void {
    super.addRoom();
    const before = this.capacity > CHUNK ? undefined : this.scores[0];
    const chunk = new Float64Array(Math.min(CHUNK, this.capacity));
    if (before !== undefined) chunk.set(before);
    this.scores[this.chunks.length - 1] = chunk;
  }

  protected override giveUpRoom(): void {
    super.giveUpRoom();
    this.scores.length = this.chunks.length;
    if (this.capacity < CHUNK) this.scores[0] = this.scores[0]!.slice(0, this.capacity);
  }
}
