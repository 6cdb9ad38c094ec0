/**
 * Listpacks: Redis's encoding of a short sequence of strings and integers in one block of bytes. Written by DUMP, read by RESTORE; streams use the sizes, since
 * a node of a stream is full when its listpack is. How one is kept as a value: types/listpack-text.ts.
 *
 *   [ total bytes, 4 | elements, 2 | element … element | 0xff ]          numbers are little-endian
 *   element:  encoding and content, then their length backwards (so that it can be read from the end)
 *
 *   0xxxxxxx                 integer 0 … 127              1111 0001 + 2    integer of 16 bits
 *   10xxxxxx                 string up to 63 bytes        1111 0010 + 3    … 24
 *   110xxxxx + 1             integer of 13 bits           1111 0011 + 4    … 32
 *   1110xxxx + 1             string up to 4095 bytes      1111 0100 + 8    … 64
 *   11110000 + 4             string                       1111 1111        end
 */
import { parseInt64, type Int64 } from '../types/int64.js';
import { ByteReader, CorruptDump } from './bytes.js';

/** Header and end. */
export const LISTPACK_OVERHEAD = 7;
/** Where the first element is, and what the last byte is. */
export const FIRST_ELEMENT = 6;
export const LISTPACK_END = 0xff;
/** In the header instead of a number of elements that is this or more: they are counted by walking. */
export const COUNT_UNKNOWN = 0xffff;

/** Returns the size of an integer element, in bytes. */
export function integerElementBytes(value: Int64): number {
  if (value >= 0 && value <= 127) return 2;
  if (value >= -4096 && value <= 4095) return 3;
  if (value >= -0x8000 && value <= 0x7fff) return 4;
  if (value >= -0x800000 && value <= 0x7fffff) return 5;
  if (value >= -0x80000000 && value <= 0x7fffffff) return 6;
  return 10;
}

/** Returns the size of the element for a text, in bytes. */
export function elementBytes(text: string): number {
  const integer = parseInt64(text);
  return integer === null ? textElementBytes(text.length) : integerElementBytes(integer);
}

/** Returns the size of a string element of this length, in bytes. */
export function textElementBytes(length: number): number {
  const content = length < 64 ? 1 + length : length < 4096 ? 2 + length : 5 + length;
  return content + lengthBytes(content);
}

/** Returns the size of the backward length, in bytes. */
export function lengthBytes(length: number): number {
  if (length <= 127) return 1;
  if (length < 16383) return 2;
  if (length < 2097151) return 3;
  return length < 268435455 ? 4 : 5;
}

/** Writes the encoding and content of an integer element, in at most nine bytes, and returns their end. */
export function writeInteger(bytes: Buffer, at: number, value: Int64): number {
  if (value >= 0 && value <= 127) {
    bytes[at] = Number(value);
    return at + 1;
  }
  if (value >= -4096 && value <= 4095) {
    const low = Number(value) & 0x1fff;
    bytes[at] = 0xc0 | (low >> 8);
    bytes[at + 1] = low & 0xff;
    return at + 2;
  }
  if (value >= -0x80000000 && value <= 0x7fffffff) {
    const width = value >= -0x8000 && value <= 0x7fff ? 2 : value >= -0x800000 && value <= 0x7fffff ? 3 : 4;
    bytes[at] = 0xf1 + width - 2;
    return bytes.writeIntLE(Number(value), at + 1, width);
  }
  bytes[at] = 0xf4;
  return bytes.writeBigInt64LE(BigInt(value), at + 1);
}

/** Writes the encoding of a string element, which has its length, in at most five bytes, and returns their end. */
export function writeTextHead(bytes: Buffer, at: number, length: number): number {
  if (length < 64) bytes[at++] = 0x80 | length;
  else if (length < 4096) {
    bytes[at++] = 0xe0 | (length >> 8);
    bytes[at++] = length & 0xff;
  } else {
    bytes[at++] = 0xf0;
    at = bytes.writeUInt32LE(length, at);
  }
  return at;
}

/** Texts up to this length are written faster by a loop than by a call of `latin1Write`. */
const LOOP_MAX = 24;

