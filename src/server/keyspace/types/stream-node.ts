/**
 * StreamNode: consecutive entries of a stream. Used by StreamValue.
 *
 *   id 1-0   names [ temp, unit ]     those of its first entry
 *
 *   1-0  21 C                          has the names of the node, so that only its values are kept
 *   1-1  22 C  ✗                       deleted: a bit in `marks`
 *   4-0  door open by me               has other names
 *
 * The entries are stored together (stream-entries.ts), because an object for each would take three times the memory, and the garbage collector three times as
 * long. An object is made when an entry is read, none for a reply. A node to which nothing is appended any more is sealed: its entries are packed, so that it
 * takes as little memory as in Redis.
 * The flags are those of Redis, whose nodes are listpacks of the same content; their size is counted here, since it decides when a node is full.
 */
import { type ByteSink, encodeArray, encodeBulk, encodePair } from '../../resp/encoder.js';
import type { ColumnReader, ColumnWriter } from '../columns.js';
import { elementBytes, integerElementBytes, LISTPACK_OVERHEAD } from '../rdb/listpack.js';
import { ENTRY_DELETED, ENTRY_SHARES_NAMES } from '../rdb/types.js';
import { OpenEntries, PackedEntries } from './stream-entries.js';
import { advance, compareIds, distance, formatId, type StreamId, type Uint64 } from './stream-id.js';

export interface StreamEntry extends StreamId {
  /** Field, value, field, value … */
  readonly fields: readonly string[];
}

/** Estimated bytes of an entry besides its listpack, while its node is not sealed. */
const OPEN_ENTRY_OVERHEAD = 56;

/** Its ID is that of its first entry, even after that is deleted. */
export class StreamNode implements StreamId {
  /** Entries that are not deleted. */
  live = 0;
  /** Size that the listpack has in Redis. */
  bytes: number;
  /** Packed if the node is sealed. */
  private entries: PackedEntries | OpenEntries;
  /** Estimated bytes beside the listpack's. */
  private openBytes = 0;
  /** A bit for each entry that is deleted, in numbers of 32 bits; null while none is. */
  private marks: number[] | null = null;
  /** XSETID may set a stream back before deleted entries, so that an entry follows one with a higher ID. Such a node is searched from its start. */
  isSorted = true;
  /** Bytes of the counts of live and deleted entries. */
  private countBytes = 4;

  constructor(
    readonly ms: Uint64,
    readonly seq: Uint64,
    readonly names: readonly string[],
  ) {
    this.entries = new OpenEntries(names.length);
    // Counts of entries and of deleted ones, number of names, the names, and a zero.
    this.bytes = LISTPACK_OVERHEAD + this.countBytes + integerElementBytes(names.length) + names.reduce((sum, name) => sum + elementBytes(name), 0) + 2;
  }

  /** Number of entries, including those marked as deleted: their places are 0 … length-1. */
  get length(): number {
    return this.entries.count;
  }

  get deleted(): number {
    return this.length - this.live;
  }

  /** An estimate. */
  get memoryBytes(): number {
    return this.bytes + this.openBytes;
  }

  /** Called when nothing is appended here any more, until an entry may be after all. A node of long texts stays as it is. */
  seal(): void {
    const packed = this.entries instanceof OpenEntries ? this.entries.pack() : null;
    if (packed === null) return;
    this.entries = packed;
    this.openBytes = 0;
  }

  private open(): OpenEntries {
    const { entries } = this;
    if (entries instanceof OpenEntries) return entries;
    const opened = entries.unpack(this.names.length);
    this.entries = opened;
    this.openBytes = this.length * OPEN_ENTRY_OVERHEAD;
    return opened;
  }

  /** Appends an entry. Its fields and values are `texts[first …]`. */
  append(id: StreamId, texts: readonly string[], first = 0): void {
    this.attach(id, texts, first, this.hasNamesOf(texts, first) ? ENTRY_SHARES_NAMES : 0);
  }

  /** The same with given flags. */
  attach({ ms, seq }: StreamId, texts: readonly string[], first: number, flags: number): void {
    const entries = this.open();
    const last = entries.count - 1;
    if (last >= 0 && this.isSorted && this.compareAt(last, { ms, seq }) >= 0) this.isSorted = false;
    const sharesNames = (flags & ENTRY_SHARES_NAMES) !== 0;
    const msAfter = distance(this.ms, ms);
    entries.add(msAfter, seq, sharesNames);
    this.openBytes += OPEN_ENTRY_OVERHEAD;
    let bytes = 2 + integerElementBytes(msAfter) + integerElementBytes(distance(this.seq, seq));
    for (let at = sharesNames ? first + 1 : first; at < texts.length; at += sharesNames ? 2 : 1) {
      const text = texts[at]!;
      entries.addText(text);
      bytes += elementBytes(text);
    }
    // The number of fields, unless it is the node's, and that of all the entry's elements, so that it can be found from its end.
    const pairs = (texts.length - first) / 2;
    this.bytes += bytes + (sharesNames ? integerElementBytes(pairs + 3) : integerElementBytes(pairs) + integerElementBytes(pairs * 2 + 4));
    if ((flags & ENTRY_DELETED) !== 0) this.mark(last + 1);
    this.count((flags & ENTRY_DELETED) === 0 ? 1 : 0);
  }

