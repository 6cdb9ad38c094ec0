/**
 * HyperLogLog: estimates the number of different elements, in at most 12 KiB, with an error of 0.81 %. It is stored in an ordinary string, byte for byte as in
 * Redis, so that GET and SET can copy it between servers.
 *
 *   header   | "HYLL" | encoding | 0 0 0 | cached count, 8 bytes, lowest first; the highest bit says that it is out of date |
 *
 *   dense    16384 registers of 6 bits, lowest bit first             | 0  5|0   ,  3| 4 …
 *
 *   sparse   runs of registers    00nnnnnn             1 to 64 are zero
 *                                 01nnnnnn nnnnnnnn    1 to 16384 are zero
 *                                 1vvvvvnn             1 to 4 have the value 1 to 32
 *
 * An element's hash gives a register (14 bits) and a number: the position of the first bit that is set in the rest. The register keeps the
 * largest. Sparse becomes dense when a value exceeds 32 or the runs take too many bytes. The estimate is Ertl's (arXiv 1702.01284).
 */
import { ByteString, type StringValue } from '../value.js';
import { MurmurHash } from './murmur-hash.js';

export const REGISTERS = 16384;
const INDEX_BITS = 14;
/** Bits of the hash that are searched for the first one. */
const PATTERN_BITS = 50;
const REGISTER_BITS = 6;
const REGISTER_MAX = 63;
const HEADER_BYTES = 16;
const DENSE_BYTES = HEADER_BYTES + (REGISTERS * REGISTER_BITS) / 8;
const HASH_SEED = 0xadc83b19;
const ALPHA = 0.7213475204444817;

const MAGIC = 'HYLL';
const ENCODING_AT = 4;
const COUNT_AT = 8;
const DENSE = 0;
const SPARSE = 1;

const SPARSE_MAX_VALUE = 32;
const VALUE_MAX_RUN = 4;
const ZERO_MAX_RUN = 64;

/** The result of raising a register. */
export type Change = 'changed' | 'same' | 'corrupted';

const murmur = new MurmurHash();

/** Returns an empty one, sparse, with a valid cached count of 0. */
export function createHyperLogLog(): ByteString {
  const bytes = Buffer.alloc(HEADER_BYTES + 2);
  bytes.latin1Write(MAGIC);
  bytes[ENCODING_AT] = SPARSE;
  bytes.set(zeroRun(REGISTERS), HEADER_BYTES);
  return ByteString.of(bytes);
}

/** True if a string has a valid header. Says nothing about its runs. */
export function isHyperLogLog(value: StringValue): boolean {
  if (typeof value === 'number' || value.length < HEADER_BYTES) return false;
  const header = value.slice(0, HEADER_BYTES);
  const encoding = header.charCodeAt(ENCODING_AT);
  return header.startsWith(MAGIC) && encoding <= SPARSE && (encoding === SPARSE || value.length === DENSE_BYTES);
}

export function isSparse(string: ByteString): boolean {
  return string.byteAt(ENCODING_AT) === SPARSE;
}

/** Adds an element. `sparseMaxBytes` is hll-sparse-max-bytes. */
export function addElement(string: ByteString, element: string, sparseMaxBytes: number): Change {
  murmur.hash(element, HASH_SEED);
  return raiseRegister(string, murmur.low & (REGISTERS - 1), firstSetBit(murmur.high, murmur.low), sparseMaxBytes);
}

/** Returns the position, from 1, of the lowest set bit after the index bits; at most 51. */
function firstSetBit(high: number, low: number): number {
  const lower = low >>> INDEX_BITS;
  if (lower !== 0) return trailingZeros(lower) + 1;
  const lowerBits = 32 - INDEX_BITS;
  return high === 0 ? PATTERN_BITS + 1 : lowerBits + trailingZeros(high) + 1;
}

const trailingZeros = (word: number): number => 31 - Math.clz32(word & -word);