/** Writes an element: the text, or the integer that it is. There must be room for {@link elementBytes}. Returns its end. */
export function writeElement(bytes: Buffer, start: number, text: string, integer: Int64 | null): number {
  if (integer !== null) return writeBackwards(bytes, start, writeInteger(bytes, start, integer));
  const { length } = text;
  let at = writeTextHead(bytes, start, length);
  if (length <= LOOP_MAX) for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i);
  else at += bytes.latin1Write(text, at);
  return writeBackwards(bytes, start, at);
}

/** Writes the length of an element backwards: seven bits a byte, the highest first, all but the first marked. */
function writeBackwards(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  const width = lengthBytes(length);
  if (width === 1) bytes[end] = length;
  else for (let i = 0; i < width; i++) bytes[end + i] = (Math.floor(length / 2 ** (7 * (width - 1 - i))) & 127) | (i === 0 ? 0 : 128);
  return end + width;
}

/** Writes the header of a listpack that ends at `end`. */
export function writeHeader(bytes: Buffer, end: number, count: number): void {
  bytes[0] = end;
  bytes[1] = end >> 8;
  bytes[2] = end >> 16;
  bytes[3] = end >>> 24;
  const known = Math.min(count, COUNT_UNKNOWN);
  bytes[4] = known;
  bytes[5] = known >> 8;
}

const INITIAL_BYTES = 256;
/** A writer that is used again keeps no larger block than this. */
const KEPT_BYTES = 2 ** 16;

/** Collects elements; {@link finish} returns the bytes. */
export class ListpackWriter {
  private bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  private at = FIRST_ELEMENT;
  private count = 0;

  text(value: string): void {
    this.room(value.length + 10);
    this.at = writeElement(this.bytes, this.at, value, parseInt64(value));
    this.count++;
  }

  integer(value: Int64): void {
    this.room(10);
    this.at = writeElement(this.bytes, this.at, '', value);
    this.count++;
  }

  /** Returns the bytes, which are the writer's own. */
  finish(): Buffer {
    this.close();
    return this.bytes.subarray(0, this.at);
  }

  /** Returns the bytes as a text, and begins anew. */
  finishText(): string {
    this.close();
    const { bytes, at } = this;
    if (bytes.length > KEPT_BYTES) this.bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
    this.at = FIRST_ELEMENT;
    this.count = 0;
    return bytes.latin1Slice(0, at);
  }

  /** Writes the end and the header. */
  private close(): void {
    this.room(1);
    this.bytes[this.at++] = LISTPACK_END;
    writeHeader(this.bytes, this.at, this.count);
  }

  private room(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow((this.at + bytes) * 2);
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }
}

/** Returns the elements of a listpack, as texts. Throws CorruptDump if its bytes are inconsistent. */
export function readListpack(text: string): string[] {
  const bytes = new ByteReader(text);
  if (bytes.uint(4) !== text.length) throw new CorruptDump('listpack size');
  const count = bytes.uint(2);
  const elements: string[] = [];
  while (bytes.peek() !== 0xff) elements.push(readElement(bytes));
  bytes.skip(1);
  if (bytes.left > 0) throw new CorruptDump('bytes behind a listpack');
  if (count !== COUNT_UNKNOWN && count !== elements.length) throw new CorruptDump('listpack count');
  return elements;
}

function readElement(bytes: ByteReader): string {
  const start = bytes.at;
  const element = readContent(bytes);
  const length = bytes.at - start;
  const width = lengthBytes(length);
  let backwards = 0;
  for (let i = 0; i < width; i++) backwards = backwards * 128 + (bytes.byte() & 127);
  if (backwards !== length) throw new CorruptDump('listpack element length');
  return element;
}

function readContent(bytes: ByteReader): string {
  const first = bytes.byte();
  if (first < 0x80) return String(first);
  if (first < 0xc0) return bytes.text(first & 0x3f);
  if (first < 0xe0) {
    const value = ((first & 0x1f) << 8) | bytes.byte();
    return String(value >= 0x1000 ? value - 0x2000 : value);
  }
  if (first < 0xf0) return bytes.text(((first & 0x0f) << 8) | bytes.byte());
  switch (first) {
    case 0xf0:
      return bytes.text(bytes.uint(4));
    case 0xf1:
    case 0xf2:
    case 0xf3:
      return String(bytes.int(first - 0xf1 + 2));
    case 0xf4:
      return String(bytes.int64());
    default:
      throw new CorruptDump('listpack encoding');
  }
}
