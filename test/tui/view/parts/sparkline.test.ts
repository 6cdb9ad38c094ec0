import { expect, test } from 'vitest';
import { chart, sparkline } from '../../../../src/tui/view/parts/sparkline.js';
import { createTheme } from '../../../../src/tui/view/theme.js';

const unicode = createTheme({ palette: 'plain', ascii: false }).glyphs;
const ascii = createTheme({ palette: 'plain', ascii: true }).glyphs;

test.for([
  [[], 3, '   '],
  [[0, 0], 3, ' ▁▁'],
  [[0, 1, 2, 4, 8], 5, '▁▂▃▅█'],
  [[1, 1000], 2, '▂█'],
  [[9, 9, 9, 1, 2], 2, '▅█'],
  [[5], 0, ''],
] as const)('%j in %i columns is "%s"', ([values, columns, expected]) => {
  expect(sparkline(values, columns, unicode)).toBe(expected);
});

test('in ASCII it is made of the theme’s own characters', () => {
  expect(sparkline([0, 1, 5], 3, ascii)).toBe('_.#');
});

test('a chart starts at its lowest row, and the highest value fills all rows', () => {
  expect(chart([0, 1, 8, 12, 16], 6, 2, unicode)).toEqual(['    ▄█', '  ▁███']);
  expect(chart([3, 6], 2, 1, unicode)).toEqual([sparkline([3, 6], 2, unicode)]);
  expect(chart([], 3, 2, unicode)).toEqual(['   ', '   ']);
});
