/**
 * Table: aligned columns for any list. Columns are fixed or flexible; if they do not fit, the least important are left out.
 *
 *   layoutColumns(columns, width) → widths        once a frame
 *   headerRow, bodyRow                            rows of exactly that width
 *
 * Cells are plain text that has already been made safe (see text.ts); styles are applied after the text has its width.
 */
import { fit, width as widthOf } from '../text.js';
import type { Style } from '../theme.js';

export interface Column<R> {
  readonly header: string;
  /** The full header, for the narration. */
  readonly name?: string;
  /** Its width; a flexible column takes at least `min`, and its share (by weight, 1 by default) of what is left, up to `max`. */
  readonly width: number | { readonly min: number; readonly max?: number; readonly weight?: number };
  readonly align?: 'left' | 'right';
  /** Without room, columns with the highest rank are left out first; rank 0, the default, stays until the end. */
  readonly rank?: number;
  cell(row: R): string;
  style?(row: R): Style;
}

export interface PlacedColumn<R> {
  readonly column: Column<R>;
  readonly columns: number;
}

const GAP = ' ';

/** The columns that are shown in `width`, with their widths. The first one is always shown, if necessary narrower than requested. */
export function layoutColumns<R>(columns: readonly Column<R>[], width: number): readonly PlacedColumn<R>[] {
  let shown = [...columns];
  while (shown.length > 1 && leastWidth(shown) > width) shown = withoutLeastImportant(shown);
  const extra = distribute(shown, width - leastWidth(shown));
  return shown.map((column, i) => ({ column, columns: Math.max(0, Math.min(minimum(column) + extra[i]!, width)) }));
}

/** The headers, in `width` columns. */
export function headerRow<R>(placed: readonly PlacedColumn<R>[], width: number, style: Style): string {
  const text = placed.map(({ column, columns }) => fit(column.header, columns, column.align)).join(GAP);
  return style(fit(text, width));
}

/** One row, in `width` columns. `wholeStyle` (selection, flash) replaces the styles of cells. */
export function bodyRow<R>(placed: readonly PlacedColumn<R>[], row: R, width: number, wholeStyle?: Style): string {
  const cells = placed.map(({ column, columns }) => fit(column.cell(row), columns, column.align));
  if (wholeStyle !== undefined) return wholeStyle(fit(cells.join(GAP), width));
  const styled = placed.map(({ column }, i) => (column.style === undefined ? cells[i]! : column.style(row)(cells[i]!)));
  const taken = cells.reduce((sum, cell) => sum + widthOf(cell), 0) + Math.max(0, cells.length - 1);
  return styled.join(GAP) + ' '.repeat(Math.max(0, width - taken));
}

/** One row for the narration: the name of each column, and its content. */
export function toldRow<R>(columns: readonly Column<R>[], row: R): string {
  const told = columns.filter(({ header }) => header !== '').map(({ header, name = header, cell }) => ({ name, text: cell(row).trim() }));
  return told.flatMap(({ name, text }) => (text === '' ? [] : [`${name} ${text}`])).join(', ');
}

const minimum = ({ width }: Column<never>): number => (typeof width === 'number' ? width : width.min);

function leastWidth(columns: readonly Column<never>[]): number {
  return columns.reduce((sum, column) => sum + minimum(column), 0) + (columns.length - 1) * GAP.length;
}

function withoutLeastImportant<R>(columns: readonly Column<R>[]): Column<R>[] {
  let least = columns.length - 1;
  for (let i = columns.length - 1; i >= 0; i--) if ((columns[i]!.rank ?? 0) > (columns[least]!.rank ?? 0)) least = i;
  return columns.filter((_, i) => i !== least);
}

/** Shares `spare` columns among the flexible ones by weight, each up to its maximum. */
function distribute(columns: readonly Column<never>[], spare: number): number[] {
  const extra = columns.map(() => 0);
  for (let left = spare; left > 0; ) {
    const open = columns.flatMap(({ width }, i) => (typeof width !== 'number' && width.min + extra[i]! < (width.max ?? Infinity) ? [i] : []));
    if (open.length === 0) break;
    const before = left;
    const weights = open.reduce((sum, i) => sum + weightOf(columns[i]!), 0);
    for (const i of open) {
      const share = Math.min(left, Math.max(1, Math.floor((before * weightOf(columns[i]!)) / weights)), room(columns[i]!, extra[i]!));
      extra[i]! += share;
      left -= share;
    }
  }
  return extra;
}

const weightOf = ({ width }: Column<never>): number => (typeof width === 'number' ? 0 : (width.weight ?? 1));

function room({ width }: Column<never>, extra: number): number {
  return typeof width === 'number' ? 0 : (width.max ?? Infinity) - width.min - extra;
}
