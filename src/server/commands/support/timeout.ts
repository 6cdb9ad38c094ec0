/**
 * Timeouts of blocking commands, parsed as by Redis 7.0's getTimeoutFromObjectOrReply. Both functions return milliseconds, 0 for "no limit".
 */
import * as errors from '../../errors.js';
import { integer64 } from './arguments.js';
import { parseLongDouble } from './long-double.js';

/** Beyond this, in ms, Redis's conversion to 64 bits overflows into a negative number. */
const OVERFLOW_MS = 2 ** 63;

/** Parses seconds with a fraction, rounded up to a whole millisecond: BLPOP. */
export function timeoutSeconds(text: string): number {
  const seconds = parseTimeout(text);
  const timeoutMs = Math.ceil(seconds * 1000);
  // Infinity and all numbers that are too large end here as well, because of Redis's overflow.
  if (timeoutMs < 0 || timeoutMs >= OVERFLOW_MS) throw errors.TIMEOUT_NEGATIVE;
  return Math.abs(timeoutMs);
}

/** Parses whole milliseconds: XREAD BLOCK. */
export function timeoutMilliseconds(text: string): number {
  const timeoutMs = Number(integer64(text, errors.TIMEOUT_NOT_AN_INTEGER));
  if (timeoutMs < 0) throw errors.TIMEOUT_NEGATIVE;
  return timeoutMs;
}

function parseTimeout(text: string): number {
  // Nearly all timeouts are short decimal numbers, for which a double is precise enough for milliseconds.
  if (/^\d{1,9}(?:\.\d{1,6})?$/.test(text)) return Number(text);
  const parsed = parseLongDouble(text);
  if (parsed === undefined) throw errors.TIMEOUT_NOT_A_FLOAT;
  const seconds = Number(parsed.mantissa) * 2 ** parsed.exponent;
  // A time too small for a double must not become 0, which means for ever.
  return seconds === 0 && parsed.mantissa !== 0n ? Math.sign(Number(parsed.mantissa)) * Number.MIN_VALUE : seconds;
}
