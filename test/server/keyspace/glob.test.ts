import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchesGlob } from '../../../src/server/keyspace/glob.js';

describe('matchesGlob', () => {
  test.each([
    ['*', 'anything'],
    ['a*c', 'abbbc'],
    ['a*c', 'ac'],
    ['a**c', 'ac'],
    ['?', '\xff'],
    ['h[ae]llo', 'hallo'],
    ['[a-c]', 'b'],
    ['[c-a]', 'b'],
    ['[^a]', 'b'],
    ['[a-]', 'a'],
    ['[\\]]', ']'],
    ['k\\[1]', 'k[1]'],
    ['k[[]1]', 'k[1]'],
    ['\\*', '*'],
    ['\\', '\\'],
    ['[abc', 'c'],
    ['[^', 'x'],
    ['*b*d', 'abcbd'],
    ['\0*', '\0\0'],
    ['[\xe0-\xef]', '\xe9'],
    // Bytes from 128 are negative to C: they lie between \xff and a, and the range reads backwards.
    ['[a-\xff]', '\0'],
    ['', ''],
  ])('%j matches %j', (pattern, text) => {
    expect(matchesGlob(pattern, text)).toBe(true);
  });

  test.each([
    ['a*c', 'abcd'],
    ['?', ''],
    ['?', 'ab'],
    ['[a-c]', 'd'],
    ['[^a]', 'a'],
    ['[', '['],
    ['[]a', 'a'],
    ['A', 'a'],
    ['a', ''],
    ['', 'a'],
    ['[a-\xff]', 'z'],
    // Oddities of Redis's: the empty text has no match but the empty pattern.
    ['*', ''],
    ['**', ''],
  ])('%j does not match %j', (pattern, text) => {
    expect(matchesGlob(pattern, text)).toBe(false);
  });

  test('a hostile pattern costs no more than pattern times text', () => {
    const startedMs = performance.now();
    expect(matchesGlob(`${'a*'.repeat(500)}b`, 'a'.repeat(5000))).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });

  test('more than a thousand stars match nothing, those at the end and those side by side not counted', () => {
    const text = 'a'.repeat(3000);
    expect([`${'*a'.repeat(1000)}`, `${'*a'.repeat(1000)}***`, `${'*'.repeat(5000)}a`].map((pattern) => matchesGlob(pattern, text))).toEqual([true, true, true]);
    expect(matchesGlob('*a'.repeat(1001), text)).toBe(false);
  });

  test('agrees with the plain recursive definition', () => {
    const small = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 8 });
    fc.assert(fc.property(small('ab*?'), small('ab'), (pattern, text) => matchesGlob(pattern, text) === recursive(pattern, text)), { numRuns: 2000 });
  });
});

/** Stars and question marks only. The empty text is an exception as a whole, but not as what is left at the end. */
function recursive(pattern: string, text: string): boolean {
  return text === '' ? pattern === '' : matchesRest(pattern, text);
}

function matchesRest(pattern: string, text: string): boolean {
  if (text === '') return /^\**$/.test(pattern);
  if (pattern[0] === '*') return [...text, ''].some((_, i) => matchesRest(pattern.slice(1), text.slice(i)));
  return (pattern[0] === '?' || pattern[0] === text[0]) && matchesRest(pattern.slice(1), text.slice(1));
}
