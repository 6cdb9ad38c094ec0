/**
 * Entry: a word of the screen and its meaning, in exactly two sentences per language.
 */
import type { InLanguages } from '../../../../shared/language.js';

/** Sections of the glossary: the panes, the other face of the frames, and common words. */
export const SECTIONS = ['loop', 'tokens', 'readiness', 'frames', 'commands', 'keyspace', 'program', 'repl', 'lab'] as const;
export type Section = (typeof SECTIONS)[number];

export type TwoSentences = readonly [string, string];

export interface Entry extends InLanguages<TwoSentences> {
  /** As it is on the screen; several that are explained together are separated by commas. */
  readonly term: string;
  /** Other words by which it is found. */
  readonly also?: readonly string[];
  /** Other sections whose help includes it. */
  readonly on?: readonly Section[];
}

export interface Chapter {
  /** What the pane shows. */
  readonly about: InLanguages<string>;
  /** In the order of reading. */
  readonly entries: readonly Entry[];
}
