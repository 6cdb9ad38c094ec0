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
 * is read. The flags are those of Redis, whose nodes are listpacks of the same content; their size is counted here, since it decides when a node is full.
 */
import type { ColumnReader, ColumnWriter } from '../columns.js';
import { elementBytes, integerElementBytes, LISTPACK_OVERHEAD } from '../rdb/listpack.js';
import { ENTRY_DELETED, ENTRY_SHARES_NAMES } from '../rdb/types.js';
import { compareIds, distance, type StreamId, type Uint64 } from './stream-id.js';

export interface StreamEntry extends StreamId {
  /** Field, value, field, value … */
  readonly fields: readonly string[];
}

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
  /** XSETID may set a stream back before deleted entries, so that an entry follows one with a higher ID. Such a node is searched from its start. */
  private isSorted = true;
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
    return this.flags.length;
  }

  get deleted(): number {
    return this.flags.length - this.live;
  }

  /** Appends an entry. Its fields and values are `texts[first …]`. */
  append(id: StreamId, texts: readonly string[], first = 0): void {
    this.attach(id, texts, first, this.hasNamesOf(texts, first) ? ENTRY_SHARES_NAMES : 0);
  }

  /** The same with given flags. */
  attach({ ms, seq }: StreamId, texts: readonly string[], first: number, flags: number): void {
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
    this.flags[at]! |= ENTRY_DELETED;
    this.count(-1);
  }

  flagsAt(at: number): number {
    return this.flags[at]!;
  }

  isDeletedAt(at: number): boolean {
    return (this.flags[at]! & ENTRY_DELETED) !== 0;
  }

  idAt(at: number): StreamId {
    return { ms: this.msOf[at]!, seq: this.seqOf[at]! };
  }

  /** Returns what is stored of the fields: without their names, if these are shared. */
  textsAt(at: number): readonly string[] {
    return this.texts.slice(this.starts[at], this.starts[at + 1]);
  }

  entryAt(at: number): StreamEntry {
    const sharesNames = (this.flags[at]! & ENTRY_SHARES_NAMES) !== 0;
    return { ms: this.msOf[at]!, seq: this.seqOf[at]!, fields: sharesNames ? this.withNames(this.starts[at]!) : this.textsAt(at) };
  }

  /** Returns a negative number, zero or a positive one if the entry is before, at or after an ID. */
  compareAt(at: number, id: StreamId): number {
    return compareIds({ ms: this.msOf[at]!, seq: this.seqOf[at]! }, id);
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

  clone(): StreamNode {
    const copy = new StreamNode(this.ms, this.seq, this.names);
    copy.msOf = this.msOf.slice();
    copy.seqOf = this.seqOf.slice();
    copy.flags = this.flags.slice();
    copy.starts = this.starts.slice();
    copy.texts = this.texts.slice();
    copy.live = this.live;
    copy.bytes = this.bytes;
    copy.isSorted = this.isSorted;
    copy.countBytes = this.countBytes;
    return copy;
  }

  capture(to: ColumnWriter): void {
    to.id(this);
    to.number(this.names.length);
    to.texts(this.names);
    to.number(this.length);
    to.number(this.texts.length);
    for (let at = 0; at < this.length; at++) to.id(this.idAt(at));
    to.numbers(this.flags);
    to.numbers(this.starts);
    to.texts(this.texts);
    to.number(this.live);
    to.number(this.bytes);
    to.number(this.countBytes);
    to.number(this.isSorted ? 1 : 0);
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
    return node;
  }

  /** Returns how many entries of a sorted node are not after `id`. */
  private countUpTo(id: StreamId): number {
    let low = 0;
    let high = this.length;
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

  /** Returns the fields of an entry that shares the names, and whose values begin at `start`. */
  private withNames(start: number): readonly string[] {
    const { names, texts } = this;
    const fields = new Array<string>(names.length * 2);
    for (let at = 0; at < names.length; at++) {
      fields[at * 2] = names[at]!;
      fields[at * 2 + 1] = texts[start + at]!;
    }
    return fields;
  }
}
