/**
 * The form of a lesson's tests.
 */
import type { Text } from '../shared/language.js';

/** The exports of the learner's file, unknown until it is loaded. */
export type Exports = { readonly [name: string]: unknown };

export interface LessonTest {
  readonly name: Text;
  /** Throws {@link Unmet}, or whatever the learner's code throws. */
  run(exports: Exports): void;
}
