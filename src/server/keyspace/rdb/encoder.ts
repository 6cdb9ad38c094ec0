/**
 * Encodes values for DUMP: the type and the value in Redis's RDB format, then the format's version and a checksum.
 *
 *   [ type, 1 | value | version, 2 | CRC-64 of all before, 8 ]
 *
 * Values with a compact encoding are written as in Redis's memory (listpack, intset), all others member by member. What is stored in another form here is
 * converted while it is written: lists are cut into the nodes that pushing at the tail would have made.
 */
import { HashValue } from '../types/hash.js';
import { MAX_INT64, parseInt64, type Int64 } from '../types/int64.js';
import { intsetBytes } from '../types/intset.js';
import { List } from '../types/list.js';
import { SetValue } from '../types/set.js';
import { SortedSetValue } from '../types/sorted-set.js';
import type { Consumer, Group } from '../types/stream-group.js';
import { distance, type StreamId, type Uint64 } from '../types/stream-id.js';
import type { StreamNode } from '../types/stream-node.js';
import { StreamValue } from '../types/stream.js';
import { type Collection, isString, textOf, type Value } from '../value.js';
import { type ChunkSink, ChunkWriter } from './chunk-writer.js';
import { COMPRESSED, compressed, isCompressible, MOST_LENGTH_BYTES, writeLength } from './compression.js';
import { crc64 } from './crc64.js';
import { elementBytes, LISTPACK_OVERHEAD, ListpackWriter } from './listpack.js';
import { ENTRY_SHARES_NAMES, RDB_VERSION, Type } from './types.js';

/** Maximum length of the text of a 32-bit integer. */
const SHORT_INTEGER_LENGTH = 11;

/** The settings that affect the encoding; the names are CONFIG's. */
export interface DumpSettings {
  readonly rdbcompression: boolean;
  readonly 'list-max-listpack-size': number;
}

/** Returns the payload of DUMP. */
export function dump(value: Value, settings: DumpSettings): string {
  const writer = new RdbWriter(settings);
  writer.value(value);
  const payload = `${writer.finish()}${String.fromCharCode(RDB_VERSION & 0xff, RDB_VERSION >> 8)}`;
  return payload + crc64(payload);
}

/** Number of members of a large collection that are written in one step. */
export const STEP = 64;

/** A value being written. */
export interface Source<T extends Collection> {
  value: T;
}

export class RdbWriter extends ChunkWriter {
  /** In a snapshot a value's key comes between its type and its content. */
  private key: string | null = null;

  /**
   * @param sink see {@link ChunkWriter}
   * @param isSinkCompressing strings are written as they are, and the sink gets their positions
   */
  constructor(
    private readonly settings: DumpSettings,
    sink: ChunkSink | null = null,
    private readonly isSinkCompressing = false,
  ) {
    super(sink);
  }

  /** Writes a key and its value, as in a snapshot. */
  entry(key: string, value: Value): void {
    this.key = key;
    this.value(value);
    this.key = null;
  }

  /** The same in steps, for a value too large to be written at once. Between two steps `source` may get an exact copy of its value. */
  *entrySteps(key: string, source: Source<Collection>): Generator<void, void, undefined> {
    this.key = key;
    const steps = this.steps(source);
    // The key is written with the first step.
    let isOver = steps.next().done;
    this.key = null;
    for (; isOver !== true; isOver = steps.next().done) yield;
  }

  value(value: Value): void {
    if (isString(value)) {
      this.type(Type.string);
      this.text(textOf(value));
    } else for (const _ of this.steps({ value }));
  }

  private steps(source: Source<Collection>): Generator<void, void, undefined> {
    const { value } = source;
    if (value instanceof List) return this.list(source as Source<List>);
    if (value instanceof SetValue) return this.set(source as Source<SetValue>);
    if (value instanceof HashValue) return this.hash(source as Source<HashValue>);
    if (value instanceof SortedSetValue) return this.sortedSet(source as Source<SortedSetValue>);
    if (value instanceof StreamValue) return this.stream(source as Source<StreamValue>);
    throw new Error(`expected a type that can be dumped, not ${value.type}`);
  }

  private type(type: number): void {
    this.byte(type);
    if (this.key !== null) this.text(this.key);
  }

  /** Cut into nodes twice, because their number comes first. */
  private *list(source: Source<List>): Generator<void, void, undefined> {
    this.type(Type.listQuicklist2);
    const fill = this.settings['list-max-listpack-size'];
    const { packed, size } = source.value;
    // Of a list that is kept as a listpack the bytes fit into any node, and only the number of elements may be too large.
    if (packed !== null && (fill < 0 || size <= fill)) {
      this.length(1);
      this.length(PACKED_NODE);
      this.plain(packed);
      return;
    }
    let count = 0;
    for (const _ of listNodes(source, fill)) {
      count++;
      yield;
    }
    this.length(count);
    for (const node of listNodes(source, fill)) {
      this.length(PACKED_NODE);
      this.listpack(node);
      yield;
    }
  }

