/**
 * Languages of the texts that lead through the lab.
 */
export const LANGUAGES = ['en', 'ko'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The one that the environment asks for, in the order that POSIX gives its variables; English if it asks for one that there is not. */
export function languageOf({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): Language {
  const wanted = [LC_ALL, LC_MESSAGES, LANG].find((value) => value !== undefined && value !== '') ?? '';
  return LANGUAGES.find((language) => new RegExp(`^${language}(?:[_.@]|$)`, 'i').test(wanted)) ?? 'en';
}
