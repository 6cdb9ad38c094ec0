import { expect, test } from 'vitest';
import { seededRandom } from '../../src/shared/random.js';

const next = (random: () => number, count: number): number[] => Array.from({ length: count }, random);

test('the same seed gives the same numbers, another one others, all in [0, 1)', () => {
  const numbers = next(seededRandom(5), 1000);
  expect(next(seededRandom(5), 1000)).toEqual(numbers);
  expect(next(seededRandom(6), 1000)).not.toEqual(numbers);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
});

test('a generator goes on where another was captured', () => {
  const random = seededRandom(5);
  next(random, 7);
  const state = random.capture();
  const expected = next(random, 10);
  const other = seededRandom(1);
  other.restore(state);
  expect(next(other, 10)).toEqual(expected);
  random.restore(state);
  expect(next(random, 10)).toEqual(expected);
});
