/**
 * Sparkline: small bars, one column a value, the newest on the right; in one row, or as a chart in several.
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

/** The same as a chart of `rows` rows, from top to bottom, each of exactly `columns`. */
export function chart(values: readonly number[], columns: number, rows: number, glyphs: Glyphs): readonly string[] {
  if (rows === 1) return [sparkline(values, columns, glyphs)];
  const shown = columns > 0 ? values.slice(-columns) : [];
  const steps = glyphs.spark.length;
  const highest = Math.max(0, ...shown);
  const heights = shown.map((value) => (value > 0 ? Math.max(1, Math.round((value / highest) * rows * steps)) : 0));
  const padding = ' '.repeat(Math.max(0, columns - shown.length));
  return Array.from({ length: rows }, (_, i) => padding + heights.map((height) => cell(height - (rows - 1 - i) * steps, glyphs.spark)).join(''));
}

const cell = (steps: number, spark: string): string => (steps <= 0 ? ' ' : spark[Math.min(steps, spark.length) - 1]!);
