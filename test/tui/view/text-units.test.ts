import { expect, test } from 'vitest';
import { formatBytes } from '../../../src/tui/view/text.js';

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
