import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addElement, cacheCount, cachedCount, createHyperLogLog, describeRuns, estimateOf, estimateOfRegisters, isHyperLogLog, isSparse, mergeInto, outdateCount,
  raiseRegister, REGISTERS, registersOf, toDense,
} from '../../../../src/server/keyspace/types/hyperloglog.js';
import { MurmurHash } from '../../../../src/server/keyspace/types/murmur-hash.js';
import { ByteString } from '../../../../src/server/keyspace/value.js';

const SPARSE_MAX = 3000;

function of(elements: Iterable<string>, sparseMax = SPARSE_MAX): ByteString {
  const counter = createHyperLogLog();
  for (const element of elements) addElement(counter, element, sparseMax);
  return counter;
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i));
}

/** The bytes that a client gets after PFCOUNT. */
function bytesAfterCount(counter: ByteString): Buffer {
  cacheCount(counter, estimateOf(counter)!);
  return Buffer.from(counter.view);
}

/** Indexes of registers; `toEqual` takes a hundred times as long for this many numbers. */
function whereDifferent(actual: Uint8Array, expected: Uint8Array): number[] {
  return Array.from(expected.keys()).filter((index) => actual[index] !== expected[index]);
}

const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');

/** The algorithm as published, on bigints. */
function murmurByTheBook(bytes: Buffer, seed: bigint): bigint {
  const m = 0xc6a4a7935bd1e995n;
  const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
  let h = seed ^ wrap(BigInt(bytes.length) * m);
  const whole = bytes.length - (bytes.length % 8);
  for (let at = 0; at < whole; at += 8) {
    let k = wrap(bytes.readBigUInt64LE(at) * m);
    k = wrap((k ^ (k >> 47n)) * m);
    h = wrap((h ^ k) * m);
  }
  for (let at = whole; at < bytes.length; at++) h ^= BigInt(bytes[at]!) << BigInt(8 * (at - whole));
  if (whole < bytes.length) h = wrap(h * m);
  h = wrap((h ^ (h >> 47n)) * m);
  return h ^ (h >> 47n);
}

test('MurmurHash64A in halves is MurmurHash64A', () => {
  const murmur = new MurmurHash();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (array) => {
      const bytes = Buffer.from(array);
      murmur.hash(bytes.latin1Slice(), 0xadc83b19);
      const hash = (BigInt(murmur.high >>> 0) << 32n) | BigInt(murmur.low >>> 0);
      expect(hash).toBe(murmurByTheBook(bytes, 0xadc83b19n));
    }),
  );
});

describe('the bytes are those of redis-server 7.0.15', () => {
  test('for seven letters', () => {
    const counter = of('abcdefg');
    expect(describeRuns(counter)).toBe('Z:1646 v:1,1 Z:5645 v:1,1 Z:1085 v:2,1 z:57 v:1,1 Z:4274 v:2,1 Z:2445 v:1,1 Z:622 v:1,1 Z:603');
    expect(bytesAfterCount(counter).toString('hex')).toBe('48594c4c010000000700000000000000466d80560c80443c84388050b184498c80426d80425a');
  });

  test.each([
    [1020, 1022, true, 1960, 'd33b03ebee510351afe51deb546c410b'],
    [10020, 10009, false, 12304, '5af6a4bf46e45e5a9adcde4dd642fe5b'],
  ])('for the first %d numbers, which count as %d', (count, estimate, sparse, length, digest) => {
    const counter = of(numbers(count));
    expect(estimateOf(counter)).toBe(estimate);
    expect(isSparse(counter)).toBe(sparse);
    expect(counter.length).toBe(length);
    expect(md5(bytesAfterCount(counter))).toBe(digest);
  });
});

