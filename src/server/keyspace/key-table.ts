/**
 * KeyTable: the hash table of a database. Keys, values and facts about each key are stored densely in slots 0 … size-1.
 *
 *   hash ─ top 8 bits ─▶ part ─ low bits ─▶ position: [hash, slot + 1], 0 where free; linear probing, at most 3/4 full
 *
 *   slot >> 14 ─▶ chunk, slot & 16383 ─▶ place in it
 *     entries  [ key, value | key, value | … ]                two references a slot, in one cache line
 *     facts    [ hash, access, volatile, units | hash, … ]    four words a slot, in another
 *
 * Removing a key moves the last one into its slot, so a random key costs O(1), which eviction and the expire cycle need. SCAN uses the index instead, where
 * moved keys keep their places (scan-order.ts). The table is never copied as a whole: chunks are appended, and each of the 256 parts of the index grows by
 * itself. The longest step of the table's own, after the split into parts, took 0.3 ms on the way to 1 million keys and 152 ms on the way to 10 million, with
 * whatever collection its allocation set off (the two were not told apart). The longest pause of a hundred insertions
 * was 37 to 62 ms on the way to 1 million keys and 359 ms to 10 million, one run each: mostly V8's collector, by its own trace at 1 million, which promotes and
 * marks every key and value; less with a smaller young generation. Redis, without a collector, spreads the growth of its one table over the commands that
 * follow.
 */
import { ColumnReader, type ColumnsState, ColumnWriter, emptyTexts } from './columns.js';
import { hashBytes, type HashSeed, hashString } from './hash.js';
import { countsOf } from './dict.js';
import { EMPTY_BUCKETS, nextBucket, reverseBits, SCAN_END } from './scan-order.js';
import type { Value } from './value.js';
import { captureObject, restoreObject } from './value-state.js';

const CHUNK_BITS = 14;
const CHUNK = 1 << CHUNK_BITS;
const IN_CHUNK = CHUNK - 1;

/** Positions in the smallest part. */
const MIN_POSITIONS = 8;
const PARTS = 256;
/** At this size one part is split into 256: few enough keys that the split takes no noticeable time. */
const SPLIT_SIZE = 32 * 1024;

// The four words of a slot's facts.
const WORDS_SHIFT = 2;
const HASH = 0;
const ACCESS = 1;
const VOLATILE = 2;
const UNITS = 3;

/** Bytes per slot: two references and the facts. */
const SLOT_BYTES = 2 * 8 + (4 << WORDS_SHIFT);

export interface KeyTableState {
  readonly size: number;
  /** Number of allocated slots. */
  readonly capacity: number;
  /** For each slot the key, followed by its value if that is a string or a number; in chunks. */
  readonly entries: readonly (readonly (string | number | null)[])[];
  /** All other values, in the order of their slots: the kind of each (value-state.ts), and its data. */
  readonly kinds: Uint8Array;
  readonly objects: ColumnsState;
  /** Four words per slot. */
  readonly facts: Int32Array;
  readonly counts: Int32Array;
  readonly partLengths: readonly number[];
  /** All parts, one after the other. */
  readonly index: Int32Array;
}

export class KeyTable {
  size = 0;
  private parts: Int32Array[] = [new Int32Array(MIN_POSITIONS * 2)];
  /** Number of keys in each part. */
  private counts = new Int32Array(PARTS);
  private partMask = 0;
  /** The key of a slot at an even place, followed by its value. */
  private readonly entryChunks: Value[][] = [];
  private readonly factChunks: Int32Array[] = [];
  private capacity = 0;
  /** True if the string that {@link intern} returned last is the key of a slot. */
  wasInterned = false;
  /** The last key that was looked for and not found, with its hash: the same command often looks for it again, or adds it. */
  private missed = '';
  private missedHash: number;
  /** Where a key was found last: one command looks for its key several times. */
  private lastSlot = 0;

  constructor(private readonly seed: HashSeed) {
    this.missedHash = hashString('', seed);
  }

