/**
 * The source of a learner's program: the lines around the last call of wait, accept, read or write. Part of the loop pane.
 */
import type { State } from '../../state/state.js';
import type { PaneContext } from '../pane.js';
import { fit, truncate } from '../text.js';

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
    const code = fit(theme.visible(isHere ? inSight(text, place.column, room) : text, Infinity), room);
    return isHere ? gutter + theme.highlight(code) : theme.dim(gutter) + code;
  });
  return [title, ...rows];
}

/** Minimum number of visible columns of a call. */
const CALL_COLUMNS = 16;

/** A line that is too long, from where its call is visible. */
function inSight(text: string, column: number, room: number): string {
  const hidden = column + CALL_COLUMNS - room;
  return hidden <= 0 ? text : `\xe2\x80\xa6${text.slice(hidden)}`;
}
