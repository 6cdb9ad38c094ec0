import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FieldType, fieldType, fit, type Overflow, readField, writeField } from '../../../../src/server/commands/support/bit-field.js';
import { ByteString } from '../../../../src/server/keyspace/value.js';
import { ErrorReply } from '../../../../src/server/resp/reply.js';

const types: fc.Arbitrary<FieldType> = fc.boolean().chain((signed) => fc.integer({ min: 1, max: signed ? 64 : 63 }).map((bits) => ({ signed, bits })));

describe('field types', () => {
  test('are i1 to i64 and u1 to u63', () => {
    expect(fieldType('i64')).toEqual({ signed: true, bits: 64 });
    expect(fieldType('u63')).toEqual({ signed: false, bits: 63 });
  });

  test.each(['', 'u', 'i', 'u0', 'i0', 'u64', 'i65', 'x8', 'I8', 'u08', '8', 'u-1'])('%j is not a type', (text) => {
    expect(() => fieldType(text)).toThrow(ErrorReply as never);
  });
});

describe('fields', () => {
  test('what is written at any bit is read again, and its neighbours are unchanged', () => {
    fc.assert(
      fc.property(types, fc.nat(70), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom('\x00', '\xff'), (type, at, value, filling) => {
        const string = new ByteString(filling.repeat(20));
        const { signed, bits } = type;
        writeField(string, type, at, value);
        expect(BigInt(readField(string, type, at))).toBe(signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
        const ones = filling === '\xff';
        if (at > 0) expect(readField(string, { signed: false, bits: 1 }, at - 1)).toBe(ones ? 1 : 0);
        expect(readField(string, { signed: false, bits: 1 }, at + bits)).toBe(ones ? 1 : 0);
      }),
    );
  });

  test('after the end of the string are zeros', () => {
    const string = new ByteString('\xff');
    expect(readField(string, { signed: false, bits: 16 }, 0)).toBe(0xff00);
    expect(readField(string, { signed: true, bits: 64 }, 800)).toBe(0);
  });
});

describe('fit', () => {
  test.each<[bigint, string, Overflow, number | bigint | undefined]>([
    [255n, 'u8', 'WRAP', 255],
    [256n, 'u8', 'WRAP', 0],
    [256n, 'u8', 'SAT', 255],
    [256n, 'u8', 'FAIL', undefined],
    [-1n, 'u8', 'WRAP', 255],
    [-1n, 'u8', 'SAT', 0],
    [128n, 'i8', 'WRAP', -128],
    [128n, 'i8', 'SAT', 127],
    [-129n, 'i8', 'SAT', -128],
    [-129n, 'i8', 'FAIL', undefined],
    [2n ** 63n, 'i64', 'WRAP', -(2n ** 63n)],
    [2n ** 63n, 'i64', 'SAT', 2n ** 63n - 1n],
    [2n ** 64n - 1n, 'u63', 'SAT', 2n ** 63n - 1n],
  ])('%d into %s with %s gives %s', (value, type, overflow, written) => {
    expect(fit(value, fieldType(type), overflow)).toBe(written);
  });
});
