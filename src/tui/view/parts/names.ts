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

const TOKENS = { en: 'tokens', ko: '토큰' } as const;

/** `tokens 2, 4, 5 and 7 more`: at most `limit` of them by their numbers. */
export function tokenList(tokens: readonly number[], limit: number, language: Language): string {
  const more = tokens.length - limit;
  const named = `${TOKENS[language]} ${tokens.slice(0, limit).join(', ')}`;
  if (more <= 0) return named;
  return language === 'en' ? `${named} and ${more} more` : `${named} 외 ${more}개`;
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
