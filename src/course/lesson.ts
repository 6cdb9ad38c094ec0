/**
 * What a lesson's tests are written in.
 */
import type { Text } from '../shared/language.js';

/** What the learner's file exports, unknown until it is loaded. */
export type Exports = { readonly [name: string]: unknown };

export interface LessonTest {
  readonly name: Text;
  /** Throws {@link Unmet}, or whatever the learner's code throws. */
  run(exports: Exports): void;
}
