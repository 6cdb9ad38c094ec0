/**
 * Spans: pieces of plain text, each with a style, as one row of an exact width.
 */
import { truncate, width } from '../text.js';
import type { Style } from '../theme.js';

export interface Span {
  /** Plain and safe to print. */
  readonly text: string;
  readonly style: Style;
}

/** Cut at the end of the row, or padded with spaces to exactly `columns`. */
export function spansRow(spans: readonly Span[], columns: number): string {
  let left = columns;
  let text = '';
  for (const [i, span] of spans.entries()) {
    const isLast = i === spans.length - 1;
    const taken = width(span.text);
    // A span that just fits is cut all the same if more should follow: the ellipsis says so.
    if (taken < left || (taken === left && isLast)) {
      text += span.style(span.text);
      left -= taken;
      continue;
    }
    const cut = truncate(`${span.text}${isLast ? '' : ' '.repeat(left + 1)}`, left);
    text += span.style(cut);
    left -= width(cut);
    break;
  }
  return text + ' '.repeat(Math.max(0, left));
}
