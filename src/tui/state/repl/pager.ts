/**
 * The pager: a reply too long for the transcript, whole, over the panes. Pure; the rows that its lines take on a screen of some width are view/pager.ts's.
 *
 *   transcript: its first lines, `... 700 more lines not shown`, and how to open it
 *   long        the newest replies that were cut, unformatted            ──▶ Ctrl-O ──▶ pager: all lines of one, and where in them the screen is
 */
import type { Reply } from '../../../server/index.js';

/** A reply of which the transcript shows only the beginning. */
export interface LongReply {
  /** Counts up; never used twice. */
  readonly id: number;
  /** The request, safe to print. */
  readonly title: string;
  readonly reply: Reply;
  /** Written for people: INFO, CLIENT LIST. */
  readonly isText: boolean;
  /** About as much memory as it takes. */
  readonly bytes: number;
}

export interface Pager {
  /** Of the {@link LongReply}. */
  readonly id: number;
  readonly title: string;
  /** Safe to print. */
  readonly lines: readonly string[];
  /** The first row on the screen. */
  readonly top: number;
  /** What was searched for last; empty: nothing. */
  readonly search: string;
}

/** The newest one is kept whatever it takes. */
const MAX_LONG = 10;
const MAX_LONG_BYTES = 64 * 1024 * 1024;

export function withLong(long: readonly LongReply[], more: readonly LongReply[]): readonly LongReply[] {
  const all = [...long, ...more];
  let bytes = 0;
  const first = all.findLastIndex((reply, i) => {
    bytes += reply.bytes;
    return i < all.length - 1 && (bytes > MAX_LONG_BYTES || all.length - i > MAX_LONG);
  });
  return all.slice(first + 1);
}

/** The reply that is `by` places from the one that is open, towards newer ones; the newest if none is open. Null: there is none. */
export function longReplyAt(long: readonly LongReply[], open: Pager | null, by: number): LongReply | null {
  if (open === null) return long.at(-1) ?? null;
  const at = long.findIndex(({ id }) => id === open.id);
  // What is open may have been forgotten: it was older than all that are left.
  return long[at === -1 ? (by > 0 ? 0 : -1) : at + by] ?? null;
}

/** Position of the next line that holds the text, in any case, and beyond the last one from the beginning; -1: none does. */
export function findLine(lines: readonly string[], text: string, from: number, direction: 1 | -1): number {
  const wanted = text.toLowerCase();
  for (let step = 0; step < lines.length; step++) {
    const at = (((from + step * direction) % lines.length) + lines.length) % lines.length;
    if (lines[at]!.toLowerCase().includes(wanted)) return at;
  }
  return -1;
}
