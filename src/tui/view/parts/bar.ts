/**
 * Bars: a share of a whole, and several shares side by side. Plain text of an exact number of columns; used by all panes.
 *
 * The parts of a stacked bar contain their names, as far as they fit, so no legend is needed.
 *
 *   r│decode─│execute───────│wr
 */
import type { Glyphs, Style, Theme } from '../theme.js';

/**
 * `━━━──`: thin, because it is beside its figure. `fraction` is clamped to 0…1; a fraction above 0 shows at least one column, one below 1 leaves at least one
 * empty.
 */
export function bar(fraction: number, columns: number, glyphs: Glyphs): string {
  const filled = filledColumns(fraction, columns);
  return glyphs.bar.repeat(filled) + glyphs.barEmpty.repeat(columns - filled);
}

function filledColumns(fraction: number, columns: number): number {
  if (!(fraction > 0) || columns <= 0) return 0;
  if (fraction >= 1) return columns;
  return Math.min(Math.max(Math.round(fraction * columns), 1), Math.max(columns - 1, 1));
}

export interface BarPart {
  readonly name: string;
  readonly value: number;
  readonly style: Style;
}

/** All parts together fill `columns`, each as long as its share; nonzero parts get at least one column while there are enough. */
export function stackedBar(parts: readonly BarPart[], columns: number, theme: Pick<Theme, 'glyphs' | 'block'>): string {
  const shares = shareOut(parts.map(({ value }) => value), columns);
  const first = shares.findIndex((share) => share > 0);
  if (first === -1) return theme.glyphs.barEmpty.repeat(Math.max(0, columns));
  return parts.map(({ name, style }, i) => style(theme.block(partText(name, shares[i]!, i === first, theme)))).join('');
}

/** A single column has only room for the letter. */
function partText(name: string, columns: number, isFirst: boolean, { glyphs, block }: Pick<Theme, 'glyphs' | 'block'>): string {
  const edge = isFirst || columns < 2 ? '' : glyphs.edge;
  const fill = block('x') === 'x' ? glyphs.barEmpty : ' ';
  return (edge + name.slice(0, columns - edge.length)).padEnd(columns, fill);
}

/**
 * Integer numbers of columns in proportion to values, `columns` in total (0 if every value is zero). First one for each nonzero value, the largest first; the
 * rest by the largest remainder, so that the sum is exact.
 */
export function shareOut(values: readonly number[], columns: number): number[] {
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  const shares = values.map(() => 0);
  if (!(total > 0) || columns <= 0) return shares;
  const largestFirst = values.map((_, i) => i).filter((i) => values[i]! > 0).sort((a, b) => values[b]! - values[a]!);
  const certain = largestFirst.slice(0, columns);
  for (const i of certain) shares[i] = 1;
  const rest = columns - certain.length;
  const wanted = values.map((value) => (Math.max(0, value) / total) * columns);
  for (let left = rest; left > 0; left--) {
    const neediest = certain.reduce((best, i) => (wanted[i]! - shares[i]! > wanted[best]! - shares[best]! ? i : best), certain[0]!);
    shares[neediest]!++;
  }
  return shares;
}
