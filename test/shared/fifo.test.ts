import { array, assert, constantFrom, nat, oneof, property } from 'fast-check';
import { expect, test, vi } from 'vitest';
import { Fifo } from '../../src/shared/fifo.js';

test('it gives back what was put in, in that order, as an array would', () => {
  assert(
    property(array(oneof(nat(), constantFrom('shift', 'shift', 'shift', 'clear')), { maxLength: 2000, size: 'max' }), (steps) => {
      const fifo = new Fifo<number>();
      const expected: number[] = [];
      for (const step of steps) {
        if (step === 'clear') expected.length = 0;
        if (step === 'clear') fifo.clear();
        else if (step === 'shift') expect(fifo.shift()).toBe(expected.shift());
        else {
          fifo.push(step as number);
          expected.push(step as number);
        }
        expect([fifo.length, fifo.first, fifo.at(1)]).toEqual([expected.length, expected[0], expected[1]]);
      }
      expect([...fifo]).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});

test('taking from a long queue moves each item once at most', () => {
  const fifo = new Fifo<number>();
  for (let i = 0; i < 200_000; i++) fifo.push(i);
  const slice = vi.spyOn(Array.prototype, 'slice');
  for (let i = 0; i < 200_000; i++) fifo.shift();
  const moved = slice.mock.results.reduce((sum, { value }) => sum + (value as unknown[]).length, 0);
  slice.mockRestore();
  expect(moved).toBeLessThanOrEqual(200_000);
});
