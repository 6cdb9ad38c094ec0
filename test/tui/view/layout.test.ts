import { assert, constantFrom, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { PANE_IDS } from '../../../src/tui/state/pane-id.js';
import { layoutOf } from '../../../src/tui/view/layout.js';

test('on any screen that is large enough the panes cover it, and none covers another', () => {
  assert(
    property(integer({ min: 60, max: 260 }), integer({ min: 16, max: 90 }), constantFrom(null, ...PANE_IDS), (width, height, zoomed) => {
      const layout = layoutOf({ width, height }, zoomed)!;
      const covered = Array.from({ length: height }, () => new Array<number>(width).fill(0));
      for (const place of layout.places) for (let y = place.y; y < place.y + place.height; y++) for (let x = place.x; x < place.x + place.width; x++) covered[y]![x]!++;
      const between = covered.slice(layout.headerRows, height - layout.footerRows);
      expect(between.every((row) => row.every((count) => count === 1))).toBe(true);
      expect(layout.places.map(({ pane }) => pane).toSorted()).toEqual(zoomed === null ? PANE_IDS.toSorted() : [zoomed]);
      expect(layout.places.every((place) => place.height >= 3 && place.width >= 20)).toBe(true);
    }),
  );
});

test.each([
  [59, 40],
  [120, 15],
])('%i×%i is too small', (width, height) => {
  expect(layoutOf({ width, height }, null)).toBeNull();
});
