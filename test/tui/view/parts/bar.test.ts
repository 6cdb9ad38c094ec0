import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bar, shareOut, stackedBar } from '../../../../src/tui/view/parts/bar.js';
import { width } from '../../../../src/tui/view/text.js';
import { createTheme } from '../../../../src/tui/view/theme.js';

const theme = createTheme({ palette: 'plain', ascii: false });
const { glyphs } = theme;
const colored = createTheme({ palette: 'color', ascii: false });
const plain = (text: string): string => text;
const red = (text: string): string => `\x1b[31m${text}\x1b[39m`;

test.for([
  [0, 10, '──────────'],
  [0.5, 10, '━━━━━─────'],
  [0.001, 10, '━─────────'],
  [0.999, 10, '━━━━━━━━━─'],
  [1, 10, '━━━━━━━━━━'],
  [7, 3, '━━━'],
  [-1, 3, '───'],
  [Number.NaN, 3, '───'],
  [0.5, 1, '━'],
  [0.5, 0, ''],
] as const)('a bar of %f in %i columns is %s', ([fraction, columns, expected]) => {
  expect(bar(fraction, columns, glyphs)).toBe(expected);
});

test.for([
  [[1, 1], 10, [5, 5]],
  [[1, 1, 1], 10, [4, 3, 3]],
  [[1000, 1, 1], 10, [8, 1, 1]],
  [[3, 0, 1], 4, [3, 0, 1]],
  [[1, 2, 3], 2, [0, 1, 1]],
  [[0, 0], 5, [0, 0]],
  [[1], 0, [0]],
] as const)('%j share %i columns as %j', ([values, columns, expected]) => {
  expect(shareOut(values, columns)).toEqual(expected);
});

test('shares always add up, and nothing that is there is lost while there is room', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { maxLength: 8 }), fc.nat(200), (values, columns) => {
      const shares = shareOut(values, columns);
      const isEmpty = values.every((value) => value === 0);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(isEmpty ? 0 : columns);
      if (columns >= values.length) values.forEach((value, i) => expect(shares[i]! > 0).toBe(value > 0));
    }),
  );
});

test('the parts of a stacked bar have their names in them, as much of these as there is room for', () => {
  const parts = (...values: readonly number[]) => values.map((value, i) => ({ name: ['accept', 'read', 'decode', 'execute'][i]!, value, style: plain }));
  expect(stackedBar(parts(1, 6, 10, 11), 28, theme)).toBe('a│read─│decode───│execute───');
  expect(stackedBar(parts(0, 1, 2, 3), 6, theme)).toBe('r│d│ex');
  expect(stackedBar(parts(0, 0, 0, 3), 6, theme)).toBe('execut');
});

test('on a terminal with colours they are blocks', () => {
  const parts = [{ name: 'read', value: 3, style: red }, { name: 'decode', value: 1, style: red }];
  expect(stackedBar(parts, 12, colored)).toBe('\x1b[31m\x1b[7mread     \x1b[27m\x1b[39m\x1b[31m\x1b[7m│de\x1b[27m\x1b[39m');
});

test('a stacked bar of nothing is an empty bar', () => {
  expect(stackedBar([{ name: 'read', value: 0, style: plain }], 4, theme)).toBe('────');
  expect(width(stackedBar([], 4, theme))).toBe(4);
});
