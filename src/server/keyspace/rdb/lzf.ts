/**
 * LZF, the compression of long strings in a DUMP. The choice of matches is that of Redis's settings (a hash table of 65,536 places, the fast
 * variant), so that the result is, byte by byte, that of a fresh redis-server.
 *
 *   000lllll <l + 1 bytes>            l + 1 literal bytes
 *   LLLooooo oooooooo                 L + 2 bytes from o + 1 bytes back, L from 1 to 6
 *   111ooooo LLLLLLLL oooooooo        L + 9 bytes from there
 */
import { constants } from 'node:buffer';
import { CorruptDump } from './bytes.js';

const HASH_BITS = 16;
const HASH_MASK = (1 << HASH_BITS) - 1;
const MAX_LITERALS = 32;
const MAX_OFFSET = 1 << 13;
const MAX_MATCH = 264;
/** A match of at least this length has its length in a byte of its own. */
const LONG_MATCH = 7;
/** This many bytes are compared without checking where the match has to end; see {@link matchLength}. */
const UNCHECKED = 16;
/** Maximum number of bytes that one compressed byte can expand to. */
const MAX_EXPANSION = MAX_MATCH / 2;

/**
 * Where three bytes with each hash were last. Used by one compression at a time; each counts its positions from behind those of the one before, so that
 * entries of the one before are recognized as old, and the table is cleared only once in 4 GB.
 */
const places = new Uint32Array(1 << HASH_BITS);
const MOST_PLACES = 2 ** 32;
let usedPlaces = 0;

/** Returns what compressing `length` bytes adds to its positions. */
function reservePlaces(length: number): number {
  if (usedPlaces + length >= MOST_PLACES) {
    places.fill(0);
    usedPlaces = 0;
  }
  usedPlaces += length;
  return usedPlaces - length;
}

/** Returns null if the result would not be shorter than `maxLength` bytes or so: then it is not worth it. */
export function compress(input: Uint8Array, maxLength: number): Buffer | null {
  if (input.length === 0 || maxLength <= 0) return null;
  const base = reservePlaces(input.length);
  const output = Buffer.allocUnsafe(maxLength + MAX_LITERALS);
  const end = input.length;
  let from = 0;
  // The first byte of a run contains its length, which is known at its end.
  let to = 1;
  let literals = 0;
  while (from < end - 2) {
    const place = hashAt(input, from);
    // Negative: none of this compression.
    const reference = places[place]! - base - 1;
    places[place] = base + from + 1;
    const offset = from - reference - 1;
    if (reference > 0 && offset < MAX_OFFSET && isSame(input, reference, from)) {
      if (to - (literals === 0 ? 1 : 0) + 4 >= maxLength) return null;
      output[to - literals - 1] = literals - 1;
      if (literals === 0) to--;
      const length = matchLength(input, reference, from);
      // The length is stored minus two.
      const code = length - 2;
      if (code < LONG_MATCH) output[to++] = (offset >> 8) + (code << 5);
      else {
        output[to++] = (offset >> 8) + (LONG_MATCH << 5);
        output[to++] = code - LONG_MATCH;
      }
      output[to++] = offset & 0xff;
      literals = 0;
      to++;
      from += length;
      if (from >= end - 2) break;
      places[hashAt(input, from - 2)] = base + from - 1;
      places[hashAt(input, from - 1)] = base + from;
    } else {
      if (to >= maxLength) return null;
      literals++;
      output[to++] = input[from++]!;
      if (literals === MAX_LITERALS) {
        output[to - literals - 1] = literals - 1;
        literals = 0;
        to++;
      }
    }
  }
  if (to + 3 > maxLength) return null;
  while (from < end) {
    literals++;
    output[to++] = input[from++]!;
    if (literals === MAX_LITERALS) {
      output[to - literals - 1] = literals - 1;
      literals = 0;
      to++;
    }
  }
  output[to - literals - 1] = literals - 1;
  if (literals === 0) to--;
  return output.subarray(0, to);
}

/** Hashes the three bytes at a position. */
function hashAt(input: Uint8Array, at: number): number {
  const three = (input[at]! << 16) | (input[at + 1]! << 8) | input[at + 2]!;
  return ((three >>> (24 - HASH_BITS)) - three * 5) & HASH_MASK;
}

function isSame(input: Uint8Array, a: number, b: number): boolean {
  return input[a] === input[b] && input[a + 1] === input[b + 1] && input[a + 2] === input[b + 2];
}

/**
 * Returns the length of a match whose first three bytes are known to be equal. As in liblzf, the limit is checked only after the next sixteen, if there are
 * that many.
 */
function matchLength(input: Uint8Array, a: number, b: number): number {
  const most = Math.min(input.length - b - 2, MAX_MATCH);
  let length = 2;
  if (most > UNCHECKED) {
    for (let i = 0; i < UNCHECKED; i++) {
      length++;
      if (input[a + length] !== input[b + length]) return length;
    }
  }
  do length++;
  while (length < most && input[a + length] === input[b + length]);
  return length;
}

/** Decompresses. Throws CorruptDump if the result does not have exactly `length` bytes. */
export function decompress(input: Uint8Array, length: number): Buffer {
  checkExpansion(input.length, length);
  const output = Buffer.allocUnsafeSlow(length);
  decompressInto(output, input, 0, input.length, length);
  return output;
}

/** Strings up to this length are decompressed into one block, which is used again. */
const SHARED_BYTES = 2 ** 16;
const SHARED = Buffer.allocUnsafeSlow(SHARED_BYTES);

/** Decompresses `input[start … end-1]` into a text, without a Buffer for either. */
export function decompressText(input: Uint8Array, start: number, end: number, length: number): string {
  checkExpansion(end - start, length);
  const output = length <= SHARED_BYTES ? SHARED : Buffer.allocUnsafeSlow(length);
  decompressInto(output, input, start, end, length);
  return output.latin1Slice(0, length);
}

function checkExpansion(compressed: number, length: number): void {
  if (length > compressed * MAX_EXPANSION || length > constants.MAX_STRING_LENGTH) throw new CorruptDump('length of a compressed string');
}

function decompressInto(output: Buffer, input: Uint8Array, start: number, inputEnd: number, length: number): void {
  let to = 0;
  for (let from = start; from < inputEnd; ) {
    const control = input[from++]!;
    if (control < MAX_LITERALS) {
      const end = from + control + 1;
      if (end > inputEnd || to + control + 1 > length) throw new CorruptDump('run of a compressed string');
      while (from < end) output[to++] = input[from++]!;
      continue;
    }
    let count = control >> 5;
    if (from + (count === LONG_MATCH ? 2 : 1) > inputEnd) throw new CorruptDump('reference of a compressed string');
    if (count === LONG_MATCH) count += input[from++]!;
    const reference = to - ((control & 31) << 8) - input[from++]! - 1;
    if (reference < 0 || to + count + 2 > length) throw new CorruptDump('reference of a compressed string');
    for (let i = 0; i < count + 2; i++, to++) output[to] = output[reference + i]!;
  }
  if (to !== length) throw new CorruptDump('length of a compressed string');
}
