/**
 * Bit fields: integers of any width up to 64 bits at any bit of a string, highest bit first, with overflow handling. For BITFIELD.
 */
import * as errors from '../../errors.js';
import type { ByteString } from '../../keyspace/value.js';
import { type Integer64, narrow, parseInteger } from './arguments.js';

/** i1 … i64, u1 … u63. */
export interface FieldType {
  readonly signed: boolean;
  readonly bits: number;
}

/** What a write does on overflow: wraps around, saturates, or fails. */
export type Overflow = 'WRAP' | 'SAT' | 'FAIL';

/** Fields up to this width are read without a bigint. */
const NARROW_BITS = 48;

/** Parses a type. Throws BITFIELD's error for an unknown one. */
export function fieldType(text: string): FieldType {
  const signed = text.charCodeAt(0) === 105; // i
  const bits = Number(parseInteger(text.slice(1)) ?? 0);
  const isKnown = signed || text.charCodeAt(0) === 117; // u
  if (!isKnown || bits < 1 || bits > (signed ? 64 : 63)) throw errors.BITFIELD_TYPE;
  return { signed, bits };
}

/** Returns the integer at a bit; bits after the end of the string are zero. */
export function readField(string: ByteString, { signed, bits }: FieldType, at: number): Integer64 {
  if (bits > NARROW_BITS) {
    const value = (BigInt(readBits(string, at, bits - 32)) << 32n) | BigInt(readBits(string, at + bits - 32, 32));
    return narrow(signed ? BigInt.asIntN(bits, value) : value);
  }
  const value = readBits(string, at, bits);
  return signed && value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
}

/** Reads at most 48 bits, byte by byte; with arithmetic instead of shifts, which are limited to 32. */
function readBits(string: ByteString, at: number, bits: number): number {
  let value = 0;
  let left = bits;
  let bit = at;
  while (left > 0) {
    const inByte = bit % 8;
    const take = Math.min(8 - inByte, left);
    const part = (string.byteAt(Math.floor(bit / 8)) >>> (8 - inByte - take)) & ((1 << take) - 1);
    value = value * 2 ** take + part;
    bit += take;
    left -= take;
  }
  return value;
}

/** Writes the lowest bits of a value; the string must be long enough. */
export function writeField(string: ByteString, { bits }: FieldType, at: number, value: Integer64): void {
  let rest = BigInt.asUintN(bits, BigInt(value));
  let end = at + bits;
  let left = bits;
  while (left > 0) {
    const inByte = ((end - 1) % 8) + 1;
    const take = Math.min(inByte, left);
    const mask = ((1 << take) - 1) << (8 - inByte);
    const byte = Math.floor((end - 1) / 8);
    string.setByteAt(byte, (string.byteAt(byte) & ~mask) | ((Number(rest & 0xffn) << (8 - inByte)) & mask));
    rest >>= BigInt(take);
    end -= take;
    left -= take;
  }
}

/** Returns a value in the range of a type; undefined if it does not fit and must not be written. */
export function fit(value: bigint, { signed, bits }: FieldType, overflow: Overflow): Integer64 | undefined {
  const wrapped = signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  if (wrapped === value) return narrow(value);
  switch (overflow) {
    case 'FAIL':
      return undefined;
    case 'WRAP':
      return narrow(wrapped);
    case 'SAT':
      return narrow(limitOf(value > 0n, signed, BigInt(bits)));
  }
}

function limitOf(upper: boolean, signed: boolean, bits: bigint): bigint {
  if (!signed) return upper ? 2n ** bits - 1n : 0n;
  return upper ? 2n ** (bits - 1n) - 1n : -(2n ** (bits - 1n));
}
