/**
 * Parses the command line: every setting of the table is a flag, a redis.conf may come first, and the lab has its own flags.
 *
 * Called by main.ts; its result goes to serve.ts and run.ts. It has no effect except reading the named files.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolvePath } from '../server/config/bytes.js';
import { ConfigFileError, ConfigReader, type SettingValues } from '../server/config.js';
import { parseMemory } from '../server/config/setting.js';
import { type Fault, FaultError, parseFaultText } from '../server/faults/fault.js';
import { MIN_HISTORY_BYTES, THREADS_SETTINGS } from '../server/index.js';
import { isCoalesceUs, MAX_COALESCE_US } from '../server/thread/protocol.js';
import type { Language } from '../shared/language.js';
import { type ClockName, type EngineName, readFlags, type Flags, type LabFlagName, type Other, type Poller, type Sends, type ThemeName } from './flags.js';

export interface Run {
  readonly settings: Partial<SettingValues>;
  /** Absolute path of the configuration file, for CONFIG REWRITE; null if there is none. */
  readonly configFile: string | null;
  /** Settings were read from standard input. */
  readonly readsInput: boolean;
  readonly headless: boolean;
  readonly engine: EngineName;
  readonly poller: Poller;
  readonly sends: Sends;
  /** Null: the default. */
  readonly coalesceUs: number | null;
  readonly edgeTriggered: boolean;
  readonly seed: number | null;
  readonly clock: ClockName;
  /** Where to write the trace. */
  readonly trace: string | null;
  readonly traceOverwrite: boolean;
  /** Where to write the recording. */
  readonly record: string | null;
  /** Bytes for going back in time; null: not given. */
  readonly history: number | null;
  /** Set from the start. */
  readonly faults: readonly Fault[];
  readonly step: boolean;
  readonly ascii: boolean;
  /** Null: not given. */
  readonly theme: ThemeName | null;
  readonly screenReader: boolean;
  readonly present: boolean;
  /** Null: the one that the environment asks for. */
  readonly language: Language | null;
  /** `redis-lab learn`: the list of experiments, or one of them by its name or file (a byte string). Null: the plain lab. */
  readonly learn: { readonly experiment: string | null } | null;
}

export type Request =
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'complaint'; readonly complaint: string };

/** An error in the flags; the message is one line for stderr. */
class Complaint extends Error {}

/** A word that could be a command. */
const BARE_WORD = /^[a-z]+$/i;

/** @param args byte strings, without the program's own name. Complaints are byte strings, too. */
export async function parseCommandLine(args: readonly string[]): Promise<Request> {
  const [first] = args;
  if (first !== undefined && BARE_WORD.test(first) && first !== 'learn' && !existsSync(first)) {
    const complaint = (await import('./suggest.js')).mistyped(first);
    if (complaint !== null) return { kind: 'complaint', complaint };
  }
  const lesson = lessonOf(args);
  const flags = readFlags(lesson === null ? args : args.slice(lesson.experiment === null ? 1 : 2));
  if (flags.kind !== 'flags') return answer(flags);
  try {
    return { kind: 'run', run: toRun(flags, lesson) };
  } catch (error) {
    if (error instanceof Complaint || error instanceof ConfigFileError) return { kind: 'complaint', complaint: error.message };
    throw error;
  }
}

function lessonOf([first, second]: readonly string[]): Run['learn'] {
  if (first !== 'learn') return null;
  return { experiment: second === undefined || second.startsWith('-') ? null : second };
}

async function answer(other: Other): Promise<Request> {
  switch (other.kind) {
    case 'complaint':
      return other;
    case 'version':
      return { kind: 'text', text: `${__VERSION__}\n` };
    case 'unknown':
      return { kind: 'complaint', complaint: `unknown option '${other.name}'${(await import('./suggest.js')).suggestion(other.name)}` };
    case 'help': {
      const { formatHelp, formatMore, formatSettings } = await import('./help.js');
      return { kind: 'text', text: other.topic === 'settings' ? formatSettings() : other.topic === 'more' ? formatMore() : formatHelp() };
    }
  }
}

