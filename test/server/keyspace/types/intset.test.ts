/** Sets of integers beside a plain model, in all forms: the bytes of an intset, an array where more are allowed, and the table beyond. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ColumnReader, ColumnWriter } from '../../../../src/server/keyspace/columns.js';
import { Config } from '../../../../src/server/config.js';
import { HashSeed } from '../../../../src/server/keyspace/hash.js';
import { intsetBytes, readIntset } from '../../../../src/server/keyspace/types/intset.js';
import { SetValue } from '../../../../src/server/keyspace/types/set.js';
import { Random } from '../../../fuzz/random.js';

const { values: settings } = new Config({});
const SEED = new HashSeed(1);

/** Integers beside the ends of each width, where they are sorted by their low or high half. */
const EDGES = [0n, -1n, 127n, 128n, 2n ** 15n, -(2n ** 15n), 2n ** 31n, -(2n ** 31n), 2n ** 32n, -(2n ** 32n), 2n ** 53n, -(2n ** 53n), 2n ** 63n - 3n, -(2n ** 63n) + 2n];
const integers = fc.tuple(fc.constantFrom(...EDGES), fc.integer({ min: -2, max: 2 })).map(([edge, by]) => edge + BigInt(by));
const changes = fc.array(fc.tuple(fc.boolean(), integers), { maxLength: 60 });
const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : 1);

function restored(value: SetValue): SetValue {
  const to = new ColumnWriter();
  value.capture(to);
  const copy = new SetValue(SEED);
  copy.restore(new ColumnReader(to.finish()));
  return copy;
}

test('random changes give the members of a plain model, sorted, and an exact copy of them', () => {
  fc.assert(
    fc.property(changes, (all) => {
      const value = new SetValue(SEED);
      const model = new Set<bigint>();
      for (const [isAdded, integer] of all) {
        if (isAdded) expect(value.add(String(integer), settings)).toBe(!model.has(integer));
        else expect(value.delete(String(integer))).toBe(model.has(integer));
        if (isAdded) model.add(integer);
        else model.delete(integer);
      }
      const sorted = [...model].toSorted(ascending).map(String);
      for (const set of [value, value.clone(), restored(value), value.freeze().value as SetValue]) {
        expect([set.members(), set.size, set.encoding]).toEqual([sorted, model.size, 'intset']);
        expect(readIntset(intsetBytes(set.intset!).latin1Slice())).toBe(set.intset);
      }
      expect(sorted.map((_, at) => value.memberAt(at))).toEqual(sorted);
      for (const edge of EDGES) expect(value.has(String(edge))).toBe(model.has(edge));
    }),
    { seed: 1, numRuns: 80 },
  );
});

test.each([300, 512, 513, 1500])('at %i members a set of 2,000 allowed integers has one order, and becomes a table where fewer are allowed', (size) => {
  const random = new Random(size);
  const limits = { ...settings, 'set-max-intset-entries': 2000 };
  const value = new SetValue(SEED);
  const model = new Set<number>();
  while (model.size < size) {
    const integer = random.below(50_000) - 25_000;
    expect(value.add(String(integer), limits)).toBe(!model.has(integer));
    model.add(integer);
    if (!random.chance(0.1)) continue;
    const [gone] = model;
    expect(value.delete(String(gone))).toBe(true);
    model.delete(gone!);
  }
  const sorted = [...model].toSorted((a, b) => a - b).map(String);
  const copy = restored(value);
  expect([value.members(), copy.members(), value.clone().members()]).toEqual([sorted, sorted, sorted]);
  expect(copy.intset).toBe(value.intset);
  expect(readIntset(intsetBytes(value.intset!).latin1Slice())).toBe(value.intset);
  copy.add('99999', { ...limits, 'set-max-intset-entries': size });
  expect([copy.encoding, copy.members(), copy.intset]).toEqual(['hashtable', [...sorted, '99999'], null]);
  value.removeAt(1);
  expect(value.members()).toEqual([sorted[0], ...sorted.slice(2)]);
});

describe('bytes', () => {
  const hex = (set: SetValue): string => intsetBytes(set.intset!).toString('hex');

  test('are as wide as the largest integer needs, and stay so when it is removed', () => {
    const value = new SetValue(SEED);
    for (const member of ['3', '-2']) value.add(member, settings);
    expect(hex(value)).toBe('0200000002000000feff0300');
    value.add('70000', settings);
    expect(hex(value)).toBe('0400000003000000feffffff0300000070110100');
    value.delete('70000');
    expect(hex(value)).toBe('0400000002000000feffffff03000000');
    value.add('-9007199254740993', settings);
    expect(hex(value)).toBe('0800000003000000ffffffffffffdffffeffffffffffffff0300000000000000');
  });

  test.each([
    ['the wrong width', '\x03\0\0\0\x01\0\0\0\x05\0\0'], ['too few bytes', '\x02\0\0\0\x02\0\0\0\x05\0'], ['half a header', '\x02\0\0\0\0\0\0'],
    ['integers out of order', '\x02\0\0\0\x02\0\0\0\x05\0\x04\0'], ['an integer twice', '\x02\0\0\0\x02\0\0\0\x05\0\x05\0'],
  ])('with %s are no intset', (_, bytes) => {
    expect(readIntset(bytes)).toBeNull();
  });
});
