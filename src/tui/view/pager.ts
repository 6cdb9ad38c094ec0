/**
 * The pager on the screen: the lines of a long reply as rows of some width, and the visible part of them. Its state is state/repl/pager.ts.
 */
import { isPrintableAscii } from '../escape.js';
import type { InLanguages, Language } from '../../shared/language.js';
import type { Pager } from '../state/repl/pager.js';
import { toBytes } from '../state/typed-text.js';
import { breakAnywhere } from './parts/wrap.js';
import type { Size } from './pane.js';
import { formatCount, row, width as widthOf } from './text.js';
import type { Theme } from './theme.js';

export interface PagedRows {
  /** Plain text, not padded. */
  readonly rows: readonly string[];
  /** The first row of each line. */
  readonly firstRows: readonly number[];
}

/** The last result for the same lines: a reply may have a million of them, and is drawn at every key. */
let last: { readonly lines: readonly string[]; readonly columns: number; readonly visible: unknown; readonly paged: PagedRows } | null = null;

export function pagedRows({ lines }: Pager, columns: number, { visible }: Theme): PagedRows {
  if (last !== null && last.lines === lines && last.columns === columns && last.visible === visible) return last.paged;
  const rows: string[] = [];
  const firstRows = lines.map((line) => {
    const first = rows.length;
    const text = isPrintableAscii(line) ? line : visible(toBytes(line), Infinity);
    if (widthOf(text) <= columns) rows.push(text);
    else for (const part of breakAnywhere(text, columns)) rows.push(part);
    return first;
  });
  last = { lines, columns, visible, paged: { rows, firstRows } };
  return last.paged;
}

/** The last row that can be at the top. */
export function pagerLimit(pager: Pager, { width, height }: Size, theme: Theme): number {
  return Math.max(0, pagedRows(pager, width, theme).rows.length - height);
}

/** Exactly `size.height` rows of exactly `size.width` columns. */
export function pagerRows(pager: Pager, size: Size, theme: Theme): string[] {
  const { rows } = pagedRows(pager, size.width, theme);
  const top = Math.min(pager.top, pagerLimit(pager, size, theme));
  return Array.from({ length: size.height }, (_, i) => row(size.width, marked(rows[top + i] ?? '', pager.search, theme)));
}

const SEEN: InLanguages<(first: string, last: string, all: string) => string> = {
  en: (first, last, all) => `lines ${first}-${last} of ${all}`,
  ko: (first, last, all) => `${all}줄 중 ${first}-${last}`,
};

/** `LRANGE list 0 -1 · lines 1-36 of 1,000`. */
export function pagerTitle(pager: Pager, size: Size, theme: Theme, language: Language): string {
  const { rows, firstRows } = pagedRows(pager, size.width, theme);
  const top = Math.min(pager.top, pagerLimit(pager, size, theme));
  const bottom = Math.min(rows.length, top + size.height) - 1;
  const [first, last, all] = [lineAt(firstRows, top) + 1, lineAt(firstRows, bottom) + 1, firstRows.length].map(formatCount) as [string, string, string];
  const seen = SEEN[language](first, last, all);
  return ` ${theme.typed(toBytes(pager.title), 60)} ${theme.glyphs.dot} ${seen} `;
}

/** The line of a row. */
export function lineAt(firstRows: readonly number[], at: number): number {
  let [low, high] = [0, firstRows.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (firstRows[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** Highlights the search text. */
function marked(text: string, search: string, theme: Theme): string {
  if (search === '') return text;
  const parts: string[] = [];
  const [lower, wanted] = [text.toLowerCase(), search.toLowerCase()];
  // Lower case may have another length, as for İ: then positions would be wrong.
  if (lower.length !== text.length) return text;
  let from = 0;
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), theme.highlight(text.slice(at, at + wanted.length)));
    from = at + wanted.length;
  }
  return [...parts, text.slice(from)].join('');
}
