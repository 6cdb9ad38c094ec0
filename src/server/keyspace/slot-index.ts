/**
 * SlotIndex: leads from the hash of a key to its slot, for the hash tables of databases (KeyTable) and of values (Dict). It grows and shrinks in steps of some
 * microseconds, however large it is.
 *
 *   low bits of the hash ─▶ directory [ 0 | 1 | 0 | 2 ]            which segment; several entries may lead to the same one
 *                                       │   │       │
 *   the nine bits above  ─▶ segments  [ 0 ][ 1    ][ 2 ]           512 positions each, linear probing
 *                                            │
 *                             position   [ ↷ · tag · slot + 1 ]    32 bits, 0 where free; the tag is what is left of the hash, ↷ two bits: how far from home
 *
 * A segment that becomes more than 3/4 full is split: its depth, the number of low bits that all its hashes have in common, grows by one, and the entries in
 * which the next bit is 1 move to a new segment at the end. Nothing else moves; only the directory, four bytes for several hundred keys, is copied when the
 * deepest segment is split. Two segments that one split made, and that are a tenth full, are merged into one; the last segment takes the number that becomes
 * free. (Known as extendible hashing. Redis has a second table meanwhile, and moves some entries of the first with each command: here there is no meanwhile.)
 *
 * A segment of depth d spends d + 9 bits of a position on the slot, enough for as many keys as there are positions when all segments are that deep, and the
 * other 21 - d on the tag: so the key in a slot is hardly ever read in vain. The first two bits say how far an entry is behind its home, the position where
 * searches for its key begin, because that was taken; 3 stands for 3 or more. So a gap is closed, by entries that may move back to it, without their hashes:
 * those are read from the owner's array only where entries move to another segment, and for entries that are far from home.
 *
 *   depth 0           one segment, which doubles from 8 positions to 512
 *   segment >> 6      chunk: an array of 64 segments; the first is as large as needed
 *
 * As directory and positions are chosen by the hash from its low end on, the order of SCAN (scan-order.ts) goes through one segment after the other.
 */
import type { ColumnReader, ColumnWriter } from './columns.js';
import { EMPTY_BUCKETS, nextBucket, reverseBits, SCAN_END } from './scan-order.js';

const MIN_POSITIONS = 8;
const POSITION_BITS = 9;
const POSITIONS = 1 << POSITION_BITS;

/** The owner's chunks of slots. */
export const SLOT_CHUNK_BITS = 15;
const IN_SLOT_CHUNK = (1 << SLOT_CHUNK_BITS) - 1;

const CHUNK_BITS = 6;
const CHUNK = 1 << CHUNK_BITS;
const IN_CHUNK = CHUNK - 1;

/** An entry of the directory is a segment's number, followed by its depth. */
const DEPTH_BITS = 5;
const IN_DEPTH = (1 << DEPTH_BITS) - 1;
/** A slot has at most 30 bits. */
const MAX_DEPTH = 30 - POSITION_BITS;

/** The first bits of a position: how many positions behind its home the entry is, at most FAR. */
const DISTANCE_SHIFT = 30;
const FAR = 3;
const NO_DISTANCE = ~(FAR << DISTANCE_SHIFT);

/** Entries of a segment while it is split or merged. */
const moving = new Int32Array(POSITIONS);

export interface SlotIndexState {
  readonly size: number;
  readonly segments: number;
  /** Number of segments for which there is room. */
  readonly room: number;
  /** Positions of each segment. */
  readonly positions: number;
  readonly directory: Int32Array;
  readonly counts: Int32Array;
  readonly prefixes: Int32Array;
  /** All segments, one after the other. */
  readonly words: Int32Array;
  /** The next segment to look at while there are too many. */
  readonly surveyed: number;
}

