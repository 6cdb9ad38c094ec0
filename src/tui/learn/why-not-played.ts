/**
 * Explains to the learner why a run did not reach its end.
 */
import type { Language } from '../../shared/language.js';
import { LESSON_TEXTS } from '../state/learn/lesson-texts.js';
import { Disturbed, NeedsEpoll } from './runner.js';

/** Not safe to print: it may contain text of a file or a server. */
export function whyNotPlayed(error: unknown, language: Language): string {
  const texts = LESSON_TEXTS[language];
  if (error instanceof Disturbed) return texts.disturbed[error.disturbance];
  if (error instanceof NeedsEpoll) return texts.needsEpoll;
  return error instanceof Error ? error.message : String(error);
}
