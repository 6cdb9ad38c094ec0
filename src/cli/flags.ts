/**
 * Flags as words, before anybody has looked at what they mean; and the quick way to get them.
 *
 * A start with nothing but `[file] --name value …` is read here in no time. Everything else (help, version, mistakes, rarer forms) is left to
 * program.ts, which loads Commander for it: that costs a third of the time that Node itself takes to start. A test compares the two.
 */
import { findSetting, isMulti, settingOf } from '../server/config.js';

/** What was given on the command line, as text. */
export interface Flags {
  readonly file: string | null;
  /** Settings by the name that was used, with the words behind them. */
  readonly settings: ReadonlyMap<string, readonly string[]>;
  readonly headless: boolean;
  readonly edgeTriggered: boolean;
  readonly poller: Poller;
  readonly seed: string | null;
  readonly trace: string | null;
  readonly traceOverwrite: boolean;
  /** Of the screen: hold the loop before its first poll; only ASCII characters. */
  readonly step: boolean;
  readonly ascii: boolean;
  /** Lines of text instead of the screen. */
  readonly screenReader: boolean;
}

export type Poller = 'epoll' | 'portable' | 'auto';

export const POLLERS: readonly Poller[] = ['epoll', 'portable', 'auto'];

/** The flags, or null if there is anything among them that is not plain. */
export function readPlainFlags(args: readonly string[]): Flags | null {
  const settings = new Map<string, string[]>();
  const lab = { headless: false, edgeTriggered: false, poller: 'auto' as Poller, seed: null as string | null, trace: null as string | null, traceOverwrite: false, step: false, ascii: false, screenReader: false };
  const hasFile = args.length > 0 && !args[0]!.startsWith('-');
  let at = hasFile ? 1 : 0;
  /** The next argument, if it can not be taken for a flag. */
  const takeWord = (): string | null => (at < args.length && !args[at]!.startsWith('-') ? args[at++]! : null);
  while (at < args.length) {
    const flag = args[at++]!;
    if (!flag.startsWith('--')) return null;
    const name = flag.slice(2);
    if (name === 'headless' || name === 'step' || name === 'ascii') lab[name] = true;
    else if (name === 'edge-triggered') lab.edgeTriggered = true;
    else if (name === 'screen-reader') lab.screenReader = true;
    else if (name === 'trace-overwrite') lab.traceOverwrite = true;
    else {
      const word = takeWord();
      if (word === null) return null;
      if (name === 'seed' || name === 'trace') lab[name] = word;
      else if (name === 'poller') {
        if (!POLLERS.includes(word as Poller)) return null;
        lab.poller = word as Poller;
      } else if (!takeSetting(settings, name, word, takeWord)) return null;
    }
  }
  return { file: hasFile ? args[0]! : null, settings, ...lab };
}

function takeSetting(settings: Map<string, string[]>, name: string, word: string, takeWord: () => string | null): boolean {
  const setting = findSetting(name);
  // Flags are spelled exactly; the names in a file need not be.
  if (setting === undefined || name !== name.toLowerCase()) return false;
  const words = settings.get(name) ?? [];
  words.push(word);
  if (isMulti(settingOf(setting))) for (let more = takeWord(); more !== null; more = takeWord()) words.push(more);
  settings.set(name, words);
  return true;
}
