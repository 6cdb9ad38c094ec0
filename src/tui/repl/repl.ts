/**
 * Repl: the console's effects. Takes lines, sends them over its connections, and dispatches the results as actions of repl-reduce.ts.
 *
 *   submit(line) → words → console's own word?  → connections, help, quit
 *                         └ command             → ConsoleClient.send → … → Transcript → dispatch(lines-received)
 */
import {
  loadCommandReference, loadSettingReference, type Address, type CommandReference, type Reply, type RunTarget,
} from '../../server/index.js';
import { Fifo } from '../../shared/fifo.js';
import { escapeBytes } from '../escape.js';
import { parseRunTarget } from '../state/breakpoints.js';
import type { ReplAction } from '../state/repl-reduce.js';
import type { Language } from '../../shared/language.js';
import { promptOf, type ReplClient, type ReplLine } from '../state/repl-state.js';
import { findLabWord } from '../state/repl/lab-words.js';
import { splitLine, takeRepeat } from '../state/repl/words.js';
import type { Spelling } from '../state/state.js';
import { showTyped } from '../state/typed-text.js';
import { ConsoleClient } from './console-client.js';
import { CONSOLE_TEXTS, type ConsoleTexts } from './console-texts.js';
import { kindOf, type Hearing } from './conversation.js';
import { Flood, parseFlood } from './flood.js';
import { helpText } from './help-text.js';
import { HistoryFile } from './history-file.js';
import type { LabControls, ReplForks } from './host.js';
import { listOf } from './list-of.js';
import { LoopWords } from './loop-words.js';
import { askPast, refusalInPast, type ReplPast } from './past.js';
import { Transcript } from './transcript.js';

export interface ReplOptions {
  readonly address: Address;
  readonly password?: string;
  /** For words that use more of the server than clients can. */
  readonly server: LabControls;
  /** The language of the console's texts. */
  readonly language: Language;
  /** Where the history is stored; null: nowhere. */
  readonly historyFile: string | null;
  dispatch(action: ReplAction): void;
  /** Handles `escapes on` and `escapes off`. */
  spell(spelling: Spelling): void;
  /** Handles `run to #7`. */
  run(target: RunTarget): void;
  /** Handles `learn`, or `learn pipeline`; returns an error, or null. Left out: there are no lessons. */
  learn?(name: string): string | null;
  /** Handles `advance 90s`. Resolves with the unix time in ms afterwards; rejects with an error in the duration. */
  advance(duration: string): Promise<number>;
  /** For `fork`; left out: forks cannot be shown. */
  readonly forks?: ReplForks;
  /** For `goto`, and for lines typed while the past is shown; left out: there is no past. */
  readonly past?: ReplPast;
  /** Handles `quit`. */
  quit(): void;
  /** True if cut replies are stored in full, and can be opened. */
  readonly hasPager?: boolean;
  readonly sliceIntervalMs?: number;
  readonly patienceMs?: number;
}

/** Bytes of one connection, as far as the kernel has taken and delivered them. */
export interface Traffic {
  /** Its own address, as the trace names its peer. */
  readonly peer: string;
  readonly sentBytes: number;
  /** Null: its reading is paused. */
  readonly receivedBytes: number | null;
}

export interface Repl {
  /** The server's address has changed: prompts show it. */
  addressChanged(): void;
  /** Runs a line as if it had been typed. */
  submit(line: string): void;
  /** Runs a line of a scenario: it is not stored in the history, and the next one does not wait for its reply. */
  play(line: string): void;
  /**
   * Resolves when no line is left to run, and every request has been answered or has been waiting for longer than a moment; the replies have been delivered by
   * then.
   */
  settled(): Promise<void>;
  /** True if a line is still to run, or its reply is due and may arrive soon. */
  readonly isBusy: boolean;
  /** True if a line is still to run, a word of the console waits for the loop, or bytes are still to be sent. */
  readonly isActing: boolean;
  /** Traffic of all existing connections except unix sockets. */
  readonly traffic: readonly Traffic[];
  /** Resolves when no reply is due any more. */
  answered(): Promise<void>;
  /** Adds a note to the transcript. @param text safe to print */
  note(text: string): void;
  /** Ctrl-C: leaves the special state of the current client. False if there was nothing to leave. */
  interrupt(): boolean;
  /** Ends all connections. */
  close(): void;
}

