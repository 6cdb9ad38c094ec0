/**
 * The keyspace in shared memory: it holds what a Map would hold, refuses what there is no room for, and frees all memory.
 */
import { describe, expect, test } from 'vitest';
import { Blocks } from '../../../src/server/arena/blocks.js';
import { FREE_LISTS, USED } from '../../../src/server/arena/layout.js';
import { createMemory, NEVER, SharedTable } from '../../../src/server/arena/shared-table.js';
import { seededRandom } from '../../../src/shared/random.js';

const SIZES = [64 * 1024, 100_000, 2 ** 20];

/** The lists of free blocks, as stored in memory. */
const freeLists = (memory: SharedArrayBuffer): number[] => [...new Int32Array(memory, FREE_LISTS * 4, 25)].map((offset) => (offset === 0 ? 0 : 1));

describe.each(SIZES)('blocks in %d bytes', (bytes) => {
  test('never overlap, and are merged again when all are free', () => {
    const memory = createMemory(bytes);
    const blocks = new Blocks(new Int32Array(memory));
    const before = freeLists(memory);
    const random = seededRandom(bytes);
    const taken: number[] = [];
    for (let i = 0; i < 5000; i++) {
      if (random() < 0.6) {
        const block = blocks.allocate(Math.floor(1 + random() * 2000));
        if (block !== 0) taken.push(block);
      } else if (taken.length > 0) {
        blocks.free(taken.splice(Math.floor(random() * taken.length), 1)[0]!);
      }
    }
    const ranges = taken.map((block) => [block, block + blocks.sizeOf(block)] as const).sort(([a], [b]) => a - b);
    expect(ranges.length).toBeGreaterThan(20);
    for (const [i, [start]] of ranges.entries()) if (i > 0) expect(start).toBeGreaterThanOrEqual(ranges[i - 1]![1]);
    expect(ranges.at(-1)![1]).toBeLessThanOrEqual(memory.byteLength);
    for (const block of taken) blocks.free(block);
    expect(freeLists(memory)).toEqual(before);
    expect(new Int32Array(memory)[USED]).toBe(0);
  });
});

test('holds what a map holds', () => {
  const table = new SharedTable(createMemory(2 ** 20));
  const model = new Map<string, string>();
  const random = seededRandom(7);
  const pick = (most: number): number => Math.floor(random() * most);
  for (let i = 0; i < 20_000; i++) {
    const key = `key:${pick(500)}`;
    if (random() < 0.3) {
      expect(table.delete(key, 0)).toBe(model.delete(key));
    } else {
      const value = String.fromCharCode(pick(256)).repeat(pick(random() < 0.1 ? 900 : 40));
      expect(table.set(key, value, NEVER, 0)).toBe(true);
      model.set(key, value);
    }
  }
  expect(table.size).toBe(model.size);
  for (let i = 0; i < 500; i++) expect(table.get(`key:${i}`, 0)).toBe(model.get(`key:${i}`) ?? null);
});

test('what does not fit is refused without changes; freed room can be used again', () => {
  const table = new SharedTable(createMemory(64 * 1024));
  const value = 'v'.repeat(900);
  let stored = 0;
  while (table.set(`key:${stored}`, value, NEVER, 0)) stored++;
  expect(stored).toBeGreaterThan(50);
  expect(table.set('key:0', 'w'.repeat(5000), NEVER, 0)).toBe(false);
  expect(table.get('key:0', 0)).toBe(value);
  expect(table.size).toBe(stored);
  for (let i = 0; i < stored; i++) expect(table.delete(`key:${i}`, 0)).toBe(true);
  expect(table.set('large', 'x'.repeat(30_000), NEVER, 0)).toBe(true);
  expect(table.get('large', 0)).toHaveLength(30_000);
});

test('an expired key is deleted when it is looked up', () => {
  const table = new SharedTable(createMemory(64 * 1024));
  table.set('k', 'v', 1000, 0);
  expect(table.get('k', 1000)).toBe('v');
  expect(table.expiresAt('k', 1000)).toBe(1000);
  expect(table.size).toBe(1);
  expect(table.get('k', 1001)).toBe(null);
  expect(table.size).toBe(0);
  expect(table.usedBytes).toBe(0);
});

test('a size beyond the limits is refused', () => {
  expect(() => createMemory(1000)).toThrow(RangeError);
  expect(() => createMemory(2 ** 31)).toThrow(RangeError);
});
