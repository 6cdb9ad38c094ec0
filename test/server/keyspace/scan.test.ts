/** SCAN's guarantee, for both tables: what exists all the time is returned exactly once, and nothing more often than it was added. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HashSeed } from '../../../src/server/keyspace/hash.js';
import { SetDict } from '../../../src/server/keyspace/dict.js';
import { KeyTable } from '../../../src/server/keyspace/key-table.js';
import { nextBucket, reverseBits, SCAN_END } from '../../../src/server/keyspace/scan-order.js';

interface Table {
  readonly size: number;
  add(key: string): void;
  delete(key: string): void;
  /** One step; returns the next cursor. */
  scan(cursor: number, count: number, keys: string[]): number;
}

function dictTable(): Table {
  const dict = new SetDict(new HashSeed(1));
  return {
    get size() { return dict.size; },
    add: (key) => void dict.add(key, null),
    delete: (key) => void dict.delete(key),
    scan: (cursor, count, keys) => dict.scan(cursor, count, (slot) => void keys.push(dict.keyAt(slot))),
  };
}

function keyTable(): Table {
  const table = new KeyTable(new HashSeed(1));
  return {
    get size() { return table.size; },
    add: (key) => void table.add(key, ''),
    delete: (key) => void table.removeSlot(table.find(key)),
    scan: (cursor, count, keys) => table.scan(cursor, count, (slot) => void keys.push(table.keyAt(slot))),
  };
}

interface Walk {
  /** How often each key was returned, and how often it was added. */
  readonly returned: Map<string, number>;
  readonly added: Map<string, number>;
  /** Keys that existed from the first step to the last. */
  readonly stayed: Set<string>;
  readonly steps: number;
}

/** A whole scan of a table with `size` keys; `between` is called between two steps, and may change the table. */
function walk(table: Table, size: number, count: number, between: (step: number, add: (key: string) => void, remove: (key: string) => void) => void): Walk {
  const added = new Map<string, number>();
  const returned = new Map<string, number>();
  const present = new Set<string>();
  const stayed = new Set<string>();
  const add = (key: string): void => {
    if (present.has(key)) return;
    table.add(key);
    present.add(key);
    added.set(key, (added.get(key) ?? 0) + 1);
  };
  const remove = (key: string): void => {
    if (!present.delete(key)) return;
    table.delete(key);
    stayed.delete(key);
  };
  for (let i = 0; i < size; i++) add(`key:${i}`);
  for (const key of present) stayed.add(key);
  let cursor = 0;
  let steps = 0;
  do {
    const keys: string[] = [];
    cursor = table.scan(cursor, count, keys);
    for (const key of keys) returned.set(key, (returned.get(key) ?? 0) + 1);
    if (cursor !== 0) between(steps++, add, remove);
    if (steps > 200_000) throw new Error('the scan does not end');
  } while (cursor !== 0);
  return { returned, added, stayed, steps };
}

function check({ returned, added, stayed }: Walk): void {
  expect([...stayed].filter((key) => returned.get(key) !== 1)).toEqual([]);
  expect([...returned].filter(([key, times]) => times > (added.get(key) ?? 0))).toEqual([]);
}

describe.for([['Dict', dictTable], ['KeyTable', keyTable]] as const)('a scan of a %s', ([, create]) => {
  test('while keys are added and removed', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.integer({ min: 1, max: 30 }), fc.array(fc.array(fc.tuple(fc.boolean(), fc.nat(600)), { maxLength: 40 }), { minLength: 1, maxLength: 60 }), (size, count, changes) => {
        check(walk(create(), size, count, (step, add, remove) => {
          for (const [isAdded, number] of changes[step] ?? []) (isAdded ? add : remove)(`key:${number}`);
        }));
      }),
      { numRuns: 200 },
    );
  });

  test('while the table grows to a multiple of its size', () => {
    check(walk(create(), 100, 5, (step, add) => {
      if (step < 20) for (let i = 0; i < 200; i++) add(`new:${step}:${i}`);
    }));
  });

  test('while the table shrinks to a fraction of its size', () => {
    check(walk(create(), 5000, 20, (step, _add, remove) => {
      for (let i = 0; i < 60; i++) remove(`key:${1000 + ((step * 60 + i) % 4000)}`);
    }));
  });

  test('after the deletion of each key that it has returned', () => {
    const table = create();
    const seen: string[] = [];
    for (let i = 0; i < 3000; i++) table.add(`key:${i}`);
    let cursor = 0;
    do {
      const keys: string[] = [];
      cursor = table.scan(cursor, 10, keys);
      for (const key of keys) table.delete(key);
      seen.push(...keys);
    } while (cursor !== 0);
    expect([table.size, seen.length]).toEqual([0, 3000]);
  });

  test('about COUNT entries a step', () => {
    const { steps } = walk(create(), 20_000, 10, () => {});
    expect(steps).toBeGreaterThan(1000);
    expect(steps).toBeLessThan(2500);
  });

  test('any number is a cursor, and the scan ends', () => {
    const table = create();
    for (let i = 0; i < 100; i++) table.add(`key:${i}`);
    for (const start of [1, 7, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 3, Number.MAX_SAFE_INTEGER]) {
      let cursor = start;
      let steps = 0;
      const keys: string[] = [];
      do cursor = table.scan(cursor, 10, keys);
      while (cursor !== 0 && ++steps < 1000);
      expect([cursor, new Set(keys).size], `from ${start}`).toEqual([0, keys.length]);
    }
  });
});

describe('a scan of a KeyTable that splits into parts', () => {
  test('afterwards', () => {
    check(walk(keyTable(), 40_000, 100, (step, add, remove) => {
      add(`new:${step}`);
      remove(`key:${(step * 97) % 20_000}`);
    }));
  });

  test('meanwhile', () => {
    check(walk(keyTable(), 32_700, 100, (step, add) => {
      for (let i = 0; i < 20; i++) add(`new:${step}:${i}`);
    }));
  });

  test('and is emptied and filled again meanwhile, ends', () => {
    const { returned, added } = walk(keyTable(), 33_000, 1000, (step, add, remove) => {
      if (step === 5) for (let i = 0; i < 33_000; i++) remove(`key:${i}`);
      if (step === 6) for (let i = 0; i < 100; i++) add(`key:${i}`);
    });
    expect([...returned].filter(([key, times]) => times > added.get(key)!)).toEqual([]);
  });
});

test('the order is that of the bits read backwards, and buckets of any size cover it', () => {
  expect([0, 1, 2, 3, 0x80000000, -1].map(reverseBits)).toEqual([0, 0x80000000, 0x40000000, 0xc0000000, 1, 0xffffffff]);
  const order: number[] = [];
  for (let place = 0; place < SCAN_END; place = nextBucket(place, 8)) order.push(reverseBits(place));
  expect(order).toEqual([0, 4, 2, 6, 1, 5, 3, 7]);
  expect(nextBucket(0xffffffff, 8)).toBe(SCAN_END);
});
