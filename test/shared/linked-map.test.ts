import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LinkedMap } from '../../src/shared/linked-map.js';

test('it holds what a Map would, in the same order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('add', 'add', 'delete', 'delete first', 'clear'), fc.nat(30)), { maxLength: 300, size: 'max' }), (steps) => {
      const linked = new LinkedMap<number, string>();
      const map = new Map<number, string>();
      for (const [step, key] of steps) {
        const first = [...map.keys()][0];
        if (step === 'add' && !map.has(key)) {
          linked.add(key, String(key));
          map.set(key, String(key));
        } else if (step === 'delete') expect(linked.delete(key)).toBe(map.delete(key));
        else if (step === 'delete first' && first !== undefined) expect(linked.delete(linked.firstKey!)).toBe(map.delete(first));
        else if (step === 'clear' && key === 0) {
          linked.clear();
          map.clear();
        }
        expect([linked.size, linked.firstKey, linked.get(key)]).toEqual([map.size, [...map.keys()][0], map.get(key)]);
      }
      expect([...linked.values()]).toEqual([...map.values()]);
    }),
    { numRuns: 200 },
  );
});

test('a walk visits the remaining entries, also when the current entry and later ones are deleted', () => {
  const linked = new LinkedMap<number, number>();
  for (let i = 0; i < 8; i++) linked.add(i, i);
  const visited: number[] = [];
  for (const value of linked.values()) {
    visited.push(value);
    if (value === 2) for (const key of [2, 3, 4]) linked.delete(key);
  }
  expect(visited).toEqual([0, 1, 2, 5, 6, 7]);
});
