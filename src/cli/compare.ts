/**
 * `redis-lab compare`: puts the same load on every engine, one after another, and prints a table.
 */
import {
  compareEngine, CompareError, type CompareOptions, describe, describeHead, describeRow, type EngineFigures, ENGINES, toJson,
} from '../compare/index.js';
import type { Language } from '../shared/language.js';
import { parseWords, readLanguage, sayUsage, UsageError } from './words.js';

const USAGE = 'usage: redis-lab compare [--clients 50] [--seconds 5] [--sinks 0] [--json] [--lang en|ko]';

const DONE = 0;
const NOT_POSSIBLE = 2;
/** The exit code of a process ended by SIGINT, as in a shell. */
const INTERRUPTED = 130;

const MOST_CLIENTS = 500;
const MOST_SECONDS = 60;
/** The maximum number of clients of the engine of threads. */
const MOST_SINKS = 16;

interface Wish extends CompareOptions {
  readonly json: boolean;
  readonly language: Language;
}

/** @param args text, after `compare`. Resolves with the exit code */
export async function runCompare(args: readonly string[]): Promise<number> {
  const isOver = new AbortController();
  const end = (): void => isOver.abort();
  process.on('SIGINT', end).on('SIGTERM', end);
  try {
    await compare(readWish(args), isOver.signal);
    return DONE;
  } catch (error) {
    if (isOver.signal.aborted) return INTERRUPTED;
    if (!(error instanceof CompareError || error instanceof UsageError)) throw error;
    return sayUsage(error, NOT_POSSIBLE);
  }
}

async function compare({ json, language, ...options }: Wish, isOver: AbortSignal): Promise<void> {
  if (process.platform !== 'linux') throw new CompareError('compare needs Linux: its threads and counters are not available elsewhere');
  const say = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);
  if (!json) say(describeHead(options, language));
  const all: EngineFigures[] = [];
  for (const engine of ENGINES) {
    const figures = await compareEngine(engine, options, isOver);
    isOver.throwIfAborted();
    all.push(figures);
    if (!json) say([describeRow(figures, options)]);
  }
  say(json ? [toJson(all, options)] : describe(all, options, language));
}

/** Throws {@link UsageError}. */
function readWish(args: readonly string[]): Wish {
  const text = { type: 'string' } as const;
  const options = { clients: text, seconds: text, sinks: text, json: { type: 'boolean' }, lang: text } as const;
  const { clients = '50', seconds = '5', sinks = '0', json = false, lang } = parseWords({ args: [...args], options }, USAGE).values;
  const language = readLanguage(lang);
  return {
    clients: wholeNumber('clients', clients, 1, MOST_CLIENTS), seconds: wholeNumber('seconds', seconds, 1, MOST_SECONDS),
    sinks: wholeNumber('sinks', sinks, 0, MOST_SINKS), json, language,
  };
}

function wholeNumber(name: string, typed: string, least: number, most: number): number {
  const number = Number(typed);
  if (!/^\d+$/.test(typed) || number < least || number > most) throw new UsageError(`--${name} '${typed}': must be a number from ${least} to ${most}`);
  return number;
}
