import { expect, test } from 'vitest';
import { NumberGenerator } from '../../../src/server/scripting/number-generator.js';

test('the first numbers are those of drand48 without a seed', () => {
  const numbers = new NumberGenerator();
  expect([numbers.next(), numbers.next()].map((value) => Math.floor(value * 1e6))).toEqual([396464, 840485]);
});

test('the same seed gives the same numbers', () => {
  const [first, second] = [new NumberGenerator(), new NumberGenerator()];
  first.seed(5);
  second.seed(5.7);
  expect(first.next()).toBe(second.next());
});

test('a seed that is not a number counts as zero', () => {
  const [first, second] = [new NumberGenerator(), new NumberGenerator()];
  first.seed(Infinity);
  second.seed(0);
  expect(first.next()).toBe(second.next());
});
