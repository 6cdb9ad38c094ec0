/**
 * Splits the command line into words by redis-server's rules, before the values are interpreted.
 *
 *   [file] [-] --name value … --name "value" …     every setting of redis.conf is a flag; the words after it are those of its line in the file
 *   redis.conf maxmemory 1gb                       a setting after the file, without dashes, works as well
 *   "--maxmemory 1gb"                              and one with its value in one argument; also --maxmemory=1gb
 *
 * The lab's own flags are in a table, from which the help is made.
 */
import { findSetting, isDirective, isMulti, settingOf, splitWords } from '../server/config.js';
import { COALESCE_US } from '../server/thread/protocol.js';
import { LANGUAGES } from '../shared/language.js';

export type Poller = 'epoll' | 'portable' | 'auto';

export const POLLERS: readonly Poller[] = ['epoll', 'portable', 'auto'];

export type Sends = 'direct' | 'batched' | 'auto';

export const SENDS: readonly Sends[] = ['direct', 'batched', 'auto'];

export type ClockName = 'real' | 'virtual';

export const CLOCKS: readonly ClockName[] = ['real', 'virtual'];

export type ThemeName = 'dark' | 'light';

export const THEMES: readonly ThemeName[] = ['dark', 'light'];

export type EngineName = 'loop' | 'threads' | 'sequential' | 'shared-loop';

export const ENGINES: readonly EngineName[] = ['loop', 'threads', 'sequential', 'shared-loop'];

interface LabFlag {
  readonly summary: string;
  /** The kind of value, as the help shows it; without one the flag is a switch. */
  readonly value?: string;
  /** Shown first in the help: what a newcomer needs. */
  readonly isBasic?: boolean;
  /** May be given several times, each with its own value. */
  readonly isList?: boolean;
}

export const LAB_FLAGS = {
  headless: { summary: 'run the server without the screen', isBasic: true },
  step: { summary: 'start with the loop held before its first poll', isBasic: true },
  trace: { value: 'file', summary: 'write every event of the loop to a file, one JSON object per line', isBasic: true },
  'screen-reader': { summary: 'print plain lines instead of drawing a screen', isBasic: true },
  ascii: { summary: 'draw the screen with ASCII characters only' },
  theme: { value: 'theme', summary: `colours for a ${THEMES.join(' or ')} background; by default from COLORFGBG, or for both` },
  present: { summary: 'for a projector: strong contrast, few panes, and Enter moves through the moments of an experiment' },
  lang: { value: 'language', summary: `language of the screen and of messages: ${LANGUAGES.join(' or ')}; by default from LANG` },
  engine: { value: 'engine', summary: `how clients are served: ${ENGINES.join(', ')}; see docs/engines.md` },
  poller: { value: 'poller', summary: `how readiness is detected: ${POLLERS.join(', ')}` },
  sends: {
    value: 'sends',
    summary:
      'how a turn sends its replies: direct, one system call for each client; batched, one for all of them, by io_uring (and reads likewise, without a ' +
      'screen or a trace); auto, the default: batched where the kernel allows io_uring, direct with a screen',
  },
  'coalesce-us': {
    value: 'microseconds',
    summary:
      'with 8 active clients and more, sleep this long before epoll_wait, with 128 up to 8 times as long, so that one call ' +
      'reports several, which takes less work; ' +
      `${COALESCE_US} by default, 0: never; has no effect with a screen or a trace`,
  },
  'edge-triggered': { summary: 'report readiness once per change instead of as long as it lasts' },
  'trace-overwrite': { summary: 'replace the file of the trace, or of the recording, if it exists' },
  history: { value: 'bytes', summary: 'memory for going back in time: 64mb with the screen, 0 (off) without it' },
  record: { value: 'file', summary: 'record every input of the server, for `redis-lab replay file`' },
  fault: { value: 'fault', summary: "inject a fault, for example 'slice 1 on #3'; may be given several times", isList: true },
  clock: { value: 'clock', summary: `${CLOCKS.join(' or ')}: time stands still until \`advance 90s\` is typed` },
  seed: { value: 'number', summary: 'seed of all random numbers, to repeat a run' },
} as const satisfies { readonly [name: string]: LabFlag };

export type LabFlagName = keyof typeof LAB_FLAGS;

/** Flags whose value is one of a few words. */
const CHOICES: { readonly [name in LabFlagName]?: readonly string[] } = {
  engine: ENGINES, poller: POLLERS, sends: SENDS, clock: CLOCKS, theme: THEMES, lang: LANGUAGES,
};

/** A setting with the words after its name, as on a line of redis.conf. */
export interface Directive {
  readonly name: string;
  readonly words: readonly string[];
  /** As complaints quote it: `--maxmemory`. */
  readonly shown: string;
}

export interface Flags {
  readonly kind: 'flags';
  readonly file: string | null;
  /** A configuration is also read from standard input, after the file. */
  readonly readsInput: boolean;
  /** In the order given. */
  readonly directives: readonly Directive[];
  readonly switches: ReadonlySet<LabFlagName>;
  readonly values: ReadonlyMap<LabFlagName, string>;
  /** Values of the flags that may be given several times. */
  readonly lists: ReadonlyMap<LabFlagName, readonly string[]>;
}

