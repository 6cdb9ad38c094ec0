/** Small sorted sets beside a plain model: as listpacks, opened after many changes, and beyond the limits. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ColumnReader, ColumnWriter } from '../../../../src/server/keyspace/columns.js';
import { Config } from '../../../../src/server/config.js';
import { HashSeed } from '../../../../src/server/keyspace/hash.js';
import { crc64 } from '../../../../src/server/keyspace/rdb/crc64.js';
import { restore } from '../../../../src/server/keyspace/rdb/decoder.js';
import { dump } from '../../../../src/server/keyspace/rdb/encoder.js';
import { readListpack } from '../../../../src/server/keyspace/rdb/listpack.js';
import { packElements } from '../../../../src/server/keyspace/types/listpack-text.js';
import { SortedSetValue } from '../../../../src/server/keyspace/types/sorted-set.js';
import { formatDouble } from '../../../../src/server/resp/double.js';

const { values: settings } = new Config({});
const SEED = new HashSeed(1);

const scores = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0, -0, 127, 128, -4096, -4097, 4096, 32768, -32769, 2 ** 23, -(2 ** 23) - 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53),
  fc.constantFrom(2 ** 62, 2 ** 63, -(2 ** 64), Infinity, -Infinity, 1e300),
  fc.double({ noNaN: true }),
);
const members = fc.oneof(
  fc.integer({ min: -2, max: 8 }).map(String),
  fc.constantFrom('', 'a', 'b', 'member of 13', 'a member of 17 b', 'ü', 'x'.repeat(63), 'x'.repeat(64)),
);
const changes = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), members, scores), { maxLength: 50 });

type Pair = readonly [member: string, score: number];

function inOrder(model: ReadonlyMap<string, number>): Pair[] {
  return [...model].toSorted(([a, one], [b, other]) => (one === other ? (a < b ? -1 : 1) : one < other ? -1 : 1));
}

function pairs(value: SortedSetValue, reverse = false): Pair[] {
  const found: Pair[] = [];
  value.visit(reverse ? value.size - 1 : 0, value.size, reverse, (member, score) => void found.push([member, score]));
  return found;
}

function restored(value: SortedSetValue): SortedSetValue {
  const to = new ColumnWriter();
  value.capture(to);
  const copy = new SortedSetValue(SEED);
  copy.restore(new ColumnReader(to.finish()));
  return copy;
}

/** Changes a set and its model alike; what is not a listpack has a negative zero. */
function change(value: SortedSetValue, model: Map<string, number>, [kind, member, score]: readonly [number, string, number]): void {
  if (kind === 0) {
    expect(value.delete(member)).toBe(model.delete(member));
    return;
  }
  value.set(member, score, settings);
  model.set(member, score + 0);
}

function expectSame(value: SortedSetValue, model: ReadonlyMap<string, number>): void {
  const all = inOrder(model);
  expect([pairs(value), value.size, value.encoding]).toEqual([all, model.size, 'listpack']);
  expect(pairs(value, true)).toEqual(all.toReversed());
  expect(value.members(1, 3, false)).toEqual(all.slice(1, 4).map(([member]) => member));
  expect(value.members(Math.min(2, all.length - 1), 9, true)).toEqual(all.slice(0, 3).map(([member]) => member).toReversed());
  all.forEach(([member, score], rank) => expect([value.score(member), value.rank(member)]).toEqual([score, rank]));
  expect([value.score('missing'), value.rank('missing')]).toEqual([undefined, undefined]);
  for (const limit of [-1, 0, 127.5, Infinity]) {
    const below = all.filter(([, score]) => score < limit).length;
    expect([value.countBefore((score) => score < limit), value.countBelow(limit), value.countBelow(limit, true)]).toEqual([
      below, below, all.filter(([, score]) => score <= limit).length,
    ]);
  }
  // The bytes are those of a listpack that was written element by element.
  const scoreText = (score: number): string => (Number.isInteger(score) && Math.abs(score) <= 2 ** 62 ? BigInt(score).toString() : formatDouble(score));
  const elements = all.flatMap(([member, score]) => [member, scoreText(score)]);
  expect(readListpack(value.listpack!)).toEqual(elements);
}

