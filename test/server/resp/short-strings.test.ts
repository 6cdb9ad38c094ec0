import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_SHORT, shortString } from '../../../src/server/resp/short-strings.js';

test('short strings are those of the bytes, however often and in whatever order they come', () => {
  // Of few letters, so that many strings come again.
  const text = fc.array(fc.constantFrom('\0', 'a', 'b', '\xff'), { maxLength: MAX_SHORT }).map((letters) => letters.join(''));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 300 }), (texts) => {
      for (const each of [...texts, ...texts, ...texts.toReversed()]) {
        expect(shortString(Buffer.from(`>${each}<`, 'latin1'), 1, 1 + each.length)).toBe(each);
      }
    }),
  );
});

test('a string is right although others of its slot come between', () => {
  const bytes = Buffer.from(Array.from({ length: 20_000 }, (_, i) => String(10_000_000 + i)).join(''), 'latin1');
  for (let round = 0; round < 3; round++) {
    for (let at = 0; at < bytes.length; at += MAX_SHORT) expect(shortString(bytes, at, at + MAX_SHORT)).toBe(bytes.latin1Slice(at, at + MAX_SHORT));
  }
});
