import { expect, test } from 'vitest';
import { type Checkpoint, Checkpoints, DENSE_MS } from '../../../src/server/history/checkpoints.js';

const MB = 2 ** 20;

/** One for every 100 ms of work, each after 10 turns and a megabyte of tape. */
function checkpoint(number: number, bytes: number): Checkpoint {
  return { turn: number * 10, unixMs: number, commands: number, tapeOffset: number * MB, workMs: number * DENSE_MS, state: number === 0 ? null : new SharedArrayBuffer(bytes) };
}

function grown(count: number, bytes: number, budget: number): Checkpoints {
  const checkpoints = new Checkpoints(checkpoint(0, 0));
  for (let number = 1; number <= count; number++) {
    checkpoints.add(checkpoint(number, bytes));
    expect(checkpoints.fit(budget, (number + 1) * MB)).toBe(true);
  }
  return checkpoints;
}

const turnsOf = (checkpoints: Checkpoints, turns: number): number[] => [...new Set(Array.from({ length: turns }, (_, turn) => checkpoints.before(turn).turn))];

test('all are kept as long as there is room', () => {
  const checkpoints = grown(9, MB, 64 * MB);
  expect({ count: checkpoints.count, bytes: checkpoints.bytes, oldest: checkpoints.oldest.turn }).toEqual({ count: 10, bytes: 9 * MB, oldest: 0 });
  expect([checkpoints.before(1).turn, checkpoints.before(50).turn, checkpoints.before(51).turn, checkpoints.before(1000).turn]).toEqual([0, 40, 50, 90]);
});

test('without room they are thinned out further back, and then the oldest are dropped; the newest always stay', () => {
  const checkpoints = grown(100, MB, 30 * MB);
  expect(checkpoints.bytes + 101 * MB - checkpoints.oldest.tapeOffset).toBeLessThanOrEqual(30 * MB);
  const turns = turnsOf(checkpoints, 2000);
  expect(turns.at(-1)).toBe(1000);
  const gaps = turns.slice(1).map((turn, at) => turn - turns[at]!);
  expect(gaps).toEqual(gaps.toSorted((one, other) => other - one));
  expect(Math.max(...gaps)).toBe(20);
  // The tape takes twice as much as the kept checkpoints: nearly everywhere one of two is left.
  expect(turns[0]).toBeGreaterThan(750);
  expect(turns[0]).toBeLessThan(850);
});

test('for a turn before the oldest checkpoint that one is returned', () => {
  const checkpoints = grown(100, MB, 30 * MB);
  expect(checkpoints.before(5)).toBe(checkpoints.oldest);
});

test('reports if nothing fits', () => {
  const checkpoints = new Checkpoints(checkpoint(0, 0));
  checkpoints.add(checkpoint(1, 40 * MB));
  expect(checkpoints.fit(30 * MB, 2 * MB)).toBe(false);
});