/** Raises a register to at least `value`. */
export function raiseRegister(string: ByteString, index: number, value: number, sparseMaxBytes: number): Change {
  return isSparse(string) ? raiseSparse(string, index, value, sparseMaxBytes) : raiseDense(string, index, value);
}

export function outdateCount(string: ByteString): void {
  const last = COUNT_AT + 7;
  string.setByteAt(last, string.byteAt(last) | 0x80);
}

/** Returns the cached count; undefined if it is out of date. A bigint only if it was written by another program. */
export function cachedCount(string: ByteString): number | bigint | undefined {
  const count = string.view.readBigUInt64LE(COUNT_AT);
  if (count >> 63n === 1n) return undefined;
  return count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : count;
}

export function cacheCount(string: ByteString, count: number): void {
  string.changeable.writeBigUInt64LE(BigInt(count), COUNT_AT);
}

/** Returns the estimate; undefined if the runs are corrupted. */
export function estimateOf(string: ByteString): number | undefined {
  const histogram = isSparse(string) ? sparseHistogram(string.view) : histogramOf(registersOf(string)!);
  return histogram === undefined ? undefined : estimate(histogram);
}

/** Returns the estimate for registers of one byte each. */
export function estimateOfRegisters(registers: Uint8Array): number {
  return estimate(histogramOf(registers));
}

/** Returns all registers, one byte each; undefined if the runs are corrupted. */
export function registersOf(string: ByteString): Uint8Array | undefined {
  const registers = new Uint8Array(REGISTERS);
  return mergeInto(registers, string) ? registers : undefined;
}

/** Raises registers, of one byte each, to those of a HyperLogLog. False if its runs are corrupted; some may have been raised then. */
export function mergeInto(registers: Uint8Array, string: ByteString): boolean {
  const bytes = string.view;
  return isSparse(string) ? mergeSparse(registers, bytes) : mergeDense(registers, bytes);
}

/** Converts it to dense; false if the runs are corrupted. */
export function toDense(string: ByteString): boolean {
  if (!isSparse(string)) return true;
  const registers = registersOf(string);
  if (registers === undefined) return false;
  const dense = Buffer.alloc(DENSE_BYTES);
  string.view.copy(dense, 0, 0, HEADER_BYTES);
  dense[ENCODING_AT] = DENSE;
  for (let index = 0; index < REGISTERS; index++) if (registers[index] !== 0) setDense(dense, index, registers[index]!);
  string.splice(0, string.length, dense);
  return true;
}

/** Returns the runs as PFDEBUG DECODE prints them: `Z:` and `z:` zeros of two bytes and of one, `v:value,length`. */
export function describeRuns(string: ByteString): string {
  const bytes = string.view;
  const runs: string[] = [];
  for (let at = HEADER_BYTES; at < bytes.length; at += runBytes(bytes, at)) {
    const length = runLength(bytes, at);
    runs.push(isValueRun(bytes, at) ? `v:${runValue(bytes, at)},${length}` : `${isLongZeroRun(bytes, at) ? 'Z' : 'z'}:${length}`);
  }
  return runs.join(' ');
}

// Dense: a register begins at any even bit, and may reach into the next byte.

function getDense(bytes: Uint8Array, index: number): number {
  const bit = index * REGISTER_BITS;
  const at = HEADER_BYTES + (bit >>> 3);
  const next = bytes[at + 1] ?? 0;
  return ((bytes[at]! | (next << 8)) >>> (bit & 7)) & REGISTER_MAX;
}

function setDense(bytes: Uint8Array, index: number, value: number): void {
  const bit = index * REGISTER_BITS;
  const at = HEADER_BYTES + (bit >>> 3);
  const shift = bit & 7;
  bytes[at] = (bytes[at]! & ~(REGISTER_MAX << shift)) | (value << shift);
  // The last register ends with the last byte; a write beyond it is ignored.
  bytes[at + 1] = (bytes[at + 1]! & ~(REGISTER_MAX >>> (8 - shift))) | (value >>> (8 - shift));
}

