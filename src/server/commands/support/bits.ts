/**
 * Strings as arrays of bits: counting, finding, combining. Bit 0 is the highest bit of the first byte, as in all of Redis's bitmaps.
 *
 *   byte   |     0     |     1     |
 *   bit    | 0 1 2 … 7 | 8 9 … 15  |
 *
 * Pure functions over bytes; the long middle part of a range is processed four bytes at a time.
 */

export type BitOperation = 'AND' | 'OR' | 'XOR' | 'NOT';

/** Counts set bits from `first` to `last`, both inclusive and within the bytes. */
export function countBits(bytes: Uint8Array, first: number, last: number): number {
  if (first > last) return 0;
  const firstByte = Math.floor(first / 8);
  const lastByte = Math.floor(last / 8);
  const outside = countBytes(bytes.subarray(firstByte, lastByte + 1));
  return outside - popcount(bytes[firstByte]! & headMask(first)) - popcount(bytes[lastByte]! & tailMask(last));
}

/** Returns the bits of its byte that come before a bit. */
const headMask = (bit: number): number => 0xff & ~(0xff >>> (bit % 8));
/** Returns the bits of its byte that come after a bit. */
const tailMask = (bit: number): number => 0x7f >>> (bit % 8);

function countBytes(bytes: Uint8Array): number {
  const head = unaligned(bytes);
  const words = alignedWords(bytes, head);
  let count = 0;
  for (let i = 0; i < head; i++) count += popcount(bytes[i]!);
  for (let i = 0; i < words.length; i++) count += popcount(words[i]!);
  for (let i = head + words.length * 4; i < bytes.length; i++) count += popcount(bytes[i]!);
  return count;
}

/** Counts the set bits of a 32-bit word. */
function popcount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

const NO_WORDS = new Int32Array(0);

/** Returns the number of bytes before the first address aligned for 32-bit words. */
function unaligned(bytes: Uint8Array): number {
  return Math.min((4 - (bytes.byteOffset % 4)) % 4, bytes.length);
}

function alignedWords(bytes: Uint8Array, head: number): Int32Array {
  // A few bytes may end before the first aligned word.
  if (bytes.length - head < 4) return NO_WORDS;
  return new Int32Array(bytes.buffer, bytes.byteOffset + head, (bytes.length - head) >>> 2);
}

/** Returns the first bit from `first` to `last`, both inclusive and within the bytes, that equals `wanted`; -1 if there is none. */
export function findBit(bytes: Uint8Array, wanted: 0 | 1, first: number, last: number): number {
  const skipped = wanted === 1 ? 0 : 0xff;
  let at = first;
  while (at <= last) {
    if (at % 8 === 0 && bytes[at / 8] === skipped) {
      at = skipBytes(bytes, skipped, at / 8) * 8;
      continue;
    }
    if (bitAt(bytes, at) === wanted) return at;
    at++;
  }
  return -1;
}

/** Returns the position of the first different byte from `from` on; the length if there is none. */
function skipBytes(bytes: Uint8Array, byte: number, from: number): number {
  const rest = bytes.subarray(from);
  const head = unaligned(rest);
  let at = 0;
  while (at < head && rest[at] === byte) at++;
  if (at === head) at += 4 * equalWords(alignedWords(rest, head), byte === 0 ? 0 : -1);
  while (at < rest.length && rest[at] === byte) at++;
  return from + at;
}

/** Counts the equal words at the beginning. */
function equalWords(words: Int32Array, word: number): number {
  let count = 0;
  while (count < words.length && words[count] === word) count++;
  return count;
}

export function bitAt(bytes: Uint8Array, at: number): number {
  return (bytes[Math.floor(at / 8)]! >>> (7 - (at % 8))) & 1;
}

/** Combines strings. The result is as long as the longest source; shorter ones are padded with zero bytes. */
export function combine(operation: BitOperation, sources: readonly Uint8Array[]): Buffer {
  const result = Buffer.alloc(Math.max(...sources.map((source) => source.length)));
  result.set(sources[0]!);
  if (operation === 'NOT') invert(result);
  else for (let i = 1; i < sources.length; i++) merge(operation, result, sources[i]!);
  return result;
}

function invert(bytes: Uint8Array): void {
  const head = unaligned(bytes);
  const words = alignedWords(bytes, head);
  for (let i = 0; i < head; i++) bytes[i] = ~bytes[i]!;
  for (let i = 0; i < words.length; i++) words[i] = ~words[i]!;
  for (let i = head + words.length * 4; i < bytes.length; i++) bytes[i] = ~bytes[i]!;
}

function merge(operation: BitOperation, into: Uint8Array, source: Uint8Array): void {
  const areAligned = unaligned(into) === 0 && unaligned(source) === 0;
  const words = areAligned ? alignedWords(source, 0) : NO_WORDS;
  mergeItems(operation, areAligned ? alignedWords(into, 0) : NO_WORDS, words, 0);
  mergeItems(operation, into, source, words.length * 4);
  if (operation === 'AND') into.fill(0, source.length);
}

/** Merges bytes or words, from `start` to the end of the source. */
function mergeItems(operation: BitOperation, into: Uint8Array | Int32Array, source: Uint8Array | Int32Array, start: number): void {
  switch (operation) {
    case 'AND':
      for (let i = start; i < source.length; i++) into[i]! &= source[i]!;
      return;
    case 'OR':
      for (let i = start; i < source.length; i++) into[i]! |= source[i]!;
      return;
    case 'XOR':
      for (let i = start; i < source.length; i++) into[i]! ^= source[i]!;
  }
}
