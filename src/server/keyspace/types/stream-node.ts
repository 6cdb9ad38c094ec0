/**
 * StreamNode: consecutive entries of a stream, in columns. Used by StreamValue.
 *
 *   id 1-0   names [ temp, unit ]                 those of its first entry
 *
 *   ms       [ 1     | 1     | 4               ]
 *   seq      [ 0     | 1     | 0               ]
 *   flags    [ =     | = ✗   |                 ]  =  has the names of the node, so that only its values are kept    ✗  deleted
 *   starts   [ 0     | 2     | 4               ]  where its texts begin
 *   texts    [ 21 C  | 22 C  | door open by me ]
 *
 * Columns, because an object for each entry would take three times the memory, and the garbage collector three times as long. An object is made when an entry
 * is read, none for a reply. A node to which nothing is appended any more is sealed: its columns are packed (see PackedTexts), so that it takes as little
 * memory as in Redis.
 * The flags are those of Redis, whose nodes are listpacks of the same content; their size is counted here, since it decides when a node is full.
 */
import { type ByteSink, encodeArray, encodeBulk, encodePair } from '../../resp/encoder.js';
import type { ColumnReader, ColumnWriter } from '../columns.js';
import { elementBytes, integerElementBytes, LISTPACK_OVERHEAD } from '../rdb/listpack.js';
import { ENTRY_DELETED, ENTRY_SHARES_NAMES } from '../rdb/types.js';
import { PackedNumbers } from './packed-numbers.js';
import { PackedTexts } from './packed-texts.js';
import { advance, compareIds, distance, formatId, type StreamId, type Uint64 } from './stream-id.js';

export interface StreamEntry extends StreamId {
  /** Field, value, field, value … */
  readonly fields: readonly string[];
}

/** The columns of a sealed node. */
interface Sealed {
  /** After that of the node. */
  readonly ms: PackedNumbers;
  readonly seq: PackedNumbers;
  readonly flags: PackedNumbers;
  readonly starts: PackedNumbers;
  readonly texts: PackedTexts;
}

const NO_NUMBERS: number[] = [];
const NO_TEXTS: string[] = [];

/** Estimated bytes of an entry besides its listpack, while its node is not sealed. */
const OPEN_ENTRY_OVERHEAD = 56;

/** Its ID is that of its first entry, even after that is deleted. */
export class StreamNode implements StreamId {
  /** Entries that are not deleted. */
  live = 0;
  /** Size that the listpack has in Redis. */
  bytes: number;
  private msOf: Uint64[] = [];
  private seqOf: Uint64[] = [];
  private flags: number[] = [];
  private starts: number[] = [];
  private texts: string[] = [];
  /** The columns are empty while this is set. */
  private sealed: Sealed | null = null;
  /** XSETID may set a stream back before deleted entries, so that an entry follows one with a higher ID. Such a node is searched from its start. */
  isSorted = true;
  /** Bytes of the counts of live and deleted entries. */
  private countBytes = 4;

  constructor(
    readonly ms: Uint64,
    readonly seq: Uint64,
    readonly names: readonly string[],
  ) {
    // Counts of entries and of deleted ones, number of names, the names, and a zero.
    this.bytes = LISTPACK_OVERHEAD + this.countBytes + integerElementBytes(names.length) + names.reduce((sum, name) => sum + elementBytes(name), 0) + 2;
  }

  /** Number of entries, including those marked as deleted: their places are 0 … length-1. */
  get length(): number {
    return this.sealed === null ? this.flags.length : this.sealed.flags.count;
  }

  get deleted(): number {
    return this.length - this.live;
  }

  /** An estimate. */
  get memoryBytes(): number {
    return this.sealed === null ? this.bytes + this.length * OPEN_ENTRY_OVERHEAD : this.bytes;
  }

  /** Called when nothing is appended here any more, until an entry may be after all. A node of long texts stays as it is. */
  seal(): void {
    if (this.sealed !== null) return;
    const texts = PackedTexts.of(this.texts);
    if (texts === null) return;
    const ms = PackedNumbers.of(this.msOf.map((ms) => Number(distance(this.ms, ms))));
    const seq = PackedNumbers.of(this.seqOf.map(Number));
    const flags = PackedNumbers.of(this.flags);
    const starts = PackedNumbers.of(this.starts);
    if (ms === null || seq === null || flags === null || starts === null) return;
    this.sealed = { ms, seq, flags, starts, texts };
    this.msOf = this.seqOf = this.flags = this.starts = NO_NUMBERS;
    this.texts = NO_TEXTS;
  }

  private open(): void {
    const { sealed } = this;
    if (sealed === null) return;
    this.sealed = null;
    this.msOf = sealed.ms.toArray().map((after) => advance(this.ms, after));
    this.seqOf = sealed.seq.toArray();
    this.flags = sealed.flags.toArray();
    this.starts = sealed.starts.toArray();
    this.texts = sealed.texts.toArray();
  }

