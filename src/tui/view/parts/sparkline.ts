/**
 * Sparkline: a row of small bars, one column a value, the newest on the right.
 */
import type { Glyphs } from '../theme.js';

/**
 * The last `columns` values in exactly `columns` columns; the highest of them is a full bar, and zero the lowest. Values that do not exist yet are blank.
 */
export function sparkline(values: readonly number[], columns: number, glyphs: Glyphs): string {
  const shown = columns > 0 ? values.slice(-columns) : [];
  const highest = Math.max(0, ...shown);
  return ' '.repeat(Math.max(0, columns - shown.length)) + shown.map((value) => level(value, highest, glyphs.spark)).join('');
}

function level(value: number, highest: number, spark: string): string {
  const top = spark.length - 1;
  // Whatever is not zero stands above the line of zeros.
  if (!(value > 0)) return spark[0]!;
  return spark[Math.max(1, Math.round((value / highest) * top))]!;
}
