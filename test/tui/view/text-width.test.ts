import * as fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { width } from '../../../src/tui/view/text.js';

test.for(['', 'plain', '\x1b[38;5;35mgreen\x1b[39m', '\x1b[1;7m█▶…µ·×\x1b[22;27m', '\x1b[', '\x1b[3', '\x1b[mx', 'e\u0301', '键', '👩‍💻', '▶\ufe0f', '\x1b[2Jx'])('%j is as wide as string-width says', (text) => {
  expect(width(text)).toBe(stringWidth(text));
});

test('so is any mixture of styles, glyphs and other text', () => {
  const piece = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\x1b[7m', '\x1b[38;5;1m', '█', '▁', '▶', '◌', '…', 'µ', '·', '×', '─', '╭'));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const text = pieces.join('');
      expect(width(text)).toBe(stringWidth(text));
    }),
  );
});
