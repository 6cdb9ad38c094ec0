/**
 * The source of a learner's program: the lines around the last call of wait, accept, read or write. Part of the loop pane.
 */
import type { State } from '../../state/state.js';
import { fromBytes, toBytes } from '../../state/typed-text.js';
import type { PaneContext } from '../pane.js';
import { fit, truncate, truncateStart, width as widthOf } from '../text.js';
import type { Theme } from '../theme.js';

/** Null: no call of the program's own code is known. */
export function sourceRows({ model, program, control }: State, { theme, size }: PaneContext, lines: number): readonly string[] | null {
  const endedAt = control.mode === 'history' ? null : (program?.endedAt ?? null);
  const place = endedAt ?? (control.mode === 'paused' ? control.heldAt?.source : undefined) ?? model.loop.source;
  const source = place === null ? undefined : program?.sources.get(place.file);
  if (place === null || source === undefined || source.lines.length === 0) return null;
  const title = theme.dim(truncate(`${theme.visible(source.name)}:${place.line}`, size.width));
  if (lines === 1) return [title];
  const shown = lines - 1;
  const first = Math.max(1, Math.min(place.line - Math.floor(shown / 2), source.lines.length - shown + 1));
  const digits = String(first + shown - 1).length;
  const rows = source.lines.slice(first - 1, first - 1 + shown).map((text, i) => {
    const number = first + i;
    const isHere = number === place.line;
    const gutter = `${isHere ? theme.glyphs.arrow : ' '} ${String(number).padStart(digits)} `;
    const room = Math.max(0, size.width - digits - 3);
    const code = fit(isHere ? inSight(text, place.column, room, theme) : theme.visible(text, room * MOST_BYTES_OF_COLUMN), room);
    return isHere ? gutter + theme.highlight(code) : theme.dim(gutter) + code;
  });
  return [title, ...rows];
}

/** Minimum number of visible columns of a call. */
const CALL_COLUMNS = 16;

/** Of a line, which may be that of a whole program, only this much is examined: a character and the marks on it. */
const MOST_BYTES_OF_COLUMN = 16;

/** A line that is too long, from where its call is visible. @param column counted from 1 in UTF-16, as V8 does */
function inSight(bytes: string, column: number, room: number, theme: Theme): string {
  const line = fromBytes(bytes);
  const at = Math.max(0, column - 1);
  const shown = (from: number, to: number): string => theme.visible(toBytes(line.slice(from, to)), Infinity);
  const most = room * MOST_BYTES_OF_COLUMN;
  const before = shown(Math.max(0, at - most), at);
  const call = shown(at, at + most);
  if (at <= most && widthOf(before) + CALL_COLUMNS <= room) return before + call;
  return `…${truncateStart(before, room - CALL_COLUMNS - 1)}${call}`;
}
