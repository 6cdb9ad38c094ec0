import { expect, test } from 'vitest';
import { formatBytes, splitAt, width } from '../../../src/tui/view/text.js';

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
