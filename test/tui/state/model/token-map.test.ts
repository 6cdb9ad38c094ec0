import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenMap } from '../../../../src/tui/state/model/token-map.js';

test('a change makes a new map and leaves the one before as it was', () => {
  const before = TokenMap.empty<string>().with(7, 'a');
  const after = before.with(7, 'b').with(1031, 'c');
  expect([before.get(7), before.size]).toEqual(['a', 1]);
  expect([after.get(7), after.get(1031), after.size]).toEqual(['b', 'c', 2]);
});

test('what changes nothing gives the same map', () => {
  const map = TokenMap.empty<string>().with(7, 'a');
  expect(map.with(7, 'a')).toBe(map);
  expect(map.without(8)).toBe(map);
  expect(map.without(1031)).toBe(map);
});

test('a map of tokens holds what a Map holds, in the order of the tokens', () => {
  const change = fc.record({ token: fc.oneof(fc.nat(40), fc.nat(5000)), value: fc.option(fc.nat(9)) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const expected = new Map<number, number>();
      let map = TokenMap.empty<number>();
      for (const { token, value } of changes) {
        if (value === null) expected.delete(token);
        else expected.set(token, value);
        map = value === null ? map.without(token) : map.with(token, value);
      }
      expect(map.size).toBe(expected.size);
      expect(map.sorted()).toEqual([...expected].sort((a, b) => a[0] - b[0]).map(([, value]) => value));
      for (const { token } of changes) expect(map.get(token)).toBe(expected.get(token));
    }),
  );
});