  /** Returns the slot of a key, or -1. A slot is valid until the next removal. */
  find(key: string): number {
    const { lastSlot } = this;
    if (lastSlot < this.size && this.keyAt(lastSlot) === key) return lastSlot;
    const hash = key === this.missed ? this.missedHash : hashString(key, this.seed);
    const part = this.parts[(hash >>> 24) & this.partMask]!;
    const mask = part.length - 1;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const slot = part[at + 1]! - 1;
      if (slot === -1) {
        this.missed = key;
        this.missedHash = hash;
        return -1;
      }
      if (part[at] === hash && this.keyAt(slot) === key) return (this.lastSlot = slot);
    }
  }

  /**
   * Returns the string that these bytes spell as latin1: for an existing key the very string in the table, so that none is made and `find` compares
   * two pointers; otherwise a new one, whose hash is cached for the next `find` or `add`.
   */
  intern(bytes: Buffer, start: number, length: number): string {
    const { lastSlot } = this;
    this.wasInterned = true;
    if (lastSlot < this.size && isSpelled(this.keyAt(lastSlot), bytes, start, length)) return this.keyAt(lastSlot);
    const hash = hashBytes(bytes, start, length, this.seed);
    const part = this.parts[(hash >>> 24) & this.partMask]!;
    const mask = part.length - 1;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const slot = part[at + 1]! - 1;
      if (slot === -1) {
        this.wasInterned = false;
        this.missedHash = hash;
        return (this.missed = bytes.latin1Slice(start, start + length));
      }
      if (part[at] !== hash) continue;
      const key = this.keyAt(slot);
      if (!isSpelled(key, bytes, start, length)) continue;
      this.lastSlot = slot;
      return key;
    }
  }

  /** Allocated bytes of the table itself, without keys and values. */
  get tableBytes(): number {
    return this.parts.reduce((bytes, part) => bytes + part.byteLength, this.capacity * SLOT_BYTES);
  }

  has(key: string): boolean {
    return this.find(key) !== -1;
  }

  get(key: string): Value | undefined {
    const slot = this.find(key);
    return slot === -1 ? undefined : this.valueAt(slot);
  }

  keyAt(slot: number): string {
    return this.entryChunks[slot >> CHUNK_BITS]![(slot & IN_CHUNK) << 1] as string;
  }

  valueAt(slot: number): Value {
    return this.entryChunks[slot >> CHUNK_BITS]![((slot & IN_CHUNK) << 1) + 1]!;
  }

  setValueAt(slot: number, value: Value): void {
    this.entryChunks[slot >> CHUNK_BITS]![((slot & IN_CHUNK) << 1) + 1] = value;
  }

  /** Returns when, or how often, the key was used: the 24 bits of access.ts. */
  accessAt(slot: number): number {
    return this.factChunks[slot >> CHUNK_BITS]![((slot & IN_CHUNK) << WORDS_SHIFT) + ACCESS]!;
  }

  setAccessAt(slot: number, access: number): void {
    this.factChunks[slot >> CHUNK_BITS]![((slot & IN_CHUNK) << WORDS_SHIFT) + ACCESS] = access;
  }

  /** Returns the key's place in the list of volatile keys, plus one; 0 for a key that never expires. Maintained by Expires. */
  volatileAt(slot: number): number {
    return this.factChunks[slot >> CHUNK_BITS]![((slot & IN_CHUNK) << WORDS_SHIFT) + VOLATILE]!;
  }

  setVolatileAt(slot: number, place: number): void {
    this.factChunks[slot >> CHUNK_BITS]![((slot & IN_CHUNK) << WORDS_SHIFT) + VOLATILE] = place;
  }

  /** Returns the memory that was last measured for the key, in units of 16 bytes. */
  unitsAt(slot: number): number {
    return this.factChunks[slot >> CHUNK_BITS]![((slot & IN_CHUNK) << WORDS_SHIFT) + UNITS]!;
  }

  setUnitsAt(slot: number, units: number): void {
    this.factChunks[slot >> CHUNK_BITS]![((slot & IN_CHUNK) << WORDS_SHIFT) + UNITS] = units;
  }

  /** Adds a key that is known to be absent; returns its slot, which is the last. Its other facts are 0. */
  add(key: string, value: Value): number {
    const hash = key === this.missed ? this.missedHash : hashString(key, this.seed);
    const slot = this.size;
    if (slot === this.capacity) this.addRoom();
    if (slot === SPLIT_SIZE && this.partMask === 0) this.split();
    this.size++;
    this.setEntryAt(slot, key, value);
    const facts = this.factChunks[slot >> CHUNK_BITS]!;
    const word = (slot & IN_CHUNK) << WORDS_SHIFT;
    facts[word + HASH] = hash;
    facts[word + ACCESS] = 0;
    facts[word + VOLATILE] = 0;
    facts[word + UNITS] = 0;
    const number = (hash >>> 24) & this.partMask;
    const count = ++this.counts[number]!;
    if (count * 8 > this.parts[number]!.length * 3) this.resizePart(number, this.parts[number]!.length * 2);
    link(this.parts[number]!, hash, slot + 1);
    return slot;
  }

  /** Removes the key in a slot. Returns the slot whose key has moved into it, or -1 if none had to. */
  removeSlot(slot: number): number {
    const last = this.size - 1;
    this.unlink(slot);
    if (slot !== last) this.moveLast(last, slot);
    this.size = last;
    this.setEntryAt(last, '', '');
    this.releaseRoom();
    return slot === last ? -1 : last;
  }

  /**
   * One step of a SCAN: calls `visit` for about `count` slots, and returns the next cursor, 0 at the end. Entries that exist from the first step to the last
   * are visited once; others at most once each time they are added.
   *
   *   one part      the order of scan-order.ts                          cursor: bucket ·0
   *   256 parts     part after part, each in that order                 cursor: bucket · part ·1
   *                 … but a scan that began before the split continues    cursor: bucket ·0
   *                 as it began: a bucket of all parts at a time
   */
  scan(cursor: number, count: number, visit: (slot: number) => void): number {
    const isByPart = cursor === 0 ? this.partMask > 0 : (cursor & 1) === 1;
    const rest = Math.floor(cursor / 2);
    if (isByPart && this.partMask > 0) return this.scanByPart(rest & 0xff, reverseBits(rest / 256), count, visit);
    return this.scanAcross(reverseBits(rest), count, visit);
  }

  private scanByPart(number: number, place: number, count: number, visit: (slot: number) => void): number {
    let left = count;
    for (let buckets = count * EMPTY_BUCKETS; left > 0 && buckets > 0 && number < PARTS; buckets--) {
      left -= this.visitBucket(number, place, SCAN_END, visit);
      place = nextBucket(place, this.parts[number]!.length / 2);
      if (place < SCAN_END) continue;
      place = 0;
      number++;
    }
    return number === PARTS ? 0 : (reverseBits(place) * PARTS + number) * 2 + 1;
  }

  private scanAcross(place: number, count: number, visit: (slot: number) => void): number {
    const buckets = Math.max(...this.parts.map(({ length }) => length / 2));
    let left = count;
    for (let rows = count * EMPTY_BUCKETS; left > 0 && rows > 0 && place < SCAN_END; rows--) {
      const next = nextBucket(place, buckets);
      for (let number = 0; number < this.parts.length; number++) left -= this.visitBucket(number, place, next, visit);
      place = next;
    }
    return reverseBits(place) * 2;
  }

  /** Visits the entries of a part's bucket at a place in scan order, from that place on and up to `end`. Returns their number. */
  private visitBucket(number: number, place: number, end: number, visit: (slot: number) => void): number {
    const part = this.parts[number]!;
    const mask = part.length - 1;
    const home = (reverseBits(place) << 1) & mask;
    let visited = 0;
    for (let at = home; part[at + 1] !== 0; at = (at + 2) & mask) {
      const hash = part[at]!;
      if (((hash << 1) & mask) !== home) continue;
      const found = reverseBits(hash);
      if (found < place || found >= end) continue;
      visit(part[at + 1]! - 1);
      visited++;
    }
    return visited;
  }

  /** Returns a uniformly random slot, for a `random` in [0, 1); -1 if the table is empty. */
  randomSlot(random: number): number {
    return this.size === 0 ? -1 : Math.floor(random * this.size);
  }

  /** Counts the positions of all parts at which the search for no key begins, for one key, for two, …; for DEBUG HTSTATS. */
  chains(): number[] {
    const starts = this.parts.map(() => 0);
    let positions = 0;
    for (const [number, part] of this.parts.entries()) {
      starts[number] = positions;
      positions += part.length / 2;
    }
    const homes = new Uint32Array(positions);
    for (let slot = 0; slot < this.size; slot++) {
      const hash = this.factChunks[slot >> CHUNK_BITS]![((slot & IN_CHUNK) << WORDS_SHIFT) + HASH]!;
      const number = (hash >>> 24) & this.partMask;
      homes[starts[number]! + (hash & (this.parts[number]!.length / 2 - 1))]!++;
    }
    return countsOf(homes);
  }

  /** @param hasObjects whether there may be values other than strings and numbers; if not, none is checked */
  capture(hasObjects: boolean): KeyTableState {
    const { size, capacity } = this;
    const objects = new ColumnWriter();
    const kinds: number[] = [];
    const entries: (string | number | null)[][] = [];
    const facts = new Int32Array(size << WORDS_SHIFT);
    for (let slot = 0; slot < size; slot += CHUNK) {
      const count = Math.min(CHUNK, size - slot);
      const chunk = this.entryChunks[slot >> CHUNK_BITS]!.slice(0, count * 2);
      if (hasObjects) takeObjects(chunk, kinds, objects);
      entries.push(chunk as (string | number | null)[]);
      facts.set(this.factChunks[slot >> CHUNK_BITS]!.subarray(0, count << WORDS_SHIFT), slot << WORDS_SHIFT);
    }
    return { size, capacity, entries, kinds: Uint8Array.from(kinds), objects: objects.finish(), facts, counts: this.counts.slice(), ...this.captureIndex() };
  }

  private captureIndex(): Pick<KeyTableState, 'partLengths' | 'index'> {
    const partLengths = this.parts.map(({ length }) => length);
    const index = new Int32Array(partLengths.reduce((sum, length) => sum + length, 0));
    let start = 0;
    for (const part of this.parts) {
      index.set(part, start);
      start += part.length;
    }
    return { partLengths, index };
  }

  /** Becomes the captured table. Only for a new one with the same seed. */
  restore({ size, capacity, entries, kinds, objects, facts, counts, partLengths, index }: KeyTableState): void {
    this.size = size;
    this.counts = counts.slice();
    this.parts = [];
    let start = 0;
    for (const length of partLengths) this.parts.push(index.slice(start, (start += length)));
    this.partMask = this.parts.length - 1;
    this.capacity = capacity;
    for (let slot = 0; slot < capacity; slot += CHUNK) {
      const length = Math.min(CHUNK, capacity);
      this.entryChunks.push(filledSlots(length * 2, entries[slot >> CHUNK_BITS] ?? []));
      const chunk = new Int32Array(length << WORDS_SHIFT);
      chunk.set(facts.subarray(slot << WORDS_SHIFT, (slot + CHUNK) << WORDS_SHIFT));
      this.factChunks.push(chunk);
    }
    if (kinds.length > 0) this.restoreObjects(kinds, new ColumnReader(objects));
  }

  private restoreObjects(kinds: Uint8Array, from: ColumnReader): void {
    let restored = 0;
    for (let slot = 0; slot < this.size; slot++) {
      if ((this.valueAt(slot) as Value | null) === null) this.setValueAt(slot, restoreObject(kinds[restored++]!, from, this.seed));
    }
  }

  /** Allocates room for the next key: the first chunk doubles, so that small databases stay small; later ones are allocated whole. */
  private addRoom(): void {
    const chunk = this.size >> CHUNK_BITS;
    const length = chunk > 0 ? CHUNK : Math.max(16, Math.min(CHUNK, this.capacity * 2));
    // Filled with strings at once, so that V8 never has to change the representation of an array of small integers.
    const entries: Value[] = emptyTexts(length * 2);
    const facts = new Int32Array(length << WORDS_SHIFT);
    if (chunk === 0 && this.size > 0) {
      for (let at = 0; at < this.size * 2; at++) entries[at] = this.entryChunks[0]![at]!;
      facts.set(this.factChunks[0]!);
    }
    this.entryChunks[chunk] = entries;
    this.factChunks[chunk] = facts;
    this.capacity = chunk === 0 ? length : (chunk + 1) * CHUNK;
  }

  /** Frees the last chunk once the one before it is half empty, so that one more key does not need it again. */
  private releaseRoom(): void {
    if (this.size === 0) return this.releaseAll();
    if (this.capacity <= CHUNK || this.capacity - this.size <= CHUNK + CHUNK / 2) return;
    this.entryChunks.pop();
    this.factChunks.pop();
    this.capacity -= CHUNK;
  }

  private releaseAll(): void {
    this.entryChunks.length = 0;
    this.factChunks.length = 0;
    this.capacity = 0;
    this.parts = [new Int32Array(MIN_POSITIONS * 2)];
    this.counts.fill(0);
    this.partMask = 0;
  }

  private setEntryAt(slot: number, key: string, value: Value): void {
    const entries = this.entryChunks[slot >> CHUNK_BITS]!;
    const at = (slot & IN_CHUNK) << 1;
    entries[at] = key;
    entries[at + 1] = value;
  }

  private moveLast(last: number, slot: number): void {
    const from = this.factChunks[last >> CHUNK_BITS]!;
    const fromWord = (last & IN_CHUNK) << WORDS_SHIFT;
    const hash = from[fromWord + HASH]!;
    const part = this.parts[(hash >>> 24) & this.partMask]!;
    part[position(part, hash, last + 1) + 1] = slot + 1;
    this.setEntryAt(slot, this.keyAt(last), this.valueAt(last));
    const to = this.factChunks[slot >> CHUNK_BITS]!;
    const toWord = (slot & IN_CHUNK) << WORDS_SHIFT;
    for (let word = 0; word < 1 << WORDS_SHIFT; word++) to[toWord + word] = from[fromWord + word]!;
  }

  /** Frees the position of a slot and closes the gap, so that no probe sequence is cut (Knuth's algorithm R, without tombstones). */
  private unlink(slot: number): void {
    const hash = this.factChunks[slot >> CHUNK_BITS]![(slot & IN_CHUNK) << WORDS_SHIFT]!;
    const number = (hash >>> 24) & this.partMask;
    const part = this.parts[number]!;
    const mask = part.length - 1;
    let gap = position(part, hash, slot + 1);
    for (let at = (gap + 2) & mask; part[at + 1] !== 0; at = (at + 2) & mask) {
      const home = (part[at]! << 1) & mask;
      // The entry may move back into the gap unless its home is cyclically in (gap, at].
      const reachable = gap <= at ? home <= gap || home > at : home <= gap && home > at;
      if (!reachable) continue;
      part[gap] = part[at]!;
      part[gap + 1] = part[at + 1]!;
      gap = at;
    }
    part[gap + 1] = 0;
    const count = --this.counts[number]!;
    // A tenth full: shrinks, but never so much that one more key would grow it again.
    if (part.length > MIN_POSITIONS * 2 && count * 20 < part.length) this.resizePart(number, part.length / 2);
  }

  private resizePart(number: number, length: number): void {
    const old = this.parts[number]!;
    const grown = new Int32Array(length);
    for (let at = 0; at < old.length; at += 2) if (old[at + 1] !== 0) link(grown, old[at]!, old[at + 1]!);
    this.parts[number] = grown;
  }

  private split(): void {
    const whole = this.parts[0]!;
    const length = Math.max(MIN_POSITIONS * 2, (whole.length * 2) / PARTS);
    this.parts = Array.from({ length: PARTS }, () => new Int32Array(length));
    this.counts.fill(0);
    this.partMask = PARTS - 1;
    for (let at = 0; at < whole.length; at += 2) {
      if (whole[at + 1] === 0) continue;
      const number = whole[at]! >>> 24;
      this.counts[number]!++;
      link(this.parts[number]!, whole[at]!, whole[at + 1]!);
    }
  }
}