test('random changes give the members of a plain model in order, and exact copies of them', () => {
  fc.assert(
    fc.property(changes, (all) => {
      const value = new SortedSetValue(SEED);
      const other = new SortedSetValue(SEED);
      const model = new Map<string, number>();
      for (const one of all) {
        change(value, model, one);
        // Another set that changes packs the first one: both forms of it are changed.
        if (one[1].length % 3 === 0) other.set(`${one[1]}, a text longer than is copied for each change`, 1, settings);
      }
      expectSame(value, model);
      if (model.size === 0) return;
      const payload = dump(value, settings);
      for (const copy of [value.clone(), restored(value), restore(payload, settings, SEED) as SortedSetValue, value.freeze(true).value as SortedSetValue]) {
        expectSame(copy, model);
        expect([copy.memoryBytes, dump(copy, settings)]).toEqual([value.memoryBytes, payload]);
      }
      const large = value.clone();
      large.toSkiplist();
      expect([pairs(large), large.encoding, large.listpack]).toEqual([inOrder(model), 'skiplist', null]);
      expect(pairs(restored(large))).toEqual(inOrder(model));
      large.settle(settings);
      expect(large.listpack).toBe(large.size > 0 && inOrder(model).every(([member]) => member.length <= 64) ? value.listpack : null);
    }),
    { seed: 1, numRuns: 100 },
  );
});

test('a set of more members or bytes than are packed stays a listpack for clients, and is captured as one', () => {
  const limits = { ...settings, 'zset-max-listpack-entries': 1000, 'zset-max-listpack-value': 5000 };
  for (const [count, text] of [[600, ''], [40, 'x'.repeat(1000)]] as const) {
    const value = new SortedSetValue(SEED);
    for (let i = 0; i < count; i++) value.set(`${(i * 7) % count}${text}`, i % 10, limits);
    const copy = restored(value);
    expect([pairs(copy), copy.listpack, copy.memoryBytes, copy.encoding]).toEqual([pairs(value), value.listpack, value.memoryBytes, 'listpack']);
    expect(readListpack(value.listpack!)).toHaveLength(count * 2);
    expect(value.removeRange(0, count - 2)).toHaveLength(2 * count - 4);
    expect([value.size, readListpack(value.listpack!).length]).toEqual([2, 4]);
  }
});

test.each([{ size: 40 }, { size: 3000 }])('of $size members a range is removed from its first to its last, in both directions', ({ size }) => {
  const names = Array.from({ length: size }, (_, i) => `member ${String(i).padStart(4, '0')}`);
  for (const reverse of [false, true]) {
    const value = new SortedSetValue(SEED);
    for (const [at, name] of names.entries()) value.add(name, at >> 2, settings);
    const range = names.slice(7, 27);
    expect(value.removeRange(reverse ? 26 : 7, 20, reverse).filter((_, at) => at % 2 === 0)).toEqual(reverse ? range.toReversed() : range);
    expect(value.members(0, size, false)).toEqual([...names.slice(0, 7), ...names.slice(27)]);
    expect(names.filter((name) => value.has(name))).toHaveLength(size - 20);
  }
});

const payload = (...elements: string[]): string => {
  const listpack = packElements(elements);
  const body = `\x11${String.fromCharCode(0x40 | (listpack.length >> 8), listpack.length & 255)}${listpack}\x0a\0`;
  return body + crc64(body);
};

test('a payload with a member twice is refused, and one out of order is sorted', () => {
  const long = 'a member of more than sixty-four bytes, which has a header of two of them';
  for (const member of ['a', '', '7', '70000', long]) expect(restore(payload(member, '1', 'b', '2', member, '3'), settings, SEED)).toBeUndefined();
  for (const score of ['x', 'nan', '']) expect(restore(payload('a', score), settings, SEED)).toBeUndefined();
  const back = restore(payload('c', '0.5', 'b', '-0', 'a', '5.0', long, '2'), settings, SEED) as SortedSetValue;
  expect([pairs(back), readListpack(back.listpack!)]).toEqual([[['b', 0], ['c', 0.5], [long, 2], ['a', 5]], ['b', '0', 'c', '0.5', long, '2', 'a', '5']]);
});

const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

test('a removal and an equal score leave no trace in the bytes', () => {
  const value = new SortedSetValue(SEED);
  for (const [member, score] of [['b', 1], ['a', 1], ['c', 0.5], ['c', 300], ['a', -1], ['d', 7]] as const) value.set(member, score, settings);
  expect(value.delete('d')).toBe(true);
  expect(hex(value.listpack!)).toBe('180000000600816102dfff028162020101816302c12c02ff');
});

test('scores that were written with other digits are ordered as numbers', () => {
  for (const [written, score] of [['0.3', 0.3], ['0.49999999999999999999', 0.5], ['12.600000000000000', 12.6]] as const) {
    const value = restore(payload('m', written), settings, SEED) as SortedSetValue;
    for (const member of ['z', 'a']) value.set(member, score, settings);
    expect(pairs(value)).toEqual([['a', score], ['m', score], ['z', score]]);
  }
});
