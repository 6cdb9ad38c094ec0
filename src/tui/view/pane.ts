/**
 * Pane: a part of the screen. It is a pure function from the state to finished rows; Ink only places them.
 *
 * Measured: one node per pane with rows made ready costs half of what a component per row costs (see docs/decisions.md). So a pane renders itself to exactly `height`
 * strings of exactly `width` columns, styled by the theme. What comes from clients goes through text.ts's `visible` first.
 */
import type { State } from '../state/state.js';
import type { Theme } from './theme.js';

export const PANE_IDS = ['loop', 'tokens', 'readiness', 'frames', 'keyspace', 'repl'] as const;
export type PaneId = (typeof PANE_IDS)[number];

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

export interface HelpEntry {
  /** A column, a flag, an event, a word on the screen. */
  readonly term: string;
  /** One or two sentences in plain words. */
  readonly meaning: string;
}

export interface Pane {
  readonly id: PaneId;
  /** Stands in the border, with {@link badge} behind it. */
  readonly title: string;
  /** A short addition to the title: a count, a filter, `3 new`. Plain text. */
  badge(state: State): string;
  render(state: State, context: PaneContext): readonly string[];
  /** Explains the pane, and each of its columns and words; shown by ?. */
  readonly help: { readonly about: string; readonly entries: readonly HelpEntry[] };
}
