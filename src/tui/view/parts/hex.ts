/**
 * Hex: bytes as rows of offset, hexadecimal numbers and characters, with one marked range, one marked byte, and marked beginnings.
 *
 *   0000 [24 35 0d 0a>68<65 6c 6c 6f 0d 0a]24 32 0d 0a 68  $5..hello..$2..h       [ ] the marked range    > < the cursor
 *   0010  69|0d 0a                                         i..                    |   begins here
 *
 * Both are also styled: the cursor has the theme's highlight, and so has the range if there is no cursor.
 */
import { fit, row } from '../text.js';
import type { Style, Theme } from '../theme.js';

export interface Range {
  readonly start: number;
  readonly end: number;
}

const OFFSET_COLUMNS = 5;
/** Per byte: a separator and two digits. Between numbers and characters is a gap of two. */
const BYTE_COLUMNS = 3;
const GAP_COLUMNS = 2;

/** The number of bytes per row that fits: a power of two from 1 to 16. */
export function bytesPerRow(width: number): number {
  for (const count of [16, 8, 4, 2]) if (OFFSET_COLUMNS + count * (BYTE_COLUMNS + 1) + GAP_COLUMNS <= width) return count;
  return 1;
}

/** The width of rows with this number of bytes. */
export const hexWidth = (count: number): number => OFFSET_COLUMNS + count * (BYTE_COLUMNS + 1) + GAP_COLUMNS;

/** The marks. */
export interface HexMarks {
  readonly range?: Range | null;
  /** One byte, within the range or not. */
  readonly cursor?: number | null;
  /** Offsets that are preceded by a `|`. */
  readonly beginnings?: readonly number[];
}

/** All rows of `bytes`, each in exactly `width` columns. */
export function hexRows(bytes: string, width: number, marks: HexMarks, theme: Theme): readonly string[] {
  const count = bytesPerRow(width);
  if (hexWidth(count) > width) return Array.from({ length: bytes.length }, (_, at) => styleOf(at, marks, theme)(fit(hex(bytes, at), width)));
  return Array.from({ length: Math.ceil(bytes.length / count) }, (_, i) => hexRow(bytes, i * count, count, width, marks, theme));
}

function hexRow(bytes: string, start: number, count: number, width: number, marks: HexMarks, theme: Theme): string {
  const end = Math.min(start + count, bytes.length);
  let numbers = '';
  let characters = '';
  for (let at = start; at < end; at++) {
    const style = styleOf(at, marks, theme);
    numbers += theme.dim(separator(at, at === start, marks)) + style(hex(bytes, at));
    characters += style(printable(bytes.charCodeAt(at)));
  }
  const missing = ' '.repeat((count - (end - start)) * BYTE_COLUMNS);
  const offset = theme.dim(start.toString(16).padStart(4, '0').slice(-4));
  return row(width, offset, ' '.repeat(OFFSET_COLUMNS - 4 - 1), numbers, theme.dim(closing(end, marks)), missing, ' ', characters);
}

function styleOf(at: number, { range = null, cursor = null }: HexMarks, theme: Theme): Style {
  if (at === cursor) return theme.highlight;
  const isInRange = range !== null && at >= range.start && at < range.end;
  return isInRange ? (cursor === null ? theme.highlight : theme.selected) : plain;
}

const plain: Style = (text) => text;

/** The character before a byte. What ends with a row has been closed there. */
function separator(at: number, isFirst: boolean, { range = null, cursor = null, beginnings = [] }: HexMarks): string {
  if (at === cursor) return '>';
  if (at - 1 === cursor && !isFirst) return '<';
  if (range !== null && range.end > range.start) {
    if (at === range.start) return '[';
    if (at === range.end && !isFirst) return ']';
  }
  return at > 0 && beginnings.includes(at) ? '|' : ' ';
}

/** The character after the last byte of a row. */
function closing(end: number, { range = null, cursor = null }: HexMarks): string {
  if (end - 1 === cursor) return '<';
  return range !== null && range.end === end && range.end > range.start ? ']' : ' ';
}

const hex = (bytes: string, at: number): string => bytes.charCodeAt(at).toString(16).padStart(2, '0').slice(-2);

const printable = (code: number): string => (code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.');

/** The cursor's new position: a neighbour in the order of the bytes, or up and down its column, within limits. */
export function byteAt(byte: number, by: number, unit: 'byte' | 'row', { count, perRow }: { readonly count: number; readonly perRow: number }): number {
  const clamp = (value: number, highest: number): number => Math.max(0, Math.min(value, highest));
  if (unit === 'byte') return clamp(byte + by, count - 1);
  const row = clamp(Math.floor(byte / perRow) + by, Math.floor((count - 1) / perRow));
  return clamp(row * perRow + (byte % perRow), count - 1);
}
