/**
 * The tokenizer under Ink against the original: whatever the row, the same characters, the same styles, the same text again.
 */
import { styledCharsFromTokens, styledCharsToString, tokenize } from '@alcalzone/ansi-tokenize';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
// @ts-expect-error A script has no declarations.
import * as ours from '../../scripts/remembering-tokenizer.mjs';

const piece = fc.oneof(
  fc.constantFrom('\x1b[1m', '\x1b[22m', '\x1b[2m', '\x1b[7m', '\x1b[27m', '\x1b[38;5;39m', '\x1b[38;5;208m', '\x1b[39m', '\x1b[1;36m', '\x1b[22;39m', '\x1b[0m', '\x1b[m', '\x1b[4m', '\x1b[24m'),
  fc.string({ maxLength: 8 }),
  fc.string({ unit: 'grapheme', maxLength: 5 }),
  fc.constantFrom('█░', '─│╭', '日本', '🙂', '👩‍👩‍👧', '🇩🇪', 'e\u0301', '가', '한', '⚠️', '\x1b]8;;x\x07', '\x1b[2J', '\x1b'),
);
const row = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

const plain = (chars: unknown): unknown => JSON.parse(JSON.stringify(chars));

test('cuts a row into the same characters with the same styles', () => {
  fc.assert(
    fc.property(row, (text) => {
      expect(plain(ours.styledCharsFromTokens(ours.tokenize(text)))).toEqual(plain(styledCharsFromTokens(tokenize(text))));
    }),
    { numRuns: 2000 },
  );
});

test('puts characters of several rows together as the original does', () => {
  fc.assert(
    fc.property(row, row, fc.nat(20), (first, second, at) => {
      const together = (from: typeof ours): string => {
        const [a, b] = [first, second].map((text) => from.styledCharsFromTokens(from.tokenize(text)) as unknown[]);
        const blank = { type: 'char', value: ' ', fullWidth: false, styles: [] };
        return from.styledCharsToString([...a!.slice(0, at), blank, ...b!, blank, ...a!.slice(at)]);
      };
      expect(together(ours)).toBe(together({ styledCharsFromTokens, styledCharsToString, tokenize }));
    }),
    { numRuns: 2000 },
  );
});

test('a row asked for again is the same object, also after many others', () => {
  const first = ours.tokenize('\x1b[1mrow\x1b[22m');
  for (let i = 0; i < 900; i++) ours.tokenize(`row ${i}`);
  expect(ours.tokenize('\x1b[1mrow\x1b[22m')).toBe(first);
});
