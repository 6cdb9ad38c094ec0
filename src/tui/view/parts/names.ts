/**
 * Names: the words for tokens, readiness and interest on the screen. They are the standard terms, as in the trace.
 */
import type { Language, Text } from '../../../shared/language.js';

const TOKEN: Text = { en: 'token', ko: '토큰' };

/** The names of the sources that are not connections. */
export const LISTENER = 'LISTENER';
export const WAKER = 'WAKER';

/** A connection: `token 7`. */
export function nameOf(token: number, language: Language): string {
  return `${TOKEN[language]} ${token}`;
}

/** The bits of readiness as in TRACE_EVENTS. */
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
