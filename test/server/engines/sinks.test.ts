/**
 * Rings of sinks: what was propagated comes out in the same order, across the wrap of the ring and of its counters; a sink that is too slow is disconnected.
 */
import { expect, test } from 'vitest';
import { createSinks, MOST_SINKS, NO_SINK, Sinks } from '../../../src/server/engines/sinks.js';
import { seededRandom } from '../../../src/shared/random.js';

test('every sink gets what was propagated, in chunks of any size', () => {
  const sinks = new Sinks(createSinks());
  expect(sinks.isEmpty).toBe(true);
  const numbers = [sinks.open(), sinks.open()];
  const random = seededRandom(3);
  const taken = numbers.map(() => '');
  let propagated = '';
  for (let i = 0; i < 20_000; i++) {
    const line = `${i}:${'x'.repeat(Math.floor(random() * 60))}\r\n`;
    propagated += line;
    sinks.propagate(line);
    numbers.forEach((sink, at) => {
      const into = Buffer.alloc(1 + Math.floor(random() * 300));
      taken[at] += into.latin1Slice(0, sinks.take(sink, into, 0));
    });
  }
  numbers.forEach((sink, at) => {
    const into = Buffer.alloc(1000);
    for (let count = sinks.take(sink, into, 0); count > 0; count = sinks.take(sink, into, 0)) taken[at] += into.latin1Slice(0, count);
  });
  expect(propagated.length).toBeGreaterThan(512 * 1024);
  expect(taken[0] === propagated && taken[1] === propagated).toBe(true);
});

test('a sink that does not read is disconnected, and the others continue', () => {
  const sinks = new Sinks(createSinks());
  const [slow, quick] = [sinks.open(), sinks.open()];
  const into = Buffer.alloc(2000);
  for (let i = 0; i < 400; i++) {
    sinks.propagate('y'.repeat(1000));
    expect(sinks.take(quick, into, 0)).toBe(1000);
  }
  expect(sinks.take(slow, into, 0)).toBe(-1);
  sinks.close(slow);
  expect(sinks.isEmpty).toBe(false);
  sinks.close(quick);
  expect(sinks.isEmpty).toBe(true);
});

test('the number of sinks is limited; closing one makes room', () => {
  const sinks = new Sinks(createSinks());
  const numbers = Array.from({ length: MOST_SINKS }, () => sinks.open());
  expect(new Set(numbers).size).toBe(MOST_SINKS);
  expect(sinks.open()).toBe(NO_SINK);
  sinks.close(numbers[5]!);
  expect(sinks.open()).toBe(numbers[5]);
});
