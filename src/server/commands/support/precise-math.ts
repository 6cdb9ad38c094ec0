/**
 * Sine, cosine and arc sine to the last bit. V8's are sometimes off by one unit in the last place, C's nearly never, and a distance that STOREDIST stores shows
 * all its digits. Used by geohash.ts for distances that clients get.
 *
 * Computes with pairs of doubles, high + low, of some 106 bits (Dekker, Knuth); the pair's sum is the correctly rounded result.
 */

type Pair = readonly [high: number, low: number];

/** π/2 to 161 bits. */
const HALF_PI_HIGH = 1.5707963267948966;
const HALF_PI_MIDDLE = 6.123233995736766e-17;
const HALF_PI_LOW = -1.4973849048591698e-33;

/** With this many terms the error of the Taylor series is below 2^-106 for angles up to π/4. */
const TERMS = 14;

/** 2^27 + 1: splits a double into two halves whose products are exact. */
const SPLITTER = 134217729;

export function sine(angle: number): number {
  const [high, low] = sinePair(angle);
  return high + low;
}

export function cosine(angle: number): number {
  const { quarter, rest } = reduce(angle);
  const [high, low] = quarter % 2 === 0 ? cosineSeries(rest) : sineSeries(rest);
  return quarter === 0 || quarter === 3 ? high + low : -(high + low);
}

/** One step of Newton's method from V8's result, which doubles its digits. */
export function arcSine(value: number): number {
  const guess = Math.asin(value);
  const slope = Math.cos(guess);
  if (guess === 0 || slope < 1e-6) return guess;
  const [high, low] = sinePair(guess);
  return guess + (value - high - low) / slope;
}

function sinePair(angle: number): Pair {
  const { quarter, rest } = reduce(angle);
  const pair = quarter % 2 === 0 ? sineSeries(rest) : cosineSeries(rest);
  return quarter >= 2 ? [-pair[0], -pair[1]] : pair;
}

/** Subtracts quarter turns from the angle, so that at most an eighth of a turn is left. For angles of a few turns. */
function reduce(angle: number): { quarter: number; rest: Pair } {
  const turns = Math.round(angle / HALF_PI_HIGH);
  const first = sumOf(angle, -turns * HALF_PI_HIGH);
  const second = add(first, [-turns * HALF_PI_MIDDLE, 0]);
  return { quarter: ((turns % 4) + 4) % 4, rest: add(second, [-turns * HALF_PI_LOW, 0]) };
}

/** x (1 − x²/2·3 (1 − x²/4·5 (1 − …))) */
function sineSeries(angle: Pair): Pair {
  const square = multiply(angle, angle);
  let sum: Pair = [1, 0];
  for (let term = TERMS; term > 0; term--) sum = oneMinus(divide(multiply(square, sum), 2 * term * (2 * term + 1)));
  return multiply(angle, sum);
}

/** 1 − x²/1·2 (1 − x²/3·4 (1 − …)) */
function cosineSeries(angle: Pair): Pair {
  const square = multiply(angle, angle);
  let sum: Pair = [1, 0];
  for (let term = TERMS; term > 0; term--) sum = oneMinus(divide(multiply(square, sum), (2 * term - 1) * 2 * term));
  return sum;
}

const oneMinus = ([high, low]: Pair): Pair => add([1, 0], [-high, -low]);

/** Returns a sum and its rounding error. */
function sumOf(one: number, other: number): Pair {
  const sum = one + other;
  const part = sum - one;
  return [sum, one - (sum - part) + (other - part)];
}

/** Returns a product and its rounding error. */
function productOf(one: number, other: number): Pair {
  const product = one * other;
  const [oneHigh, oneLow] = split(one);
  const [otherHigh, otherLow] = split(other);
  return [product, oneHigh * otherHigh - product + oneHigh * otherLow + oneLow * otherHigh + oneLow * otherLow];
}

function split(value: number): Pair {
  const scaled = SPLITTER * value;
  const high = scaled - (scaled - value);
  return [high, value - high];
}

function add(one: Pair, other: Pair): Pair {
  const [high, rest] = sumOf(one[0], other[0]);
  return sumOf(high, rest + one[1] + other[1]);
}

function multiply(one: Pair, other: Pair): Pair {
  const [high, rest] = productOf(one[0], other[0]);
  return sumOf(high, rest + one[0] * other[1] + one[1] * other[0]);
}

/** Divides by an exact number, such as a small integer. */
function divide([high, low]: Pair, divisor: number): Pair {
  const quotient = high / divisor;
  const [product, rest] = productOf(quotient, divisor);
  return sumOf(quotient, (high - product - rest + low) / divisor);
}
