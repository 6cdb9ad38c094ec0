import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitAt, combine, countBits, findBit } from '../../../../src/server/commands/support/bits.js';

/** The bits of some bytes, one by one: a reference for the fast functions. */
function bitsOf(bytes: Uint8Array): number[] {
  return Array.from(bytes).flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >>> (7 - i)) & 1));
}

/** Bytes at any address. */
const anyBytes = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(7)).map(([bytes, shift]) => {
  const room = new Uint8Array(bytes.length + shift);
  room.set(bytes, shift);
  return room.subarray(shift);
});
/** Long runs of equal bits, which searches skip. */
const runs = fc.array(fc.tuple(fc.constantFrom(0x00, 0xff, 0x01, 0x80, 0x7f, 0xfe), fc.nat(20)), { maxLength: 5 }).map((parts) => Uint8Array.from(parts.flatMap(([byte, count]) => new Array<number>(count).fill(byte))));

describe('bits', () => {
  test('are counted from the highest of the first byte', () => {
    const bytes = Uint8Array.of(0x80, 0x01);
    expect([0, 1, 15].map((at) => bitAt(bytes, at))).toEqual([1, 0, 1]);
  });

  test('are counted in any range at any address, as one by one', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(330), fc.nat(330), (bytes, from, to) => {
        const bits = bitsOf(bytes);
        const last = Math.min(to, bits.length - 1);
        const expected = bits.slice(from, last + 1).filter((bit) => bit === 1).length;
        expect(countBits(bytes, from, last)).toBe(expected);
      }),
    );
  });

  test('are found in any range at any address, as one by one', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes, runs), fc.constantFrom<0 | 1>(0, 1), fc.nat(800), fc.nat(800), (bytes, wanted, from, to) => {
        const bits = bitsOf(bytes);
        const last = Math.min(to, bits.length - 1);
        const expected = bits.findIndex((bit, at) => bit === wanted && at >= from && at <= last);
        expect(findBit(bytes, wanted, from, last)).toBe(expected);
      }),
    );
  });
});

describe('combine', () => {
  test('is the same at any address and for any lengths as byte by byte', () => {
    const operations = { AND: (a: number, b: number) => a & b, OR: (a: number, b: number) => a | b, XOR: (a: number, b: number) => a ^ b };
    fc.assert(
      fc.property(fc.constantFrom('AND', 'OR', 'XOR'), anyBytes, anyBytes, anyBytes, (operation, ...sources) => {
        const length = Math.max(...sources.map((source) => source.length));
        const expected = Array.from({ length }, (_, i) => sources.map((source) => source[i] ?? 0).reduce(operations[operation]));
        expect([...combine(operation, sources)]).toEqual(expected);
      }),
    );
  });

  const a = Uint8Array.of(0xf0, 0xff, 0x01);
  const b = Uint8Array.of(0xcc);
  test.each([
    ['AND', [a, b], [0xc0, 0, 0]],
    ['AND', [b, a], [0xc0, 0, 0]],
    ['OR', [a, b], [0xfc, 0xff, 0x01]],
    ['XOR', [b, a], [0x3c, 0xff, 0x01]],
    ['NOT', [a], [0x0f, 0x00, 0xfe]],
    ['OR', [new Uint8Array(0)], []],
    ['XOR', [a, a, a], [0xf0, 0xff, 0x01]],
  ] as const)('%s, shorter sources being followed by zeros', (operation, sources, expected) => {
    expect([...combine(operation, sources)]).toEqual(expected);
  });
});
