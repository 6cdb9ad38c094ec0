/**
 * Decodes values for RESTORE, in every encoding that a redis-server up to 7.0 has written.
 *
 * A payload may be hostile: its checksum only shows that it arrived as it was sent. Every length is checked against the bytes that are left, and inconsistent
 * payloads (a member twice, entries out of order, a pending entry without a consumer) are refused as a whole. Redis checks as thoroughly only with
 * `sanitize-dump-payload yes`.
 */
import { ownText } from '../../../shared/own-text.js';
import { ColumnReader, type ColumnsState, ColumnWriter } from '../columns.js';
import type { HashSeed } from '../hash.js';
import { HashValue } from '../types/hash.js';
import { readIntset } from '../types/intset.js';
import type { EncodingLimits } from '../types/limits.js';
import { List } from '../types/list.js';
import { checkListpack, elementCount, hasRepeated, packElements } from '../types/listpack-text.js';
import { type Int64, parseInt64 } from '../types/int64.js';
import { areInOrder } from '../types/score-listpack.js';
import { SetValue } from '../types/set.js';
import { SortedSetValue } from '../types/sorted-set.js';
import { advance, compareIds, type StreamId, type Uint64, uint64 } from '../types/stream-id.js';
import { StreamNode } from '../types/stream-node.js';
import { StreamValue } from '../types/stream.js';
import { compact, type Collection, type Value } from '../value.js';
import { captureObject, restoreObject } from '../value-state.js';
import { ByteReader, CorruptDump } from './bytes.js';
import { crc64 } from './crc64.js';
import { GroupReader, type GroupReaderState, signed, type StreamVersion } from './group-reader.js';
import { readListpack } from './listpack.js';
import { decompressText } from './lzf.js';
import { ENTRY_DELETED, ENTRY_SHARES_NAMES, LAST_TYPE, RDB_VERSION, Type } from './types.js';
import { readZiplist, readZipmap } from './ziplist.js';

/** Version and checksum. */
const FOOTER_BYTES = 10;

/** True if the payload is complete, and of a supported version. */
export function isIntact(payload: string): boolean {
  const body = payload.length - FOOTER_BYTES;
  if (body < 0) return false;
  const version = payload.charCodeAt(body) | (payload.charCodeAt(body + 1) << 8);
  return version <= RDB_VERSION && crc64(payload, body + 2) === payload.slice(body + 2);
}

/** Returns the value in a payload that {@link isIntact}; undefined if it is invalid. */
export function restore(payload: string, limits: EncodingLimits, seed: HashSeed): Value | undefined {
  try {
    return new RdbReader(new ByteReader(payload.slice(0, -FOOTER_BYTES)), limits, seed).payload();
  } catch (error) {
    if (error instanceof CorruptDump) return undefined;
    throw error;
  }
}

/** A collection without members: Redis never keeps one, and skips it in a snapshot. */
export const EMPTY_COLLECTION = 'empty collection';

/** Members that are read at once, and nodes, each of which has many. */
const MEMBERS_AT_ONCE = 64;
const NODES_AT_ONCE = 8;

const STREAM_VERSIONS: { readonly [type: number]: StreamVersion } = { [Type.streamListpacks]: 1, [Type.streamListpacks2]: 2, [Type.streamListpacks3]: 3 };

export interface PartialValueState {
  readonly type: number;
  readonly left: number;
  readonly kind: number;
  readonly value: ColumnsState;
  readonly groups: GroupReaderState | null;
}

/** A collection that is read part by part, so that a large one does not keep the loop busy. */
export class PartialValue {
  /** Reads the groups of a stream whose nodes are complete. */
  groups: GroupReader | null = null;

  /** @param left parts still to be read */
  constructor(
    readonly type: number,
    readonly value: Collection,
    public left: number,
  ) {}

  capture(): PartialValueState {
    const to = new ColumnWriter();
    const kind = captureObject(this.value, to);
    return { type: this.type, left: this.left, kind, value: to.finish(), groups: this.groups?.capture() ?? null };
  }

  static restore({ type, left, kind, value, groups }: PartialValueState, seed: HashSeed): PartialValue {
    const partial = new PartialValue(type, restoreObject(kind, new ColumnReader(value), seed) as Collection, left);
    if (groups === null) return partial;
    partial.groups = new GroupReader(partial.value as StreamValue, STREAM_VERSIONS[type]!, 0);
    partial.groups.restore(groups);
    return partial;
  }
}

