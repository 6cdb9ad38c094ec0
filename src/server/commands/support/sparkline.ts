/**
 * Sparkline: values as columns of characters, for LATENCY GRAPH.
 *
 *        _        rows of `_` and `o` by height, with a vertical label below each column
 *      _ o
 *    _ o o
 *    3 2 1
 *    s s s
 */

const ROWS = 4;
/** Marks for the lowest to the highest third of a row. */
const MARKS = '_-`';

export interface Column {
  readonly value: number;
  readonly label: string;
}

export function sparkline(columns: readonly Column[]): string {
  const values = columns.map(({ value }) => value);
  const lowest = Math.min(...values);
  const range = Math.max(...values) - lowest;
  const levels = values.map((value) => (range === 0 ? 0 : Math.round(((value - lowest) / range) * (ROWS * MARKS.length - 1))));
  const rows = Array.from({ length: ROWS }, (_, index) => levels.map((level) => mark(level - (ROWS - 1 - index) * MARKS.length)).join(''));
  const depth = Math.max(...columns.map(({ label }) => label.length));
  const labels = Array.from({ length: depth }, (_, index) => columns.map(({ label }) => label[index] ?? ' ').join(''));
  return `${[...rows, '', ...labels].map((line) => line.trimEnd()).join('\n')}\n`;
}

/** What a column of this height shows in a row: nothing above its top, a mark at the top, a stem below. */
function mark(level: number): string {
  if (level < 0) return ' ';
  return level < MARKS.length ? MARKS[level]! : '|';
}
