import { expect, test } from 'vitest';
import { WallTime } from '../../../src/tui/state/wall-time.js';

test('a loop that was never held has the time of the wall', () => {
  const wall = new WallTime();
  wall.saw(1000, 0);
  expect([wall.wallOf(500), wall.loopOf(500)]).toEqual([500, 500]);
});

test('after a pause the wall-clock time is later than the loop\'s, and the conversion back gives the same moment', () => {
  const wall = new WallTime();
  wall.saw(1000, 0);
  // Held at 2000 for a minute, of which two looks have seen a part; and at 3000 for ten seconds, into which no look fell.
  for (const [heldAtMs, lagMs] of [[2000, 400], [2000, 59_000], [2000, 60_000], [3000, 70_000]] as const) wall.saw(heldAtMs, lagMs);
  expect([1000, 2000, 2001, 2500, 3000, 3001, 4000].map((loopMs) => wall.wallOf(loopMs))).toEqual([1000, 2000, 62_001, 62_500, 63_000, 73_001, 74_000]);
  for (const loopMs of [1000, 2000, 2500, 3000, 4000]) expect(wall.loopOf(wall.wallOf(loopMs))).toBe(loopMs);
});

test('in a pause the loop is at its last moment', () => {
  const wall = new WallTime();
  wall.saw(2000, 59_000);
  wall.saw(2000, 60_000);
  expect(wall.loopOf(30_000)).toBe(2000);
  expect(wall.loopOf(62_500)).toBe(2500);
});