/** Reads values. Throws {@link CorruptDump} for invalid bytes. */
export class RdbReader {
  constructor(
    private readonly bytes: ByteReader,
    private readonly limits: EncodingLimits,
    private readonly seed: HashSeed,
  ) {}

  /** Reads a type that Redis 7.0 knows, and a value of it. */
  payload(): Value {
    const type = this.bytes.byte();
    if (type > LAST_TYPE) throw new CorruptDump('type');
    return this.value(type);
  }

  /** Reads a whole value. */
  value(type: number): Value {
    const begun = this.begin(type);
    if (!(begun instanceof PartialValue)) return begun;
    while (this.readMore(begun));
    return begun.value;
  }

  /** Returns a value, or the beginning of a large one, which {@link readMore} continues. */
  begin(type: number): Value | PartialValue {
    switch (type) {
      case Type.string:
        return compact(this.text());
      case Type.listZiplist:
        return this.list(readZiplist(this.text()));
      case Type.setIntset:
        return this.intset(this.text());
      case Type.setListpack:
        return this.set(readListpack(this.text()));
      case Type.hashZipmap:
        return this.zipmapHash(readZipmap(this.text()));
      case Type.hashZiplist:
        return this.listpackHash(packElements(readZiplist(this.text())));
      case Type.hashListpack:
        return this.listpackHash(checkListpack(this.ownText()));
      case Type.sortedSetZiplist:
        return this.compactSortedSet(readZiplist(this.text()));
      case Type.sortedSetListpack:
        return this.listpackSortedSet(checkListpack(this.ownText()));
      default: {
        const partial = new PartialValue(type, this.empty(type), this.count());
        return this.readMore(partial) ? partial : partial.value;
      }
    }
  }

  /** Reads more parts of a value. False: it is complete. */
  readMore(partial: PartialValue): boolean {
    const { type, value } = partial;
    if (value instanceof StreamValue) return this.readStream(partial, value);
    const parts = Math.min(partial.left, value instanceof List ? NODES_AT_ONCE : MEMBERS_AT_ONCE);
    if (value instanceof List) this.addElements(value, type, parts);
    else if (value instanceof SetValue) this.addMembers(value, parts);
    else if (value instanceof HashValue) this.addFields(value, parts);
    else this.addScores(value as SortedSetValue, type, parts);
    partial.left -= parts;
    if (partial.left > 0) return true;
    notEmpty(value);
    if (value instanceof SortedSetValue) value.settle(this.limits);
    return false;
  }

  /** The value of a type that is read part by part, without its parts. */
  private empty(type: number): Collection {
    switch (type) {
      case Type.list:
      case Type.listQuicklist:
      case Type.listQuicklist2:
        return new List();
      case Type.set:
        return new SetValue(this.seed);
      case Type.hash:
        return new HashValue(this.seed);
      case Type.sortedSet:
      case Type.sortedSet2:
        return new SortedSetValue(this.seed, true);
      case Type.streamListpacks:
      case Type.streamListpacks2:
      case Type.streamListpacks3:
        return new StreamValue();
      default:
        throw new CorruptDump('type');
    }
  }

  // Collections.

  private list(elements: readonly string[]): List {
    const list = new List();
    for (const element of elements) list.pushTail(element);
    return notEmpty(list);
  }

  private addElements(list: List, type: number, parts: number): void {
    for (let left = parts; left > 0; left--) {
      if (type === Type.list) list.pushTail(this.text());
      else if (type === Type.listQuicklist) list.push(readZiplist(this.text()), 0, false);
      else this.addNode(list);
    }
  }

  private addNode(list: List): void {
    const container = this.count();
    if (container !== 1 && container !== 2) throw new CorruptDump('container of a list node');
    if (container === 1) list.pushTail(this.text());
    else list.pushListpack(checkListpack(this.ownText()));
  }

  private addMembers(set: SetValue, parts: number): void {
    for (let left = parts; left > 0; left--) if (!set.add(this.text(), this.limits)) throw new CorruptDump('member twice');
  }

  private addFields(hash: HashValue, parts: number): void {
    for (let left = parts; left > 0; left--) if (!hash.set(this.text(), this.text(), this.limits)) throw new CorruptDump('field twice');
  }

