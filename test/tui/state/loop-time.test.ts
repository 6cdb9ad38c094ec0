import { expect, test } from 'vitest';
import { LoopTime } from '../../../src/tui/state/loop-time.js';

test('between two messages of the loop its time goes on, unless it is held or virtual', () => {
  let clockMs = 100;
  const time = new LoopTime(() => clockMs);
  expect(time.read()).toBe(Number.NaN);
  time.set(1000);
  clockMs += 50;
  expect(time.read()).toBe(1050);
  time.hold(true);
  clockMs += 50;
  expect(time.read()).toBe(1050);
  const virtual = new LoopTime(() => 0);
  virtual.set(1000);
  expect(virtual.read()).toBe(1000);
});