/**
 * A script that computes for ARGV[1] seconds by the server's clock. It reads the clock after about 50 ms of computing: each reading is a separate command in
 * the trace, but on a busy machine the computation between two readings takes many times as long.
 */
const BUSY_SCRIPT = `
local function now() local time = redis.call('TIME') return time[1] + time[2] / 1000000 end
local rounds, before = 100000, now()
local finish = before + ARGV[1]
repeat
  for _ = 1, rounds do end
  local after = now()
  rounds = rounds * math.max(math.min(0.7 * (finish - after), 0.05), 0.001) / math.max(after - before, 0.000001)
  before = after
until after >= finish
return ARGV[1]`;
const MOST_BUSY_SECONDS = 60;

/** Connects the default client at once, so that its token is on the screen. */
export function createRepl(options: ReplOptions): Repl {
  const repl = new LabRepl(options);
  repl.start();
  return repl;
}

const MAX_CLIENTS = 32;

const SPELLINGS: { readonly [word: string]: Spelling | undefined } = { on: 'escaped', off: 'readable' };

/** The title of an opened reply. */
const titleOf = (argv: readonly string[]): string => listOf([escapeBytes(argv.join(' '))], (named) => named);

/** A line that runs several times. */
interface Repetition {
  readonly name: string;
  readonly connection: ConsoleClient;
  readonly argv: readonly string[];
  left: number;
}

/** How to see a cut reply in full. */
function wholeReply({ hasPager = false, address, language }: ReplOptions): string {
  const texts = CONSOLE_TEXTS[language];
  return hasPager ? texts.wholeReply : texts.wholeElsewhere(`redis-cli ${'path' in address ? `-s ${address.path}` : `-p ${address.port}`}`);
}

class LabRepl implements Repl {
  private readonly connections = new Map<string, ConsoleClient>();
  private readonly transcript: Transcript;
  private readonly history: HistoryFile;
  private commands: readonly CommandReference[] = [];
  private current = '';
  /** Lines that were pasted together run one after another, as if they were typed: each waits for the reply to the previous one, but not for long. */
  private readonly queue = new Fifo<{ readonly line: string; readonly isAwaited: boolean }>();
  private lastUsed: ConsoleClient | null = null;
  /** Runs before the queue, each time after the previous reply. */
  private repetition: Repetition | null = null;
  private isRunning = false;
  /** A word of the console waits for the loop; the next line comes after it. */
  private isCalling = false;
  /** The last line's bytes are not on their way yet: a connection is started a moment later. */
  private isStarting = false;
  private isClosed = false;
  private readonly floods = new Set<Flood>();
  private readonly loopWords: LoopWords;
  private waiters: { readonly isOver: () => boolean; readonly resolve: () => void }[] = [];

  constructor(private readonly options: ReplOptions) {
    this.history = new HistoryFile(options.historyFile);
    this.transcript = new Transcript((lines, long) => options.dispatch({ type: 'lines-received', lines, long }), wholeReply(options), this.texts);
    const { server } = options;
    const watched = { server, texts: this.texts, clients: () => this.views, isQuiet: () => this.isQuiet };
    this.loopWords = new LoopWords(watched, (duration) => options.advance(duration));
  }

  private get texts(): ConsoleTexts {
    return CONSOLE_TEXTS[this.options.language];
  }

  private get views(): readonly ReplClient[] {
    return [...this.connections.values()].map(({ view }) => view);
  }

  /** True if nothing is still to be sent, and no reply is due that may arrive soon. */
  private get isQuiet(): boolean {
    return this.floods.size === 0 && ![...this.connections.values()].some(({ isBusy, isSending }) => isBusy || isSending);
  }

