/**
 * MurmurHash64A (Austin Appleby, public domain), in two halves of 32 bits, since bigints would cost fifty times as much.
 *
 * HyperLogLogs of different servers can be merged only if all hash alike; so this is the function, and the seed, of Redis.
 */

const MULTIPLIER_HIGH = 0xc6a4a793;
const MULTIPLIER_LOW = 0x5bd1e995;

/** A hash being computed; the result is in `high` and `low`, both signed. */
export class MurmurHash {
  high = 0;
  low = 0;

  /** Hashes bytes given as latin1. */
  hash(text: string, seed: number): void {
    const { length } = text;
    this.high = 0;
    this.low = length;
    this.multiply();
    this.low ^= seed;
    const whole = length - (length % 8);
    for (let at = 0; at < whole; at += 8) this.mix(word(text, at), word(text, at + 4));
    if (whole < length) this.mixRest(text, whole);
    this.shiftInto();
    this.multiply();
    this.shiftInto();
  }

  /** Mixes in eight bytes, the first four of which are `low`. */
  private mix(low: number, high: number): void {
    const { high: hashHigh, low: hashLow } = this;
    this.low = low;
    this.high = high;
    this.multiply();
    this.shiftInto();
    this.multiply();
    this.high ^= hashHigh;
    this.low ^= hashLow;
    this.multiply();
  }

  private mixRest(text: string, from: number): void {
    for (let at = from; at < text.length; at++) {
      const shift = (at - from) * 8;
      if (shift < 32) this.low ^= text.charCodeAt(at) << shift;
      else this.high ^= text.charCodeAt(at) << (shift - 32);
    }
    this.multiply();
  }

  /** h ^= h >> 47 */
  private shiftInto(): void {
    this.low ^= this.high >>> 15;
  }

  /** Multiplies by the multiplier, modulo 2^64. */
  private multiply(): void {
    const { high, low } = this;
    this.high = (upperHalf(low) + Math.imul(low, MULTIPLIER_HIGH) + Math.imul(high, MULTIPLIER_LOW)) | 0;
    this.low = Math.imul(low, MULTIPLIER_LOW);
  }
}

/** Returns the upper 32 bits of value × MULTIPLIER_LOW, both unsigned, from products of 16 bits. */
function upperHalf(value: number): number {
  const low = value & 0xffff;
  const high = value >>> 16;
  const lower = low * (MULTIPLIER_LOW & 0xffff);
  const middle = high * (MULTIPLIER_LOW & 0xffff) + (lower >>> 16);
  const crossing = low * (MULTIPLIER_LOW >>> 16) + (middle & 0xffff);
  return high * (MULTIPLIER_LOW >>> 16) + (middle >>> 16) + (crossing >>> 16);
}

/** Returns four bytes as a little-endian word. */
function word(text: string, at: number): number {
  return text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8) | (text.charCodeAt(at + 2) << 16) | (text.charCodeAt(at + 3) << 24);
}