  private addScores(set: SortedSetValue, type: number, parts: number): void {
    for (let left = parts; left > 0; left--) {
      const member = this.text();
      this.addScored(set, member, type === Type.sortedSet ? this.oldDouble() : this.bytes.double(), this.limits);
    }
  }

  private set(members: readonly string[]): SetValue {
    const set = new SetValue(this.seed);
    for (const member of members) if (!set.add(member, this.limits)) throw new CorruptDump('member twice');
    return notEmpty(set);
  }

  private intset(bytes: string): SetValue {
    const intset = readIntset(bytes);
    if (intset === null) throw new CorruptDump('intset');
    return notEmpty(SetValue.ofIntset(intset, this.limits, this.seed));
  }

  private zipmapHash(flat: readonly string[]): HashValue {
    const hash = new HashValue(this.seed);
    for (let at = 0; at < flat.length; at += 2) if (!hash.set(flat[at]!, flat[at + 1]!, this.limits)) throw new CorruptDump('field twice');
    return notEmpty(hash);
  }

  /** Members that are in order are kept as they are. */
  private listpackSortedSet(listpack: string): SortedSetValue {
    const count = elementCount(listpack);
    const isKept = count <= 2 * this.limits['zset-max-listpack-entries'] && count % 2 === 0 && areInOrder(listpack, scoreOf);
    if (!isKept) return this.compactSortedSet(readListpack(listpack));
    return notEmpty(SortedSetValue.ofListpack(listpack, this.seed));
  }

  private listpackHash(listpack: string): HashValue {
    if (elementCount(listpack) % 2 === 1) throw new CorruptDump('field without value');
    if (hasRepeated(listpack, 2)) throw new CorruptDump('field twice');
    return notEmpty(HashValue.ofListpack(listpack, this.limits, this.seed));
  }

  private compactSortedSet(flat: readonly string[]): SortedSetValue {
    if (flat.length % 2 === 1) throw new CorruptDump('member without score');
    const set = new SortedSetValue(this.seed);
    for (let at = 0; at < flat.length; at += 2) this.addScored(set, flat[at]!, scoreOf(flat[at + 1]!), this.compactLimits());
    return notEmpty(set);
  }

  private addScored(set: SortedSetValue, member: string, score: number, limits: EncodingLimits): void {
    if (Number.isNaN(score) || set.has(member)) throw new CorruptDump('score or member of a sorted set');
    set.add(member, score, limits);
  }

  /** A collection written as a list stays one, however long its members are: Redis checks only their number. */
  private compactLimits(): EncodingLimits {
    return { ...this.limits, 'zset-max-listpack-value': Infinity };
  }

  // Streams.

  private readStream(partial: PartialValue, stream: StreamValue): boolean {
    if (partial.groups === null) {
      const nodes = Math.min(partial.left, NODES_AT_ONCE);
      for (let left = nodes; left > 0; left--) this.node(stream);
      partial.left -= nodes;
      if (partial.left > 0) return true;
      const version = STREAM_VERSIONS[partial.type]!;
      this.streamFacts(stream, version);
      partial.groups = new GroupReader(stream, version, this.count());
    }
    return partial.groups.read(this, MEMBERS_AT_ONCE);
  }

  /** Reads what is between the nodes and the groups. */
  private streamFacts(stream: StreamValue, version: StreamVersion): void {
    const size = this.length();
    stream.lastId = this.id();
    stream.updateFirst();
    if (version > 1) {
      stream.firstId = this.id();
      stream.maxDeletedId = this.id();
      stream.entriesAdded = signed(this.length());
    } else stream.entriesAdded = stream.size;
    if (size !== stream.size) throw new CorruptDump('length of a stream');
  }

  private node(stream: StreamValue): void {
    const id = new ByteReader(this.text());
    if (id.left !== 16) throw new CorruptDump('ID of a stream node');
    const node = readNode({ ms: uint64(id.uint64BigEndian()), seq: uint64(id.uint64BigEndian()) }, readListpack(this.text()));
    const { last } = stream.nodes;
    if (last !== undefined && compareIds(node, last) <= 0) throw new CorruptDump('order of stream nodes');
    stream.attach(node);
    stream.size += node.live;
  }

