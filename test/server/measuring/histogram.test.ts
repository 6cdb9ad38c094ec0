import { expect, test } from 'vitest';
import { Histogram } from '../../../src/server/measuring/histogram.js';

function of(...durationsUs: number[]): Histogram {
  const histogram = new Histogram();
  for (const us of durationsUs) histogram.record(us);
  return histogram;
}

/** What redis-server reports for one call of this many microseconds. */
test.each([
  [2, 2.007],
  [8, 8.031],
  [11, 11.007],
  [20, 20.095],
  [31, 31.103],
  [897, 897.023],
  [20182, 20185.087],
  [70197, 70254.591],
])('a call of %d µs counts as %d µs', (us, shown) => {
  expect(of(us).percentileUs(50)).toBe(shown);
});

test('percentiles are durations that this share of calls did not exceed', () => {
  const histogram = of(...Array.from({ length: 99 }, () => 10), 1000);
  expect(histogram.percentileUs(50)).toBeCloseTo(10, 1);
  expect(histogram.percentileUs(99)).toBeCloseTo(10, 1);
  expect(histogram.percentileUs(99.9)).toBeCloseTo(1000, -1);
  expect(histogram.percentileUs(100)).toBeCloseTo(1000, -1);
  expect(new Histogram().percentileUs(50)).toBe(0);
});

test('cumulative steps double, and leave out those that add nothing', () => {
  expect(of(11).cumulative()).toEqual([16, 1]);
  expect(of(0.5, 3, 3, 11, 30).cumulative()).toEqual([1, 1, 4, 3, 16, 4, 33, 5]);
  expect(new Histogram().cumulative()).toEqual([]);
});

test('a call longer than a second counts as a second', () => {
  const histogram = of(5_000_000);
  expect(histogram.total).toBe(1);
  expect(histogram.cumulative().at(-1)).toBe(1);
  expect(histogram.percentileUs(50)).toBeGreaterThan(999_000);
});

test('the exact duration of the longest call is known, and limits cut percentiles', () => {
  const histogram = of(10.5, 10.5, 19_700_000);
  expect(histogram.longestUs).toBe(19_700_000);
  expect(histogram.cutPercentileUs(100)).toBe(19_700_000);
  expect(histogram.cutPercentileUs(50)).toBe(histogram.percentileUs(50));
  expect(of(897).cutPercentileUs(99)).toBe(897);
  expect(new Histogram().cutPercentileUs(99)).toBe(0);
});