  start(): void {
    this.options.dispatch({ type: 'history-loaded', history: this.history.load() });
    this.connectFirst();
    void loadCommandReference().then((commands) => {
      this.commands = commands;
      if (!this.isClosed) this.options.dispatch({ type: 'commands-loaded', commands });
    });
    void loadSettingReference().then((settings) => {
      if (!this.isClosed) this.options.dispatch({ type: 'settings-loaded', settings });
    });
  }

  submit(line: string): void {
    this.history.append(line);
    this.queue.push({ line, isAwaited: true });
    this.runQueue();
  }

  play(line: string): void {
    this.queue.push({ line, isAwaited: false });
    this.runQueue();
  }

  private runQueue(): void {
    // The effects of a line may lead back here.
    if (this.isRunning) return;
    this.isRunning = true;
    this.repeatOnce();
    while (this.repetition === null && this.queue.length > 0 && !this.isBusyNow) {
      const next = this.queue.shift()!;
      this.runLine(next);
      if (!next.isAwaited) this.letStart();
    }
    this.isRunning = false;
    this.wake();
  }

  /** Lines that do not wait for one another still reach the server in order, including those that connect. */
  private letStart(): void {
    this.isStarting = true;
    setImmediate(() => {
      this.isStarting = false;
      this.runQueue();
    });
  }

  get isBusy(): boolean {
    return this.queue.length > 0 || this.isBusyNow;
  }

  get isActing(): boolean {
    if (this.queue.length > 0 || this.isCalling || this.repetition !== null) return true;
    return [...this.connections.values(), ...this.floods].some(({ isSending }) => isSending);
  }

  get traffic(): readonly Traffic[] {
    return [...this.connections.values()].flatMap(({ traffic }) => (traffic === null ? [] : [traffic]));
  }

  private get isBusyNow(): boolean {
    return this.isCalling || this.isStarting || this.lastUsed?.isBusy === true;
  }

  settled(): Promise<void> {
    return this.when(() => !this.isBusy);
  }

  answered(): Promise<void> {
    const isBusy = (): boolean => this.queue.length > 0 || this.isCalling || this.floods.size > 0;
    return this.when(() => !isBusy() && ![...this.connections.values()].some(({ isAwaited }) => isAwaited));
  }