/** Returns room for entries that begins with captured ones, nulls included. */
function filledSlots(count: number, entries: KeyTableState['entries'][number]): Value[] {
  const slots: (Value | null)[] = emptyTexts(count);
  for (let at = 0; at < entries.length; at++) slots[at] = entries[at]!;
  return slots as Value[];
}

/** Writes the values of a chunk of entries that are neither strings nor numbers, and leaves null in their places. */
function takeObjects(entries: (Value | null)[], kinds: number[], to: ColumnWriter): void {
  for (let at = 1; at < entries.length; at += 2) {
    const value = entries[at]!;
    if (typeof value !== 'object') continue;
    kinds.push(captureObject(value, to));
    entries[at] = null;
  }
}

/** Compares from the end, where keys differ sooner. */
function isSpelled(key: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (key.length !== length) return false;
  let at = length - 1;
  while (at >= 0 && key.charCodeAt(at) === bytes[start + at]) at--;
  return at < 0;
}

function link(part: Int32Array, hash: number, entry: number): void {
  const mask = part.length - 1;
  let at = (hash << 1) & mask;
  while (part[at + 1] !== 0) at = (at + 2) & mask;
  part[at] = hash;
  part[at + 1] = entry;
}

/** Returns the position of an entry in a part. */
function position(part: Int32Array, hash: number, entry: number): number {
  const mask = part.length - 1;
  let at = (hash << 1) & mask;
  while (part[at + 1] !== entry) at = (at + 2) & mask;
  return at;
}
