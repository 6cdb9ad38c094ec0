/**
 * KeyTable: the hash table of a database. Keys, values and facts about each key are stored densely in slots 0 … size-1.
 *
 *   hash ─▶ index (slot-index.ts) ─▶ slot
 *
 *   slot >> 15 ─▶ chunk, slot & 32767 ─▶ place in it
 *     entries  [ key, value | key, value | … ]                two references a slot, in one cache line
 *     facts    [ hash, access, volatile, units | hash, … ]    four words a slot, in another
 *
 * Removing a key moves the last one into its slot, so a random key costs O(1), which eviction and the expire cycle need. SCAN uses the index instead, where
 * moved keys keep their places (scan-order.ts). Nothing is ever copied as a whole: the table grows by a chunk of slots, or by a segment of the index, and gives
 * them up again. Pauses while millions of keys are added are V8's collector, which promotes and marks every key and value; a smaller young generation makes
 * them shorter. Redis, without a collector, spreads the growth of its one table over the commands that follow.
 */
import { ColumnReader, type ColumnsState, ColumnWriter, emptyTexts } from './columns.js';
import { hashBytes, type HashSeed, hashString, isSpelled } from './hash.js';
import { countsOf } from './dict.js';
import { SLOT_CHUNK_BITS, SlotIndex, type SlotIndexState } from './slot-index.js';
import type { Value } from './value.js';
import { captureObject, restoreObject } from './value-state.js';

const CHUNK_BITS = SLOT_CHUNK_BITS;
const CHUNK = 1 << CHUNK_BITS;
const IN_CHUNK = CHUNK - 1;

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
  readonly index: SlotIndexState;
}

export class KeyTable {
  size = 0;
  /** The key of a slot at an even place, followed by its value. */
  private readonly entryChunks: Value[][] = [];
  private readonly factChunks: Int32Array[] = [];
  private readonly index = new SlotIndex(this.factChunks, WORDS_SHIFT);
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
    const { lastSlot, index } = this;
    if (lastSlot < this.size && this.keyAt(lastSlot) === key) return lastSlot;
    const hash = key === this.missed ? this.missedHash : hashString(key, this.seed);
    for (let slot = index.first(hash); slot !== -1; slot = index.next(hash)) {
      if (this.keyAt(slot) === key) return (this.lastSlot = slot);
    }
    this.missed = key;
    this.missedHash = hash;
    return -1;
  }

  /**
   * Returns the string that these bytes spell as latin1: for an existing key the very string in the table, so that none is made and `find` compares
   * two pointers; otherwise a new one, whose hash is cached for the next `find` or `add`.
   */
  intern(bytes: Buffer, start: number, length: number): string {
    const { lastSlot, index } = this;
    this.wasInterned = true;
    if (lastSlot < this.size && isSpelled(this.keyAt(lastSlot), bytes, start, length)) return this.keyAt(lastSlot);
    const hash = hashBytes(bytes, start, length, this.seed);
    for (let slot = index.first(hash); slot !== -1; slot = index.next(hash)) {
      const key = this.keyAt(slot);
      if (!isSpelled(key, bytes, start, length)) continue;
      this.lastSlot = slot;
      return key;
    }
    this.wasInterned = false;
    this.missedHash = hash;
    return (this.missed = bytes.latin1Slice(start, start + length));
  }

  /** Allocated bytes of the table itself, without keys and values. */
  get tableBytes(): number {
    return this.index.bytes + this.capacity * SLOT_BYTES;
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
    this.index.add(hash, slot);
    this.size++;
    this.setEntryAt(slot, key, value);
    const facts = this.factChunks[slot >> CHUNK_BITS]!;
    const word = (slot & IN_CHUNK) << WORDS_SHIFT;
    facts[word + HASH] = hash;
    facts[word + ACCESS] = 0;
    facts[word + VOLATILE] = 0;
    facts[word + UNITS] = 0;
    return slot;
  }

  /** Removes the key in a slot. Returns the slot whose key has moved into it, or -1 if none had to. */
  removeSlot(slot: number): number {
    const last = this.size - 1;
    this.index.remove(this.hashAt(slot), slot);
    if (slot !== last) this.moveLast(last, slot);
    this.size = last;
    this.setEntryAt(last, '', '');
    this.releaseRoom();
    return slot === last ? -1 : last;
  }

  /** One step of a SCAN; see {@link SlotIndex.scan}. Cursors are even, as in recordings of earlier versions. */
  scan(cursor: number, count: number, visit: (slot: number) => void): number {
    return this.index.scan(Math.floor(cursor / 2), count, visit) * 2;
  }

  /** Returns a uniformly random slot, for a `random` in [0, 1); -1 if the table is empty. */
  randomSlot(random: number): number {
    return this.size === 0 ? -1 : Math.floor(random * this.size);
  }

  /** Counts the positions of the index at which the search for no key begins, for one key, for two, …; for DEBUG HTSTATS. */
  chains(): number[] {
    return countsOf(this.index.homes());
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
    return { size, capacity, entries, kinds: Uint8Array.from(kinds), objects: objects.finish(), facts, index: this.index.capture() };
  }

  /** Becomes the captured table. Only for a new one with the same seed. */
  restore({ size, capacity, entries, kinds, objects, facts, index }: KeyTableState): void {
    this.size = size;
    this.index.restore(index);
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
    this.index.clear();
  }

  private hashAt(slot: number): number {
    return this.factChunks[slot >> CHUNK_BITS]![((slot & IN_CHUNK) << WORDS_SHIFT) + HASH]!;
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
    this.index.move(from[fromWord + HASH]!, last, slot);
    this.setEntryAt(slot, this.keyAt(last), this.valueAt(last));
    const to = this.factChunks[slot >> CHUNK_BITS]!;
    const toWord = (slot & IN_CHUNK) << WORDS_SHIFT;
    for (let word = 0; word < 1 << WORDS_SHIFT; word++) to[toWord + word] = from[fromWord + word]!;
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
