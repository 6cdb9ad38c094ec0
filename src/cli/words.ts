/**
 * The words behind a command that has flags of its own: check, course.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { type Language, LANGUAGES, languageOf } from '../shared/language.js';

/** What is wrong with how a command is given; the message is one line, as text. */
export class UsageError extends Error {}

/** Throws {@link UsageError}, which ends with the usage. */
export function parseWords<T extends ParseArgsConfig>(config: T, usage: string): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    // Behind the first sentence Node advises how to escape what begins with a dash.
    throw new UsageError(`${(error as Error).message.split('. ')[0]!}; ${usage}`);
  }
}

/** @param typed behind --lang; left out: what the environment asks for. Throws {@link UsageError} */
export function readLanguage(typed: string | undefined): Language {
  if (typed === undefined) return languageOf(process.env);
  const language = LANGUAGES.find((each) => each === typed);
  if (language === undefined) throw new UsageError(`--lang '${typed}': must be one of ${LANGUAGES.join(', ')}`);
  return language;
}
