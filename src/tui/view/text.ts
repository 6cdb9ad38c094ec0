/**
 * Text for the screen: escaping of untrusted bytes, and rows of an exact width.
 *
 * Clients' data pass through the theme's `visible` before they become part of a row; after that, rows contain only printable characters and the theme's own SGR
 * sequences. Widths are columns of the terminal, not characters.
 */
import { escapeBytes, escapeEachByte, escapeQuotes, isPrintableAscii } from '../escape.js';
import { CHARACTERS } from '../state/characters.js';
import { unfinishedCharacter } from '../state/typed-text.js';
import { columnsOf } from './columns.js';

/**
 * A byte string (latin1, one character a byte) as text that is safe to print: UTF-8 where it is valid, otherwise `\xHH`; control characters and invisible
 * characters are escaped, too (see escape.ts).
 *
 * @param limit number of bytes examined; an ellipsis stands for the rest
 */
export function visible(bytes: string, limit = 512): string {
  if (bytes.length <= limit && isPrintableAscii(bytes)) return bytes;
  const cut = bytes.slice(0, limit);
  // Previews and long values are cut somewhere: half a character at the end must not turn the rest into numbers.
  const end = cut.length - unfinishedCharacter(cut);
  return escapeBytes(cut.slice(0, end)) + (bytes.length > limit ? '…' : escapeEachByte(cut.slice(end)));
}

/** A byte string in quotes, with its quotes and backslashes escaped, so that its end is unambiguous. */
export function quoted(bytes: string, { visible: show }: { readonly visible: typeof visible }, limit?: number): string {
  return `"${show(escapeQuotes(bytes), limit)}"`;
}

/** The same in redis-cli's form, and for terminals without other characters: everything except ASCII is escaped. */
export function visibleInAscii(bytes: string, limit = 512): string {
  return escapeEachByte(bytes.slice(0, limit)) + (bytes.length > limit ? '…' : '');
}

/** Width of a text in columns, see columns.ts; SGR sequences take none. */
export function width(text: string): number {
  let columns = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code >= 0x20 && code <= 0x7e) || isGlyph(code)) {
      columns++;
      continue;
    }
    if (isHangul(code)) {
      columns += 2;
      continue;
    }
    i = endOfStyle(text, i);
    if (i === -1) return columnsOf(text);
  }
  return columns;
}

/**
 * True for the non-ASCII characters that the screen itself draws: arrows, boxes, blocks, shapes up to the ghost, and … µ · ×. Each takes one column; measuring
 * bars would be slow otherwise.
 */
function isGlyph(code: number): boolean {
  return (code >= 0x2500 && code <= 0x25cc) || (code >= 0x2190 && code <= 0x2193) || code === 0x2026 || code === 0xb5 || code === 0xb7 || code === 0xd7;
}

/** True for a complete Hangul syllable, as in the Korean texts: two columns, and never part of a neighbouring character. */
const isHangul = (code: number): boolean => code >= 0xac00 && code <= 0xd7a3;

/** The position of the `m` that ends the SGR sequence at `start`; -1 if there is none. */
function endOfStyle(text: string, start: number): number {
  if (text.charCodeAt(start) !== 0x1b || text[start + 1] !== '[') return -1;
  let end = start + 2;
  // Digits and semicolons.
  for (let code = text.charCodeAt(end); (code >= 0x30 && code <= 0x39) || code === 0x3b; code = text.charCodeAt(end)) end++;
  return text[end] === 'm' ? end : -1;
}

/** Plain text (no SGR) cut to at most `columns`, with an ellipsis if anything was cut. */
export function truncate(text: string, columns: number, ellipsis = '…'): string {
  if (width(text) <= columns) return text;
  if (columns <= 0) return '';
  let cut = '';
  let taken = 0;
  for (const { segment } of CHARACTERS.segment(text)) {
    const wide = width(segment);
    if (taken + wide > columns - 1) break;
    cut += segment;
    taken += wide;
  }
  return cut + ellipsis;
}

/** Plain text cut in its middle, because names often differ at their ends: `session:…:4711`. */
export function truncateMiddle(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  const tailColumns = Math.floor((columns - 1) / 2);
  if (tailColumns <= 0) return truncate(text, columns);
  const tail = truncateStart(text, tailColumns);
  return truncate(text, columns - width(tail)) + tail;
}

