import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { growingWindow, tableWindow } from '../../../../src/tui/view/parts/list-window.js';

test.each([
  ['a table that fits', tableWindow(3, 5, -1), [0, 3]],
  ['a table that does not', tableWindow(9, 5, -1), [0, 5]],
  ['with the last row selected', tableWindow(9, 5, 8), [4, 9]],
  ['with a selected row in sight', tableWindow(9, 5, 4), [0, 5]],
  ['with a selected row below', tableWindow(9, 5, 6), [2, 7]],
  ['without rows', tableWindow(0, 5, -1), [0, 0]],
])('%s', (_, { start, end }, expected) => {
  expect([start, end]).toEqual(expected);
});

const FOLLOWING = { frozenAt: null, scroll: 0 };

test('a growing list follows its newest row', () => {
  expect(growingWindow(0, 9, 5, FOLLOWING, -1)).toEqual({ start: 4, end: 9 });
});

test('a view that was left standing does not move when rows come', () => {
  const views = [9, 10, 50].map((end) => growingWindow(0, end, 5, { frozenAt: 9, scroll: 0 }, 7));
  expect(new Set(views.map((view) => JSON.stringify(view)))).toEqual(new Set(['{"start":4,"end":9}']));
});

test('looking back moves the view from where it was left standing', () => {
  expect(growingWindow(0, 50, 5, { frozenAt: 20, scroll: 3 }, -1)).toEqual({ start: 12, end: 17 });
});

test('a selected row above the view brings the view up', () => {
  expect(growingWindow(0, 50, 5, { frozenAt: 20, scroll: 0 }, 3)).toEqual({ start: 3, end: 8 });
});

test('a view whose rows were dropped shows the oldest remaining rows', () => {
  expect(growingWindow(30, 50, 5, { frozenAt: 20, scroll: 0 }, -1)).toEqual({ start: 30, end: 35 });
});

test('the selected row is always in sight, and the window full where it can be, or as full as it was', () => {
  const sizes = fc.record({ first: fc.nat(20), length: fc.nat(50), height: fc.integer({ min: 1, max: 20 }), frozenBack: fc.nat(60), selectedAt: fc.nat(60) });
  fc.assert(
    fc.property(sizes, ({ first, length, height, frozenBack, selectedAt }) => {
      const end = first + length;
      const selected = length === 0 ? -1 : first + (selectedAt % length);
      const frozenAt = Math.max(0, end - frozenBack);
      const view = growingWindow(first, end, height, { frozenAt, scroll: 0 }, selected);
      const there = first > 0 ? length : Math.max(frozenAt, selected + 1);
      expect(view.end - view.start).toBe(Math.min(height, there));
      if (selected !== -1) expect(view.start <= selected && selected < view.end).toBe(true);
    }),
  );
});