  /** Marks an entry that is not deleted yet. */
  delete(at: number): void {
    this.mark(at);
    this.count(-1);
  }

  private mark(at: number): void {
    const marks = (this.marks ??= []);
    const word = at >>> 5;
    while (marks.length <= word) marks.push(0);
    marks[word]! |= 1 << (at & 31);
  }

  /** Returns the flags that the entry has in Redis. */
  flagsAt(at: number): number {
    return (this.isDeletedAt(at) ? ENTRY_DELETED : 0) | (this.entries.sharesNames(at) ? ENTRY_SHARES_NAMES : 0);
  }

  isDeletedAt(at: number): boolean {
    const { marks } = this;
    if (marks === null) return false;
    const word = at >>> 5;
    return word < marks.length && (marks[word]! & (1 << (at & 31))) !== 0;
  }

  idAt(at: number): StreamId {
    return { ms: this.msAt(at), seq: this.seqAt(at) };
  }

  /** Returns what is stored of the fields: without their names, if these are shared. */
  textsAt(at: number): readonly string[] {
    return this.entries.texts(this.entries.start(at), this.textsEnd(at));
  }

  entryAt(at: number): StreamEntry {
    const texts = this.textsAt(at);
    return { ms: this.msAt(at), seq: this.seqAt(at), fields: this.entries.sharesNames(at) ? this.withNames(texts) : texts };
  }

  /** Encodes an entry, an array of its ID and its fields, without making an object of it. */
  writeTo(out: ByteSink, at: number): void {
    const { entries } = this;
    const from = entries.start(at);
    encodeArray(out, 2);
    encodeId(out, this.msAt(at), this.seqAt(at));
    if (!entries.sharesNames(at)) return this.writeTexts(out, from, this.textsEnd(at));
    const { names } = this;
    encodeArray(out, names.length * 2);
    for (let i = 0; i < names.length; i++) {
      encodeBulk(out, names[i]!);
      entries.writeText(out, from + i);
    }
  }

  private writeTexts(out: ByteSink, from: number, end: number): void {
    encodeArray(out, end - from);
    for (let i = from; i < end; i++) this.entries.writeText(out, i);
  }

  /** Returns where the texts of an entry end. */
  private textsEnd(at: number): number {
    const { entries } = this;
    return at + 1 === entries.count ? entries.textCount : entries.start(at + 1);
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
    const { entries, marks } = this;
    copy.entries = entries instanceof OpenEntries ? entries.clone() : entries;
    copy.openBytes = this.openBytes;
    copy.marks = marks === null ? null : marks.slice();
    copy.live = this.live;
    copy.bytes = this.bytes;
    copy.isSorted = this.isSorted;
    copy.countBytes = this.countBytes;
    return copy;
  }

  capture(to: ColumnWriter): void {
    const { entries, length } = this;
    to.id(this);
    to.number(this.names.length);
    to.texts(this.names);
    to.number(length);
    to.number(entries.textCount);
    for (let at = 0; at < length; at++) to.id(this.idAt(at));
    for (let at = 0; at < length; at++) to.number(this.flagsAt(at));
    for (let at = 0; at < length; at++) to.number(entries.start(at));
    to.texts(entries.texts(0, entries.textCount));
    to.number(this.live);
    to.number(this.bytes);
    to.number(this.countBytes);
    to.number(this.isSorted ? 1 : 0);
    to.number(this.entries instanceof PackedEntries ? 1 : 0);
  }

  static restored(from: ColumnReader): StreamNode {
    const { ms, seq } = from.id() as { ms: Uint64; seq: Uint64 };
    const node = new StreamNode(ms, seq, from.texts(from.number()));
    const length = from.number();
    const texts = from.number();
    const ids = Array.from({ length }, () => from.id());
    const flags = from.numbers(length);
    const starts = [...from.numbers(length), texts];
    const entries = new OpenEntries(node.names.length);
    for (const [at, id] of ids.entries()) {
      entries.add(distance(ms, id.ms), id.seq, (flags[at]! & ENTRY_SHARES_NAMES) !== 0);
      for (const text of from.texts(starts[at + 1]! - starts[at]!)) entries.addText(text);
      if ((flags[at]! & ENTRY_DELETED) !== 0) node.mark(at);
    }
    node.entries = entries;
    node.openBytes = length * OPEN_ENTRY_OVERHEAD;
    node.live = from.number();
    node.bytes = from.number();
    node.countBytes = from.number();
    node.isSorted = from.number() === 1;
    if (from.number() === 1) node.seal();
    return node;
  }

  private msAt(at: number): Uint64 {
    return advance(this.ms, this.entries.msAfter(at));
  }

  private seqAt(at: number): Uint64 {
    return this.entries.seq(at);
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

/** Encodes an ID as a bulk string. */
export function encodeId(out: ByteSink, ms: Uint64, seq: Uint64): void {
  if (typeof ms === 'number' && typeof seq === 'number') encodePair(out, ms, seq);
  else encodeBulk(out, formatId({ ms, seq }));
}
