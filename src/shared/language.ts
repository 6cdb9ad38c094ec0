/**
 * Languages of the lab's texts. All languages of a text are in one place, and the state says which one is shown.
 */
export const LANGUAGES = ['en', 'ko'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The same thing in each language: a string, or a table of them. */
export type InLanguages<T> = { readonly [language in Language]: T };
export type Text = InLanguages<string>;

/** The language that the environment asks for, in the order of variables that POSIX gives; English if it is not available. */
export function languageOf({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): Language {
  const wanted = [LC_ALL, LC_MESSAGES, LANG].find((value) => value !== undefined && value !== '') ?? '';
  return LANGUAGES.find((language) => new RegExp(`^${language}(?:[_.@]|$)`, 'i').test(wanted)) ?? 'en';
}
