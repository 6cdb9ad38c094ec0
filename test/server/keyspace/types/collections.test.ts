import { describe, expect, test } from 'vitest';
import { HashSeed } from '../../../../src/server/keyspace/hash.js';
import { HashValue } from '../../../../src/server/keyspace/types/hash.js';
import { parseInt64 } from '../../../../src/server/keyspace/types/int64.js';
import type { EncodingLimits } from '../../../../src/server/keyspace/types/limits.js';
import { sampleDistinct } from '../../../../src/server/keyspace/types/sampling.js';
import { SetValue } from '../../../../src/server/keyspace/types/set.js';
import { SortedSetValue } from '../../../../src/server/keyspace/types/sorted-set.js';

const SEED = new HashSeed(1);

const LIMITS: EncodingLimits = {
  'set-max-intset-entries': 4,
  'hash-max-listpack-entries': 3,
  'hash-max-listpack-value': 8,
  'zset-max-listpack-entries': 3,
  'zset-max-listpack-value': 8,
};

function setOf(...members: string[]): SetValue {
  const value = new SetValue(SEED);
  for (const member of members) value.add(member, LIMITS);
  return value;
}

describe('parseInt64', () => {
  test.each([
    ['0', 0], ['-1', -1], ['9007199254740991', 9007199254740991], ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 9223372036854775807n], ['-9223372036854775808', -9223372036854775808n],
  ])('%s is an integer', (text, value) => {
    expect(parseInt64(text)).toBe(value);
  });

  test.each(['', '-', '+1', '01', '-0', ' 1', '1 ', '1.0', '9223372036854775808', 'x', '12x', '100000000000000000x'])('"%s" is not an integer', (text) => {
    expect(parseInt64(text)).toBeNull();
  });
});

describe('a set', () => {
  test('of integers is sorted, beyond 2^53 as well', () => {
    const value = setOf('9007199254740993', '-5', '3', '9007199254740992');
    expect(value.encoding).toBe('intset');
    expect(value.members()).toEqual(['-5', '3', '9007199254740992', '9007199254740993']);
    expect(value.delete('9007199254740992')).toBe(true);
    expect(value.has('9007199254740993')).toBe(true);
  });

  test.each([[['1', '2', '3', '4', '5']], [['1', 'x']], [['1', '01']]])('becomes a hashtable with %j, and stays one', (members) => {
    const value = setOf(...members);
    expect(value.encoding).toBe('hashtable');
    for (const member of members.slice(1)) value.delete(member);
    expect(value.encoding).toBe('hashtable');
    expect(value.members()).toEqual(['1']);
  });

  test('counts its bytes up and down', () => {
    const value = setOf('a', 'bb', 'ccc');
    const before = value.memoryBytes;
    value.add('dddd', LIMITS);
    expect(value.memoryBytes).toBeGreaterThan(before);
    value.delete('dddd');
    expect(value.memoryBytes).toBe(before);
    expect(value.clone().memoryBytes).toBe(before);
  });

  test('a scan returns what exists from start to end while the set grows and shrinks', () => {
    const value = setOf(...Array.from({ length: 1000 }, (_, i) => `stays${i}`), ...Array.from({ length: 1000 }, (_, i) => `goes${i}`));
    const seen = new Set<string>();
    let cursor = 0;
    let round = 0;
    do {
      cursor = value.scan(cursor, 10, (member) => void seen.add(member));
      for (let i = 0; i < 10; i++) value.delete(`goes${(round * 10 + i) % 1000}`);
      if (round % 2 === 0) value.add(`new${round}`, LIMITS);
      round++;
    } while (cursor !== 0);
    for (let i = 0; i < 1000; i++) expect(seen.has(`stays${i}`)).toBe(true);
  });
});

describe('a hash', () => {
  test('keeps the order of insertion while it is a listpack', () => {
    const value = new HashValue(SEED);
    for (const field of ['c', 'a', 'b']) value.set(field, '1', LIMITS);
    value.set('a', '2', LIMITS);
    expect([0, 1, 2].map((position) => value.fieldAt(position) + value.valueAt(position))).toEqual(['c1', 'a2', 'b1']);
    expect(value.encoding).toBe('listpack');
  });

  test.each([
    ['one field too many', [['a', '1'], ['b', '1'], ['c', '1'], ['d', '1']]],
    ['a long field', [['a', '1'], ['123456789', '1']]],
    ['a long value', [['a', '1'], ['b', '123456789']]],
  ])('becomes a hashtable with %s', (_why, pairs) => {
    const value = new HashValue(SEED);
    for (const [field, text] of pairs) value.set(field!, text!, LIMITS);
    expect(value.encoding).toBe('hashtable');
    for (const [field, text] of pairs) expect(value.get(field!)).toBe(text);
    expect(value.clone().size).toBe(pairs.length);
    for (const [field] of pairs) value.delete(field!);
    const other = new HashValue(SEED);
    other.set('longer than 8', "x", LIMITS);
    other.delete('longer than 8');
    expect(value.memoryBytes).toBe(other.memoryBytes);
  });
});

describe('a sorted set', () => {
  test('is a skiplist with one member too many, and still has its members', () => {
    const value = new SortedSetValue(SEED);
    ['d', 'b', 'a', 'c'].forEach((member, at) => value.add(member, at % 2, LIMITS));
    expect(value.encoding).toBe('skiplist');
    expect(['a', 'd', 'b', 'c'].map((member) => value.rank(member))).toEqual([0, 1, 2, 3]);
    expect(value.score('c')).toBe(1);
  });

  test('forgets the sign of zero as a listpack, as Redis does', () => {
    const small = new SortedSetValue(SEED);
    small.add('a', -0, LIMITS);
    expect(small.score('a')).toBe(0);
    const large = new SortedSetValue(SEED, true);
    large.add('a', -0, LIMITS);
    expect(large.score('a')).toBe(-0);
    large.settle(LIMITS);
    expect(large.score('a')).toBe(0);
  });
});

test('a sample takes different positions, each of them sometimes', () => {
  let state = 1;
  const random = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
  const seen = new Set<number>();
  for (let round = 0; round < 200; round++) {
    const sample = sampleDistinct(10, 3, random);
    expect(new Set(sample).size).toBe(3);
    for (const position of sample) seen.add(position);
  }
  expect([...seen].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
