/**
 * The command line as values: every setting of the table is a flag, a redis.conf may come first, and the lab has flags of its own.
 *
 * Reached from main.ts; hands what is to be run to serve.ts. Nothing here has an effect but reading the files named.
 */
import { readFileSync } from 'node:fs';
import { resolvePath } from '../server/config/bytes.js';
import { ConfigError, ConfigFileError, findSetting, isMulti, parseValue, readConfigFile, readConfigText, settingOf, type SettingValues } from '../server/config.js';
import { readPlainFlags, type Flags, type Poller } from './flags.js';

export interface Run {
  readonly settings: Partial<SettingValues>;
  /** Absolute path of the configuration file, for CONFIG REWRITE; null if there is none. */
  readonly configFile: string | null;
  readonly headless: boolean;
  readonly poller: Poller;
  readonly edgeTriggered: boolean;
  readonly seed: number | null;
  /** Where to write the trace. */
  readonly trace: string | null;
  readonly traceOverwrite: boolean;
  readonly step: boolean;
  readonly ascii: boolean;
  readonly screenReader: boolean;
}

export type Request = { readonly kind: 'run'; readonly run: Run } | { readonly kind: 'text'; readonly text: string } | { readonly kind: 'complaint'; readonly complaint: string };

/** What a flag may be wrong with; the message is one line for stderr. */
class Complaint extends Error {}

/** @param args byte strings, without the program's own name. Complaints are byte strings, too. */
export async function parseCommandLine(args: readonly string[]): Promise<Request> {
  const flags = readPlainFlags(args) ?? (await import('./program.js')).parseFlags(args);
  if ('kind' in flags) return flags;
  try {
    return { kind: 'run', run: toRun(flags) };
  } catch (error) {
    if (error instanceof Complaint || error instanceof ConfigFileError) return { kind: 'complaint', complaint: error.message };
    throw error;
  }
}

/** Flags come after the file, so they win. */
function toRun({ file, settings: given, headless, poller, edgeTriggered, seed, trace, traceOverwrite, step, ascii, screenReader }: Flags): Run {
  const settings: Partial<SettingValues> = {};
  if (file === '-') readConfigText(readFileSync(0, 'latin1'), 'standard input', settings, parseValue);
  else if (file !== null) readConfigFile(file, settings, parseValue);
  for (const [name, words] of given) readFlag(name, words, settings);
  return {
    settings,
    configFile: file === null || file === '-' ? null : resolvePath(file),
    headless,
    poller,
    edgeTriggered,
    seed: seed === null ? null : readSeed(seed),
    trace: trace === null ? null : resolvePath(trace),
    traceOverwrite,
    step,
    ascii,
    screenReader,
  };
}

/** Of a setting with one value the last flag counts; the words of one with several add up. */
function readFlag(name: string, words: readonly string[], settings: Partial<SettingValues>): void {
  const setting = findSetting(name)!;
  const counting = isMulti(settingOf(setting)) ? words : words.slice(-1);
  try {
    (settings as { [name: string]: unknown })[setting] = parseValue(name, setting, counting, settings);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Complaint(`--${name} '${counting.join(' ')}': ${error.complaint}`);
  }
}

function readSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > 0xffffffff) throw new Complaint(`--seed '${text}': must be a number from 0 to 4294967295`);
  return seed;
}
