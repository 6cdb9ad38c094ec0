/**
 * Wraps plain text into lines of limited width, at spaces if possible.
 */
import { isPrintableAscii } from '../../escape.js';
import { CHARACTERS } from '../../state/characters.js';
import { truncate, width } from '../text.js';

/** At most `limit` lines; if that is not enough, the last one ends with an ellipsis. Lines are not padded. */
export function wrap(text: string, columns: number, limit: number): readonly string[] {
  if (columns <= 0 || limit <= 0) return [];
  const lines: string[] = [];
  let rest = text;
  while (rest !== '' && lines.length < limit - 1 && width(rest) > columns) {
    const line = firstLine(rest, columns);
    lines.push(line.trimEnd());
    rest = rest.slice(line.length).trimStart();
  }
  if (rest !== '') lines.push(truncate(rest, columns));
  return lines;
}

/** A number keeps its unit. */
const WORDS = /(?:[\d.,]+ [a-zµ]{1,2}\b|\S)+\s*|\s+/gi;

/** The longest beginning that ends with a word; a word longer than the line is cut. */
function firstLine(text: string, columns: number): string {
  let line = '';
  for (const word of text.match(WORDS) ?? []) {
    if (width((line + word).trimEnd()) > columns) break;
    line += word;
  }
  // The blanks take the place of the ellipsis, for which truncate leaves room.
  return line === '' ? truncate(`${text}  `, columns + 1, '') || text.slice(0, 1) : line;
}

/** Rows of at most `columns`, broken anywhere, as by a terminal. Always at least one. */
export function breakAnywhere(text: string, columns: number): string[] {
  if (columns < 1) return [''];
  if (width(text) <= columns) return [text];
  const rows: string[] = [];
  if (isPrintableAscii(text)) {
    for (let from = 0; from < text.length; from += columns) rows.push(text.slice(from, from + columns));
    return rows;
  }
  let current = '';
  let taken = 0;
  for (const { segment } of CHARACTERS.segment(text)) {
    const wide = width(segment);
    if (taken + wide > columns && current !== '') {
      rows.push(current);
      current = '';
      taken = 0;
    }
    // A wide character does not fit into one column.
    if (wide > columns) continue;
    current += segment;
    taken += wide;
  }
  return [...rows, current];
}