export class SlotIndex {
  /** Number of keys. */
  private size = 0;
  private directory: Int32Array = new Int32Array(1);
  private directoryMask = 0;
  private chunks: Int32Array[] = [new Int32Array(MIN_POSITIONS)];
  private segments = 1;
  private room = 1;
  /** Positions of each segment, minus one. */
  private mask = MIN_POSITIONS - 1;
  /** For each segment the number of its keys, and the low bits of their hashes. */
  private counts: Int32Array = new Int32Array(1);
  private prefixes: Int32Array = new Int32Array(1);
  /** Number of entries of the directory whose segment is as deep as the directory. */
  private deepest = 1;
  private surveyed = 0;
  /** The position at which the last search ended, in its segment. */
  private at = 0;

  /** @param hashes the owner's: for each chunk of slots an array, in which the hash of a slot is the first of `1 << shift` words */
  constructor(
    private readonly hashes: readonly Int32Array[],
    private readonly shift: number,
  ) {}

  /** Returns the first slot whose key may have this hash, or -1. */
  first(hash: number): number {
    const entry = this.directory[hash & this.directoryMask]!;
    return this.search(hash, entry, (hash >>> (entry & IN_DEPTH)) & this.mask);
  }

  /** Returns the next slot like that for the hash that was looked for last, or -1. The index must not have changed meanwhile. */
  next(hash: number): number {
    return this.search(hash, this.directory[hash & this.directoryMask]!, (this.at + 1) & this.mask);
  }

  /** Returns the position at which the search for a hash begins, as it is in memory: reads nothing that depends on it. */
  home(hash: number): number {
    const entry = this.directory[hash & this.directoryMask]!;
    const segment = entry >>> DEPTH_BITS;
    return this.chunks[segment >> CHUNK_BITS]![((segment & IN_CHUNK) << POSITION_BITS) + ((hash >>> (entry & IN_DEPTH)) & this.mask)]!;
  }

  private search(hash: number, entry: number, from: number): number {
    const { mask } = this;
    const segment = entry >>> DEPTH_BITS;
    const words = this.chunks[segment >> CHUNK_BITS]!;
    const base = (segment & IN_CHUNK) << POSITION_BITS;
    const slotBits = (entry & IN_DEPTH) + POSITION_BITS;
    const tag = (hash >>> slotBits) << slotBits;
    // Bits of the tag and no others.
    const tagMask = NO_DISTANCE & (-1 << slotBits);
    for (let at = from; ; at = (at + 1) & mask) {
      const word = words[base + at]!;
      if (word === 0) return -1;
      if (((word ^ tag) & tagMask) !== 0) continue;
      this.at = at;
      return (word & ~(-1 << slotBits)) - 1;
    }
  }

  add(hash: number, slot: number): void {
    let entry = this.directory[hash & this.directoryMask]!;
    while ((this.counts[entry >>> DEPTH_BITS]! + 1) * 4 > (this.mask + 1) * 3 || (slot + 1) >>> ((entry & IN_DEPTH) + POSITION_BITS) !== 0) {
      this.makeRoom(entry);
      entry = this.directory[hash & this.directoryMask]!;
    }
    this.link(entry, hash, slot);
    this.size++;
  }

  /** Forgets the key in a slot, while its hash is still there. */
  remove(hash: number, slot: number): void {
    const entry = this.directory[hash & this.directoryMask]!;
    this.unlink(entry, this.position(entry, hash, slot));
    this.size--;
    const count = --this.counts[entry >>> DEPTH_BITS]!;
    // A tenth full: shrinks, but never so much that one more key would make it grow again.
    if (count * 10 < this.mask + 1) this.giveUpRoom(entry);
    if (this.size * 16 < this.segments * POSITIONS && this.segments > 1) this.survey();
  }

