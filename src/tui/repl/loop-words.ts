/**
 * LoopWords: words of the console that ask something of the server itself: `fault`, `rule`, `trigger`, `wait`, `advance` and their like. Each resolves with
 * lines to be shown, or rejects with what is wrong.
 */
import { type ActiveFault, FaultError, parseFault, type Triggering } from '../../server/index.js';
import { dateText } from '../state/date-text.js';
import { herd } from './herd.js';
import type { LabControls } from './host.js';
import { rule } from './rules.js';
import { withTokens } from './tokens-of.js';
import { wait, type Watched } from './wait.js';

const TRIGGER_USAGE = 'trigger edge, trigger level, trigger default; of one token: trigger edge on #3, trigger edge on @name';

export class LoopWords {
  private readonly server: LabControls;
  /** Of the wait that runs. */
  private waiting: AbortController | null = null;

  constructor(
    private readonly watched: Watched & { readonly server: LabControls },
    /** Resolves with the unix time in ms that it is then. */
    private readonly advance: (duration: string) => Promise<number>,
  ) {
    this.server = watched.server;
  }

  /** Null: the word is none of these. @param words what follows it */
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
        return herd(words);
      case 'advance':
        return this.advanced(words);
      default:
        return null;
    }
  }

  /** Ends the wait that runs. False if none does. */
  interrupt(): boolean {
    if (this.waiting === null) return false;
    this.waiting.abort();
    return true;
  }

  private async faults(): Promise<readonly string[]> {
    return listed(await this.server.faults.list());
  }

  private async fault(words: readonly string[]): Promise<readonly string[]> {
    const { faults } = this.server;
    const [first, number, ...more] = words;
    if (first === undefined) throw new FaultError('fault slice 1 on #3; help fault lists what can be spoiled');
    if (first.toLowerCase() !== 'off') return listed([await faults.add(parseFault(await withTokens(words, this.watched)))]);
    if (number === undefined) {
      await faults.clear();
      return ['no fault is set'];
    }
    if (more.length > 0 || !/^\d+$/.test(number)) throw new FaultError('fault off, or fault off 2');
    if (await faults.remove(Number(number))) return [`fault ${number} is off`];
    throw new FaultError(`there is no fault ${number}; ${listed(await faults.list()).join(', ')}`);
  }

  private async rule(words: readonly string[]): Promise<readonly string[]> {
    return rule(this.server.faults, await withTokens(words, this.watched));
  }

  private async trigger(words: readonly string[]): Promise<readonly string[]> {
    const [how = '', on, token, ...more] = await withTokens(words.map((word) => (word.startsWith('@') ? word : word.toLowerCase())), this.watched);
    const isRight = isTriggering(how) && more.length === 0 && (on === undefined || (on === 'on' && /^#\d+$/.test(token ?? '')));
    if (!isRight) throw new Error(TRIGGER_USAGE);
    if (token === undefined) await this.server.trigger(how);
    else await this.server.trigger(how, Number(token.slice(1)));
    return [`${token ?? 'all tokens, and those to come'}: ${how === 'default' ? 'triggered as at the start' : `${how}-triggered`}`];
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
    return [`it is ${dateText(await this.advance(words.join(' ')))} now`];
  }
}

const isTriggering = (word: string): word is Triggering => word === 'edge' || word === 'level' || word === 'default';

/** `2  slice 1 on #3  injected 17 times` */
function listed(faults: readonly ActiveFault[]): readonly string[] {
  if (faults.length === 0) return ['no fault is set'];
  return faults.map(({ id, text, injections }) => `${id}  ${text}${injections === 0 ? '' : `  injected ${injections} time${injections === 1 ? '' : 's'}`}`);
}
