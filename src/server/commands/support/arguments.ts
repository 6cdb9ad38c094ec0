/**
 * Arguments: parses argv for command handlers, by Redis's own rules for numbers, times and option words.
 *
 * Every function named after a kind of argument returns it or throws the ErrorReply for the client; those named parse… return undefined instead, for callers
 * with their own error texts. None allocates for the values that clients usually send.
 */
import * as errors from '../../errors.js';
import type { Database } from '../../keyspace/database.js';
import { fromBigInt, type Int64, parseInt64 } from '../../keyspace/types/int64.js';
import { isString, type StringValue } from '../../keyspace/value.js';
import type { ErrorReply } from '../../resp/reply.js';

export const INT64_MAX = 2n ** 63n - 1n;
export const INT64_MIN = -(2n ** 63n);

/** A signed 64-bit integer: a number if it is safe, a bigint beyond 2^53. */
export type Integer64 = Int64;

/** Returns undefined for everything but a 64-bit integer in its canonical spelling. */
export function parseInteger(text: string): Integer64 | undefined {
  return parseInt64(text) ?? undefined;
}

/** Converts to a number, if it is a safe one. */
export const narrow: (value: bigint) => Integer64 = fromBigInt;

/** Returns an integer, beyond 2^53 rounded to the nearest double: sufficient for indexes and counts, which are only compared with sizes. */
export function integer(text: string, error: ErrorReply = errors.NOT_AN_INTEGER): number {
  const value = parseInteger(text);
  if (value === undefined) throw error;
  return Number(value);
}

/** Returns all 64 bits. */
export function integer64(text: string, error: ErrorReply = errors.NOT_AN_INTEGER): Integer64 {
  const value = parseInteger(text);
  if (value === undefined) throw error;
  return value;
}

/** As getRangeLongFromObjectOrReply: `error`, if given, is used both for what is no integer and for what is out of range. */
export function integerBetween(text: string, min: number, max: number, error?: ErrorReply): number {
  const value = integer(text, error);
  if (value < min || value > max) throw error ?? errors.outOfRange(min, max);
  return value;
}

/** Returns an integer of zero or more. */
export function positiveInteger(text: string, error: ErrorReply = errors.NOT_POSITIVE): number {
  const value = integer(text, error);
  if (value < 0) throw error;
  return value;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const HEXADECIMAL = /^[+-]?0x(?:[\da-f]+\.?[\da-f]*|\.[\da-f]+)(?:p[+-]?\d+)?$/i;
const INFINITY = /^[+-]?inf(?:inity)?$/i;

/**
 * Parses what C's strtod accepts as a whole, without leading space: decimal, hexadecimal, inf. Refuses nan, and finite text that
 * overflows or underflows to zero.
 */
export function parseDouble(text: string): number | undefined {
  const whole = parseInteger(text);
  if (typeof whole === 'number') return whole;
  const short = shortDecimal(text);
  if (short !== undefined) return short;
  // As open ends of ranges are usually spelled: without a regular expression.
  if (text === '+inf') return Infinity;
  if (text === '-inf') return -Infinity;
  if (DECIMAL.test(text)) return inRange(Number(text), text);
  if (INFINITY.test(text)) return text.charCodeAt(0) === 45 ? -Infinity : Infinity;
  if (HEXADECIMAL.test(text)) return inRange(hexadecimal(text), text);
  return undefined;
}

/** Maximum length of a decimal fraction whose digits are a safe integer: 15 of them, and the point. */
const SHORT_DECIMAL = 16;
const POWERS_OF_TEN = Array.from({ length: SHORT_DECIMAL }, (_, exponent) => 10 ** exponent);

/**
 * Parses a fraction like `-12.5` with few digits, some on each side of the point: without a regular expression. Its digits and the power of ten are exact, so
 * the quotient is the nearest double.
 */
function shortDecimal(text: string): number | undefined {
  const { length } = text;
  if (length > SHORT_DECIMAL) return undefined;
  const isNegative = text.charCodeAt(0) === 45;
  const start = isNegative ? 1 : 0;
  let digits = 0;
  let point = 0;
  for (let at = start; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) digits = digits * 10 + (code - 48);
    else if (code === 46 && point === 0 && at > start) point = at;
    else return undefined;
  }
  if (point === 0 || point === length - 1) return undefined;
  const value = digits / POWERS_OF_TEN[length - 1 - point]!;
  return isNegative ? -value : value;
}

