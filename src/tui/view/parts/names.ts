/**
 * Names: how tokens, readiness and interest are called on the screen. The field's words, as in the trace.
 */
import type { Language, Text } from '../../../shared/language.js';

const TOKEN: Text = { en: 'token', ko: '토큰' };

/** What the sources are called that are no connections. */
export const LISTENER = 'LISTENER';
export const WAKER = 'WAKER';

/** A connection: `token 7`. */
export function nameOf(token: number, language: Language): string {
  return `${TOKEN[language]} ${token}`;
}

/** The bits of readiness as they stand in TRACE_EVENTS. */
const READINESS_WORDS: readonly (readonly [bit: number, word: string])[] = [
  [1, 'READABLE'],
  [2, 'WRITABLE'],
  [4, 'ERROR'],
  [8, 'READ_CLOSED'],
  [16, 'HUP'],
];

/** `READABLE|READ_CLOSED`. */
export function readinessWords(readiness: number, separator: string): string {
  return READINESS_WORDS.filter(([bit]) => (readiness & bit) !== 0)
    .map(([, word]) => word)
    .join(separator);
}