/** Flags are read like lines after the file, so they win. */
function toRun({ file, readsInput, directives, switches, values, lists }: Flags, learn: Run['learn']): Run {
  if (learn !== null && switches.has('headless')) throw new Complaint('learn is interactive: it cannot be combined with --headless');
  if (switches.has('ascii') && values.get('lang') === 'ko') throw new Complaint('--ascii draws no Hangul: it cannot be combined with --lang ko');
  if (switches.has('present') && (switches.has('headless') || switches.has('screen-reader'))) throw new Complaint('--present needs the screen');
  const reader = new ConfigReader();
  if (file !== null) reader.file(file);
  if (readsInput) reader.text(readFileSync(0, 'latin1'), 'standard input');
  for (const { name, words, shown } of directives) {
    reader.words([name, ...words], (complaint) => {
      throw new Complaint(`${shown} '${words.join(' ')}': ${complaint}`);
    });
  }
  const seed = values.get('seed');
  const coalesceUs = values.get('coalesce-us');
  const trace = values.get('trace');
  const record = values.get('record');
  const clock = (values.get('clock') as ClockName | undefined) ?? 'real';
  if (clock === 'virtual' && switches.has('headless')) throw new Complaint("--clock 'virtual': only the lab's console can advance it, and --headless has none");
  const history = values.get('history');
  const engine = (values.get('engine') as EngineName | undefined) ?? 'loop';
  if (engine === 'threads' || engine === 'shared-loop') checkFewCommands(engine, reader.values, [...switches, ...values.keys(), ...lists.keys()]);
  return {
    settings: reader.values,
    configFile: file === null ? null : resolvePath(file),
    readsInput,
    headless: switches.has('headless'),
    engine,
    poller: (values.get('poller') as Poller | undefined) ?? 'auto',
    sends: (values.get('sends') as Sends | undefined) ?? 'auto',
    coalesceUs: coalesceUs === undefined ? null : readCoalesceUs(coalesceUs),
    edgeTriggered: switches.has('edge-triggered'),
    seed: seed === undefined ? null : readSeed(seed),
    clock,
    trace: trace === undefined ? null : resolvePath(trace),
    record: record === undefined ? null : resolvePath(record),
    history: history === undefined ? null : readHistory(history),
    faults: [...(engine === 'sequential' ? [SEQUENTIAL] : []), ...(lists.get('fault') ?? [])].map(readFault),
    traceOverwrite: switches.has('trace-overwrite'),
    step: switches.has('step'),
    ascii: switches.has('ascii'),
    theme: (values.get('theme') as ThemeName | undefined) ?? null,
    screenReader: switches.has('screen-reader'),
    present: switches.has('present'),
    language: (values.get('lang') as Language | undefined) ?? null,
    learn,
  };
}

/** The defect that makes a loop serve one client until it disconnects. */
const SEQUENTIAL = 'one-client-at-a-time';

/** Flags that are valid with these engines; those of the screen only with threads, which have one. */
const FLAGS_OF_ALL: readonly LabFlagName[] = ['engine', 'headless'];
const FLAGS_OF_LANES: readonly LabFlagName[] = ['engine', 'ascii', 'theme', 'lang'];

/** Checks the settings of the engines on the keyspace in shared memory, which have few commands and settings. */
function checkFewCommands(engine: EngineName, settings: Partial<SettingValues>, flags: readonly LabFlagName[]): void {
  const isHeadless = flags.includes('headless');
  if (!isHeadless && engine !== 'threads') throw new Complaint(`--engine '${engine}': there is no screen for it; --headless runs it without one`);
  const flag = flags.find((name) => !(isHeadless ? FLAGS_OF_ALL : FLAGS_OF_LANES).includes(name));
  if (flag !== undefined) throw new Complaint(`--${flag} cannot be combined with --engine ${engine}`);
  const setting = Object.keys(settings).find((name) => !(THREADS_SETTINGS as readonly string[]).includes(name));
  if (setting !== undefined) throw new Complaint(`--engine ${engine} has no setting '${setting}'; it has ${THREADS_SETTINGS.join(', ')}`);
}

function readFault(text: string): Fault {
  try {
    return parseFaultText(text);
  } catch (error) {
    throw error instanceof FaultError ? new Complaint(`--fault '${text}': ${error.message}`) : error;
  }
}

function readHistory(text: string): number {
  const bytes = text === '' ? NaN : Number(parseMemory(text) ?? NaN);
  if (bytes === 0 || (bytes >= MIN_HISTORY_BYTES && bytes <= Number.MAX_SAFE_INTEGER)) return bytes;
  throw new Complaint(`--history '${text}': must be a number of bytes, at least 1mb, or 0 for none`);
}

function readCoalesceUs(text: string): number {
  const us = Number(text);
  if (!/^\d+$/.test(text) || !isCoalesceUs(us)) throw new Complaint(`--coalesce-us '${text}': must be a number from 0 to ${MAX_COALESCE_US}`);
  return us;
}

function readSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > 0xffffffff) throw new Complaint(`--seed '${text}': must be a number from 0 to 4294967295`);
  return seed;
}
