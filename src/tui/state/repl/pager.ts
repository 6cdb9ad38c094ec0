/**
 * The pager: a reply too long for the transcript, in full, over the panes. Pure; view/pager.ts knows how many rows its lines take on a screen.
 *
 *   transcript: its first lines, `... 700 more lines not shown`, and how to open it
 *   long        the newest cut replies, unformatted            ──▶ Ctrl-O ──▶ pager: all lines of one, and the position of the screen in them
 */
import type { Reply } from '../../../server/index.js';

/** A reply of which the transcript shows only the beginning. */
export interface LongReply {
  /** Counts up; never reused. */
  readonly id: number;
  /** The request, safe to print. */
  readonly title: string;
  readonly reply: Reply;
  /** For human readers: INFO, CLIENT LIST. */
  readonly isText: boolean;
  /** Its approximate memory. */
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
  /** The last search text; empty: none. */
  readonly search: string;
}

/** The newest one is kept whatever its size. */
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

/** The reply `by` places from the open one, towards newer ones; the newest if none is open. Null: there is none. */
export function longReplyAt(long: readonly LongReply[], open: Pager | null, by: number): LongReply | null {
  if (open === null) return long.at(-1) ?? null;
  const at = long.findIndex(({ id }) => id === open.id);
  // The open reply may have been dropped: it was older than all that are left.
  return long[at === -1 ? (by > 0 ? 0 : -1) : at + by] ?? null;
}

/** Position of the next line that contains the text, ignoring case and continuing from the beginning; -1: none. */
export function findLine(lines: readonly string[], text: string, from: number, direction: 1 | -1): number {
  const wanted = text.toLowerCase();
  for (let step = 0; step < lines.length; step++) {
    const at = (((from + step * direction) % lines.length) + lines.length) % lines.length;
    if (lines[at]!.toLowerCase().includes(wanted)) return at;
  }
  return -1;
}