/** The end of a plain text that fits. */
export function truncateStart(text: string, columns: number): string {
  const end: string[] = [];
  let taken = 0;
  for (const { segment } of [...CHARACTERS.segment(text)].reverse()) {
    taken += width(segment);
    if (taken > columns) break;
    end.unshift(segment);
  }
  return end.join('');
}

/** Plain text in exactly `columns`: cut or padded with spaces, left-aligned unless `right`. Style it afterwards. */
export function fit(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const cut = truncate(text, columns);
  const padding = ' '.repeat(Math.max(0, columns - width(cut)));
  return align === 'left' ? cut + padding : padding + cut;
}

const STYLE_SEQUENCES = /(\x1b\[[\d;]*m)/;

/**
 * A row in which no wide character crosses `column`; blanks replace it, because drawing over a part of the row would leave half of it, and move the rest by a
 * column. The width stays.
 */
export function splitAt(text: string, column: number): string {
  if (column <= 0 || !/[\u1100-\uffff]/.test(text)) return text;
  let columns = 0;
  return text.split(STYLE_SEQUENCES).map((part) => {
    if (part.startsWith('\x1b')) return part;
    return Array.from(CHARACTERS.segment(part), ({ segment }) => {
      const wide = width(segment);
      const isOver = columns < column && columns + wide > column;
      columns += wide;
      return isOver ? ' '.repeat(wide) : segment;
    }).join('');
  }).join('');
}

/** A row of finished parts, which may be styled, padded with spaces to `columns`. Their total width must not exceed it. */
export function row(columns: number, ...parts: readonly string[]): string {
  const text = parts.join('');
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

const DURATION_UNITS: readonly [limit: number, divisor: number, unit: string][] = [[1000, 1, 'µs'], [1_000_000, 1000, 'ms'], [60_000_000, 1_000_000, 's']];

/** Each with the one below it, in s. */
const LONG_UNITS: readonly [limit: number, unit: number, below: number, names: readonly [string, string]][] = [
  [3600, 60, 1, ['min', 's']],
  [86_400, 3600, 60, ['h', 'min']],
  [Infinity, 86_400, 3600, ['d', 'h']],
];

/** At most three significant digits, and from a minute on two units, in 6 columns up to 100 days: `7 µs`, `41 ms`, `1.25 s`, `1m08s`, `2h05m`. */
export function formatUs(us: number): string {
  const brief = (amount: number, unit: string, rest: number, below: string): string => `${amount}${unit[0]!}${String(rest).padStart(2, '0')}${below[0]!}`;
  return formatBrief(us) ?? formatLong(us, (amount, unit, rest, below) => (rest === 0 ? `${amount} ${unit}` : brief(amount, unit, rest, below)));
}

export function formatMs(ms: number): string {
  return formatUs(ms * 1000);
}

/** The same within a sentence: `1.25 s`, `1 min 8 s`, `2 h`. */
export function durationText(us: number): string {
  return formatBrief(us) ?? formatLong(us, (amount, unit, rest, below) => `${amount} ${unit}${rest === 0 ? '' : ` ${rest} ${below}`}`);
}

/** Null: a minute or more. */
function formatBrief(us: number): string | null {
  const [, divisor, unit] = DURATION_UNITS.find(([limit]) => us < limit) ?? [];
  return divisor === undefined ? null : `${formatShort(us / divisor)} ${unit!}`;
}

function formatLong(us: number, join: (amount: number, unit: string, rest: number, below: string) => string): string {
  const seconds = Math.floor(us / 1e6);
  const [, unit, below, names] = LONG_UNITS.find(([limit]) => seconds < limit)!;
  return join(Math.floor(seconds / unit), names[0], Math.floor((seconds % unit) / below), names[1]);
}

function formatShort(value: number): string {
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const BYTE_UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/** `42 B`, `1.5 KiB`, `512 MiB`: powers of 1024 by their names of IEC 80000-13. At most 7 columns up to a thousand TiB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes / 1024;
  let unit = 0;
  // Rounding would give four digits.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value >= 9.95 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[unit]!}`;
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}
