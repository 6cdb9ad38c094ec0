/** The statistics of the bench, by hand-calculated values: no timing. */
import { expect, test } from 'vitest';
// @ts-expect-error A script has no declarations.
import * as statistics from '../../bench/statistics.mjs';

interface Interval {
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}
const { median, medianInterval, confidenceOf, compare, ahead, width } = statistics as {
  median(numbers: readonly number[]): number;
  medianInterval(numbers: readonly number[], wanted?: number): Interval;
  confidenceOf(k: number, n: number): number;
  compare(first: readonly number[], second: readonly number[]): Interval & { first: number; second: number; ratio: number; rounds: number };
  ahead(interval: Interval, first: string, second: string): string;
  width(interval: { low: number; high: number; ratio: number }): number;
};

const to = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

test('the median is the value in the middle, or the mean of both, in whatever order the values are', () => {
  expect(median([30, 10, 20])).toBe(20);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([10, 9, 100])).toBe(10);
});

test('the confidence of an interval of order statistics is that of the binomial distribution', () => {
  expect(confidenceOf(1, 3)).toBe(0.75);
  expect(confidenceOf(1, 5)).toBeCloseTo(1 - 2 / 32, 12);
  // 1 + 15 + 105 + 455 of 2^15 possibilities on each side.
  expect(confidenceOf(4, 15)).toBeCloseTo(1 - (2 * 576) / 32_768, 12);
});

test('the interval of 15 rounds is from the 4th smallest to the 4th largest, that of 45 from the 16th', () => {
  expect(medianInterval(to(15).toReversed())).toMatchObject({ low: 4, high: 12 });
  expect(medianInterval(to(45))).toMatchObject({ low: 16, high: 30 });
  expect(medianInterval(to(15)).confidence).toBeGreaterThanOrEqual(0.95);
});

test('the interval of fewer than six rounds is their range, and says that it is less than 95 %', () => {
  expect(medianInterval([3, 1, 2])).toEqual({ low: 1, high: 3, confidence: 0.75 });
  expect(medianInterval([7])).toEqual({ low: 7, high: 7, confidence: 0 });
  expect(medianInterval(to(6))).toMatchObject({ low: 1, high: 6 });
});

test('one disturbed round of 15 changes neither the interval nor who is ahead', () => {
  const quiet = to(15).map((i) => 0.9 + i / 1000);
  const disturbed = quiet.with(14, 50);
  expect(medianInterval(disturbed)).toEqual(medianInterval(quiet));
});

test('ratios are taken in each round, so that a machine that becomes slower does not matter', () => {
  const { ratio, low, high, first, second, rounds } = compare([9, 18, 27], [10, 20, 30]);
  expect([ratio, low, high].map((value) => value.toFixed(6))).toEqual(['0.900000', '0.900000', '0.900000']);
  expect({ first, second, rounds }).toEqual({ first: 18, second: 20, rounds: 3 });
  expect(() => compare([1, 2], [1])).toThrow('2 and 1 rounds cannot be compared');
});

test('ahead is only the one that needs less in the whole interval', () => {
  expect(ahead({ low: 0.9, high: 0.99, confidence: 0.95 }, 'lab', 'redis')).toBe('lab');
  expect(ahead({ low: 1.01, high: 1.1, confidence: 0.95 }, 'lab', 'redis')).toBe('redis');
  expect(ahead({ low: 0.9, high: 1.1, confidence: 0.95 }, 'lab', 'redis')).toBe('neither');
  expect(ahead({ low: 1, high: 1, confidence: 0.95 }, 'lab', 'redis')).toBe('neither');
  expect(ahead(compare([1], [2]), 'lab', 'redis')).toBe('neither');
});

test('the width of an interval is relative to the ratio', () => {
  expect(width({ low: 0.9, high: 1.1, ratio: 2 })).toBeCloseTo(0.1, 12);
});
