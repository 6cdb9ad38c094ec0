/**
* The results of a lesson's tests, as reported by the process that runs them.
 */
import type { Spin } from './calls.js';
import type { Text } from '../shared/language.js';

export type Outcome =
  | { readonly kind: 'green' }
  /** What was expected, and what the loop did. */
  | { readonly kind: 'unmet'; readonly expected: Text; readonly did: Text }
/** The learner's code has thrown. `at`: the line in the learner's file; null: unknown */
  | { readonly kind: 'thrown'; readonly message: string; readonly at: number | null }
  /** One call was made again and again. */
  | ({ readonly kind: 'spins' } & Spin)
/** A test did not return. */
  | { readonly kind: 'hangs' }
/** An earlier test did not return, or has ended the program. */
  | { readonly kind: 'notRun' };

/** Messages of the process, in this order: `loaded`, then `began` and `ended` for each test; or `failed`: there is nothing to test. */
export type Message =
  | { readonly kind: 'loaded'; readonly tests: readonly Text[] }
  | { readonly kind: 'failed'; readonly reason: 'missing' | 'broken' | 'export'; readonly detail: string }
  | { readonly kind: 'began'; readonly test: number }
  | { readonly kind: 'ended'; readonly test: number; readonly outcome: Outcome };

export interface LessonReport {
  /** Why the file cannot be tested; null: it was. */
  readonly failure: { readonly reason: 'missing' | 'broken' | 'export' | 'hangs'; readonly detail: string } | null;
  readonly tests: readonly { readonly name: Text; readonly outcome: Outcome }[];
}

export const isGreen = ({ failure, tests }: LessonReport): boolean => failure === null && tests.every(({ outcome }) => outcome.kind === 'green');