  private *set(source: Source<SetValue>): Generator<void, void, undefined> {
    const { size, intset } = source.value;
    if (intset !== null) {
      this.type(Type.setIntset);
      this.blob(intsetBytes(intset));
      return;
    }
    this.type(Type.set);
    this.length(size);
    for (let position = 0; position < size; position++) {
      this.text(source.value.memberAt(position));
      if (position % STEP === STEP - 1) yield;
    }
  }

  private *hash(source: Source<HashValue>): Generator<void, void, undefined> {
    const { size, encoding } = source.value;
    if (encoding === 'listpack') {
      this.type(Type.hashListpack);
      this.plain(source.value.listpack!);
      return;
    }
    this.type(Type.hash);
    this.length(size);
    for (let position = 0; position < size; position++) {
      this.text(source.value.fieldAt(position));
      this.text(source.value.valueAt(position));
      if (position % STEP === STEP - 1) yield;
    }
  }

  private *sortedSet(source: Source<SortedSetValue>): Generator<void, void, undefined> {
    const { size, listpack } = source.value;
    if (listpack !== null) {
      this.type(Type.sortedSetListpack);
      this.plain(listpack);
      return;
    }
    this.type(Type.sortedSet2);
    this.length(size);
    // The last one first: then loading inserts each at the front of the skip list.
    for (let left = size; left > 0; left -= STEP) {
      source.value.visit(left - 1, Math.min(STEP, left), true, (member, score) => {
        this.text(member);
        this.room(8);
        this.at = this.bytes.writeDoubleLE(score, this.at);
      });
      yield;
    }
  }

  private *stream(source: Source<StreamValue>): Generator<void, void, undefined> {
    this.type(Type.streamListpacks2);
    this.length(source.value.nodes.size);
    for (let node = source.value.nodes.first; node !== undefined; node = source.value.nodes.after(node)) {
      this.length(16);
      this.rawId(node);
      this.blob(nodeListpack(node));
      yield;
    }
    const stream = source.value;
    this.length(stream.size);
    this.id(stream.lastId);
    this.id(stream.firstId);
    this.id(stream.maxDeletedId);
    this.length(stream.entriesAdded);
    this.length(stream.groups.size);
    const names = [...stream.groups.keys()].sort((a, b) => (a < b ? -1 : 1));
    for (const name of names) yield* this.group(name, () => source.value.groups.get(name)!);
  }

  private *group(name: string, current: () => Group): Generator<void, void, undefined> {
    const group = current();
    this.text(name);
    this.id(group.lastId);
    this.length(group.entriesRead);
    this.length(group.pending.size);
    let written = 0;
    for (let pending = group.pending.first; pending !== undefined; pending = current().pending.after(pending)) {
      this.rawId(pending);
      this.int64(pending.deliveredMs);
      this.length(pending.deliveries);
      if (++written % STEP === 0) yield;
    }
    const consumers = current().sortedConsumers();
    this.length(consumers.length);
    for (const { name: consumer } of consumers) {
      const currentConsumer = (): Consumer => current().consumers.get(consumer)!;
      const { seenMs, pending } = currentConsumer();
      this.text(consumer);
      this.int64(seenMs);
      this.length(pending.size);
      for (let one = pending.first; one !== undefined; one = currentConsumer().pending.after(one)) {
        this.rawId(one);
        if (++written % STEP === 0) yield;
      }
      if (++written % STEP === 0) yield;
    }
  }

  private id({ ms, seq }: StreamId): void {
    this.length(ms);
    this.length(seq);
  }

  /** Writes an ID as 16 bytes, which sort as the IDs do. */
  private rawId({ ms, seq }: StreamId): void {
    this.room(16);
    this.at = this.bytes.writeBigUInt64BE(BigInt(ms), this.at);
    this.at = this.bytes.writeBigUInt64BE(BigInt(seq), this.at);
  }

  /** Writes a signed, little-endian integer. A double that was rounded up to 2^63 becomes the largest integer. */
  int64(value: Int64): void {
    this.room(8);
    this.at = this.bytes.writeBigInt64LE(value > MAX_INT64 ? MAX_INT64 : BigInt(value), this.at);
  }

  private listpack(elements: readonly string[]): void {
    const listpack = new ListpackWriter();
    for (const element of elements) listpack.text(element);
    this.blob(listpack.finish());
  }

