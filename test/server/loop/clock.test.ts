import { expect, test } from 'vitest';
import { ManualClock, SystemClock } from '../../../src/server/loop/clock.js';

/** Busy-waits a few milliseconds, so that the system's clock visibly moves. */
function burn(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('readings are cached until the next refresh', () => {
  const clock = new SystemClock();
  const { nowUs } = clock;
  burn(2);
  expect(clock.nowUs).toBe(nowUs);
  expect(clock.readUs()).toBeGreaterThanOrEqual(nowUs + 2000);
  clock.refresh();
  expect(clock.nowUs).toBeGreaterThanOrEqual(nowUs + 2000);
});

test('a held clock stops, and continues as if no time had passed', () => {
  const clock = new SystemClock();
  clock.hold();
  const held = { us: clock.readUs(), ms: clock.nowMs };
  burn(5);
  clock.refresh();
  expect(clock.readUs()).toBe(held.us);
  expect(clock.nowMs).toBe(held.ms);
  clock.release();
  const lost = clock.readUs() - held.us;
  expect(lost).toBeGreaterThanOrEqual(0);
  expect(lost).toBeLessThan(5000);
  clock.refresh();
  expect(clock.nowMs - held.ms).toBeLessThanOrEqual(5);
});

test('holding twice and releasing once too often change nothing', () => {
  const clock = new SystemClock();
  clock.release();
  clock.hold();
  const us = clock.readUs();
  burn(2);
  clock.hold();
  expect(clock.readUs()).toBe(us);
  clock.release();
  clock.release();
  expect(clock.readUs()).toBeGreaterThanOrEqual(us);
});

test('a manual clock moves only on request', () => {
  const clock = new ManualClock(1000);
  clock.refresh();
  expect([clock.nowMs, clock.nowUs]).toEqual([1000, 0]);
  clock.advance(250);
  expect([clock.nowMs, clock.readUs()]).toEqual([1250, 250_000]);
});

test('with a manual clock whose readings have a cost, time passes within a turn, and shows at the next one', () => {
  const clock = new ManualClock(1000);
  clock.costUs = 400;
  expect([clock.readUs(), clock.readUs(), clock.nowUs, clock.nowMs]).toEqual([400, 800, 0, 1000]);
  clock.refresh();
  expect([clock.nowUs, clock.nowMs]).toEqual([800, 1000]);
  clock.readUs();
  clock.refresh();
  expect([clock.nowUs, clock.nowMs]).toEqual([1200, 1001]);
});
