/**
 * The command line in full, with Commander: help, version, mistakes with suggestions, and every form a flag may have.
 *
 * Loaded only when flags.ts does not understand what was given.
 */
import { Command, CommanderError, Option } from 'commander';
import { isMulti, settingNames, settingOf, type SettingName } from '../server/config.js';
import { POLLERS, type Flags, type Poller } from './flags.js';
import { formatHelp } from './help.js';

/** The flags; or text to print; or a complaint, in one line. */
export type Parsed = Flags | { readonly kind: 'text'; readonly text: string } | { readonly kind: 'complaint'; readonly complaint: string };

interface LabOptions {
  headless?: boolean;
  poller?: Poller;
  edgeTriggered?: boolean;
  seed?: string;
  trace?: string;
  traceOverwrite?: boolean;
  step?: boolean;
  ascii?: boolean;
  screenReader?: boolean;
}

export function parseFlags(args: readonly string[]): Parsed {
  let text = '';
  const settings = new Map<string, string[]>();
  const program = createProgram(settings, (written) => (text += written));
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? { kind: 'text', text } : { kind: 'complaint', complaint: oneLine(error.message) };
  }
  const [file = null] = program.processedArgs as [string?];
  const { headless = false, poller = 'auto', edgeTriggered = false, seed = null, trace = null, traceOverwrite = false, step = false, ascii = false, screenReader = false } = program.opts<LabOptions>();
  return { file, settings, headless, poller, edgeTriggered, seed, trace, traceOverwrite, step, ascii, screenReader };
}

/** The words of settings are collected in `given`, in the order they came. */
function createProgram(given: Map<string, string[]>, write: (text: string) => void): Command {
  const program = new Command('redis-lab')
    .argument('[file]', 'configuration file in the format of redis.conf; - reads standard input')
    .version(__VERSION__, '-v, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .addOption(new Option('--headless', 'run the server without the screen'))
    .addOption(new Option('--step', 'start with the loop held before its first poll'))
    .addOption(new Option('--ascii', 'draw the screen with ASCII characters only'))
    .addOption(new Option('--screen-reader', 'tell the lab in plain lines instead of drawing it'))
    .addOption(new Option('--poller <poller>', 'how readiness is found out: epoll, portable, auto').choices(POLLERS).default('auto'))
    .addOption(new Option('--edge-triggered', 'report readiness once per change instead of as long as it lasts'))
    .addOption(new Option('--trace <file>', 'write every event of the loop to a file, one JSON object a line'))
    .addOption(new Option('--trace-overwrite', 'replace that file if it exists'))
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

/** Commander's `error: unknown option '--prot'\n(Did you mean --port?)`, without its first word, on one line. */
function oneLine(message: string): string {
  return message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
}
