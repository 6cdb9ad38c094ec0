/**
 * Why a run has not come to its end, for the learner.
 */
import type { Language } from '../../shared/language.js';
import { LESSON_TEXTS } from '../state/learn/lesson-texts.js';
import { Disturbed, NeedsEpoll } from './runner.js';

/** Not safe to print: it may hold what a file or a server says. */
export function whyNotPlayed(error: unknown, language: Language): string {
  const texts = LESSON_TEXTS[language];
  if (error instanceof Disturbed) return texts.disturbed[error.disturbance];
  if (error instanceof NeedsEpoll) return texts.needsEpoll;
  return error instanceof Error ? error.message : String(error);
}
