import { expect, test, vi } from 'vitest';
import { seededRandom } from '../../../src/shared/random.js';
import { LazySegmenter } from '../../../src/tui/state/characters.js';

const PLAIN = [' ', 'a', '~', '\x1b[31m', '←', '│', '◌', '▶', '…', 'µ', '×'];
const JOINING = ['\r', '\n', '\t', 'é', '\u0301', '가', '\u1161', '👩', '\u200d', '🏽', '🇰', '🇷', '\ufe0f', 'हि', '\x7f', '\u2194', '\u2192\ufe0f', '◌\u0301'];

test('characters are those of Intl.Segmenter, whether text is plain or not', () => {
  const random = seededRandom(7);
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  const characters = new LazySegmenter('en', { granularity: 'grapheme' });
  const draw = (parts: readonly string[]): string => Array.from({ length: Math.floor(random() * 12) }, () => parts[Math.floor(random() * parts.length)]).join('');
  for (let i = 0; i < 2000; i++) {
    const text = draw(i % 2 === 0 ? PLAIN : [...PLAIN, ...JOINING]);
    const expected = segmenter.segment(text);
    const segments = characters.segment(text);
    expect(Array.from(segments, ({ segment, index }) => [index, segment])).toEqual(Array.from(expected, ({ segment, index }) => [index, segment]));
    const found = (from: { containing(index?: number): Pick<Intl.SegmentData, 'segment' | 'index'> | undefined }): unknown => {
      const at = (index?: number): unknown => [index, from.containing(index)?.index, from.containing(index)?.segment];
      return [at(), ...Array.from({ length: text.length + 3 }, (_, index) => at(index - 1))];
    };
    expect(found(segments), JSON.stringify(text)).toEqual(found(expected));
  }
});

test('plain text creates no segmenter', () => {
  const { Segmenter } = Intl;
  const created = vi.spyOn(Intl, 'Segmenter').mockImplementation(function create(...parameters) {
    return new Segmenter(...parameters);
  });
  try {
    const characters = new LazySegmenter();
    expect(Array.from(characters.segment('│ a → b…'), ({ segment }) => segment).join('')).toBe('│ a → b…');
    expect(created).not.toHaveBeenCalled();
    expect(Array.from(characters.segment('e\u0301'))).toHaveLength(1);
    characters.segment('가');
    expect(created).toHaveBeenCalledOnce();
  } finally {
    created.mockRestore();
  }
});
