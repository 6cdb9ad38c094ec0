/**
 * Wraps text whose parts have different styles: lines are broken only at spaces, independent of the styles.
 */
import { width as widthOf } from '../text.js';
import type { Style } from '../theme.js';
import { breakAnywhere } from './wrap.js';

export interface StyledPart {
  /** Plain text. */
  readonly text: string;
  readonly style: Style;
}

/** Lines of at most `columns`, not padded; a word that is longer than a line is broken. */
export function wrapStyled(parts: readonly StyledPart[], columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  let taken = 0;
  for (const word of wordsOf(parts, columns)) {
    const wide = word.reduce((sum, { text }) => sum + widthOf(text), 0);
    if (taken > 0 && taken + 1 + wide > columns) {
      lines.push(line);
      line = '';
      taken = 0;
    }
    if (taken > 0) line += ' ';
    line += word.map(({ text, style }) => style(text)).join('');
    taken += (taken > 0 ? 1 : 0) + wide;
  }
  return taken === 0 ? lines : [...lines, line];
}

/** Words, separated by spaces, in pieces of one style each. */
function wordsOf(parts: readonly StyledPart[], columns: number): readonly (readonly StyledPart[])[] {
  const words: StyledPart[][] = [];
  let word: StyledPart[] = [];
  const end = (): void => {
    if (word.length > 0) words.push(word);
    word = [];
  };
  for (const { text, style } of parts) {
    for (const piece of text.split(/( +)/)) {
      if (/^ +$/.test(piece)) end();
      else if (piece !== '') word.push({ text: piece, style });
    }
  }
  end();
  return words.flatMap((one) => broken(one, columns));
}

/** A word that is longer than a line keeps only its first style. */
function broken(word: readonly StyledPart[], columns: number): readonly (readonly StyledPart[])[] {
  const text = word.map((part) => part.text).join('');
  if (widthOf(text) <= columns) return [word];
  return breakAnywhere(text, columns).map((piece) => [{ text: piece, style: word[0]!.style }]);
}
