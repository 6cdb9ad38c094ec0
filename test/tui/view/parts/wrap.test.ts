import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrap } from '../../../../src/tui/view/parts/wrap.js';
import { width } from '../../../../src/tui/view/text.js';

test.for([
  ['', 10, 2, []],
  ['one two', 10, 2, ['one two']],
  ['one two three', 7, 2, ['one two', 'three']],
  ['one two three four', 7, 2, ['one two', 'three …']],
  ['abcdefghij', 4, 3, ['abcd', 'efgh', 'ij']],
  ['a bcdefgh', 4, 3, ['a', 'bcde', 'fgh']],
  ['it took 12 µs today', 10, 3, ['it took', '12 µs', 'today']],
  ['one two', 0, 2, []],
  ['one two', 5, 0, []],
] as const)('"%s" in %i columns and %i lines is %j', ([text, columns, limit, expected]) => {
  expect(wrap(text, columns, limit)).toEqual(expected);
});

test('no line is wider than asked for, and no more of them', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 60 }), fc.nat(4), (text, columns, limit) => {
      const lines = wrap(text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?'), columns, limit);
      expect(lines.length).toBeLessThanOrEqual(limit);
      for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns);
    }),
  );
});
