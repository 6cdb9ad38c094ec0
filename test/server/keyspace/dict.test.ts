/** The hash tables of hashes, sets and sorted sets against a Map, while they grow and shrink through every form of their index. */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ColumnReader, ColumnWriter } from '../../../src/server/keyspace/columns.js';
import { type Dict, HashDict, ScoreDict, SetDict } from '../../../src/server/keyspace/dict.js';
import { HashSeed } from '../../../src/server/keyspace/hash.js';
import { Random } from '../../fuzz/random.js';

type Stored = string | number | null;

const seed = new HashSeed(1);
const KINDS = {
  SetDict: { create: () => new SetDict(seed), valueOf: () => null },
  HashDict: { create: () => new HashDict(seed), valueOf: (i: number) => `value ${i}` },
  ScoreDict: { create: () => new ScoreDict(seed), valueOf: (i: number) => i / 4 },
};

function capture(dict: Dict<Stored>): ColumnWriter {
  const to = new ColumnWriter();
  dict.capture(to);
  return to;
}

function restored(dict: Dict<Stored>, copy: Dict<Stored>): Dict<Stored> {
  copy.restore(new ColumnReader(capture(dict).finish()));
  for (let slot = 0; slot < dict.size; slot++) copy.setValue(slot, dict.valueAt(slot));
  return copy;
}

function scanned(dict: Dict<Stored>, count: number): string[] {
  const keys: string[] = [];
  let cursor = 0;
  do cursor = dict.scan(cursor, count, (slot) => keys.push(dict.keyAt(slot)));
  while (cursor !== 0);
  return keys;
}

/** Compared by join, because a failed comparison of thousands of keys is slow to describe. */
function expectSame(dict: Dict<Stored>, model: Map<string, Stored>): void {
  expect(dict.size).toBe(model.size);
  expect([...model].filter(([key, value]) => dict.get(key) !== value)).toEqual([]);
  expect(dict.keysBetween(0, dict.size).filter((key, slot) => dict.find(key) !== slot)).toEqual([]);
  expect(scanned(dict, 50).sort().join()).toBe([...model.keys()].sort().join());
  expect(dict.chains().reduce((keys, positions, length) => keys + positions * length, 0)).toBe(model.size);
}

describe.for(Object.entries(KINDS))('%s', ([, { create, valueOf }]) => {
  test('has what was added, through growth and shrinking, and so have copies of it that go on', () => {
    const random = new Random(1);
    let dict: Dict<Stored> = create();
    const model = new Map<string, Stored>();
    for (const target of [3, 700, 9000, 40, 7000, 0, 900]) {
      while (model.size < target) {
        const number = random.below(30_000);
        const key = `key:${number}`;
        if (random.chance(0.1) && dict.delete(key)) model.delete(key);
        dict.set(key, valueOf(number));
        model.set(key, valueOf(number));
      }
      while (model.size > target) {
        const slot = dict.randomSlot(random.below(1000) / 1000);
        model.delete(dict.keyAt(slot));
        dict.removeSlot(slot);
      }
      expectSame(dict, model);
      const copy = target % 2 === 0 ? dict.clone() : restored(dict, create());
      expect(isDeepStrictEqual(capture(copy).finish(), capture(dict).finish())).toBe(true);
      dict = copy;
    }
    expectSame(dict, model);
  });
});

describe('intern', () => {
  const intern = (dict: Dict<Stored>, key: string): string => dict.intern(Buffer.from(`<${key}>`, 'latin1'), 1, key.length);

  test('any sequence of additions, removals and questions agrees with a Set, whatever was interned before', () => {
    const key = fc.constantFrom('', '\0', 'a', 'b', 'c', 'ab', 'member:1', 'member:2', '\xff');
    const step = fc.record({ operation: fc.constantFrom('add', 'add unasked', 'remove', 'remove first', 'find', 'clear'), key, interned: fc.option(key) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const dict = new SetDict(seed);
        const model = new Set<string>();
        for (const { operation, key, interned } of steps) {
          if (interned !== null) expect(intern(dict, interned)).toBe(interned);
          if (operation === 'add') dict.set(key, null);
          if (operation === 'add unasked' && !model.has(key)) dict.add(key, null);
          if (operation.startsWith('add')) model.add(key);
          if (operation === 'remove') expect(dict.delete(key)).toBe(model.delete(key));
          if (operation === 'remove first' && dict.size > 0) {
            model.delete(dict.keyAt(0));
            dict.removeSlot(0);
          }
          if (operation === 'clear') dict.clear();
          if (operation === 'clear') model.clear();
          const slot = dict.find(key);
          expect(slot === -1 ? null : dict.keyAt(slot)).toBe(model.has(key) ? key : null);
        }
        expect(dict.size).toBe(model.size);
        expect([...model].filter((each) => dict.keyAt(dict.find(each)) !== each)).toEqual([]);
      }),
    );
  });
});

test('a copy that is restored between two steps of growth has the same order of SCAN, and grows as the original does', () => {
  const dict = new SetDict(seed);
  for (let i = 0; i < 3000; i++) {
    dict.add(`key:${i}`, null);
    if (i % 211 !== 0) continue;
    const copy = restored(dict, new SetDict(seed));
    for (const each of [dict, copy]) for (let more = 0; more < 40; more++) each.set(`more:${i}:${more}`, null);
    expect(scanned(copy, 10)).toEqual(scanned(dict, 10));
    expect(isDeepStrictEqual(capture(copy).finish(), capture(dict).finish())).toBe(true);
  }
});

test('no step of growth copies more than a few segments of the index', () => {
  const dict = new SetDict(seed);
  let before = indexOf(dict).words;
  const moved: number[] = [];
  for (let i = 0; i < 40_000; i++) {
    dict.add(`key:${i}`, null);
    if (i % 512 !== 511) continue;
    const { words } = indexOf(dict);
    let changed = 0;
    for (let at = 0; at < before.length; at++) if (before[at] !== words[at]) changed++;
    moved.push(changed);
    before = words;
  }
  // 512 added keys, and what splits of 512 positions each have moved: where all positions move at once, 20,000 and more change.
  expect(Math.max(...moved)).toBeLessThan(8000);
});

test('what is deleted in the order of SCAN leaves no large index behind', () => {
  const dict = new SetDict(seed);
  for (let i = 0; i < 30_000; i++) dict.add(`key:${i}`, null);
  let cursor = 0;
  do {
    const keys: string[] = [];
    cursor = dict.scan(cursor, 50, (slot) => keys.push(dict.keyAt(slot)));
    for (const key of keys) if (dict.size > 300) dict.delete(key);
  } while (cursor !== 0);
  for (let i = 0; i < 200; i++) dict.removeSlot(0);
  expect(indexOf(dict).segments).toBeLessThan(30);
  expect(scanned(dict, 10).length).toBe(100);
});

/** The index, as it is captured. */
function indexOf(dict: Dict<Stored>): { segments: number; words: Int32Array } {
  return (dict as unknown as { index: { capture(): { segments: number; words: Int32Array } } }).index.capture();
}