function raiseDense(string: ByteString, index: number, value: number): Change {
  if (getDense(string.view, index) >= value) return 'same';
  setDense(string.changeable, index, value);
  return 'changed';
}

/** Three bytes at a time, which are four registers. */
function mergeDense(registers: Uint8Array, bytes: Uint8Array): boolean {
  let index = 0;
  for (let at = HEADER_BYTES; at < DENSE_BYTES; at += 3) {
    const group = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    raise(registers, index++, group & REGISTER_MAX);
    raise(registers, index++, (group >>> 6) & REGISTER_MAX);
    raise(registers, index++, (group >>> 12) & REGISTER_MAX);
    raise(registers, index++, group >>> 18);
  }
  return true;
}

function raise(registers: Uint8Array, index: number, value: number): void {
  if (value > registers[index]!) registers[index] = value;
}

// Sparse: one run after the other.

const isValueRun = (bytes: Uint8Array, at: number): boolean => (bytes[at]! & 0x80) !== 0;
const isLongZeroRun = (bytes: Uint8Array, at: number): boolean => (bytes[at]! & 0xc0) === 0x40;
const runBytes = (bytes: Uint8Array, at: number): number => (isLongZeroRun(bytes, at) ? 2 : 1);
const runValue = (bytes: Uint8Array, at: number): number => ((bytes[at]! >>> 2) & 0x1f) + 1;

function runLength(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  if ((byte & 0x80) !== 0) return (byte & 3) + 1;
  return (byte & 0x40) === 0 ? byte + 1 : (((byte & 0x3f) << 8) | (bytes[at + 1] ?? 0)) + 1;
}

function zeroRun(length: number): number[] {
  return length <= ZERO_MAX_RUN ? [length - 1] : [0x40 | ((length - 1) >>> 8), (length - 1) & 0xff];
}

const valueRun = (value: number, length: number): number => 0x80 | ((value - 1) << 2) | (length - 1);

function mergeSparse(registers: Uint8Array, bytes: Uint8Array): boolean {
  let index = 0;
  for (let at = HEADER_BYTES; at < bytes.length; at += runBytes(bytes, at)) {
    const end = index + runLength(bytes, at);
    if (end > REGISTERS) return false;
    if (isValueRun(bytes, at)) {
      const value = runValue(bytes, at);
      for (let i = index; i < end; i++) raise(registers, i, value);
    }
    index = end;
  }
  return index === REGISTERS;
}

/** The run that covers a register. */
interface RunAt {
  readonly at: number;
  /** The run before it, or the start of the first run. */
  readonly before: number;
  /** Its first register. */
  readonly first: number;
}

function findRun(bytes: Uint8Array, index: number): RunAt | undefined {
  let before = HEADER_BYTES;
  let first = 0;
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const length = runLength(bytes, at);
    // A long run of which only the first byte exists cannot be replaced. Redis writes beyond the end of the string.
    if (at + runBytes(bytes, at) > bytes.length) return undefined;
    if (index < first + length) return { at, before, first };
    before = at;
    first += length;
    at += runBytes(bytes, at);
  }
  return undefined;
}

/** Splits the run that covers the register, and joins equal neighbours. Steps and limits are Redis's, so the bytes are the same. */
function raiseSparse(string: ByteString, index: number, value: number, maxBytes: number): Change {
  if (value > SPARSE_MAX_VALUE) return promote(string, index, value);
  const bytes = string.view;
  const run = findRun(bytes, index);
  if (run === undefined) return 'corrupted';
  if (isValueRun(bytes, run.at) && runValue(bytes, run.at) >= value) return 'same';
  const replacement = splitRun(bytes, run, index, value);
  const end = run.at + runBytes(bytes, run.at);
  const growth = replacement.length - (end - run.at);
  if (growth > 0 && string.length + growth > maxBytes) return promote(string, index, value);
  string.splice(run.at, end, Uint8Array.from(replacement));
  joinRuns(string, run.before);
  outdateCount(string);
  return 'changed';
}

