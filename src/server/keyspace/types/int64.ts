/**
 * 64-bit integers of the keyspace: a number where that is exact, a bigint beyond. The two compare with each other,
 * so a sorted array may hold both.
 */
export type Int64 = number | bigint;

export const MAX_INT64 = 0x7fffffffffffffffn;
const MIN_INT64 = -0x8000000000000000n;
/** Integers with at most this many digits are safe. */
const SAFE_DIGITS = 15;

/**
 * Parses an integer, or returns null. Only the canonical spelling is accepted, so that the text can be restored: no plus sign,
 * no leading zeros, no "-0", no spaces (string2ll).
 */
export function parseInt64(text: string): Int64 | null {
  const { length } = text;
  if (length === 0 || length > 20) return null;
  let at = 0;
  const negative = text.charCodeAt(0) === 45;
  if (negative) at = 1;
  const first = text.charCodeAt(at) - 48;
  if (!(first >= 1 && first <= 9)) return text === '0' ? 0 : null;
  if (length - at > SAFE_DIGITS) return parseLong(text);
  let value = first;
  for (at++; at < length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

function parseLong(text: string): Int64 | null {
  if (!/^-?[1-9][0-9]*$/.test(text)) return null;
  const value = BigInt(text);
  if (value > MAX_INT64 || value < MIN_INT64) return null;
  return fromBigInt(value);
}

/** Returns the value plus one, wrapping around as C's integers do. */
export function oneMore(value: Int64): Int64 {
  return typeof value === 'number' && value < Number.MAX_SAFE_INTEGER ? value + 1 : fromBigInt(BigInt.asIntN(64, BigInt(value) + 1n));
}

/** Converts to a number if that is exact. */
export function fromBigInt(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Returns a sum, which may exceed 64 bits. */
export function plus(value: Int64, other: number): Int64 {
  const sum = typeof value === 'number' ? value + other : NaN;
  return Number.isSafeInteger(sum) ? sum : fromBigInt(BigInt(value) + BigInt(other));
}

/** Returns the milliseconds from now to a unix time; 0: it is over. */
export function timeLeft(atMs: Int64, nowMs: number): Int64 {
  const left = plus(atMs, -nowMs);
  return left < 0 ? 0 : left;
}

/** Writes a time as an integer of 64 bits. A double that was rounded up to 2^63 becomes the largest one. */
export function timeText(ms: Int64): string {
  return typeof ms === 'bigint' || Number.isSafeInteger(ms) ? String(ms) : String(ms >= 2 ** 63 ? MAX_INT64 : BigInt(ms));
}

/** Parses like C's atoi: leading digits are the number; of more than 32 bits the lower ones are kept. */
export function atoi(text: string): number {
  const digits = /^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text)?.[1];
  if (digits === undefined) return 0;
  const value = BigInt(digits.replace(/^\+/, ''));
  return value > MAX_INT64 ? -1 : value < MIN_INT64 ? 0 : Number(BigInt.asIntN(32, value));
}