  /** Appends an entry. Its fields and values are `texts[first …]`. */
  append(id: StreamId, texts: readonly string[], first = 0): void {
    this.attach(id, texts, first, this.hasNamesOf(texts, first) ? ENTRY_SHARES_NAMES : 0);
  }

  /** The same with given flags. */
  attach({ ms, seq }: StreamId, texts: readonly string[], first: number, flags: number): void {
    this.open();
    const last = this.length - 1;
    if (last >= 0 && this.isSorted && this.compareAt(last, { ms, seq }) >= 0) this.isSorted = false;
    this.msOf.push(ms);
    this.seqOf.push(seq);
    this.flags.push(flags);
    this.starts.push(this.texts.length);
    const sharesNames = (flags & ENTRY_SHARES_NAMES) !== 0;
    let bytes = 2 + integerElementBytes(distance(this.ms, ms)) + integerElementBytes(distance(this.seq, seq));
    for (let at = sharesNames ? first + 1 : first; at < texts.length; at += sharesNames ? 2 : 1) {
      const text = texts[at]!;
      this.texts.push(text);
      bytes += elementBytes(text);
    }
    // The number of fields, unless it is the node's, and that of all the entry's elements, so that it can be found from its end.
    const pairs = (texts.length - first) / 2;
    this.bytes += bytes + (sharesNames ? integerElementBytes(pairs + 3) : integerElementBytes(pairs) + integerElementBytes(pairs * 2 + 4));
    this.count((flags & ENTRY_DELETED) === 0 ? 1 : 0);
  }

  /** Marks an entry that is not deleted yet. */
  delete(at: number): void {
    const { sealed } = this;
    if (sealed === null) this.flags[at]! |= ENTRY_DELETED;
    else this.sealed = { ...sealed, flags: sealed.flags.with(at, sealed.flags.at(at) | ENTRY_DELETED) };
    this.count(-1);
  }

  flagsAt(at: number): number {
    return this.sealed === null ? this.flags[at]! : this.sealed.flags.at(at);
  }

  isDeletedAt(at: number): boolean {
    return (this.flagsAt(at) & ENTRY_DELETED) !== 0;
  }

  idAt(at: number): StreamId {
    return { ms: this.msAt(at), seq: this.seqAt(at) };
  }

  /** Returns what is stored of the fields: without their names, if these are shared. */
  textsAt(at: number): readonly string[] {
    const { sealed } = this;
    if (sealed === null) return this.texts.slice(this.starts[at], this.starts[at + 1]);
    return sealed.texts.toArray(sealed.starts.at(at), at + 1 < sealed.starts.count ? sealed.starts.at(at + 1) : sealed.texts.count);
  }

  entryAt(at: number): StreamEntry {
    const sharesNames = (this.flagsAt(at) & ENTRY_SHARES_NAMES) !== 0;
    const texts = this.textsAt(at);
    return { ms: this.msAt(at), seq: this.seqAt(at), fields: sharesNames ? this.withNames(texts) : texts };
  }

  /** Encodes an entry, an array of its ID and its fields, without making an object of it. */
  writeTo(out: ByteSink, at: number): void {
    const { sealed } = this;
    const from = sealed === null ? this.starts[at]! : sealed.starts.at(at);
    encodeArray(out, 2);
    encodeId(out, this.msAt(at), this.seqAt(at));
    if ((this.flagsAt(at) & ENTRY_SHARES_NAMES) === 0) return this.writeTexts(out, from, this.textsEnd(at));
    const { names } = this;
    encodeArray(out, names.length * 2);
    for (let i = 0; i < names.length; i++) {
      encodeBulk(out, names[i]!);
      if (sealed === null) encodeBulk(out, this.texts[from + i]!);
      else sealed.texts.writeTo(out, from + i);
    }
  }

  private writeTexts(out: ByteSink, from: number, end: number): void {
    const { sealed, texts } = this;
    encodeArray(out, end - from);
    for (let i = from; i < end; i++) {
      if (sealed === null) encodeBulk(out, texts[i]!);
      else sealed.texts.writeTo(out, i);
    }
  }

  /** Returns where the texts of an entry end. */
  private textsEnd(at: number): number {
    const { sealed } = this;
    if (at + 1 === this.length) return sealed === null ? this.texts.length : sealed.texts.count;
    return sealed === null ? this.starts[at + 1]! : sealed.starts.at(at + 1);
  }

  /** Returns a negative number, zero or a positive one if the entry is before, at or after an ID. */
  compareAt(at: number, id: StreamId): number {
    return compareIds({ ms: this.msAt(at), seq: this.seqAt(at) }, id);
  }

