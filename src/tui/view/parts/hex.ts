/**
 * Hex: bytes as rows of offset, hexadecimal numbers and characters, with one range marked and with places where something begins.
 *
 *   0000 [24 35 0d 0a 68 65 6c 6c 6f 0d 0a]24 32 0d 0a 68  $5..hello..$2..h       [ ] the marked range, which has the theme's highlight, too
 *   0010  69|0d 0a                                         i..                    |   begins here
 */
import { fit, row } from '../text.js';
import type { Theme } from '../theme.js';

export interface Range {
  readonly start: number;
  readonly end: number;
}

const OFFSET_COLUMNS = 5;
/** For a byte: what stands before it, and two digits. Between numbers and characters is a gap of two. */
const BYTE_COLUMNS = 3;
const GAP_COLUMNS = 2;

/** As many bytes in a row as there is room for: a power of two from 1 to 16. */
export function bytesPerRow(width: number): number {
  for (const count of [16, 8, 4, 2]) if (OFFSET_COLUMNS + count * (BYTE_COLUMNS + 1) + GAP_COLUMNS <= width) return count;
  return 1;
}

/** The columns that rows of so many bytes take. */
export const hexWidth = (count: number): number => OFFSET_COLUMNS + count * (BYTE_COLUMNS + 1) + GAP_COLUMNS;

/**
 * All rows of `bytes`, each in exactly `width` columns.
 *
 * @param marked the range to be seen at once; null: none
 * @param beginnings offsets before which a `|` stands
 */
export function hexRows(bytes: string, width: number, marked: Range | null, beginnings: readonly number[], theme: Theme): readonly string[] {
  const count = bytesPerRow(width);
  if (hexWidth(count) > width) return Array.from({ length: bytes.length }, (_, at) => fit(hex(bytes, at), width));
  return Array.from({ length: Math.ceil(bytes.length / count) }, (_, i) => hexRow(bytes, i * count, count, width, marked, beginnings, theme));
}

function hexRow(bytes: string, start: number, count: number, width: number, marked: Range | null, beginnings: readonly number[], theme: Theme): string {
  const end = Math.min(start + count, bytes.length);
  let numbers = '';
  let characters = '';
  for (let at = start; at < end; at++) {
    const isMarked = marked !== null && at >= marked.start && at < marked.end;
    const style = isMarked ? theme.highlight : (text: string) => text;
    numbers += theme.dim(separator(at, marked, beginnings)) + style(hex(bytes, at));
    characters += style(printable(bytes.charCodeAt(at)));
  }
  const closing = marked !== null && marked.end === end && marked.end > marked.start ? theme.dim(']') : ' ';
  const missing = ' '.repeat((count - (end - start)) * BYTE_COLUMNS);
  return row(width, theme.dim(start.toString(16).padStart(4, '0').slice(-4)), ' '.repeat(OFFSET_COLUMNS - 4 - 1), numbers, closing, missing, ' ', characters);
}

function separator(at: number, marked: Range | null, beginnings: readonly number[]): string {
  if (marked !== null && marked.end > marked.start) {
    if (at === marked.start) return '[';
    if (at === marked.end) return ']';
  }
  return at > 0 && beginnings.includes(at) ? '|' : ' ';
}

const hex = (bytes: string, at: number): string => bytes.charCodeAt(at).toString(16).padStart(2, '0').slice(-2);

const printable = (code: number): string => (code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.');