  private when(isOver: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.waiters.push({ isOver, resolve });
      this.wake();
    });
  }

  /** What was received is shown before waiting callers continue. */
  private wake(): void {
    const over = this.waiters.filter(({ isOver }) => this.isClosed || isOver());
    if (over.length === 0) return;
    this.waiters = this.waiters.filter((waiter) => !over.includes(waiter));
    this.transcript.flush();
    for (const { resolve } of over) resolve();
  }

  private repeatOnce(): void {
    const { repetition } = this;
    if (repetition === null || repetition.connection.isAwaited || this.isCalling) return;
    const { name, connection, argv } = repetition;
    // A line that has ended the connection is not repeated.
    if (--repetition.left === 0 || connection.isClosed) this.repetition = null;
    if (connection.isClosed) return;
    this.run(name, connection, argv);
    // No reply will arrive that could lead back here.
    if (!connection.isAwaited) setImmediate(() => this.runQueue());
  }

  private runLine({ line, isAwaited }: { readonly line: string; readonly isAwaited: boolean }): void {
    const words = splitLine(line);
    const name = words?.[0]?.startsWith('@') === true ? words[0].slice(1) : this.current;
    const argv = words?.[0]?.startsWith('@') === true ? words.slice(1) : words;
    if (!this.connections.has(name) && this.connections.size >= MAX_CLIENTS) return this.say('error', '', this.texts.tooManyClients(MAX_CLIENTS));
    if (!/^[!-~]*$/.test(name)) return this.say('error', '', this.texts.badName);
    const connection = this.connection(name);
    this.lastUsed = isAwaited ? connection : null;
    this.echo(name, line);
    if (argv === null) return this.say('error', name, 'Invalid argument(s)');
    if (argv.length === 0) return this.choose(name);
    const repeat = takeRepeat(argv);
    if (repeat === null) return this.say('error', name, this.texts.badRepeat);
    if (repeat.times > 1) this.repetition = { name, connection, argv: repeat.words, left: repeat.times - 1 };
    this.run(name, connection, repeat.words);
    if (repeat.times > 1 && !connection.isAwaited) setImmediate(() => this.runQueue());
  }

  note(text: string): void {
    this.say('note', '', text);
  }

  interrupt(): boolean {
    const { repetition } = this;
    const unsent = [...this.queue].map(({ line }) => showTyped(line, escapeBytes));
    this.queue.clear();
    this.repetition = null;
    const hasEnded = [this.loopWords.interrupt(), this.endFloods()].some(Boolean);
    const hasLeft = hasEnded || (this.connections.get(this.current)?.leave() ?? false);
    if (repetition !== null) this.say('note', repetition.name, this.texts.endedWith(repetition.left));
    if (unsent.length > 0) this.say('note', '', this.texts.notSent(listOf(unsent, this.texts.listed)));
    return hasLeft || unsent.length > 0 || repetition !== null;
  }

  close(): void {
    this.isClosed = true;
    this.queue.clear();
    this.repetition = null;
    this.loopWords.interrupt();
    this.endFloods();
    this.transcript.close();
    for (const connection of this.connections.values()) connection.close();
    this.connections.clear();
    this.wake();
  }

  private run(name: string, connection: ConsoleClient, argv: readonly string[]): void {
    const word = findLabWord(argv[0]);
    if (this.options.past?.isShown === true) {
      if (word === null) return this.askPast(this.options.past, name, connection, argv);
      const refusal = refusalInPast(word, this.options.past, this.texts);
      if (refusal !== null) return this.say('error', name, refusal);
    }
    switch (word?.name) {
      case undefined:
        return connection.send(argv);
      case 'fork':
        return this.fork(name, argv.slice(1).join(' '));
      case 'goto':
        return this.goTo(name, connection, argv.slice(1));
      case 'quit':
        return name === '' || name === this.current ? this.options.quit() : this.drop(name, connection);
      case 'clients':
        return this.listClients();
      case 'escapes':
        return this.spell(name, argv);
      case 'run':
        return this.runLoop(name, argv.slice(1));
      case 'flood':
        return this.flood(name, argv.slice(1));
      case 'learn':
        return this.learn(name, argv.slice(1).join(' '));
      case 'clear':
        return this.options.dispatch({ type: 'transcript-cleared' });
      case 'help':
        return this.sayAll(helpText(this.commands, argv.slice(1), this.options.language));
      case 'raw':
        return argv.length < 2 ? this.say('error', name, this.texts.rawUsage) : connection.raw(argv.slice(1).join(' '));
      case 'slice':
        return this.slice(name, connection, argv);
      case 'busy':
        return this.busy(name, connection, argv);
      case 'reset':
        return argv[1]?.toLowerCase() === 'lab' ? this.call(name, () => this.resetLab()) : this.byHand('reset', name, connection);
      default:
        return this.ask(word!.name, name, connection, argv);
    }
  }

  private ask(word: string, name: string, connection: ConsoleClient, argv: readonly string[]): void {
    const asked = this.loopWords.ask(word, argv.slice(1));
    if (asked === null) return this.byHand(word, name, connection);
    this.call(name, () => asked);
  }

  /** Asks as of the shown moment. */
  private askPast(past: ReplPast, name: string, { view }: ConsoleClient, argv: readonly string[]): void {
    this.call(name, async () => {
      const { replies, notes } = await askPast(past, argv, view, this.texts, this.writes(argv));
      for (const reply of replies) this.transcript.hear(name, reply, kindOf(argv, reply), titleOf(argv));
      return notes;
    });
  }

  private writes(argv: readonly string[]): boolean {
    const name = argv[0]!.toUpperCase();
    return this.commands.some((command) => command.name === name && command.flags.includes('write'));
  }

  private goTo(name: string, { view }: ConsoleClient, words: readonly string[]): void {
    const { past } = this.options;
    if (past === undefined) return this.say('error', name, this.texts.noHistory);
    this.call(name, () => past.goTo(words, view.db));
  }

  private fork(name: string, way: string): void {
    const { forks } = this.options;
    if (forks === undefined) return this.say('error', name, this.texts.forkNeedsScreen);
    if (way === '') return this.call(name, () => forks.open());
    if (way.toLowerCase() !== 'off') return this.say('error', name, this.texts.forkUsage);
    if (!forks.leave()) this.say('error', name, this.texts.noFork);
  }

  private byHand(word: string, name: string, connection: ConsoleClient): void {
    switch (word) {
      case 'pause-reading':
        connection.pauseReading();
        return this.say('note', name, this.texts.byHand[word]);
      case 'resume-reading':
        connection.resumeReading();
        return this.say('note', name, this.texts.byHand[word]);
      case 'halfclose':
        connection.halfClose();
        return this.say('note', name, this.texts.byHand[word]);
      case 'reset':
        connection.reset();
        return this.say('note', name, this.texts.byHand[word]);
    }
  }

  private spell(name: string, [, wanted = '', ...more]: readonly string[]): void {
    const spelling = SPELLINGS[wanted.toLowerCase()];
    if (spelling === undefined || more.length > 0) {
      return this.say('error', name, this.texts.escapesUsage);
    }
    this.options.spell(spelling);
    this.say('note', name, this.texts.escapes[spelling]);
  }

  private slice(name: string, connection: ConsoleClient, argv: readonly string[]): void {
    const size = Number(argv[1]);
    if (!Number.isInteger(size) || size < 1 || argv.length < 3) return this.say('error', name, this.texts.sliceUsage);
    connection.slice(argv.slice(2), size);
  }

  /** Runs a call into the loop and shows its result. */
  private call(name: string, ask: () => Promise<readonly string[]>): void {
    this.isCalling = true;
    void ask()
      .then((lines) => lines.forEach((text) => this.say('note', name, text)), (error: Error) => this.say('error', name, error.message))
      .then(() => {
        this.isCalling = false;
        this.runQueue();
      });
  }

  /** Other lines may be sent meanwhile; the result is shown at its end. */
  private flood(name: string, words: readonly string[]): void {
    const { address, password } = this.options;
    const request = parseFlood(words);
    if (request === null) return this.say('error', name, this.texts.floodUsage);
    const flood = new Flood(address, password, request, (answered, commands, clients) => {
      this.floods.delete(flood);
      this.say('note', name, this.texts.flooded(answered, commands, clients));
      this.runQueue();
    });
    this.floods.add(flood);
  }

  private endFloods(): boolean {
    const ended = [...this.floods];
    for (const flood of ended) flood.end();
    return ended.length > 0;
  }

  /** Restores the state at the start: one client, no fault, no key, the original settings. */
  private async resetLab(): Promise<readonly string[]> {
    const { server } = this.options;
    this.endFloods();
    const faults = await server.faults.list();
    await server.faults.clear();
    await server.trigger('default');
    const settings = await server.changedSettings();
    const others = [...this.connections].filter(([name]) => name !== '');
    for (const [name, connection] of others) {
      this.connections.delete(name);
      connection.close();
    }
    this.current = '';
    const own = this.connection('');
    own.resumeReading();
    own.leave();
    if (own.view.inTransaction) own.sendUnseen(['DISCARD']);
    // Nothing could be emptied while clients are paused.
    own.sendUnseen(['CLIENT', 'UNPAUSE']);
    if (settings.length > 0) own.sendUnseen(['CONFIG', 'SET', ...settings.flat()]);
    for (const argv of [['SELECT', '0'], ['FLUSHALL']]) own.sendUnseen(argv);
    this.changed();
    await this.loopWords.ask('wait', ['until', 'idle'])!;
    return [this.texts.isReset(others.length, faults.length, settings.length)];
  }

  private busy(name: string, connection: ConsoleClient, [, typed = '', ...more]: readonly string[]): void {
    const seconds = Number(typed);
    const isValid = typed !== '' && seconds > 0 && seconds <= MOST_BUSY_SECONDS && more.length === 0;
    if (!isValid) return this.say('error', name, this.texts.busyUsage(MOST_BUSY_SECONDS));
    connection.send(['EVAL', BUSY_SCRIPT, '0', String(seconds)]);
  }

  private learn(name: string, wanted: string): void {
    const complaint = this.options.learn === undefined ? this.texts.noLearn : this.options.learn(wanted);
    if (complaint !== null) this.say('error', name, escapeBytes(complaint));
  }

  private runLoop(name: string, [to = 'to', ...rest]: readonly string[]): void {
    const parsed =
      rest.length === 0 && to === 'to'
        ? { target: {} }
        : to.toLowerCase() === 'to'
          ? parseRunTarget(rest.join(' '))
          : { error: this.texts.runUsage };
    if ('error' in parsed) this.say('error', name, typeof parsed.error === 'string' ? parsed.error : parsed.error[this.options.language]);
    else this.options.run(parsed.target);
  }

  private choose(name: string): void {
    this.current = name;
    this.connection(name).connect();
    this.changed();
  }

  /** `@a quit`. */
  private drop(name: string, connection: ConsoleClient): void {
    this.connections.delete(name);
    connection.close();
    this.say('note', name, this.texts.closed);
    this.changed();
  }

  private listClients(): void {
    const { views } = this;
    const nameWidth = Math.max(...views.map(({ name }) => name.length));
    const stateWidth = Math.max(...views.map(({ state }) => state.length));
    for (const { name, peer, state, db, protocol, inTransaction } of views) {
      const mark = name === this.current ? '*' : ' ';
      const about = `db ${db} RESP${protocol}${inTransaction ? ' MULTI' : ''} ${peer ?? ''}`;
      this.say('note', '', `${mark} @${name.padEnd(nameWidth)} ${state.padEnd(stateWidth)} ${about}`.trimEnd());
    }
  }

  private connection(name: string): ConsoleClient {
    const known = this.connections.get(name);
    if (known !== undefined) return known;
    const { options } = this;
    const connection = new ConsoleClient({
      ...options, name,
      get address() {
        return options.address;
      },
    }, {
      heard: (reply, kind, request) => this.heard(name, reply, kind, request),
      noted: (text) => this.say('note', name, text),
      changed: () => this.changed(),
    });
    this.connections.set(name, connection);
    return connection;
  }

  private heard(name: string, reply: Reply, kind: Exclude<Hearing, 'hidden'>, request: readonly string[] | null): void {
    if (this.isClosed) return;
    this.transcript.hear(name, reply, kind, request === null ? this.texts.aPush : titleOf(request));
    this.runQueue();
  }

  addressChanged(): void {
    this.connectFirst();
    this.changed();
  }

  /** Connects the default client, unless nothing listens yet. */
  private connectFirst(): void {
    const { address } = this.options;
    const connection = this.connection('');
    if ('path' in address || address.port !== 0) connection.connect();
    else this.changed();
  }

  private changed(): void {
    if (this.isClosed) return;
    this.options.dispatch({ type: 'clients-changed', clients: this.views, current: this.current });
    this.runQueue();
  }

  private echo(name: string, line: string): void {
    const prompt = promptOf(this.connection(this.current).view);
    this.transcript.echo({ kind: 'in', client: name, text: showTyped(line, escapeBytes), prompt });
  }

  private sayAll(lines: readonly string[]): void {
    for (const text of lines) this.say('note', '', text);
  }

  private say(kind: ReplLine['kind'], name: string, text: string): void {
    if (!this.isClosed) this.transcript.say(kind, name, text);
  }
}