  /** The key of one slot moves into another. */
  move(hash: number, slot: number, to: number): void {
    const entry = this.directory[hash & this.directoryMask]!;
    const segment = entry >>> DEPTH_BITS;
    const words = this.chunks[segment >> CHUNK_BITS]!;
    const at = ((segment & IN_CHUNK) << POSITION_BITS) + this.position(entry, hash, slot);
    words[at] = (words[at]! & (-1 << ((entry & IN_DEPTH) + POSITION_BITS))) | (to + 1);
  }

  clear(): void {
    this.size = 0;
    this.counts = new Int32Array(1);
    this.prefixes = new Int32Array(1);
    this.surveyed = 0;
    this.reset(new Int32Array(1), [new Int32Array(MIN_POSITIONS)], 1, 1, MIN_POSITIONS);
  }

  /** Allocated bytes. */
  get bytes(): number {
    return this.chunks.reduce((bytes, { byteLength }) => bytes + byteLength, this.directory.byteLength + this.counts.byteLength + this.prefixes.byteLength);
  }

  /**
   * One step of a SCAN: calls `visit` for about `count` slots, and returns the next cursor, 0 at the end. Entries that exist from the first step to the last
   * are visited once; others at most once each time they are added.
   */
  scan(cursor: number, count: number, visit: (slot: number) => void): number {
    let place = reverseBits(cursor);
    let left = count;
    for (let buckets = count * EMPTY_BUCKETS; left > 0 && buckets > 0 && place < SCAN_END; buckets--) {
      const bits = reverseBits(place);
      const entry = this.directory[bits & this.directoryMask]!;
      left -= this.visitBucket(entry, bits, place, visit);
      place = nextBucket(place, (this.mask + 1) * 2 ** (entry & IN_DEPTH));
    }
    return reverseBits(place);
  }

  /** Visits the entries of the bucket at a place in scan order, from that place on. Returns their number. */
  private visitBucket(entry: number, bits: number, place: number, visit: (slot: number) => void): number {
    const { mask } = this;
    const depth = entry & IN_DEPTH;
    const slotMask = (1 << (depth + POSITION_BITS)) - 1;
    const segment = entry >>> DEPTH_BITS;
    const words = this.chunks[segment >> CHUNK_BITS]!;
    const base = (segment & IN_CHUNK) << POSITION_BITS;
    const home = (bits >>> depth) & mask;
    let visited = 0;
    for (let at = home; words[base + at] !== 0; at = (at + 1) & mask) {
      const distance = words[base + at]! >>> DISTANCE_SHIFT;
      if (distance !== FAR && ((at - distance) & mask) !== home) continue;
      const slot = (words[base + at]! & slotMask) - 1;
      const hash = this.hashAt(slot);
      if (((hash >>> depth) & mask) !== home || reverseBits(hash) < place) continue;
      visit(slot);
      visited++;
    }
    return visited;
  }

  /** Returns for each position how many keys' searches begin there. */
  homes(): Uint32Array {
    const positions = this.mask + 1;
    const homes = new Uint32Array(this.segments * positions);
    for (let slot = 0; slot < this.size; slot++) {
      const hash = this.hashAt(slot);
      const entry = this.directory[hash & this.directoryMask]!;
      homes[(entry >>> DEPTH_BITS) * positions + ((hash >>> (entry & IN_DEPTH)) & this.mask)]!++;
    }
    return homes;
  }

  capture(): SlotIndexState {
    const { size, segments, room, surveyed, counts, prefixes } = this;
    const positions = this.mask + 1;
    const words = new Int32Array(segments * positions);
    for (let segment = 0; segment < segments; segment++) words.set(this.wordsOf(segment), segment * positions);
    const directory = this.directory.slice();
    return { size, segments, room, positions, surveyed, directory, counts: counts.slice(), prefixes: prefixes.slice(), words };
  }

