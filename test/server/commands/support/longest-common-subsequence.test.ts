import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { longestCommonSubsequence, tableBytes } from '../../../../src/server/commands/support/longest-common-subsequence.js';

describe('longestCommonSubsequence', () => {
  test('finds the text, its length, and the matching ranges, from the end', () => {
    expect(longestCommonSubsequence('ohmytext', 'mynewtext')).toEqual({
      length: 6,
      text: 'mytext',
      matches: [
        { startA: 4, endA: 7, startB: 5, endB: 8 },
        { startA: 2, endA: 3, startB: 0, endB: 1 },
      ],
    });
  });

  test.each([
    ['', '', ''],
    ['a', '', ''],
    ['abc', 'xyz', ''],
    ['abc', 'abc', 'abc'],
    ['\x00\xff', '\xff\x00', '\xff'],
  ])('of %j and %j is %j', (a, b, text) => {
    expect(longestCommonSubsequence(a, b).text).toBe(text);
  });

  test('for any strings it is a subsequence of both, and the matches cover it', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
    fc.assert(
      fc.property(short, short, (a, b) => {
        const { text, length, matches } = longestCommonSubsequence(a, b);
        expect(length).toBe(text.length);
        expect(isSubsequence(text, a) && isSubsequence(text, b)).toBe(true);
        const fromA = matches.map(({ startA, endA }) => a.slice(startA, endA + 1)).reverse();
        const fromB = matches.map(({ startB, endB }) => b.slice(startB, endB + 1)).reverse();
        expect(fromA.join('')).toBe(text);
        expect(fromB).toEqual(fromA);
      }),
    );
  });

  test('the table has four bytes for each pair of prefixes', () => {
    expect(tableBytes('ab', 'abc')).toBe(3 * 4 * 4);
  });
});

function isSubsequence(text: string, of: string): boolean {
  let at = 0;
  for (const byte of of) if (byte === text[at]) at++;
  return at === text.length;
}
