import { expect, test } from 'vitest';
import { durationText, formatBytes, formatUs, splitAt, width } from '../../../src/tui/view/text.js';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [10 * 1024 + 300, '10 KiB'],
  [999 * 1024, '999 KiB'],
  [1000 * 1024, '1.0 MiB'],
  [1024 ** 2, '1 MiB'],
  [512 * 1024 ** 2, '512 MiB'],
  [1.25 * 1024 ** 3, '1.3 GiB'],
  [3 * 1024 ** 4, '3 TiB'],
])('%i bytes are %s: powers of 1024 have their own names', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('no size takes more than 7 columns', () => {
  for (let bytes = 1; bytes < 999 * 1024 ** 4; bytes = Math.ceil(bytes * 1.01)) expect(formatBytes(bytes).length).toBeLessThanOrEqual(7);
});

test.each([
  [7, '7 µs', '7 µs'], [41_000, '41 ms', '41 ms'], [1_250_000, '1.25 s', '1.25 s'], [68_000_000, '1m08s', '1 min 8 s'], [120_000_000, '2 min', '2 min'],
  [3_599_999_999, '59m59s', '59 min 59 s'], [7_500_000_000, '2h05m', '2 h 5 min'], [86_400_000_000, '1 d', '1 d'], [273_600_000_000, '3d04h', '3 d 4 h'],
])('%i µs are %s in a column, and %s in a sentence', (us, brief, text) => {
  expect([formatUs(us), durationText(us)]).toEqual([brief, text]);
});

test.each([
  ['가나다', 1, '  나다'],
  ['가나다', 2, '가나다'],
  ['a가나', 2, 'a  나'],
  ['\x1b[1m가\x1b[22m나', 3, '\x1b[1m가\x1b[22m  '],
  ['plain', 2, 'plain'],
  ['가나', 0, '가나'],
  ['가나', 9, '가나'],
])('%j has no character over column %i', (text, column, expected) => {
  expect(splitAt(text, column)).toBe(expected);
  expect(width(splitAt(text, column))).toBe(width(text));
});