  /** Returns the place of the entry with this ID; -1 if there is none or it is deleted. */
  find(id: StreamId): number {
    if (this.isSorted) {
      const at = this.countUpTo(id) - 1;
      return at >= 0 && !this.isDeletedAt(at) && this.compareAt(at, id) === 0 ? at : -1;
    }
    for (let at = 0; at < this.length; at++) if (!this.isDeletedAt(at) && this.compareAt(at, id) === 0) return at;
    return -1;
  }

  /** Returns the place from which to search for entries from `id` on. */
  firstFrom(id: StreamId): number {
    if (!this.isSorted) return 0;
    const upTo = this.countUpTo(id);
    return upTo > 0 && this.compareAt(upTo - 1, id) === 0 ? upTo - 1 : upTo;
  }

  /** Returns the place from which to search backwards for entries up to `id`. */
  lastUpTo(id: StreamId): number {
    return (this.isSorted ? this.countUpTo(id) : this.length) - 1;
  }

  /** True if not all entries from this place on are deleted. */
  hasLiveFrom(place: number): boolean {
    for (let at = place; at < this.length; at++) if (!this.isDeletedAt(at)) return true;
    return false;
  }

  clone(): StreamNode {
    const copy = new StreamNode(this.ms, this.seq, this.names);
    copy.msOf = this.msOf.slice();
    copy.seqOf = this.seqOf.slice();
    copy.flags = this.flags.slice();
    copy.starts = this.starts.slice();
    copy.texts = this.texts.slice();
    copy.sealed = this.sealed;
    copy.live = this.live;
    copy.bytes = this.bytes;
    copy.isSorted = this.isSorted;
    copy.countBytes = this.countBytes;
    return copy;
  }

  capture(to: ColumnWriter): void {
    const columns = this.sealed === null ? this : this.opened();
    to.id(this);
    to.number(this.names.length);
    to.texts(this.names);
    to.number(columns.length);
    to.number(columns.texts.length);
    for (let at = 0; at < columns.length; at++) to.id(columns.idAt(at));
    to.numbers(columns.flags);
    to.numbers(columns.starts);
    to.texts(columns.texts);
    to.number(this.live);
    to.number(this.bytes);
    to.number(this.countBytes);
    to.number(this.isSorted ? 1 : 0);
    to.number(this.sealed === null ? 0 : 1);
  }

  static restored(from: ColumnReader): StreamNode {
    const { ms, seq } = from.id() as { ms: Uint64; seq: Uint64 };
    const node = new StreamNode(ms, seq, from.texts(from.number()));
    const length = from.number();
    const texts = from.number();
    for (let left = length; left > 0; left--) {
      node.msOf.push(from.integer());
      node.seqOf.push(from.integer());
    }
    node.flags = from.numbers(length);
    node.starts = from.numbers(length);
    node.texts = from.texts(texts);
    node.live = from.number();
    node.bytes = from.number();
    node.countBytes = from.number();
    node.isSorted = from.number() === 1;
    if (from.number() === 1) node.seal();
    return node;
  }

  /** Returns a copy that is not sealed. */
  private opened(): StreamNode {
    const copy = this.clone();
    copy.open();
    return copy;
  }

  private msAt(at: number): Uint64 {
    return this.sealed === null ? this.msOf[at]! : advance(this.ms, this.sealed.ms.at(at));
  }

  private seqAt(at: number): Uint64 {
    return this.sealed === null ? this.seqOf[at]! : this.sealed.seq.at(at);
  }

  /** Returns how many entries of a sorted node are not after `id`. */
  private countUpTo(id: StreamId): number {
    let low = 0;
    let high = this.length;
    if (high > 0 && this.compareAt(high - 1, id) <= 0) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compareAt(middle, id) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Updates the size: the two counts are at the front, and large ones take more bytes. */
  private count(change: number): void {
    this.live += change;
    const countBytes = integerElementBytes(this.live) + integerElementBytes(this.deleted);
    this.bytes += countBytes - this.countBytes;
    this.countBytes = countBytes;
  }

  private hasNamesOf(texts: readonly string[], first: number): boolean {
    const { names } = this;
    if (texts.length - first !== names.length * 2) return false;
    for (let at = 0; at < names.length; at++) if (texts[first + at * 2] !== names[at]) return false;
    return true;
  }

  /** Returns the fields of an entry that shares the names. */
  private withNames(values: readonly string[]): readonly string[] {
    const { names } = this;
    const fields = new Array<string>(names.length * 2);
    for (let at = 0; at < names.length; at++) {
      fields[at * 2] = names[at]!;
      fields[at * 2 + 1] = values[at]!;
    }
    return fields;
  }
}

function encodeId(out: ByteSink, ms: Uint64, seq: Uint64): void {
  if (typeof ms === 'number' && typeof seq === 'number') encodePair(out, ms, seq);
  else encodeBulk(out, formatId({ ms, seq }));
}
