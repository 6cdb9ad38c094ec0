import * as fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { width } from '../../../src/tui/view/text.js';

test.for(['', 'plain', '\x1b[38;5;35mgreen\x1b[39m', '\x1b[1;7m█▶…µ·×\x1b[22;27m', '\x1b[', '\x1b[3', '\x1b[mx', 'e\u0301', '键', '🇩🇪', '▶\ufe0f', '가', '각', '1️⃣'])('%j is as wide as string-width says', (text) => {
  expect(width(text)).toBe(stringWidth(text));
});

test.for<[string, number]>([
  ['ก', 1], ['กำ', 2], ['ກຳ', 2], ['ที่', 1], ['हि', 2], ['न्दी', 3], ['हिन्दी', 5], ['நி', 2], ['ｶﾞ', 2], ['👍🏽', 4], ['👩‍💻', 4], ['👩‍👩‍👧', 6], ['❤️', 2], ['\x1b[1mกำ\x1b[22m', 2],
])('%j gets the room of all its code points: %i columns', ([text, columns]) => {
  expect(width(text)).toBe(columns);
});

test('no mixture of styles, glyphs and other text gets less room than string-width gives it', () => {
  const piece = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('한', '가', '\u11a8', '←', '\x1b[7m', '\x1b[38;5;1m', '█', '▁', '▶', '◌', '…', 'µ', '·', '×', '─', '╭', 'กำ', 'हिन्दी'));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const text = pieces.join('');
      expect(width(text)).toBeGreaterThanOrEqual(stringWidth(text));
    }),
  );
});
