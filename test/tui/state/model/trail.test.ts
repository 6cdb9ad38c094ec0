import { expect, test } from 'vitest';
import { Trail } from '../../../../src/tui/state/model/trail.js';

const upTo = (count: number, limit = 64): Trail<number> => {
  let trail = Trail.empty<number>(limit);
  for (let i = 0; i < count; i++) trail = trail.append(i);
  return trail;
};

test.each([0, 1, 31, 32, 33, 64, 65, 100, 1000])('after %i appends the newest are there, at most a block more than the limit', (count) => {
  const trail = upTo(count);
  expect(trail.end).toBe(count);
  expect(trail.length).toBeGreaterThanOrEqual(Math.min(count, 64 - 31));
  expect(trail.length).toBeLessThanOrEqual(64 + 32);
  expect(trail.items()).toEqual(Array.from({ length: trail.length }, (_, i) => trail.first + i));
});

test('an item keeps its position for ever', () => {
  const trail = upTo(150);
  expect([trail.get(149), trail.get(trail.first), trail.get(trail.first - 1), trail.get(150)]).toEqual([149, trail.first, undefined, undefined]);
  expect(trail.slice(140, 143)).toEqual([140, 141, 142]);
  expect(trail.slice(0, trail.first + 1)).toEqual([trail.first]);
});

test('to replace an item leaves the trail before as it was', () => {
  const before = upTo(40);
  const after = before.replace(5, -5);
  expect([before.get(5), after.get(5), after.get(6), after.newest]).toEqual([5, -5, 6, 39]);
});

test('to replace a forgotten item changes nothing', () => {
  const trail = upTo(500);
  expect(trail.replace(1, -1)).toBe(trail);
});
