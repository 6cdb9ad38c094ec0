import { describe, expect, test } from 'vitest';
import { idleMs, lfuCounter, lfuInitial, lfuTouched, lruClock } from '../../../src/server/keyspace/access.js';

const MINUTE_MS = 60_000;
const always = (): number => 0;
const never = (): number => 0.999_999;

describe('the LRU clock', () => {
  test('counts seconds in 24 bits', () => {
    expect(lruClock(0x1000005 * 1000 + 999)).toBe(5);
  });

  test('returns idle time in whole seconds, also across its wrap', () => {
    expect(idleMs(lruClock(5_000), 65_500)).toBe(60_000);
    const beforeWrap = 0xffffff * 1000;
    expect(idleMs(lruClock(beforeWrap), beforeWrap + 3000)).toBe(2000);
  });
});

describe('the LFU counter', () => {
  test('starts at 5', () => {
    expect(lfuCounter(lfuInitial(0), 0, 1)).toBe(5);
  });

  test.each([
    [0, 1, 5],
    [3 * MINUTE_MS, 1, 2],
    [3 * MINUTE_MS, 2, 4],
    [90 * MINUTE_MS, 1, 0],
    [90 * MINUTE_MS, 0, 5],
    // The minutes wrap at 16 bits.
    [65_535 * MINUTE_MS + 2 * MINUTE_MS, 1, 4],
  ])('after %d ms with a decay time of %d is %d', (elapsedMs, decayTime, expected) => {
    expect(lfuCounter(lfuInitial(0), elapsedMs, decayTime)).toBe(expected);
  });

  test('rises by chance, and never beyond 255', () => {
    expect(lfuCounter(lfuTouched(lfuInitial(0), 0, 1, 10, always), 0, 1)).toBe(6);
    // At 5 and below a use always counts; above, with decreasing probability.
    const six = lfuTouched(lfuInitial(0), 0, 1, 10, never);
    expect(lfuCounter(six, 0, 1)).toBe(6);
    expect(lfuCounter(lfuTouched(six, 0, 1, 10, never), 0, 1)).toBe(6);
    expect(lfuCounter(lfuTouched(255, 0, 1, 10, always), 0, 1)).toBe(255);
  });

  test('grows with the logarithm of the uses: about 10 after a hundred, 18 after a thousand', () => {
    let state = 1;
    const random = (): number => (state = Math.imul(state, 48271) % 0x7fffffff) / 0x7fffffff;
    const counterAfter = (uses: number): number => {
      let access = lfuInitial(0);
      for (let i = 0; i < uses; i++) access = lfuTouched(access, 0, 1, 10, () => Math.abs(random()));
      return lfuCounter(access, 0, 1);
    };
    expect(counterAfter(100)).toBeGreaterThanOrEqual(8);
    expect(counterAfter(100)).toBeLessThanOrEqual(13);
    expect(counterAfter(1000)).toBeGreaterThanOrEqual(15);
    expect(counterAfter(1000)).toBeLessThanOrEqual(23);
  });
});
