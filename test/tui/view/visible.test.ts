import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { truncateMiddle, truncateStart, visible, visibleInAscii, width } from '../../../src/tui/view/text.js';

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

test.each([
  ['plain', 'plain'],
  [utf8('é 漢字 👍'), 'é 漢字 👍'],
  ['\x1b[31m', '\\x1b[31m'],
  ['a\r\n\t\x07\b\x00', 'a\\r\\n\\t\\a\\b\\x00'],
  ['\xff\xfe', '\\xff\\xfe'],
  [utf8('\u202e'), '\\xe2\\x80\\xae'],
  // Nothing would be drawn for these: fillers, joiners, selectors, tags.
  [utf8('\u115f\u3164'), '\\xe1\\x85\\x9f\\xe3\\x85\\xa4'],
  [utf8('a\u034fb\ufe0f'), 'a\\xcd\\x8fb\\xef\\xb8\\x8f'],
  [utf8('\u{e0041}'), '\\xf3\\xa0\\x81\\x81'],
  [utf8('❤️'), '❤️'],
  // Marks: on a character they belong to it, without one to nothing, and the fifth is one too many.
  [utf8('e\u0301'), 'e\u0301'],
  [utf8('\u0301e'), '\\xcc\\x81e'],
  [utf8(`e${'\u0301'.repeat(6)}`), `e${'\u0301'.repeat(4)}\\xcc\\x81\\xcc\\x81`],
  [utf8('漢字').slice(0, 4), '漢\\xe5'],
  [utf8('a👍').slice(0, 4), 'a\\xf0\\x9f\\x91'],
])('%j is shown as %s', (bytes, expected) => {
  expect(visible(bytes)).toBe(expected);
});

test('text that is cut in the middle of a character stays text', () => {
  expect(visible(utf8('漢'.repeat(100)), 64)).toBe(`${'漢'.repeat(21)}…`);
});

test('whatever the bytes are, nothing is left that a terminal would obey', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 1, max: 100 }), (bytes, limit) => {
      const text = visible(Buffer.from(bytes).toString('latin1'), limit);
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      expect(width(text)).toBeGreaterThanOrEqual(0);
    }),
  );
});

test.each([
  ['key:漢字', 5, ':漢字'],
  ['key:漢字', 4, '漢字'],
  ['key:漢字', 3, '字'],
  ['key', 5, 'key'],
])('the end of %s in %i columns is %s', (text, columns, expected) => {
  expect(truncateStart(text, columns)).toBe(expected);
});

test.each([
  ['key:000000024856', 12, 'key:00…24856'],
  ['short', 12, 'short'],
  ['abcdef', 3, 'a…f'],
  ['abcdef', 2, 'a…'],
  ['abcdef', 1, '…'],
  ['abcdef', 0, ''],
  ['漢字漢字漢字', 7, '漢字…字'],
])('%s in %i columns is %s', (text, columns, expected) => {
  expect(truncateMiddle(text, columns)).toBe(expected);
  expect(width(truncateMiddle(text, columns))).toBeLessThanOrEqual(columns);
});

test.each([[visible], [visibleInAscii]])('text beyond the limit is replaced by an ellipsis', (show) => {
  expect(show('abcdef', 6)).toBe('abcdef');
  expect(show('abcdef', 5)).toBe('abcde…');
});
