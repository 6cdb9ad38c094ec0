import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HashSeed } from '../../../src/server/keyspace/hash.js';
import { KeyTable } from '../../../src/server/keyspace/key-table.js';

function filled(count: number): KeyTable {
  const table = new KeyTable(new HashSeed(1));
  for (let i = 0; i < count; i++) table.add(`key:${i}`, i);
  return table;
}

/** Every key is where the table says, and the index finds it. */
function expectConsistent(table: KeyTable): void {
  for (let slot = 0; slot < table.size; slot++) expect(table.find(table.keyAt(slot))).toBe(slot);
}

test('a key is found with the value it was added with, among many chunks and parts', () => {
  const table = filled(100_000);
  expect(table.size).toBe(100_000);
  expect(table.get('key:0')).toBe(0);
  expect(table.get('key:99999')).toBe(99_999);
  expect(table.find('key:100000')).toBe(-1);
  expectConsistent(table);
});

test('removing a key moves the last one, with all its facts, into its slot', () => {
  const table = filled(3);
  table.setAccessAt(2, 0xffffff);
  table.setVolatileAt(2, 7);
  table.setUnitsAt(2, 9);
  expect(table.removeSlot(0)).toBe(2);
  expect([table.keyAt(0), table.accessAt(0), table.volatileAt(0), table.unitsAt(0)]).toEqual(['key:2', 0xffffff, 7, 9]);
  expect(table.removeSlot(1)).toBe(-1);
  expect(table.size).toBe(1);
});

test('a key that is added after others were removed has none of their facts', () => {
  const table = filled(1);
  table.setVolatileAt(0, 1);
  table.setUnitsAt(0, 5);
  table.removeSlot(0);
  const slot = table.add('new', 'value');
  expect([table.accessAt(slot), table.volatileAt(slot), table.unitsAt(slot)]).toEqual([0, 0, 0]);
});

test('keys are still found while a large table is emptied from the front', () => {
  const table = filled(70_000);
  for (let i = 0; i < 69_000; i++) table.removeSlot(0);
  expect(table.size).toBe(1000);
  expectConsistent(table);
  while (table.size > 0) table.removeSlot(table.size - 1);
  expect(table.find('key:5')).toBe(-1);
  table.add('again', 1);
  expect(table.get('again')).toBe(1);
});

test('any sequence of additions and removals agrees with a Map', () => {
  const operations = fc.array(fc.tuple(fc.boolean(), fc.string({ maxLength: 2 })), { maxLength: 300 });
  fc.assert(
    fc.property(operations, (steps) => {
      const table = new KeyTable(new HashSeed(1));
      const model = new Map<string, number>();
      steps.forEach(([adds, key], step) => {
        const slot = table.find(key);
        expect(slot !== -1).toBe(model.has(key));
        if (!adds && slot !== -1) {
          table.removeSlot(slot);
          model.delete(key);
        } else if (adds && slot === -1) {
          table.add(key, step);
          model.set(key, step);
        }
      });
      expect(table.size).toBe(model.size);
      for (const [key, value] of model) expect(table.get(key)).toBe(value);
    }),
  );
});

describe('intern', () => {
  function intern(table: KeyTable, key: string): { key: string; wasInterned: boolean } {
    const interned = table.intern(Buffer.from(`<${key}>`, 'latin1'), 1, key.length);
    return { key: interned, wasInterned: table.wasInterned };
  }

  test('returns the key that bytes spell, and makes a new string for all others', () => {
    const table = filled(50_000);
    for (const i of [0, 1, 1, 49_999, 12_345]) expect(intern(table, `key:${i}`)).toEqual({ key: `key:${i}`, wasInterned: true });
    for (const absent of ['', 'key:', 'key:50000', 'kez:1', '\xffey:1']) expect(intern(table, absent)).toEqual({ key: absent, wasInterned: false });
  });

  test('any sequence of additions, removals and questions agrees with a Set', () => {
    const operations = fc.array(fc.tuple(fc.constantFrom('add', 'remove', 'ask', 'find'), fc.uint8Array({ maxLength: 2 })), { maxLength: 200 });
    fc.assert(
      fc.property(operations, (steps) => {
        const table = new KeyTable(new HashSeed(1));
        const model = new Set<string>();
        for (const [operation, bytes] of steps) {
          const key = Buffer.from(bytes).latin1Slice();
          if (operation !== 'find') expect(intern(table, key)).toEqual({ key, wasInterned: model.has(key) });
          // Whatever was looked up in between, the cached hash is that of its own key.
          if (operation === 'add') intern(table, 'another');
          const slot = table.find(key);
          expect(slot === -1 ? null : table.keyAt(slot)).toBe(model.has(key) ? key : null);
          if (operation === 'add' && slot === -1) table.add(key, 1);
          if (operation === 'add') model.add(key);
          if (operation === 'remove' && model.delete(key)) table.removeSlot(slot);
        }
        expect(table.size).toBe(model.size);
      }),
    );
  });
});