/** As getDoubleFromObjectOrReply. */
export function double(text: string, error: ErrorReply = errors.NOT_A_FLOAT): number {
  const value = parseDouble(text);
  if (value === undefined) throw error;
  return value;
}

/** strtod reports ERANGE for overflow and underflow; zero is valid only if it was written as zero. */
function inRange(value: number, text: string): number | undefined {
  if (value === 0) return isZero(text) ? value : undefined;
  return Number.isFinite(value) ? value : undefined;
}

/** True if the mantissa of decimal or hexadecimal text consists of zeros. */
export function isZero(text: string): boolean {
  return /^[+-]?(?:0x[0.]*(?:p|$)|[0.]*(?:e|$))/i.test(text);
}

function hexadecimal(text: string): number {
  const { mantissa, exponent } = splitHexadecimal(text);
  if (mantissa === 0n) return 0;
  // In two steps, since 2 ** -1100 alone would underflow before it is multiplied by a long mantissa.
  const half = Math.trunc(exponent / 2);
  return Number(mantissa) * 2 ** half * 2 ** (exponent - half);
}

/** Splits hexadecimal text into mantissa × 2^exponent. */
export function splitHexadecimal(text: string): { readonly mantissa: bigint; readonly exponent: number } {
  const negative = text.charCodeAt(0) === 45;
  const [digits = '', power = '0'] = text.slice(text.toLowerCase().indexOf('x') + 1).toLowerCase().split('p');
  const [whole = '', fraction = ''] = digits.split('.');
  const mantissa = BigInt(`0x${whole}${fraction}`);
  return { mantissa: negative ? -mantissa : mantissa, exponent: Number(power) - 4 * fraction.length };
}

/** True if `text` is the option `word`, in any case. `word` is in upper case. */
export function isWord(text: string, word: string): boolean {
  if (text.length !== word.length) return false;
  if (text === word) return true;
  for (let at = 0; at < word.length; at++) {
    const code = text.charCodeAt(at);
    if ((code >= 97 && code <= 122 ? code - 32 : code) !== word.charCodeAt(at)) return false;
  }
  return true;
}

/** Milliseconds per unit of an expiry. */
export const SECONDS = 1000;
export const MILLISECONDS = 1;
export type TimeUnit = typeof SECONDS | typeof MILLISECONDS;

/**
 * Parses an expiry of SET, GETEX, SETEX, RESTORE…: a positive time, added to `baseMs` (the clock's time for a relative one, 0 for an absolute one).
 * Returns unix time in ms. What does not fit Redis's 64 bits is an error, in the name of `command`.
 */
export function expiry(text: string, unit: TimeUnit, baseMs: number, command: string): Integer64 {
  const time = integer64(text);
  if (time <= 0) throw errors.invalidExpire(command);
  return addTime(time, unit, baseMs, command);
}

/** The same for EXPIRE and its family, where a time in the past deletes the key. */
export function expiryOrPast(text: string, unit: TimeUnit, baseMs: number, command: string): Integer64 {
  return addTime(integer64(text), unit, baseMs, command);
}

function addTime(time: Integer64, unit: TimeUnit, baseMs: number, command: string): Integer64 {
  const atMs = Number(time) * unit + baseMs;
  if (Number.isSafeInteger(atMs)) return atMs;
  const scaled = BigInt(time) * BigInt(unit);
  if (scaled < INT64_MIN || scaled + BigInt(baseMs) > INT64_MAX) throw errors.invalidExpire(command);
  return narrow(scaled + BigInt(baseMs));
}

/** Returns the string at a key, looked up for reading; undefined if there is none. Throws WRONGTYPE for every other type. */
export function readString(db: Database, key: string): StringValue | undefined {
  const value = db.lookupRead(key);
  if (value !== undefined && !isString(value)) throw errors.WRONG_TYPE;
  return value;
}

/** Returns the string at a key, looked up for a change; undefined if there is none. Throws WRONGTYPE for every other type. */
export function writeString(db: Database, key: string): StringValue | undefined {
  const value = db.lookupWrite(key);
  if (value !== undefined && !isString(value)) throw errors.WRONG_TYPE;
  return value;
}