describe('sparse and dense', () => {
  test('have the same registers, in whatever order they were raised', () => {
    const raise = fc.tuple(fc.oneof(fc.nat(40), fc.nat(REGISTERS - 1), fc.integer({ min: REGISTERS - 40, max: REGISTERS - 1 })), fc.integer({ min: 1, max: 33 }));
    fc.assert(
      fc.property(fc.array(raise, { maxLength: 120 }), (raises) => {
        const sparse = createHyperLogLog();
        const dense = createHyperLogLog();
        toDense(dense);
        const expected = new Uint8Array(REGISTERS);
        for (const [index, value] of raises) {
          const change = value > expected[index]! ? 'changed' : 'same';
          expect(raiseRegister(sparse, index, value, SPARSE_MAX)).toBe(change);
          expect(raiseRegister(dense, index, value, SPARSE_MAX)).toBe(change);
          expected[index] = Math.max(expected[index]!, value);
        }
        expect(whereDifferent(registersOf(sparse)!, expected)).toEqual([]);
        expect(whereDifferent(registersOf(dense)!, expected)).toEqual([]);
        expect(estimateOf(sparse)).toBe(estimateOf(dense));
      }),
      { numRuns: 50 },
    );
  });

  test('a value over 32 and too many bytes make it dense', () => {
    const byValue = createHyperLogLog();
    raiseRegister(byValue, 5, 33, SPARSE_MAX);
    expect(isSparse(byValue)).toBe(false);
    expect(registersOf(byValue)![5]).toBe(33);
    expect(isSparse(of('abcd', 24))).toBe(false);
    expect(isSparse(of('ab', 24))).toBe(true);
  });

  test('neighbours of one value are joined, up to four', () => {
    const counter = createHyperLogLog();
    for (let index = 0; index < 6; index++) raiseRegister(counter, index, 3, SPARSE_MAX);
    expect(describeRuns(counter)).toBe('v:3,4 v:3,2 Z:16378');
    raiseRegister(counter, 1, 7, SPARSE_MAX);
    expect(describeRuns(counter)).toBe('v:3,1 v:7,1 v:3,4 Z:16378');
  });
});

describe('the estimate', () => {
  test('of nothing is 0, and of a union is that of the merged registers', () => {
    expect(estimateOf(createHyperLogLog())).toBe(0);
    const registers = new Uint8Array(REGISTERS);
    mergeInto(registers, of(numbers(500)));
    mergeInto(registers, of(numbers(1020)));
    expect(estimateOfRegisters(registers)).toBe(1022);
  });

  test.each([100, 1000, 10_000, 100_000])('of %d is within four standard errors', (count) => {
    expect(Math.abs(estimateOf(of(numbers(count)))! - count)).toBeLessThan((4 * 1.04 * count) / 128);
  });
});

describe('the cached count', () => {
  test('is valid until it is declared outdated', () => {
    const counter = createHyperLogLog();
    expect(cachedCount(counter)).toBe(0);
    outdateCount(counter);
    expect(cachedCount(counter)).toBeUndefined();
    cacheCount(counter, 123_456);
    expect(cachedCount(counter)).toBe(123_456);
  });
});

describe('a string from elsewhere', () => {
  test('that ends within a run is reported as corrupted when that run is changed', () => {
    const counter = new ByteString(`HYLL\x01${'\0'.repeat(11)}\x80\x57`);
    expect(raiseRegister(counter, 0, 2, SPARSE_MAX)).toBe('changed');
    expect(raiseRegister(counter, 9, 2, SPARSE_MAX)).toBe('corrupted');
  });

  test.each<[string, string | number, boolean]>([
    ['a number', 5, false],
    ['text', 'hello', false],
    ['too short', 'HYLL\x01', false],
    ['of another magic', `HYLX\x01${'\0'.repeat(20)}`, false],
    ['of an unknown encoding', `HYLL\x02${'\0'.repeat(20)}`, false],
    ['dense, but of another length', `HYLL\x00${'\0'.repeat(20)}`, false],
    ['sparse, whatever follows', `HYLL\x01${'\0'.repeat(11)}`, true],
  ])('%s: %j', (_what, value, is) => {
    expect(isHyperLogLog(value)).toBe(is);
  });

  test.each([
    ['too few registers', '\x7f\xfe'],
    ['too many zeros', '\x7f\xff\x00'],
    ['values behind the last register', '\x7f\xff\x80'],
    ['no runs at all', ''],
  ])('with %s is corrupted', (_what, runs) => {
    const counter = new ByteString(`HYLL\x01${'\0'.repeat(11)}${runs}`);
    expect(registersOf(counter)).toBeUndefined();
    expect(estimateOf(counter)).toBeUndefined();
    expect(toDense(counter)).toBe(false);
  });
});