function promote(string: ByteString, index: number, value: number): Change {
  return toDense(string) ? raiseDense(string, index, value) : 'corrupted';
}

/** Returns the runs that replace one in which a register gets another value. */
function splitRun(bytes: Uint8Array, { at, first }: RunAt, index: number, value: number): number[] {
  const last = first + runLength(bytes, at) - 1;
  const old = isValueRun(bytes, at) ? runValue(bytes, at) : 0;
  return [...runOf(old, index - first), valueRun(value, 1), ...runOf(old, last - index)];
}

function runOf(value: number, length: number): number[] {
  if (length === 0) return [];
  return value === 0 ? zeroRun(length) : [valueRun(value, length)];
}

/** Redis checks five runs, beginning with the one before the change. */
const JOIN_RUNS = 5;

/** Joins neighbours of the same value, up to the maximum length of a run. */
function joinRuns(string: ByteString, from: number): void {
  let at = from;
  for (let left = JOIN_RUNS; left > 0 && at < string.length; left--) {
    const bytes = string.view;
    const joined = joinedRun(bytes, at);
    if (joined === undefined) at += runBytes(bytes, at);
    // The joined run is checked again: it may be joined with the next one as well.
    else string.splice(at, at + 2, Uint8Array.of(joined));
  }
}

function joinedRun(bytes: Uint8Array, at: number): number | undefined {
  if (at + 1 >= bytes.length || !isValueRun(bytes, at) || !isValueRun(bytes, at + 1)) return undefined;
  const value = runValue(bytes, at);
  const length = runLength(bytes, at) + runLength(bytes, at + 1);
  return value === runValue(bytes, at + 1) && length <= VALUE_MAX_RUN ? valueRun(value, length) : undefined;
}

// Counts the registers of each value.

function histogramOf(registers: Uint8Array): Int32Array {
  const histogram = new Int32Array(REGISTER_MAX + 1);
  for (let index = 0; index < REGISTERS; index++) histogram[registers[index]!]!++;
  return histogram;
}

function sparseHistogram(bytes: Uint8Array): Int32Array | undefined {
  const histogram = new Int32Array(REGISTER_MAX + 1);
  let index = 0;
  for (let at = HEADER_BYTES; at < bytes.length; at += runBytes(bytes, at)) {
    const length = runLength(bytes, at);
    histogram[isValueRun(bytes, at) ? runValue(bytes, at) : 0]! += length;
    index += length;
  }
  return index === REGISTERS ? histogram : undefined;
}

function estimate(histogram: Int32Array): number {
  let sum = REGISTERS * tau((REGISTERS - histogram[PATTERN_BITS + 1]!) / REGISTERS);
  for (let value = PATTERN_BITS; value >= 1; value--) sum = (sum + histogram[value]!) * 0.5;
  sum += REGISTERS * sigma(histogram[0]! / REGISTERS);
  return Math.round((ALPHA * REGISTERS * REGISTERS) / sum);
}

/** x + Σ x^(2^k) · 2^(k-1), summed until nothing changes. */
function sigma(x: number): number {
  if (x === 1) return Infinity;
  let power = x;
  let factor = 1;
  let sum = x;
  for (let before = NaN; before !== sum; ) {
    power *= power;
    before = sum;
    sum += power * factor;
    factor += factor;
  }
  return sum;
}

/** (1 - x - Σ (1 - x^(2^-k))² · 2^-k) / 3, summed until nothing changes. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let factor = 1;
  let sum = 1 - x;
  for (let before = NaN; before !== sum; ) {
    root = Math.sqrt(root);
    before = sum;
    factor *= 0.5;
    sum -= (1 - root) * (1 - root) * factor;
  }
  return sum / 3;
}
