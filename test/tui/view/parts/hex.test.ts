import { expect, test } from 'vitest';
import { byteAt, bytesPerRow, hexRows, hexWidth } from '../../../../src/tui/view/parts/hex.js';
import { COLORED, PLAIN } from '../../scene.js';

const BYTES = '$5\r\nhello\r\n$2\r\nhi\r\n';

test('bytes are shown as numbers and as characters, with the marked range in brackets', () => {
  expect(hexRows(BYTES, 71, { range: { start: 0, end: 11 } }, PLAIN).map((row) => row.trimEnd())).toEqual([
    '0000[24 35 0d 0a 68 65 6c 6c 6f 0d 0a]24 32 0d 0a 68  $5..hello..$2..h',
    '0010 69 0d 0a                                         i..',
  ]);
});

test('a range that ends with a row is closed there', () => {
  expect(hexRows('abcdefgh', 40, { range: { start: 4, end: 8 } }, PLAIN)[0]!.trimEnd()).toBe('0000 61 62 63 64[65 66 67 68] abcdefgh');
});

test('where another read begins there is a bar, but not at the very beginning', () => {
  expect(hexRows('abcdefgh', 40, { beginnings: [0, 3] }, PLAIN)[0]!.trimEnd()).toBe('0000 61 62 63|64 65 66 67 68  abcdefgh');
});

test.each([
  [200, 16], [71, 16], [70, 8], [39, 8], [38, 4], [23, 4], [22, 2], [15, 2], [14, 1], [3, 1],
])('in %i columns a row has %i bytes', (width, expected) => {
  expect(bytesPerRow(width)).toBe(expected);
  if (width > 10) expect(hexWidth(expected)).toBeLessThanOrEqual(width);
});

test('marked bytes have the highlight of the theme, as numbers and as characters', () => {
  expect(hexRows('ab', 40, { range: { start: 1, end: 2 } }, COLORED)[0]).toContain(`${COLORED.highlight('62')}`);
  expect(hexRows('ab', 40, { range: { start: 1, end: 2 } }, COLORED)[0]).toContain(`a${COLORED.highlight('b')}`);
});

test('the cursor is between arrows, also at the ends of a row, and is highlighted', () => {
  const marks = (cursor: number) => ({ range: { start: 2, end: 12 }, cursor });
  const drawn = (cursor: number): string[] => hexRows('abcdefghijklmnop', 40, marks(cursor), PLAIN).map((row) => row.slice(4, 29));
  expect(drawn(3)).toEqual([' 61 62[63>64<65 66 67 68 ', ' 69 6a 6b 6c]6d 6e 6f 70 ']);
  expect(drawn(7)).toEqual([' 61 62[63 64 65 66 67>68<', ' 69 6a 6b 6c]6d 6e 6f 70 ']);
  expect(drawn(8)).toEqual([' 61 62[63 64 65 66 67 68 ', '>69<6a 6b 6c]6d 6e 6f 70 ']);
  const [row] = hexRows('abc', 40, { range: { start: 0, end: 3 }, cursor: 1 }, COLORED);
  expect(row).toContain(COLORED.highlight('62'));
  expect(row).toContain(COLORED.selected('61'));
});

test.each([
  ['the next byte', 3, 1, 'byte', 4],
  ['none before the first', 0, -1, 'byte', 0],
  ['none behind the last', 20, 1, 'byte', 20],
  ['the byte below', 3, 1, 'row', 11],
  ['a page up, in the same column', 19, -5, 'row', 3],
  ['a page down, to the last row', 3, 9, 'row', 19],
  ['the last byte, where the last row has no such column', 7, 9, 'row', 20],
  ['nowhere from the first row up', 5, -1, 'row', 5],
] as const)('the cursor of 21 bytes in rows of 8 gets to %s', (_, byte, by, unit, expected) => {
  expect(byteAt(byte, by, unit, { count: 21, perRow: 8 })).toBe(expected);
});
