/**
 * LoopWords: words of the console that concern the server itself: `fault`, `rule`, `trigger`, `wait`, `advance` and similar. Each resolves with lines to show,
 * or rejects with an error.
 */
import { type ActiveFault, FaultError, parseFault, type Triggering } from '../../server/index.js';
import { dateText } from '../state/date-text.js';
import type { ConsoleTexts } from './console-texts.js';
import { herd } from './herd.js';
import type { LabControls } from './host.js';
import { rule } from './rules.js';
import { threads } from './threads.js';
import { withTokens } from './tokens-of.js';
import { wait, type Watched } from './wait.js';

export class LoopWords {
  private readonly server: LabControls;
  private readonly texts: ConsoleTexts;
  /** Aborts the wait in progress. */
  private waiting: AbortController | null = null;

  constructor(
    private readonly watched: Watched & { readonly server: LabControls },
    /** Resolves with the unix time in ms afterwards. */
    private readonly advance: (duration: string) => Promise<number>,
  ) {
    this.server = watched.server;
    this.texts = watched.texts;
  }

  /** Null: the word is none of these. @param words the words after it */
  ask(word: string, words: readonly string[]): Promise<readonly string[]> | null {
    switch (word) {
      case 'fault':
        return this.fault(words);
      case 'faults':
        return this.faults();
      case 'rule':
        return this.rule(words);
      case 'trigger':
        return this.trigger(words);
      case 'wait':
        return this.wait(words);
      case 'herd':
        return herd(words, this.texts);
      case 'threads':
        return threads(words, this.texts);
      case 'advance':
        return this.advanced(words);
      default:
        return null;
    }
  }

  /** Ends the wait in progress. False if there is none. */
  interrupt(): boolean {
    if (this.waiting === null) return false;
    this.waiting.abort();
    return true;
  }

  private async faults(): Promise<readonly string[]> {
    return listed(await this.server.faults.list(), this.texts);
  }

  private async fault(words: readonly string[]): Promise<readonly string[]> {
    const { server: { faults }, texts } = this;
    const [first, number, ...more] = words;
    if (first === undefined) throw new FaultError(texts.faultUsage);
    if (first.toLowerCase() !== 'off') return listed([await faults.add(parseFault(await withTokens(words, this.watched)))], texts);
    if (number === undefined) {
      await faults.clear();
      return [texts.noFault];
    }
    if (more.length > 0 || !/^\d+$/.test(number)) throw new FaultError(texts.faultOffUsage);
    if (await faults.remove(Number(number))) return [texts.faultIsOff(number)];
    throw new FaultError(texts.noSuchFault(number, listed(await faults.list(), texts).join(', ')));
  }

  private async rule(words: readonly string[]): Promise<readonly string[]> {
    return rule(this.server.faults, await withTokens(words, this.watched), this.texts);
  }

  private async trigger(words: readonly string[]): Promise<readonly string[]> {
    const [how = '', on, token, ...more] = await withTokens(words.map((word) => (word.startsWith('@') ? word : word.toLowerCase())), this.watched);
    const isRight = isTriggering(how) && more.length === 0 && (on === undefined || (on === 'on' && /^#\d+$/.test(token ?? '')));
    if (!isRight) throw new Error(this.texts.triggerUsage);
    if (token === undefined) await this.server.trigger(how);
    else await this.server.trigger(how, Number(token.slice(1)));
    return [this.texts.triggered(token, how)];
  }

  private async wait(words: readonly string[]): Promise<readonly string[]> {
    const waiting = (this.waiting = new AbortController());
    try {
      return [await wait(words, this.watched, waiting.signal)];
    } finally {
      this.waiting = null;
      waiting.abort();
    }
  }

  private async advanced(words: readonly string[]): Promise<readonly string[]> {
    return [this.texts.isTime(dateText(await this.advance(words.join(' '))))];
  }
}

const isTriggering = (word: string): word is Triggering => word === 'edge' || word === 'level' || word === 'default';

/** `2  slice 1 on #3  injected 17 times` */
function listed(faults: readonly ActiveFault[], texts: ConsoleTexts): readonly string[] {
  if (faults.length === 0) return [texts.noFault];
  return faults.map(({ id, text, injections }) => `${id}  ${text}${injections === 0 ? '' : `  ${texts.injected(injections)}`}`);
}