/** Not to be run: text is requested, or something is wrong, in one line. */
export type Other =
  | { readonly kind: 'help'; readonly topic: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'unknown'; readonly name: string }
  | { readonly kind: 'complaint'; readonly complaint: string };

export function readFlags(args: readonly string[]): Flags | Other {
  return new ArgumentReader(args).read();
}

class ArgumentReader {
  private at = 0;
  private file: string | null = null;
  private readsInput = false;
  private readonly directives: Directive[] = [];
  private readonly switches = new Set<LabFlagName>();
  private readonly values = new Map<LabFlagName, string>();
  private readonly lists = new Map<LabFlagName, readonly string[]>();

  constructor(private readonly args: readonly string[]) {}

  read(): Flags | Other {
    while (this.at < this.args.length) {
      const other = this.argument(this.args[this.at++]!);
      if (other !== null) return other;
    }
    const { file, readsInput, directives, switches, values, lists } = this;
    return { kind: 'flags', file, readsInput, directives, switches, values, lists };
  }

  /** Returns what ends the parsing, or null. */
  private argument(arg: string): Other | null {
    if (arg === '-h' || arg === '--help') return { kind: 'help', topic: this.args[this.at] ?? '' };
    if (arg === '-v' || arg === '--version') return { kind: 'version' };
    if (arg === '-') {
      this.readsInput = true;
      return null;
    }
    if (isFlag(arg)) return this.flag(arg);
    if (arg.startsWith('-')) return { kind: 'unknown', name: arg };
    if (this.file !== null) return this.setting(arg, arg, this.takeWords());
    this.file = arg;
    return null;
  }

  private flag(arg: string): Other | null {
    const [head, inline] = splitArgument(arg);
    const shown = `--${head}`;
    if (head in LAB_FLAGS) return this.labFlag(head as LabFlagName, inline);
    const setting = findSetting(head);
    if (setting === undefined && !isDirective(head)) return { kind: 'unknown', name: shown };
    const takesMany = setting === undefined || isMulti(settingOf(setting));
    if (takesMany) return this.setting(head, shown, [...inline, ...this.takeWords()]);
    if (inline.length > 0) return this.setting(head, shown, inline);
    const word = this.takeValue();
    return word === null ? missing(shown) : this.setting(head, shown, [word, ...this.takeWords()]);
  }

  private setting(name: string, shown: string, words: readonly string[]): Other | null {
    const setting = findSetting(name);
    if (setting === undefined && !isDirective(name)) return { kind: 'unknown', name };
    if (words.length === 0 && (setting === undefined || settingOf(setting).bare !== true)) return missing(shown);
    this.directives.push({ name, words, shown });
    return null;
  }

  private labFlag(name: LabFlagName, inline: readonly string[]): Other | null {
    const flag: LabFlag = LAB_FLAGS[name];
    if (flag.value === undefined) {
      this.switches.add(name);
      return inline.length === 0 ? null : complain(`--${name} takes no value`);
    }
    const word = inline.length > 0 ? inline.join(' ') : this.takeValue();
    if (word === null) return missing(`--${name}`);
    if (flag.isList === true) this.lists.set(name, [...(this.lists.get(name) ?? []), word]);
    else this.values.set(name, word);
    const known = CHOICES[name];
    return known !== undefined && !known.includes(word) ? complain(`--${name} '${word}': must be one of ${known.join(', ')}`) : null;
  }

  /** The next argument, unless it is a known flag. */
  private takeValue(): string | null {
    const next = this.args[this.at];
    if (next === undefined || (isFlag(next) && isKnown(splitArgument(next)[0]))) return null;
    this.at++;
    return next;
  }

  /** All arguments up to the next flag, or to the `-` at the end. */
  private takeWords(): string[] {
    const words: string[] = [];
    for (let next = this.args[this.at]; next !== undefined && !isFlag(next); next = this.args[this.at]) {
      if (next === '-' && this.at === this.args.length - 1) break;
      words.push(next);
      this.at++;
    }
    return words;
  }
}

function isFlag(arg: string): boolean {
  return arg.startsWith('--');
}

function isKnown(name: string): boolean {
  return name in LAB_FLAGS || name === 'help' || name === 'version' || isDirective(name);
}

/** The name in a flag, and the words after it in the same argument. */
function splitArgument(arg: string): [name: string, inline: readonly string[]] {
  const body = arg.slice(2);
  const equals = body.indexOf('=');
  if (equals > 0 && isKnown(body.slice(0, equals))) return [body.slice(0, equals), [body.slice(equals + 1)]];
  const words = /\s/.test(body) ? splitWords(body) : null;
  return words === null || words.length === 0 ? [body, []] : [words[0]!, words.slice(1)];
}

const complain = (complaint: string): Other => ({ kind: 'complaint', complaint });
const missing = (shown: string): Other => complain(`${shown} needs a value`);