  /** Reads unix time in ms. */
  time(): number {
    const time = Number(this.bytes.int64());
    if (!Number.isSafeInteger(time)) throw new CorruptDump('time');
    return time;
  }

  id(): StreamId {
    return { ms: this.length(), seq: this.length() };
  }

  // Parts.

  raw(bytes: number): string {
    return this.bytes.text(bytes);
  }

  text(): string {
    const first = this.bytes.peek();
    if (first < 0xc0) return this.bytes.text(this.count());
    this.bytes.skip(1);
    if (first <= 0xc2) return String(this.bytes.int(1 << (first & 3)));
    if (first !== 0xc3) throw new CorruptDump('encoding of a string');
    const compressed = this.count();
    const length = this.count();
    const start = this.bytes.span(compressed);
    return decompressText(this.bytes.window, start, start + compressed, length);
  }

  /** Reads a string that is stored as it is, and for long. */
  private ownText(): string {
    const text = this.text();
    return this.bytes.lends ? ownText(text) : text;
  }

  /** Reads a number of items that take at least a byte each, so that it cannot exceed the number of bytes left. */
  count(): number {
    return Number(this.length());
  }

  length(): Uint64 {
    const { bytes } = this;
    const first = bytes.byte();
    if (first < 0x40) return first;
    if (first < 0x80) return ((first & 0x3f) << 8) | bytes.byte();
    if (first === 0x80) return bytes.uint32BigEndian();
    if (first === 0x81) return uint64(bytes.uint64BigEndian());
    throw new CorruptDump('length');
  }

  /** Reads a score of the oldest format: as text after its length, which also encodes infinity and NaN. */
  private oldDouble(): number {
    const length = this.bytes.byte();
    if (length === 253) return NaN;
    if (length === 254) return Infinity;
    return length === 255 ? -Infinity : scoreOf(this.bytes.text(length));
  }
}

/** Redis never keeps an empty collection; a payload with one is refused. */
function notEmpty<T extends Collection>(collection: T): T {
  if (collection.size === 0) throw new CorruptDump(EMPTY_COLLECTION);
  return collection;
}

function scoreOf(text: string): number {
  if (text === 'inf' || text === '-inf') return text === 'inf' ? Infinity : -Infinity;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
}

/** Reads a stream's node from the elements of its listpack. */
function readNode(id: StreamId, elements: readonly string[]): StreamNode {
  const reader = new ElementReader(elements);
  const live = reader.count();
  const deleted = reader.count();
  const node = new StreamNode(id.ms, id.seq, reader.texts(reader.count()));
  if (reader.integer() !== 0) throw new CorruptDump('end of field names');
  while (!reader.isAtEnd) readEntry(node, reader);
  if (node.live !== live || node.deleted !== deleted || node.length === 0) throw new CorruptDump('counts of a stream node');
  return node;
}

function readEntry(node: StreamNode, reader: ElementReader): void {
  const start = reader.at;
  const flags = reader.count();
  const ms = advance(node.ms, reader.integer());
  const seq = advance(node.seq, reader.integer());
  const sharesNames = (flags & ENTRY_SHARES_NAMES) !== 0;
  const fields = sharesNames ? node.names.flatMap((name) => [name, reader.text()]) : reader.texts(reader.count() * 2);
  if (reader.count() !== reader.at - start - 1 || fields.length === 0) throw new CorruptDump('entry of a stream');
  node.attach({ ms, seq }, fields, 0, flags & (ENTRY_DELETED | ENTRY_SHARES_NAMES));
}

/** Reads elements one after another, some of them numbers. */
class ElementReader {
  at = 0;

  constructor(private readonly elements: readonly string[]) {}

  get isAtEnd(): boolean {
    return this.at >= this.elements.length;
  }

  text(): string {
    if (this.isAtEnd) throw new CorruptDump('end of a stream node');
    return this.elements[this.at++]!;
  }

  texts(count: number): readonly string[] {
    if (count > this.elements.length - this.at) throw new CorruptDump('end of a stream node');
    this.at += count;
    return this.elements.slice(this.at - count, this.at);
  }

  integer(): Int64 {
    const value = parseInt64(this.text());
    if (value === null) throw new CorruptDump('number in a stream node');
    return value;
  }

  count(): number {
    const value = this.integer();
    if (typeof value !== 'number' || value < 0) throw new CorruptDump('count in a stream node');
    return value;
  }
}
