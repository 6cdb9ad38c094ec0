/**
 * Parses the words after a command with its own flags: check, course.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { toBytes } from '../server/config/bytes.js';
import { type Language, LANGUAGES, languageOf } from '../shared/language.js';
import { complain } from './complain.js';

/** What is wrong with how a command is given; the message is one line, as text. */
export class UsageError extends Error {
  /** @param isAsked nothing is wrong: --help asks for the usage, which is the message */
  constructor(
    message: string,
    readonly isAsked = false,
  ) {
    super(message);
  }
}

/** Prints the message: what was asked for, or what is wrong. @param failed the exit code if something is wrong. Returns the exit code */
export function sayUsage(error: Error, failed: number): number {
  if (!(error instanceof UsageError && error.isAsked)) {
    complain(toBytes(error.message));
    return failed;
  }
  process.stdout.write(`${error.message}\n`);
  return 0;
}

/** Throws {@link UsageError}, which ends with the usage, or with --help is the usage. */
export function parseWords<T extends ParseArgsConfig>(config: T, usage: string): ReturnType<typeof parseArgs<T>> {
  const words = config.args ?? [];
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  if (own.includes('--help') || own.includes('-h')) throw new UsageError(usage, true);
  try {
    return parseArgs(config);
  } catch (error) {
    // After the first sentence Node advises how to escape words that begin with a dash.
    throw new UsageError(`${(error as Error).message.split('. ')[0]!}; ${usage}`);
  }
}

/** @param typed the value of --lang; left out: the language that the environment asks for. Throws {@link UsageError} */
export function readLanguage(typed: string | undefined): Language {
  if (typed === undefined) return languageOf(process.env);
  const language = LANGUAGES.find((each) => each === typed);
  if (language === undefined) throw new UsageError(`--lang '${typed}': must be one of ${LANGUAGES.join(', ')}`);
  return language;
}
