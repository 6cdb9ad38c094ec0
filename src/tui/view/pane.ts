/**
 * Pane: a part of the screen. A pure function from the state to finished rows; Ink only places them.
 *
 * Measured: one node per pane with finished rows costs half of a component per row (see docs/decisions.md). So a pane renders itself to exactly `height`
 * strings of exactly `width` columns, styled by the theme. Clients' data pass through the theme's `visible` first.
 */
import type { SnapshotRequest } from '../../server/index.js';
import type { Text } from '../../shared/language.js';
import type { Section } from '../state/learn/glossary/entry.js';
import type { PaneId } from '../state/pane-id.js';
import type { Action } from '../state/reduce.js';
import type { State } from '../state/state.js';
import type { Theme } from './theme.js';

export { PANE_IDS } from '../state/pane-id.js';
export type { PaneId };

/** The inside of a pane, without its border. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface PaneContext {
  readonly theme: Theme;
  readonly size: Size;
  readonly isFocused: boolean;
}

/** Bytes through which the cursor can move, and how they map to the {@link Pane.openRows}. */
export interface OpenBytes {
  readonly count: number;
  /** Bytes per row of the screen. */
  readonly perRow: number;
  rowOf(byte: number): number;
  beginningOf(row: number): number;
}

/**
 * The effects of the keys in a pane depend on what it has:
 *
 *   rows       ↑ ↓ PageUp PageDown select a row (`ui.panes[id].selected`), and the pane keeps it visible; End selects none and follows again
 *   length     the list grows at its end; leaving the newest row sets `frozenAt` to the length then, and the number of rows since then is
 *              `length − frozenAt`; without rows the same keys scroll back from there
 *   no length  the rows are a table; selecting one sets `frozenRows`, and they keep that order
 *   openRows   Enter opens the selected row (`isOpen`), where ↑ ↓ move `cursor` from 0 to openRows − 1, and Esc closes it
 *   entered    Enter does this with the selected row instead
 *   openBytes  x moves the cursor into the bytes of what is open, where it moves by a byte or a row, and back to the row of its byte
 *   sorts      s cycles through them (`sort`; empty at first: the first of them)
 *   checkFilter   / edits a filter (`filter`), red while this returns an error
 *   window     the keys that the next snapshots shall contain
 *   value      the page of an open value that they shall contain
 *   lines      the narration's text instead of a picture
 */
export interface Pane {
  readonly id: PaneId;
  /** In the border, followed by {@link badge}. */
  readonly title: string;
  /**
   * A short addition to the title: a count, a filter, `frozen, 3 new`. Plain text; cut to `columns`. Without `size` nothing is on a screen.
   */
  badge(state: State, columns: number, size?: Size): string;
  render(state: State, context: PaneContext): readonly string[];
  /** The chapter of the glossary about it, its columns and words; shown by ?. */
  readonly help: Section;

  /** Identities of all selectable rows, in the order of the screen; the newest last, if the list grows. Without `size` nothing is on a screen. */
  rows?(state: State, size?: Size): readonly string[];
  /** The number of rows so far. */
  length?(state: State): number;
  /** How far the list can be scrolled back, if lines take several rows; left out: by its number of lines. */
  scrollLimit?(state: State, size: Size, theme: Theme): number;
  /** How many of these have been dropped; 0 if left out. */
  forgotten?(state: State): number;
  /** The position of the first row in the whole table, if only a part of it is there; 0 if left out. */
  offset?(state: State): number;
  /** Number of cursor positions in what is open. */
  openRows?(state: State): number;
  /** The effect of Enter on the selected row, if it does not open it. */
  entered?(state: State): Action;
  /** Null: what is open has no bytes to show. */
  openBytes?(state: State, size: Size): OpenBytes | null;
  readonly sorts?: readonly string[];
  /** Why the filter is invalid, or null. */
  checkFilter?(text: string): Text | null;
  window?(state: State, size: Size): SnapshotRequest['keys'];
  value?(state: State, size: Size): SnapshotRequest['value'];
  /** For the narration: a plain line for each row, at most `limit` of those that would be on the screen, and a summary. */
  lines?(state: State, limit: number, theme: Theme): readonly string[];
  /** The position of the terminal's cursor, from the pane's upper left corner; null: none. */
  cursor?(state: State, context: Pick<PaneContext, 'theme' | 'size'>): { readonly row: number; readonly column: number } | null;
}
