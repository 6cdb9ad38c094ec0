/**
 * LongDouble: C's `long double` on x86-64, in which Redis computes the sums of INCRBYFLOAT and HINCRBYFLOAT.
 *
 * A number of 64 significant bits, mantissa × 2^exponent, computed exactly with BigInt and rounded to nearest, ties to even, as the
 * processor does. JavaScript's doubles have 53 bits, which would be visible: 3.0e3 + 0.1 prints other digits.
 */
import { isZero, splitHexadecimal } from './arguments.js';

export interface LongDouble {
  /** At most 64 bits, and a sign; ±1 for an infinite number. */
  readonly mantissa: bigint;
  /** A power of two; Infinity for an infinite number. */
  readonly exponent: number;
}

const MANTISSA_BITS = 64;
/** 2^-16445 is the smallest subnormal; 2^16384 is too large. */
const MIN_EXPONENT = -16445;
const TOO_LARGE = 16384;
/** Decimal exponents beyond which the result is infinite or zero. */
const MAX_DECIMAL = 4950;
const MIN_DECIMAL = -5000;
/** Redis copies the text into a buffer of 5 KiB first. */
const MAX_TEXT = 5 * 1024 - 1;
/** Digits after the point: enough that most short decimals print as they were written. */
const PRECISION = 17;

const DECIMAL = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:e([+-]?\d+))?$/i;
const HEXADECIMAL = /^[+-]?0x(?:[\da-f]+\.?[\da-f]*|\.[\da-f]+)(?:p[+-]?\d+)?$/i;

const infinity = (negative: boolean): LongDouble => ({ mantissa: negative ? -1n : 1n, exponent: Infinity });

export const isFinite = (value: LongDouble): boolean => value.exponent !== Infinity;

/** As getLongDoubleFromObject: strtold on the whole text; undefined for nan, for overflow and underflow, and for what is no number. */
export function parseLongDouble(text: string): LongDouble | undefined {
  if (text.length > MAX_TEXT) return undefined;
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return infinity(text.charCodeAt(0) === 45);
  const value = HEXADECIMAL.test(text) ? parseHexadecimal(text) : parseDecimal(text);
  if (value === undefined || !isFinite(value)) return undefined;
  return value.mantissa === 0n && !isZero(text) ? undefined : value;
}

function parseDecimal(text: string): LongDouble | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', behind = '', alone = '', power = '0'] = match;
  const fraction = behind + alone;
  const digits = BigInt(`${whole}${fraction}`);
  const exponent = Number(power) - fraction.length;
  const magnitude = digits.toString().length + exponent;
  if (digits === 0n || magnitude < MIN_DECIMAL) return { mantissa: 0n, exponent: 0 };
  if (magnitude > MAX_DECIMAL) return infinity(false);
  const signed = sign === '-' ? -digits : digits;
  return exponent >= 0 ? rounded(signed * 10n ** BigInt(exponent), 1n) : rounded(signed, 10n ** BigInt(-exponent));
}

function parseHexadecimal(text: string): LongDouble {
  const { mantissa, exponent } = splitHexadecimal(text);
  if (mantissa === 0n) return { mantissa, exponent: 0 };
  if (exponent > TOO_LARGE) return infinity(false);
  if (exponent < MIN_EXPONENT - 4 * text.length) return { mantissa: 0n, exponent: 0 };
  return scaled(mantissa, exponent);
}

/** Returns the rounded sum; infinite if it overflows or if one of the two is. */
export function addLongDoubles(one: LongDouble, other: LongDouble): LongDouble {
  if (!isFinite(one)) return one;
  if (!isFinite(other)) return other;
  const exponent = Math.min(one.exponent, other.exponent);
  const sum = (one.mantissa << BigInt(one.exponent - exponent)) + (other.mantissa << BigInt(other.exponent - exponent));
  return scaled(sum, exponent);
}

/** Formats like C's `%.17Lf` without trailing zeros, and without the sign of zero (ld2string, LD_STR_HUMAN). */
export function formatLongDouble({ mantissa, exponent }: LongDouble): string {
  const negative = mantissa < 0n;
  const digits = decimalDigits(negative ? -mantissa : mantissa, exponent).padStart(PRECISION + 1, '0');
  const point = digits.length - PRECISION;
  const fraction = digits.slice(point).replace(/0+$/, '');
  const text = fraction === '' ? digits.slice(0, point) : `${digits.slice(0, point)}.${fraction}`;
  return negative && text !== '0' ? `-${text}` : text;
}

/** Returns the digits of mantissa × 2^exponent × 10^17, rounded. */
function decimalDigits(mantissa: bigint, exponent: number): string {
  const shifted = mantissa * 10n ** BigInt(PRECISION);
  return (exponent >= 0 ? shifted << BigInt(exponent) : divideToEven(shifted, 1n << BigInt(-exponent))).toString();
}

function scaled(mantissa: bigint, exponent: number): LongDouble {
  return exponent >= 0 ? rounded(mantissa << BigInt(exponent), 1n) : rounded(mantissa, 1n << BigInt(-exponent));
}

/** Returns the long double nearest to a fraction. */
function rounded(numerator: bigint, denominator: bigint): LongDouble {
  if (numerator === 0n) return { mantissa: 0n, exponent: 0 };
  const negative = numerator < 0n;
  const size = negative ? -numerator : numerator;
  // The estimate may be one bit too small; then the quotient has 65 bits and the next exponent is the right one.
  let exponent = Math.max(bitLength(size) - bitLength(denominator) - MANTISSA_BITS, MIN_EXPONENT);
  if (bitLength(quotient(size, denominator, exponent)) > MANTISSA_BITS) exponent++;
  const mantissa = exponent >= 0 ? divideToEven(size, denominator << BigInt(exponent)) : divideToEven(size << BigInt(-exponent), denominator);
  if (bitLength(mantissa) + exponent > TOO_LARGE) return infinity(negative);
  return { mantissa: negative ? -mantissa : mantissa, exponent };
}

function quotient(numerator: bigint, denominator: bigint, exponent: number): bigint {
  return exponent >= 0 ? numerator / (denominator << BigInt(exponent)) : (numerator << BigInt(-exponent)) / denominator;
}

function divideToEven(numerator: bigint, denominator: bigint): bigint {
  const whole = numerator / denominator;
  const twice = (numerator - whole * denominator) * 2n;
  const up = twice > denominator || (twice === denominator && (whole & 1n) === 1n);
  return up ? whole + 1n : whole;
}

function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const digits = value.toString(16);
  return digits.length * 4 - Math.clz32(Number.parseInt(digits[0]!, 16)) + 28;
}
