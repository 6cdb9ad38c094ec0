/**
 * Value: what a key holds.
 *
 * A string has three forms, which are also Redis's three encodings:
 *   number       a safe integer                                    int
 *   string       bytes as latin1, one character a byte; immutable  embstr up to 44 bytes, raw above
 *   ByteString   bytes that APPEND, SETRANGE or SETBIT change,     raw
 *                and the values of 8 KB and more that SET stores
 *
 * Every other type is a class that implements {@link Collection}.
 */
import type { MemberTable } from '../resp/member-table.js';
import { Bytes } from '../resp/reply.js';
import type { ColumnReader, ColumnWriter } from './columns.js';

export type TypeName = 'string' | 'list' | 'set' | 'zset' | 'hash' | 'stream';

export type StringValue = string | number | ByteString;
export type Value = StringValue | Collection;

/** A value as it was when it was frozen; only to be written, and no longer behind {@link Frozen.thaw}. */
export interface Frozen {
  readonly value: Collection;
  thaw(): void;
}

/** What the keyspace needs to know of a list, set, sorted set, hash or stream. */
export interface Collection {
  readonly type: Exclude<TypeName, 'string'>;
  /** As shown by OBJECT ENCODING. */
  readonly encoding: string;
  /** Number of members; the command that empties a collection deletes it. */
  readonly size: number;
  /** Estimated bytes in memory, in O(1): used by maxmemory and MEMORY USAGE. */
  readonly memoryBytes: number;
  /** Its hash table of members; null while it has none. */
  readonly table?: MemberTable | null;
  /** A deep copy, for COPY. */
  clone(): Collection;
  /**
   * The value of this instant, for a snapshot that is written meanwhile: without a copy of all of it, where the structure allows that.
   * @param keepsOrder its members must be in the same order as before
   */
  freeze(keepsOrder: boolean): Frozen;
  /** Writes everything that makes up this value, including what only the order of a scan would show. */
  capture(to: ColumnWriter): void;
  /** Becomes the captured value. Only for a new, empty one. */
  restore(from: ColumnReader): void;
}

/** Maximum number of bytes that a ByteString puts into one text. */
const PIECE_BYTES = 2 ** 20;

/** A mutable string: a buffer with room to grow, so that APPEND and SETBIT cost what they change, and not the whole length. */
export class ByteString {
  private bytes: Buffer;
  /** The content as a reply, to which outputs may refer until it has been sent; null after a change. */
  private reply: Bytes | null = null;

  constructor(
    content: string,
    public length = content.length,
  ) {
    this.bytes = Buffer.alloc(Math.max(length, 16));
    this.bytes.latin1Write(content, 0);
  }

  /** Creates a string of these bytes, which belong to it from now on. */
  static of(bytes: Buffer): ByteString {
    const string = new ByteString('');
    string.bytes = bytes;
    string.length = bytes.length;
    return string;
  }

  /** Creates a string of a copy of these bytes. */
  static from(bytes: Uint8Array): ByteString {
    const copy = Buffer.allocUnsafeSlow(bytes.length);
    copy.set(bytes);
    return ByteString.of(copy);
  }

  /** Becomes a copy of these bytes, if that needs no more memory, and leaves at most a fifth of it unused; else returns false. */
  overwrite(content: Uint8Array): boolean {
    const { bytes, length } = this;
    if (content.length > bytes.length || content.length < bytes.length * 0.8) return false;
    if (this.reply !== null && (this.reply.readers > 0 || content.length !== length)) this.endReply(0);
    this.bytes.set(content);
    if (content.length < length) this.bytes.fill(0, content.length, length);
    this.length = content.length;
    return true;
  }

  /** Before a change: outputs keep the bytes that they refer to, and this string gets others of the same size, with the first `kept` of its content. */
  private endReply(kept: number): void {
    if (this.reply!.readers > 0) {
      const { bytes } = this;
      this.bytes = Buffer.alloc(bytes.length);
      bytes.copy(this.bytes, 0, 0, kept);
    }
    this.reply = null;
  }

