/**
 * Pane: a part of the screen. It is a pure function from the state to finished rows; Ink only places them.
 *
 * Measured: one node per pane with rows made ready costs half of what a component per row costs (see docs/decisions.md). So a pane
 * renders itself to exactly `height` strings of exactly `width` columns, styled by the theme. What comes from clients goes through the
 * theme's `visible` first.
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

/** Bytes that the cursor can walk through, and how they belong to the {@link Pane.openRows}. */
export interface OpenBytes {
  readonly count: number;
  /** Bytes in a row of the screen. */
  readonly perRow: number;
  rowOf(byte: number): number;
  beginningOf(row: number): number;
}

/**
 * What the keys do in a pane follows from what it has:
 *
 *   rows       ↑ ↓ PageUp PageDown select a row (`ui.panes[id].selected`), and the pane keeps it in sight; End selects none and follows again
 *   length     the list grows at its end; leaving the newest row sets `frozenAt` to the length then, and what came since is
 *              `length − frozenAt`; without rows the same keys scroll back from there
 *   no length  the rows are a table; selecting one sets `frozenRows`, and they keep that order
 *   openRows   Enter opens the selected row (`isOpen`), where ↑ ↓ move `cursor` from 0 to openRows − 1, and Esc closes it
 *   entered    Enter does this with the selected row instead
 *   openBytes  x leads the cursor into the bytes of what is open, where it moves by a byte or a row, and back to the row that its byte belongs to
 *   sorts      s walks through them (`sort`; empty at first: the first of them)
 *   checkFilter   / types a filter (`filter`), red while this says why not
 *   window     the keys that the next snapshots shall bring
 *   value      the page of an open value that they shall bring
 *   lines      what the narration tells of it, instead of a picture
 */
export interface Pane {
  readonly id: PaneId;
  /** Stands in the border, with {@link badge} behind it. */
  readonly title: string;
  /**
   * A short addition to the title: a count, a filter, `frozen, 3 new`. Plain text; what is longer than `columns` is cut. Without `size`
   * nothing is on a screen.
   */
  badge(state: State, columns: number, size?: Size): string;
  render(state: State, context: PaneContext): readonly string[];
  /** The chapter of the glossary that explains it, and each of its columns and words; shown by ?. */
  readonly help: Section;

  /** Identities of all rows that can be selected, in the order of the screen; the newest last, if the list grows. Without `size` nothing is on a screen. */
  rows?(state: State, size?: Size): readonly string[];
  /** How many rows there have ever been. */
  length?(state: State): number;
  /** How far the list can be scrolled back, where that is done by rows and lines take several; left out: by as many as there are. */
  scrollLimit?(state: State, size: Size, theme: Theme): number;
  /** How many of these are there no more; 0 if left out. */
  forgotten?(state: State): number;
  /** Where the rows begin in the whole table, if only a part of it is there; 0 if left out. */
  offset?(state: State): number;
  /** Places for the cursor in what is open. */
  openRows?(state: State): number;
  /** What Enter does with the selected row, if it does not open it. */
  entered?(state: State): Action;
  /** Null: what is open has no bytes to show. */
  openBytes?(state: State, size: Size): OpenBytes | null;
  readonly sorts?: readonly string[];
  /** Why the text is no filter, or null. */
  checkFilter?(text: string): Text | null;
  window?(state: State, size: Size): SnapshotRequest['keys'];
  value?(state: State, size: Size): SnapshotRequest['value'];
  /** The same for somebody who listens: a plain line for each row, at most `limit` of those that would be on the screen, and what is said about all of them. */
  lines?(state: State, limit: number, theme: Theme): readonly string[];
  /** Where the cursor of the terminal belongs, from the pane's upper left corner; null: nowhere. */
  cursor?(state: State, context: Pick<PaneContext, 'theme' | 'size'>): { readonly row: number; readonly column: number } | null;
}
