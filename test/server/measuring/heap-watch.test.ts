/** HeapWatch, on a heap that is as full as the test says: collecting frees the garbage. */
import { beforeEach, expect, test } from 'vitest';
import { HeapWatch } from '../../../src/server/measuring/heap-watch.js';
import { heapLimits } from '../../../src/server/thread/start-thread.js';

const MB = 2 ** 20;

/** Of a heap of 1000 MB. */
let live: number;
let garbage: number;
let collections: number;
let lines: string[];
let watch: HeapWatch;

beforeEach(() => {
  live = garbage = collections = 0;
  lines = [];
  const heap = {
    limit: 1000 * MB,
    used: () => (live + garbage) * MB,
    collect() {
      garbage = 0;
      collections++;
    },
  };
  watch = new HeapWatch(heap, (message) => lines.push(message));
});

/** Checks the heap with this many MB live, which the keyspace counts, and this much garbage. */
function look(liveMb: number, garbageMb = 0): number {
  live = liveMb;
  garbage = garbageMb;
  return watch.look(live * MB);
}

test('a heap with room is not collected, and checked ten times a second while there is plenty', () => {
  expect(look(690)).toBe(100);
  look(790);
  expect(look(100, 550)).toBe(100);
  expect({ collections, lines, isFull: watch.isFull }).toEqual({ collections: 0, lines: [], isFull: false });
});

test('at 80 % it is logged once, with advice about maxmemory, and before that it is checked more often', () => {
  expect(look(700)).toBeLessThan(100);
  look(800);
  look(820);
  look(880);
  expect(lines).toEqual([expect.stringMatching(/^The heap of the loop's thread is 80 % full, 800 MB of 1000 MB\. At 90 % writes are refused\. maxmemory /)]);
  expect(watch.isFull).toBe(false);
  look(600);
  look(810);
  expect(lines).toHaveLength(2);
});

test('at 90 % commands that need memory are refused, until there is room again', () => {
  look(800);
  look(900);
  expect(watch.isFull).toBe(true);
  look(905);
  expect(lines.slice(1)).toEqual([expect.stringMatching(/^The heap of the loop's thread is 90 % full: commands that need memory are refused/)]);
  look(895);
  expect(watch.isFull).toBe(false);
  expect(lines.at(-1)).toContain('has room again');
});

test('a heap that grows from room to full between two checks is full at once', () => {
  look(700);
  look(950);
  expect(watch.isFull).toBe(true);
});

test('garbage is collected before anything is logged or refused', () => {
  look(600, 350);
  expect({ lines, isFull: watch.isFull }).toEqual({ lines: [], isFull: false });
  look(600, 350);
  expect({ lines, isFull: watch.isFull }).toEqual({ lines: [], isFull: false });
});

test('near the limit not every check collects', () => {
  look(890);
  const before = collections;
  for (let i = 0; i < 50; i++) look(890, 10 + (i % 10));
  expect(collections - before).toBeLessThanOrEqual(1);
  look(890, 40);
  expect(collections - before).toBeLessThanOrEqual(2);
});

test('while the heap is full its garbage is collected only when the keyspace has become smaller', () => {
  look(800);
  look(910);
  const before = collections;
  for (let i = 0; i < 50; i++) look(910);
  expect(collections).toBe(before);
  // Keys were deleted: V8 still has their memory.
  look(500, 410);
  expect(collections).toBe(before + 1);
  expect(watch.isFull).toBe(false);
});

test('within a script it is checked once the keyspace has grown or shrunk by a 256th of the limit', () => {
  look(600);
  live = 950;
  watch.lookIfChanged(603 * MB);
  expect(watch.isFull).toBe(false);
  watch.lookIfChanged(604 * MB);
  expect(watch.isFull).toBe(true);
  live = 100;
  watch.lookIfChanged(601 * MB);
  expect(watch.isFull).toBe(true);
  watch.lookIfChanged(100 * MB);
  expect(watch.isFull).toBe(false);
});

test.each([
  { where: 'a machine of 24 GB', total: 24_000, constrained: 0, flags: '', data: 21_600, v8: 27_000 },
  { where: 'a container of 1 GB on it', total: 24_000, constrained: 1000, flags: '', data: 900, v8: 1125 },
  { where: 'a container without a limit, which Node gives as an enormous number', total: 24_000, constrained: 2 ** 44, flags: '', data: 21_600, v8: 27_000 },
  { where: 'a machine of 256 MB', total: 256, constrained: 0, flags: '', data: 192, v8: 240 },
  { where: 'a machine of 100 MB', total: 100, constrained: 0, flags: '', data: 50, v8: 82 },
  { where: 'a limit that was named', total: 24_000, constrained: 0, flags: '--no-warnings --max-old-space-size=300', data: 240, v8: 300 },
  { where: 'a small limit that was named', total: 24_000, constrained: 0, flags: '--max-old-space-size=96', data: 64, v8: 96 },
  { where: 'a limit in the other spelling', total: 24_000, constrained: 0, flags: '--max_old_space_size=300', data: 240, v8: 300 },
])('$where gives the data of the loop thread $data MB, and V8 $v8', ({ total, constrained, flags, data, v8 }) => {
  expect(heapLimits(total * MB, constrained * MB, flags)).toEqual({ dataMb: data, v8Mb: v8 });
});
