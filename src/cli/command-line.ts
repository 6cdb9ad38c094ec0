/**
 * The command line as values: every setting of the table is a flag, a redis.conf may come first, and the lab has flags of its own.
 *
 * Reached from main.ts; hands what is to be run to serve.ts. Nothing here has an effect but reading the files named.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { ConfigFileError, isMulti, parseValue, readConfigFile, readConfigText, settingNames, settingOf, type SettingName, type SettingValues } from '../server/config.js';
import { formatHelp } from './help.js';

export interface Run {
  readonly settings: Partial<SettingValues>;
  /** Absolute path of the configuration file, for CONFIG REWRITE; null if there is none. */
  readonly configFile: string | null;
  readonly headless: boolean;
  readonly poller: 'epoll' | 'portable' | 'auto';
  readonly edgeTriggered: boolean;
  readonly seed: number | null;
  /** Where to write the trace. */
  readonly trace: string | null;
}

export type Request = { readonly kind: 'run'; readonly run: Run } | { readonly kind: 'text'; readonly text: string } | { readonly kind: 'complaint'; readonly complaint: string };

interface LabOptions {
  headless?: boolean;
  poller?: 'epoll' | 'portable' | 'auto';
  edgeTriggered?: boolean;
  seed?: string;
  trace?: string;
}

/** What a flag may be wrong with; the message is one line for stderr. */
class Complaint extends Error {}

/** @param args without the program's own name */
export function parseCommandLine(args: readonly string[]): Request {
  let text = '';
  const given = new Map<string, string[]>();
  const program = createProgram(given, (written) => (text += written));
  try {
    program.parse(args, { from: 'user' });
    return { kind: 'run', run: toRun(program, given) };
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? { kind: 'text', text } : { kind: 'complaint', complaint: oneLine(error.message) };
    if (error instanceof Complaint || error instanceof ConfigFileError) return { kind: 'complaint', complaint: error.message };
    throw error;
  }
}

/** The flags of settings are collected in `given`, as words, in the order they came. */
function createProgram(given: Map<string, string[]>, write: (text: string) => void): Command {
  const program = new Command('redis-lab')
    .argument('[file]', 'configuration file in the format of redis.conf; - reads standard input')
    .version(__VERSION__, '-v, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .addOption(new Option('--headless', 'run the server without the screen'))
    .addOption(new Option('--poller <poller>', 'how readiness is found out').choices(['epoll', 'portable', 'auto']).default('auto'))
    .addOption(new Option('--edge-triggered', 'report readiness once per change instead of as long as it lasts'))
    .addOption(new Option('--trace <file>', 'write every event of the loop to a file, one JSON object a line'))
    .addOption(new Option('--seed <number>', 'seed of everything random, to repeat a run'));
  for (const [name, setting] of settingNames()) program.addOption(settingOption(name, setting, given));
  return program
    .configureHelp({ formatHelp: () => formatHelp(program) })
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .exitOverride();
}

function settingOption(name: string, setting: SettingName, given: Map<string, string[]>): Option {
  const { summary, hidden = false } = settingOf(setting);
  const option = new Option(`--${name} <${isMulti(settingOf(setting)) ? 'value...' : 'value'}>`, summary).hideHelp(hidden);
  // A name such as no-appendfsync-on-rewrite is no negation.
  option.negate = false;
  return option.argParser((word: string) => {
    const words = given.get(name) ?? [];
    words.push(word);
    given.set(name, words);
    return word;
  });
}

function toRun(program: Command, given: ReadonlyMap<string, readonly string[]>): Run {
  const [file = null] = program.processedArgs as [string?];
  const { headless = false, poller = 'auto', edgeTriggered = false, seed, trace } = program.opts<LabOptions>();
  const settings: Partial<SettingValues> = {};
  if (file === '-') readConfigText(readFileSync(0, 'latin1'), 'standard input', settings, parseValue);
  else if (file !== null) readConfigFile(file, settings, parseValue);
  for (const [name, words] of given) readFlag(name, words, settings);
  return {
    settings,
    configFile: file === null || file === '-' ? null : resolve(file),
    headless,
    poller,
    edgeTriggered,
    seed: seed === undefined ? null : readSeed(seed),
    trace: trace === undefined ? null : resolve(trace),
  };
}

/** Flags come after the file, so they win. Of a setting with one value the last flag counts. */
function readFlag(name: string, words: readonly string[], settings: Partial<SettingValues>): void {
  const setting = [...settingNames()].find(([known]) => known === name)![1];
  const counting = isMulti(settingOf(setting)) ? words : words.slice(-1);
  try {
    (settings as { [name: string]: unknown })[setting] = parseValue(name, setting, counting, settings);
  } catch (error) {
    throw new Complaint(`--${name} '${counting.join(' ')}': ${(error as { complaint?: string }).complaint ?? String(error)}`);
  }
}

function readSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > 0xffffffff) throw new Complaint(`--seed '${text}': must be a number from 0 to 4294967295`);
  return seed;
}

/** Commander's `error: unknown option '--prot'\n(Did you mean --port?)`, without its first word, on one line. */
function oneLine(message: string): string {
  return message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
}