  /** Becomes the captured index. */
  restore({ size, segments, room, positions, surveyed, directory, counts, prefixes, words }: SlotIndexState): void {
    const chunks: Int32Array[] = [];
    for (let first = 0; first < room; first += CHUNK) {
      const chunk = new Int32Array(Math.min(CHUNK, room) * positions);
      chunk.set(words.subarray(first * positions, Math.min(first + CHUNK, segments) * positions));
      chunks.push(chunk);
    }
    this.size = size;
    this.counts = counts.slice();
    this.prefixes = prefixes.slice();
    this.surveyed = surveyed;
    this.reset(directory.slice(), chunks, segments, room, positions);
  }

  captureTo(to: ColumnWriter): void {
    const { size, segments, room, positions, surveyed, directory, counts, prefixes, words } = this.capture();
    for (const number of [size, segments, room, positions, surveyed, directory.length, counts.length]) to.number(number);
    for (const column of [directory, counts, prefixes, words]) to.words(column);
  }

  restoreFrom(from: ColumnReader): void {
    const [size, segments, room, positions, surveyed, entries, facts] = from.numbers(7) as [number, number, number, number, number, number, number];
    const directory = from.words(entries);
    const counts = from.words(facts);
    const prefixes = from.words(facts);
    this.restore({ size, segments, room, positions, surveyed, directory, counts, prefixes, words: from.words(segments * positions) });
  }

  private reset(directory: Int32Array, chunks: Int32Array[], segments: number, room: number, positions: number): void {
    this.directory = directory;
    this.directoryMask = directory.length - 1;
    this.chunks = chunks;
    this.segments = segments;
    this.room = room;
    this.mask = positions - 1;
    this.countDeepest();
  }

  private countDeepest(): void {
    const depth = 31 - Math.clz32(this.directory.length);
    this.deepest = 0;
    for (const entry of this.directory) if ((entry & IN_DEPTH) === depth) this.deepest++;
  }

  private hashAt(slot: number): number {
    return this.hashes[slot >> SLOT_CHUNK_BITS]![(slot & IN_SLOT_CHUNK) << this.shift]!;
  }

  private wordsOf(segment: number): Int32Array {
    const base = (segment & IN_CHUNK) << POSITION_BITS;
    return this.chunks[segment >> CHUNK_BITS]!.subarray(base, base + this.mask + 1);
  }

  private link(entry: number, hash: number, slot: number): void {
    const { mask } = this;
    const depth = entry & IN_DEPTH;
    const slotBits = depth + POSITION_BITS;
    const segment = entry >>> DEPTH_BITS;
    const words = this.chunks[segment >> CHUNK_BITS]!;
    const base = (segment & IN_CHUNK) << POSITION_BITS;
    const home = (hash >>> depth) & mask;
    let at = home;
    while (words[base + at] !== 0) at = (at + 1) & mask;
    words[base + at] = (((hash >>> slotBits) << slotBits) & NO_DISTANCE) | (slot + 1) | distanceBits((at - home) & mask);
    this.counts[segment]!++;
  }

  /** Returns the position of a slot in its segment. */
  private position(entry: number, hash: number, slot: number): number {
    const { mask } = this;
    const slotBits = (entry & IN_DEPTH) + POSITION_BITS;
    const segment = entry >>> DEPTH_BITS;
    const words = this.chunks[segment >> CHUNK_BITS]!;
    const base = (segment & IN_CHUNK) << POSITION_BITS;
    const word = (((hash >>> slotBits) << slotBits) & NO_DISTANCE) | (slot + 1);
    let at = (hash >>> (entry & IN_DEPTH)) & mask;
    while ((words[base + at]! & NO_DISTANCE) !== word) at = (at + 1) & mask;
    return at;
  }

