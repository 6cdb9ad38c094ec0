/**
 * Intsets: sorted integers in one immutable text, in the bytes that Redis stores for them, two in each character. Used by SetValue.
 *
 *   text    [ units of an integer: 1, 2 or 4 | integer | integer | … ]      a unit is a character of 16 bits, the lowest first
 *   bytes   [ bytes of an integer, 4 | number of integers, 4 | integer | integer | … ]    for DUMP, little-endian
 *
 * A text, because an array takes 8 bytes for each integer, and a typed array more than 200 besides its content. Each change creates another text. All integers
 * have the width of the largest; as in Redis it stays when that one is removed.
 */
import type { Int64 } from './int64.js';

const HEADER_BYTES = 8;
export const EMPTY_INTSET = '\x01';
const scratch = Buffer.alloc(8192);

export function intsetSize(text: string): number {
  return (text.length - 1) / text.charCodeAt(0);
}

export function intsetAt(text: string, position: number): Int64 {
  const units = text.charCodeAt(0);
  return integerAt(text, units, 1 + position * units);
}

/** Returns the position of an integer, or -1 minus the position where it belongs. */
export function findInIntset(text: string, value: Int64): number {
  const units = text.charCodeAt(0);
  let low = 0;
  let high = intsetSize(text) - 1;
  if (unitsOf(value) > units) return value < 0 ? -1 : -2 - high;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const there = typeof value === 'number' ? numberAt(text, units, 1 + middle * units) : integerAt(text, units, 1 + middle * units);
    if (there === value) return middle;
    if (there < value) low = middle + 1;
    else high = middle - 1;
  }
  return -low - 1;
}

/** Returns the intset with another integer, at the position where it belongs. */
export function insertIntoIntset(text: string, position: number, value: Int64): string {
  if (text.length === 1) return String.fromCharCode(unitsOf(value)) + textOf(value, unitsOf(value));
  const units = Math.max(text.charCodeAt(0), unitsOf(value));
  const wide = units === text.charCodeAt(0) ? text : intsetOf(intsetIntegers(text), units);
  const at = 1 + position * units;
  return flat(wide.slice(0, at), textOf(value, units), wide.slice(at));
}

export function removeFromIntset(text: string, position: number): string {
  const units = text.charCodeAt(0);
  const at = 1 + position * units;
  return flat(text.slice(0, at), '', text.slice(at + units));
}

/** Returns the intset of sorted integers. @param units of each integer */
export function intsetOf(integers: readonly Int64[], units: number): string {
  const bytes = 2 + integers.length * units * 2 <= scratch.length ? scratch : Buffer.allocUnsafe(2 + integers.length * units * 2);
  let at = writeUnit(bytes, 0, units);
  for (let position = 0; position < integers.length; position++) {
    const value = integers[position]!;
    at = writeUnit(bytes, at, lowBits(value));
    if (units === 1) continue;
    at = writeUnit(bytes, at, lowBits(value) >> 16);
    if (units === 2) continue;
    at = writeUnit(bytes, at, highBits(value));
    at = writeUnit(bytes, at, highBits(value) >> 16);
  }
  return bytes.toString('utf16le', 0, at);
}

function writeUnit(bytes: Buffer, at: number, unit: number): number {
  bytes[at] = unit;
  bytes[at + 1] = unit >> 8;
  return at + 2;
}

export function intsetIntegers(text: string): Int64[] {
  const units = text.charCodeAt(0);
  const integers: Int64[] = [];
  for (let at = 1; at < text.length; at += units) integers.push(integerAt(text, units, at));
  return integers;
}

/** Returns the bytes that DUMP writes. */
export function intsetBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + text.length * 2 - 2);
  bytes.write(text, HEADER_BYTES - 2, 'utf16le');
  bytes.writeUInt32LE(text.charCodeAt(0) * 2, 0);
  bytes.writeUInt32LE(intsetSize(text), 4);
  return bytes;
}

/** Returns the intset with these bytes, of unknown origin; null unless all integers are there, in order, none twice. */
export function readIntset(source: string): string | null {
  const bytes = Buffer.from(source, 'latin1');
  if (bytes.length < HEADER_BYTES) return null;
  const width = bytes.readUInt32LE(0);
  if ((width !== 2 && width !== 4 && width !== 8) || bytes.length !== HEADER_BYTES + bytes.readUInt32LE(4) * width) return null;
  bytes.writeUInt16LE(width / 2, HEADER_BYTES - 2);
  const text = bytes.toString('utf16le', HEADER_BYTES - 2);
  const integers = intsetSize(text);
  for (let position = 1; position < integers; position++) if (intsetAt(text, position - 1) >= intsetAt(text, position)) return null;
  return text;
}

/** Returns the units that an integer takes. */
export function unitsOf(value: Int64): number {
  if (value >= -0x8000 && value <= 0x7fff) return 1;
  return value >= -0x80000000 && value <= 0x7fffffff ? 2 : 4;
}

function integerAt(text: string, units: number, at: number): Int64 {
  const value = numberAt(text, units, at);
  return Number.isSafeInteger(value) ? value : (BigInt(word(text, at + 2)) << 32n) | BigInt(word(text, at) >>> 0);
}

/** Rounds beyond 2^53. Then it still is larger or smaller than a number that is exact. */
function numberAt(text: string, units: number, at: number): number {
  if (units === 1) return (text.charCodeAt(at) << 16) >> 16;
  return units === 2 ? word(text, at) : word(text, at + 2) * 2 ** 32 + (word(text, at) >>> 0);
}

function word(text: string, at: number): number {
  return text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
}

function textOf(value: Int64, units: number): string {
  if (units === 1) return String.fromCharCode(value as number);
  if (units === 2) return String.fromCharCode(value as number, (value as number) >> 16);
  const low = lowBits(value);
  const high = highBits(value);
  return String.fromCharCode(low, low >> 16, high, high >> 16);
}

/** The lower 32 bits, as a signed integer. */
function lowBits(value: Int64): number {
  return typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value));
}

function highBits(value: Int64): number {
  return typeof value === 'number' ? Math.floor(value / 2 ** 32) : Number(value >> 32n);
}

/** V8 keeps the parts of a sum of 13 characters or more; `join` writes all of them at once. */
function flat(before: string, inserted: string, after: string): string {
  return before.length + inserted.length + after.length < 13 ? before + inserted + after : [before, inserted, after].join('');
}
