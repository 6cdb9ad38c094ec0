/**
 * Stream IDs: `milliseconds-sequence`, two unsigned integers of 64 bits, ordered by the first and then the second.
 *
 * Both halves are numbers where that is exact and bigints beyond, always in the shorter form, so that `===` and `<` work across the
 * two; in practice they are small numbers, and as fast to compare as numbers.
 */
import { digitsOf } from '../../resp/encoder.js';

/** An unsigned integer of 64 bits: a safe number, or a bigint beyond. */
export type Uint64 = number | bigint;

export interface StreamId {
  readonly ms: Uint64;
  readonly seq: Uint64;
}

export const UINT64_MAX = 0xffffffffffffffffn;

export const ZERO_ID: StreamId = { ms: 0, seq: 0 };
export const MAX_ID: StreamId = { ms: UINT64_MAX, seq: UINT64_MAX };

export function uint64(value: bigint): Uint64 {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** Returns a negative number, zero or a positive one if `a` is before, equal to or after `b`. */
export function compareIds(a: StreamId, b: StreamId): number {
  const byMs = compareHalves(a.ms, b.ms);
  return byMs !== 0 ? byMs : compareHalves(a.seq, b.seq);
}

/**
 * Compares two halves of an ID. It checks the types first, since the end of a range is usually a bigint, and comparing one with a number
 * costs ten times as much. Every bigint is greater than all numbers.
 */
function compareHalves(a: Uint64, b: Uint64): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  if (typeof b === 'number' || a > b) return 1;
  return a === b ? 0 : -1;
}

export function isZeroId(id: StreamId): boolean {
  return id.ms === 0 && id.seq === 0;
}

function increment(value: Uint64): Uint64 {
  return typeof value === 'number' && value < Number.MAX_SAFE_INTEGER ? value + 1 : BigInt(value) + 1n;
}

function decrement(value: Uint64): Uint64 {
  return typeof value === 'number' ? value - 1 : uint64(value - 1n);
}

/** Returns the next ID; null after the last one. */
export function nextId({ ms, seq }: StreamId): StreamId | null {
  if (seq !== UINT64_MAX) return { ms, seq: increment(seq) };
  return ms === UINT64_MAX ? null : { ms: increment(ms), seq: 0 };
}

/** Returns the previous ID; null before 0-0. */
export function previousId({ ms, seq }: StreamId): StreamId | null {
  if (seq !== 0) return { ms, seq: decrement(seq) };
  return ms === 0 ? null : { ms: decrement(ms), seq: UINT64_MAX };
}

export function formatId({ ms, seq }: StreamId): string {
  return `${ms}-${seq}`;
}

/** True if the text from which `id` was parsed is {@link formatId}'s: any other spelling has another length. False also if a half is a bigint. */
export function isTextOf(text: string, { ms, seq }: StreamId): boolean {
  return typeof ms === 'number' && typeof seq === 'number' && text.length === digitsOf(ms) + 1 + digitsOf(seq);
}

/** Returns `b - a` of a half, as a signed integer of 64 bits that wraps around. */
export function distance(a: Uint64, b: Uint64): number | bigint {
  if (typeof a === 'number' && typeof b === 'number') return b - a;
  const difference = BigInt.asIntN(64, BigInt(b) - BigInt(a));
  const number = Number(difference);
  return Number.isSafeInteger(number) ? number : difference;
}

/** Returns the half that is `step` (see {@link distance}) after `from`. */
export function advance(from: Uint64, step: number | bigint): Uint64 {
  const sum = Number(from) + Number(step);
  // Both are exact, and so is their sum.
  if (typeof from === 'number' && typeof step === 'number' && sum >= 0 && sum <= Number.MAX_SAFE_INTEGER) return sum;
  return uint64(BigInt.asUintN(64, BigInt(from) + BigInt(step)));
}