  /** The live bytes; valid until the next change, and not to be changed. */
  get view(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  /** The live bytes, to be changed; valid until the next change of another kind. */
  get changeable(): Buffer {
    if (this.reply !== null) this.endReply(this.length);
    return this.bytes.subarray(0, this.length);
  }

  /** Returns the content as a reply, which is valid until the next change if no output refers to it. */
  asReply(): Bytes {
    return (this.reply ??= new Bytes(this.view));
  }

  toString(): string {
    return this.bytes.latin1Slice(0, this.length);
  }

  /** Returns bytes [start, end) as latin1. */
  slice(start: number, end: number): string {
    return this.bytes.latin1Slice(start, Math.min(end, this.length));
  }

  /** Grows to `length`, the new bytes being zero; never shrinks. */
  grow(length: number): void {
    if (length <= this.length) return;
    if (this.reply !== null) this.endReply(this.length);
    if (length > this.bytes.length) {
      // Twice what is needed, as sds does, up to a megabyte of slack.
      const grown = Buffer.alloc(length + Math.min(length, 1024 * 1024));
      this.bytes.copy(grown, 0, 0, this.length);
      this.bytes = grown;
    }
    this.length = length;
  }

  append(text: string): void {
    const at = this.length;
    this.grow(at + text.length);
    this.bytes.latin1Write(text, at);
  }

  write(at: number, text: string): void {
    if (this.reply !== null) this.endReply(this.length);
    this.grow(at + text.length);
    this.bytes.latin1Write(text, at);
  }

  /** Replaces the bytes [start, end) by `replacement`; what follows moves. */
  splice(start: number, end: number, replacement: Uint8Array): void {
    if (this.reply !== null) this.endReply(this.length);
    const { length } = this;
    const change = replacement.length - (end - start);
    this.grow(length + change);
    this.bytes.copyWithin(end + change, end, length);
    this.bytes.set(replacement, start);
    if (change >= 0) return;
    // Bytes after the end stay zero, because `grow` relies on it.
    this.bytes.fill(0, length + change, length);
    this.length = length + change;
  }

  /** Returns a byte; 0 after the end. */
  byteAt(at: number): number {
    return at < this.length ? this.bytes[at]! : 0;
  }

  /** The byte must exist. */
  setByteAt(at: number, byte: number): void {
    if (this.reply !== null) this.endReply(this.length);
    this.bytes[at] = byte;
  }

  capture(to: ColumnWriter): void {
    to.number(this.length);
    to.number(this.bytes.length);
    for (let start = 0; start < this.length; start += PIECE_BYTES) to.text(this.slice(start, start + PIECE_BYTES));
  }

  restore(from: ColumnReader): void {
    this.length = from.number();
    this.bytes = Buffer.alloc(from.number());
    for (let start = 0; start < this.length; start += PIECE_BYTES) this.bytes.latin1Write(from.text(), start);
  }
}

/** The longest string of encoding embstr (OBJ_ENCODING_EMBSTR_SIZE_LIMIT). */
const EMBSTR_MAX = 44;

export function isString(value: Value): value is StringValue {
  return typeof value === 'string' || typeof value === 'number' || value instanceof ByteString;
}

export function typeOf(value: Value): TypeName {
  return isString(value) ? 'string' : value.type;
}

/** Returns the bytes of a string value, as latin1. */
export function textOf(value: StringValue): string {
  return typeof value === 'string' ? value : String(value);
}

export function encodingOf(value: Value): string {
  if (typeof value === 'number') return 'int';
  if (value instanceof ByteString) return 'raw';
  if (typeof value !== 'string') return value.encoding;
  if (value.length > EMBSTR_MAX) return 'raw';
  return isInt64(value) ? 'int' : 'embstr';
}

/** Integers beyond 2^53 stay text in memory; Redis, whose integers have 64 bits, still reports the encoding int. */
function isInt64(text: string): boolean {
  if (text.length < 16 || text.length > 20 || !/^-?[1-9]\d*$/.test(text)) return false;
  return BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

/** Returns the most compact form of a string from a client: integers become numbers (compare tryObjectEncoding). */
export function compact(text: string): string | number {
  const { length } = text;
  if (length === 0 || length > 16) return text;
  let at = 0;
  const negative = text.charCodeAt(0) === 45;
  if (negative) at = 1;
  const first = text.charCodeAt(at);
  // Written this way because after a lone minus comes NaN, which is neither below nor above.
  if (!(first >= 49 && first <= 57)) return text === '0' ? 0 : text;
  let value = 0;
  for (; at < length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return text;
    value = value * 10 + digit;
  }
  if (value > Number.MAX_SAFE_INTEGER) return text;
  return negative ? -value : value;
}

/** Returns a value that shares nothing mutable with the original. */
export function cloneOf(value: Value): Value {
  if (typeof value !== 'object') return value;
  return value instanceof ByteString ? ByteString.from(value.view) : value.clone();
}

/** Returns the estimated bytes in memory of a value alone, in O(1). */
export function memoryOf(value: Value): number {
  if (typeof value === 'number') return 16;
  if (typeof value === 'string') return 24 + value.length;
  if (value instanceof ByteString) return 64 + value.length;
  return value.memoryBytes;
}