  /** Writes a string: as an integer if it is a short one, compressed if that makes it shorter, else as it is. */
  text(text: string): void {
    const integer = text.length <= SHORT_INTEGER_LENGTH ? parseInt64(text) : null;
    if (typeof integer === 'number' && integer >= -0x80000000 && integer <= 0x7fffffff) this.shortInteger(integer);
    else this.plain(text);
  }

  private shortInteger(value: number): void {
    const power = value >= -0x80 && value <= 0x7f ? 0 : value >= -0x8000 && value <= 0x7fff ? 1 : 2;
    this.byte(0xc0 | power);
    this.room(4);
    this.at = this.bytes.writeIntLE(value, this.at, 1 << power);
  }

  /** Writes a string of bytes that stand for themselves. */
  private plain(text: string): void {
    const { length } = text;
    const isLong = this.isLong(length);
    if (isLong && !this.isSinkCompressing) return this.blob(Buffer.from(text, 'latin1'));
    // In one chunk with its length.
    this.room(MOST_LENGTH_BYTES + length);
    const start = this.at;
    this.length(length);
    if (isLong) this.strings.push(start, this.at - start, length);
    this.latin1(text);
  }

  private isLong(length: number): boolean {
    return this.settings.rdbcompression && isCompressible(length);
  }

  private blob(bytes: Buffer): void {
    const isLong = this.isLong(bytes.length);
    if (isLong && this.isSinkCompressing) return this.stringToCompress(bytes);
    const short = isLong ? compressed(bytes) : null;
    if (short !== null) {
      this.byte(COMPRESSED);
      this.length(short.length);
    }
    this.length(bytes.length);
    this.raw(short ?? bytes);
  }

  /** Writes a string in one chunk with its length. */
  private stringToCompress(bytes: Buffer): void {
    this.room(MOST_LENGTH_BYTES + bytes.length);
    const start = this.at;
    this.length(bytes.length);
    this.strings.push(start, this.at - start, bytes.length);
    this.raw(bytes);
  }

  /** Writes a length: see {@link writeLength}. */
  length(value: Uint64): void {
    this.room(MOST_LENGTH_BYTES);
    this.at = writeLength(this.bytes, this.at, value);
  }
}

/** Containers of quicklist nodes: a single element, or a listpack. Redis uses plain ones from 1 GiB on, which exceeds our strings. */
const PACKED_NODE = 2;

/** Bytes of a node for each negative list-max-listpack-size. */
const NODE_BYTES = [4096, 8192, 16384, 32768, 65536];
/** A node limited by elements is limited by bytes as well. */
const NODE_SAFE_BYTES = 8192;
/** Redis's estimate of the bytes of an element besides its text. */
const ELEMENT_ESTIMATE = 8;

/** Yields the elements of a list in the nodes that pushing them at the tail would have made. */
function* listNodes(source: Source<List>, fill: number): Generator<string[], void, undefined> {
  let node: string[] = [];
  let bytes = LISTPACK_OVERHEAD;
  for (const element of elementsOf(source)) {
    const wanted = bytes + element.length + ELEMENT_ESTIMATE;
    const fits = fill < 0 ? wanted <= NODE_BYTES[Math.min(-fill, NODE_BYTES.length) - 1]! : wanted <= NODE_SAFE_BYTES && node.length < fill;
    if (node.length > 0 && !fits) {
      yield node;
      node = [];
      bytes = LISTPACK_OVERHEAD;
    }
    node.push(element);
    bytes += elementBytes(element);
  }
  yield node;
}

function* elementsOf(source: Source<List>): Generator<string, void, undefined> {
  for (let at = 0; at < source.value.size; at += STEP) yield* source.value.slice(at, Math.min(STEP, source.value.size - at));
}

/** Returns the listpack that Redis stores for a node of a stream. */
function nodeListpack(node: StreamNode): Buffer {
  const listpack = new ListpackWriter();
  listpack.integer(node.live);
  listpack.integer(node.deleted);
  listpack.integer(node.names.length);
  for (const name of node.names) listpack.text(name);
  listpack.integer(0);
  for (let at = 0; at < node.length; at++) {
    const flags = node.flagsAt(at);
    const { ms, seq } = node.idAt(at);
    const texts = node.textsAt(at);
    const sharesNames = (flags & ENTRY_SHARES_NAMES) !== 0;
    listpack.integer(flags);
    listpack.integer(distance(node.ms, ms));
    listpack.integer(distance(node.seq, seq));
    if (!sharesNames) listpack.integer(texts.length / 2);
    for (const text of texts) listpack.text(text);
    // Number of elements of the entry, so that it can be found from its end.
    listpack.integer(texts.length + (sharesNames ? 3 : 4));
  }
  return listpack.finish();
}
