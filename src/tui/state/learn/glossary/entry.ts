/**
 * Entry: a word of the screen and what it means, in exactly two sentences of each language.
 */
import type { InLanguages } from '../../../../shared/language.js';

/** What the words are sorted by: the panes, the other face of the frames, and what belongs to all of them. */
export const SECTIONS = ['loop', 'tokens', 'readiness', 'frames', 'commands', 'keyspace', 'program', 'repl', 'lab'] as const;
export type Section = (typeof SECTIONS)[number];

export type TwoSentences = readonly [string, string];

export interface Entry extends InLanguages<TwoSentences> {
  /** As it stands on the screen; several that are explained together are separated by commas. */
  readonly term: string;
  /** Other words by which it is found. */
  readonly also?: readonly string[];
  /** Sections besides its own whose help names it. */
  readonly on?: readonly Section[];
}

export interface Chapter {
  /** What the pane shows. */
  readonly about: InLanguages<string>;
  /** In the order of reading. */
  readonly entries: readonly Entry[];
}
