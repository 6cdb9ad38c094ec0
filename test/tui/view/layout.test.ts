import { assert, boolean, constantFrom, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { PANE_IDS, type PaneId } from '../../../src/tui/state/pane-id.js';
import { layoutOf } from '../../../src/tui/view/layout.js';

test('on any screen that is large enough the panes cover it, and none covers another', () => {
  assert(
    property(integer({ min: 60, max: 260 }), integer({ min: 16, max: 90 }), constantFrom(...PANE_IDS), boolean(), (width, height, focus, isZoomed) => {
      const layout = layoutOf({ width, height }, { focus, isZoomed })!;
      const covered = Array.from({ length: height }, () => new Array<number>(width).fill(0));
      for (const place of layout.places) for (let y = place.y; y < place.y + place.height; y++) for (let x = place.x; x < place.x + place.width; x++) covered[y]![x]!++;
      const between = covered.slice(layout.headerRows, height - layout.footerRows);
      expect(between.every((row) => row.every((count) => count === 1))).toBe(true);
      expect(layout.places.map(({ pane }) => pane).toSorted()).toEqual(isZoomed ? [focus] : PANE_IDS.toSorted());
      expect(layout.places.every((place) => place.height >= 3 && place.width >= 20)).toBe(true);
    }),
  );
});

test.each([
  [59, 40],
  [120, 15],
])('%i×%i is too small', (width, height) => {
  expect(layoutOf({ width, height }, { focus: 'loop', isZoomed: false })).toBeNull();
});

test('where rows are few, the pane in focus has those that its neighbours can spare', () => {
  const heights = (focus: PaneId, width: number, height: number): Partial<Record<PaneId, number>> =>
    Object.fromEntries(layoutOf({ width, height }, { focus, isZoomed: false })!.places.map((place) => [place.pane, place.height]));
  expect(heights('repl', 80, 24)).toEqual({ loop: 14, repl: 8, tokens: 6, readiness: 5, frames: 5, keyspace: 6 });
  expect(heights('frames', 80, 24)).toEqual({ loop: 14, repl: 8, tokens: 5, readiness: 4, frames: 9, keyspace: 4 });
  expect(heights('repl', 120, 40)).toEqual({ loop: 22, repl: 15, tokens: 11, readiness: 8, frames: 9, keyspace: 9 });
  expect(heights('tokens', 120, 40)).toEqual({ loop: 22, repl: 15, tokens: 17, readiness: 6, frames: 7, keyspace: 7 });
  expect(heights('frames', 200, 60)).toEqual(heights('repl', 200, 60));
});

test('where there is room, keys and their values have most of the width, and the console no more rows than it is read by', () => {
  const places = layoutOf({ width: 200, height: 60 }, { focus: 'repl', isZoomed: false })!.places;
  const sizeOf = (id: PaneId): [number, number] => places.filter(({ pane }) => pane === id).map(({ width, height }): [number, number] => [width, height])[0]!;
  expect(sizeOf('keyspace')).toEqual([140, 17]);
  expect(sizeOf('repl')).toEqual([140, 14]);
  expect(sizeOf('tokens')).toEqual([76, 26]);
});