  /** Frees a position and closes the gap, so that no probe sequence is cut (Knuth's algorithm R, without tombstones). */
  private unlink(entry: number, position: number): void {
    const { mask } = this;
    const depth = entry & IN_DEPTH;
    const slotMask = (1 << (depth + POSITION_BITS)) - 1;
    const segment = entry >>> DEPTH_BITS;
    const words = this.chunks[segment >> CHUNK_BITS]!;
    const base = (segment & IN_CHUNK) << POSITION_BITS;
    let gap = position;
    for (let at = (gap + 1) & mask; words[base + at] !== 0; at = (at + 1) & mask) {
      const word = words[base + at]!;
      let distance = word >>> DISTANCE_SHIFT;
      if (distance === FAR) distance = (at - (this.hashAt((word & slotMask) - 1) >>> depth)) & mask;
      // The entry may move back into the gap unless its home is behind it.
      const back = (at - gap) & mask;
      if (distance < back) continue;
      words[base + gap] = (word & NO_DISTANCE) | distanceBits(distance - back);
      gap = at;
    }
    words[base + gap] = 0;
  }

  private makeRoom(entry: number): void {
    if (this.mask + 1 < POSITIONS) this.resizeOnly((this.mask + 1) * 2);
    else this.split(entry);
  }

  private giveUpRoom(entry: number): void {
    const depth = entry & IN_DEPTH;
    if (depth > 0) this.mergeWithBuddy(entry >>> DEPTH_BITS, depth);
    else if (this.mask + 1 > MIN_POSITIONS) this.resizeOnly((this.mask + 1) / 2);
  }

  /** Looks whether one more segment can be merged: one that was nearly empty while there were still too many keys for a merged one remains otherwise. */
  private survey(): void {
    if (this.surveyed >= this.segments) this.surveyed = 0;
    this.giveUpRoom(this.directory[this.prefixes[this.surveyed++]!]!);
  }

  /** Changes the number of positions of the only segment. */
  private resizeOnly(positions: number): void {
    const words = this.chunks[0]!;
    this.chunks[0] = new Int32Array(positions);
    this.room = 1;
    this.mask = positions - 1;
    this.counts[0] = 0;
    this.relink(words, 0, 0, 0, 0);
  }

  /**
   * Links each entry of `words` again, in one segment where a bit of the hash is 0, in another where it is 1; both are given by their entries in the directory.
   * @param depth of the segment that the words are from
   */
  private relink(words: Int32Array, depth: number, bit: number, lower: number, upper: number): void {
    const slotMask = (1 << (depth + POSITION_BITS)) - 1;
    for (let at = 0; at < words.length; at++) {
      if (words[at] === 0) continue;
      const slot = (words[at]! & slotMask) - 1;
      const hash = this.hashAt(slot);
      this.link((hash & bit) === 0 ? lower : upper, hash, slot);
    }
  }

  private split(entry: number): void {
    const segment = entry >>> DEPTH_BITS;
    const depth = entry & IN_DEPTH;
    if (depth === MAX_DEPTH) throw new RangeError('too many keys have the same hash');
    if (1 << depth === this.directory.length) this.doubleDirectory();
    if (this.segments === this.room) this.addRoom();
    const added = this.segments++;
    const bit = 1 << depth;
    this.prefixes[added] = this.prefixes[segment]! | bit;
    this.direct(segment, depth + 1);
    this.direct(added, depth + 1);
    if (bit * 2 === this.directory.length) this.deepest += 2;
    const words = this.wordsOf(segment);
    moving.set(words);
    words.fill(0);
    this.counts[segment] = 0;
    this.counts[added] = 0;
    this.relink(moving, depth, bit, (segment << DEPTH_BITS) | (depth + 1), (added << DEPTH_BITS) | (depth + 1));
  }

