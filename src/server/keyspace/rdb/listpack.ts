/**
 * Listpacks: Redis's encoding of a short sequence of strings and integers in one block of bytes. Written by DUMP, read by RESTORE; streams use the sizes, since
 * a node of a stream is full when its listpack is.
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
/** Maximum number of elements that the header can count; more are counted by walking. */
const COUNT_UNKNOWN = 0xffff;

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
  if (integer !== null) return integerElementBytes(integer);
  const { length } = text;
  const content = length < 64 ? 1 + length : length < 4096 ? 2 + length : 5 + length;
  return content + lengthBytes(content);
}

/** Returns the size of the backward length, in bytes. */
function lengthBytes(length: number): number {
  if (length <= 127) return 1;
  if (length < 16383) return 2;
  if (length < 2097151) return 3;
  return length < 268435455 ? 4 : 5;
}

/** Collects elements; {@link finish} returns the bytes. */
export class ListpackWriter {
  private bytes = Buffer.alloc(256);
  private at = 6;
  private count = 0;

  text(value: string): void {
    const integer = parseInt64(value);
    if (integer !== null) return this.integer(integer);
    const start = this.begin(value.length + 10);
    const { length } = value;
    if (length < 64) this.bytes[this.at++] = 0x80 | length;
    else if (length < 4096) {
      this.bytes[this.at++] = 0xe0 | (length >> 8);
      this.bytes[this.at++] = length & 0xff;
    } else {
      this.bytes[this.at++] = 0xf0;
      this.at = this.bytes.writeUInt32LE(length, this.at);
    }
    this.at += this.bytes.latin1Write(value, this.at);
    this.end(start);
  }

  integer(value: Int64): void {
    const start = this.begin(10);
    const { bytes } = this;
    if (value >= 0 && value <= 127) bytes[this.at++] = Number(value);
    else if (value >= -4096 && value <= 4095) {
      const low = Number(value) & 0x1fff;
      bytes[this.at++] = 0xc0 | (low >> 8);
      bytes[this.at++] = low & 0xff;
    } else if (value >= -0x800000 && value <= 0x7fffff) this.signed(value >= -0x8000 && value <= 0x7fff ? 2 : 3, Number(value));
    else if (value >= -0x80000000 && value <= 0x7fffffff) this.signed(4, Number(value));
    else {
      bytes[this.at++] = 0xf4;
      this.at = bytes.writeBigInt64LE(BigInt(value), this.at);
    }
    this.end(start);
  }

  finish(): Buffer {
    this.begin(1);
    this.bytes[this.at++] = 0xff;
    this.bytes.writeUInt32LE(this.at, 0);
    this.bytes.writeUInt16LE(Math.min(this.count, COUNT_UNKNOWN), 4);
    return this.bytes.subarray(0, this.at);
  }

  private signed(width: number, value: number): void {
    this.bytes[this.at++] = 0xf1 + width - 2;
    this.at = this.bytes.writeIntLE(value, this.at, width);
  }

  /** Makes room; returns where the element begins. */
  private begin(room: number): number {
    if (this.at + room > this.bytes.length) {
      const grown = Buffer.alloc((this.at + room) * 2);
      this.bytes.copy(grown, 0, 0, this.at);
      this.bytes = grown;
    }
    return this.at;
  }

  /** Writes the length of the element backwards: seven bits a byte, the highest first, all but the first marked. */
  private end(start: number): void {
    const length = this.at - start;
    const width = lengthBytes(length);
    this.begin(width);
    for (let i = 0; i < width; i++) {
      const bits = Math.floor(length / 2 ** (7 * (width - 1 - i))) & 127;
      this.bytes[this.at++] = i === 0 ? bits : bits | 128;
    }
    this.count++;
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
