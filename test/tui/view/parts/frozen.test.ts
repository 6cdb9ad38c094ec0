import { expect, test } from 'vitest';
import { frozenBadge, newSince, placeRows } from '../../../../src/tui/view/parts/frozen.js';

test.each([
  [frozenBadge(12, 40, 'en'), 'frozen, 12 new, End follows'],
  [frozenBadge(12, 27, 'en'), 'frozen, 12 new, End follows'],
  [frozenBadge(12, 26, 'en'), 'frozen, 12 new'],
  [frozenBadge(1234, 40, 'en', true), 'frozen, 1,234+ new, End follows'],
  // A moment of the history before the view was frozen.
  [frozenBadge(-3, 40, 'en'), 'frozen, 0 new, End follows'],
])('%s', (badge, expected) => {
  expect(badge).toBe(expected);
});

const same = (row: string): string => row;

test('rows keep their places; deleted rows leave a gap, and new rows have no place', () => {
  const frozen = { ids: ['a', 'b', 'c'], offset: 0 };
  expect(placeRows(['c', 'x', 'a'], 0, frozen, same)).toEqual([{ id: 'a', row: 'a' }, { id: 'b', row: null }, { id: 'c', row: 'c' }]);
  expect(newSince(['c', 'x', 'a'], 0, frozen)).toBe(1);
});

test('a table that follows, or of which another part is shown, has its own order', () => {
  for (const frozen of [null, { ids: ['a', 'b'], offset: 50 }]) expect(placeRows(['b', 'a'], 0, frozen, same).map(({ id }) => id)).toEqual(['b', 'a']);
  expect(newSince(['x'], 0, { ids: ['a'], offset: 50 })).toBe(0);
});