  /** Merges a segment with the one that it was split from or into, if that has not been split again, both are a tenth full, and slots have few enough bits. */
  private mergeWithBuddy(segment: number, depth: number): void {
    const bit = 1 << (depth - 1);
    const buddyEntry = this.directory[this.prefixes[segment]! ^ bit]!;
    const buddy = buddyEntry >>> DEPTH_BITS;
    if ((buddyEntry & IN_DEPTH) !== depth || (this.counts[segment]! + this.counts[buddy]!) * 5 >= POSITIONS) return;
    if ((this.size + 2) >>> (depth - 1 + POSITION_BITS) !== 0) return;
    const isUpper = (this.prefixes[segment]! & bit) !== 0;
    const lower = isUpper ? buddy : segment;
    const upper = isUpper ? segment : buddy;
    if (1 << depth === this.directory.length) this.deepest -= 2;
    this.direct(lower, depth - 1);
    const words = this.wordsOf(lower);
    const entry = (lower << DEPTH_BITS) | (depth - 1);
    moving.set(words);
    words.fill(0);
    this.counts[lower] = 0;
    this.relink(moving, depth, 0, entry, entry);
    moving.set(this.wordsOf(upper));
    this.relink(moving, depth, 0, entry, entry);
    this.dropSegment(upper);
    if (this.deepest === 0) this.halveDirectory();
  }

  /** Makes all entries of the directory for a segment lead to it. */
  private direct(segment: number, depth: number): void {
    const entry = (segment << DEPTH_BITS) | depth;
    for (let at = this.prefixes[segment]! & ((1 << depth) - 1); at < this.directory.length; at += 1 << depth) this.directory[at] = entry;
    this.prefixes[segment]! &= (1 << depth) - 1;
  }

  private doubleDirectory(): void {
    const { length } = this.directory;
    const doubled = new Int32Array(length * 2);
    doubled.set(this.directory);
    doubled.set(this.directory, length);
    this.directory = doubled;
    this.directoryMask = length * 2 - 1;
    this.deepest = 0;
  }

  private halveDirectory(): void {
    this.directory = this.directory.slice(0, this.directory.length / 2);
    this.directoryMask = this.directory.length - 1;
    this.countDeepest();
  }

  /** Allocates room for the next segment: the first chunk doubles, so that small tables stay small; later ones are allocated whole. */
  private addRoom(): void {
    if (this.room < CHUNK) {
      this.chunks[0] = resized(this.chunks[0]!, this.chunks[0]!.length * 2);
      this.room *= 2;
    } else {
      this.chunks.push(new Int32Array(CHUNK << POSITION_BITS));
      this.room += CHUNK;
    }
    if (this.counts.length >= this.room) return;
    this.counts = resized(this.counts, this.counts.length * 2);
    this.prefixes = resized(this.prefixes, this.prefixes.length * 2);
  }

  /** Removes a segment that nothing leads to: the last one gets its number. */
  private dropSegment(segment: number): void {
    const last = --this.segments;
    if (segment !== last) {
      const depth = this.directory[this.prefixes[last]!]! & IN_DEPTH;
      this.wordsOf(segment).set(this.wordsOf(last));
      this.counts[segment] = this.counts[last]!;
      this.prefixes[segment] = this.prefixes[last]!;
      this.direct(segment, depth);
    }
    this.wordsOf(last).fill(0);
    this.releaseRoom();
  }

  /** Frees the last chunk once the one before it is half empty, and half of the only one once three quarters of it are. */
  private releaseRoom(): void {
    if (this.room > CHUNK) {
      if (this.room - this.segments <= CHUNK + CHUNK / 2) return;
      this.chunks.pop();
      this.room -= CHUNK;
    } else if (this.segments * 4 <= this.room) {
      this.room /= 2;
      this.chunks[0] = this.chunks[0]!.slice(0, this.room << POSITION_BITS);
    }
    if (this.counts.length < this.room * 4) return;
    this.counts = this.counts.slice(0, this.counts.length / 2);
    this.prefixes = this.prefixes.slice(0, this.prefixes.length / 2);
  }
}

function distanceBits(distance: number): number {
  return (distance < FAR ? distance : FAR) << DISTANCE_SHIFT;
}

function resized(words: Int32Array, length: number): Int32Array {
  const copy = new Int32Array(length);
  copy.set(words);
  return copy;
}
