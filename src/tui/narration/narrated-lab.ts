/**
 * The lab in lines, for screen readers and programs: panes on request, and the events in between, as plain sentences that are only ever appended.
 *
 *   lines ──▶ words.ts ──┬──▶ session (time, history) ──▶ state ──▶ the panes' own lines
 *                        └──▶ repl (a real client of this loop) ──▶ replies
 *   trace ──▶ session ──▶ narrator.ts ──▶ sentences
 *
 * The state, sentences and console are those of the screen. One line is executed before the next one begins.
 */
import type { SnapshotRequest, TraceBatch, TraceEvent } from '../../server/index.js';
import { historyPath } from '../repl/history-file.js';
import { createRepl, type Repl } from '../repl/repl.js';
import type { OwnOptions } from '../forks.js';
import { LabSession } from '../lab-session.js';
import { paceOf, type Pace } from '../state/changes.js';
import { changeBreakpoints, formatBreakpoint } from '../state/breakpoints.js';
import { entriesOf, GLOSSARY, meaningOf } from '../state/learn/glossary/index.js';
import type { Language } from '../../shared/language.js';
import { ExperimentFileError } from '../learn/file-texts.js';
import { loadExperiment } from '../learn/library.js';
import { rememberDone } from '../learn/progress.js';
import { reduceRepl, type ReplAction } from '../state/repl-reduce.js';
import type { ReplClient } from '../state/repl-state.js';
import { busyOf, type Goal, type Spelling, type State } from '../state/state.js';
import { findLabWord } from '../state/repl/lab-words.js';
import { toBytes } from '../state/typed-text.js';
import { SessionForks } from '../session-forks.js';
import { SessionPast } from '../session-past.js';
import { NOWHERE, type Outcome } from '../time-travel.js';
import { Undo } from '../undo.js';
import { addressText, factsOf } from '../view/header.js';
import type { Pane } from '../view/pane.js';
import { commandsPane } from '../view/panes/commands.js';
import { PANES } from '../view/panes/index.js';
import { noteOf } from '../view/panes/repl.js';
import { busySentences, pauseNotice, secondsText, waitingSentences } from '../view/parts/busy.js';
import { heldSentence, sentence } from '../view/parts/sentence.js';
import { wordingOf, type Wording } from '../view/parts/wording.js';
import { formatCount } from '../view/text.js';
import { spelledIn, type Theme } from '../view/theme.js';
import { LessonLines } from './lesson-lines.js';
import { reportLoading } from './loading-report.js';
import { closeWindows, narrate, nextDueMs, SILENT, withOwn, type Narration } from './narrator.js';
import { NARRATION_TEXTS, type NarrationTexts } from './narration-texts.js';
import { MOST_ROWS, parseWish, usageOf, WORDS, type Told, type Wish } from './words.js';

/** A reply that takes longer is printed when it arrives, and the next line is executed. */
const REPLY_PATIENCE_MS = 1000;
/** A step that takes longer waits for something to happen. */
const STEP_PATIENCE_MS = 200;
/** Interval of reports about a busy loop. */
const BUSY_AGAIN_MS = 5000;
/** Maximum steps of one line through the history. */
const MOST_STEPS = 100_000;
/** Of the events that a step has passed, the last ones are printed. */
const MOST_EVENTS = 50;

export interface NarratedLabOptions extends Omit<OwnOptions, 'isOnTop'> {
  /** Sent to the server by the console; empty: none. */
  readonly password: string;
  readonly language: Language;
  /** Without styles. */
  readonly theme: Theme;
  /** Lines typed by a person are kept for other labs. */
  readonly keepsHistory: boolean;
  readonly write: (text: string) => void;
  readonly quit: () => void;
}

export class NarratedLab {
  private readonly session: LabSession;
  private readonly undo: Undo;
  private readonly repl: Repl;
  private narration: Narration = SILENT;
  private isNarrating = true;
  /** Not narrated yet. */
  private readonly batches: TraceBatch[] = [];
  private narrationTimer: NodeJS.Timeout | null = null;
  /** The pause or step requested of the loop; any other hold comes from a breakpoint. */
  private wanted: 'pause' | 'step' | null;
  private stepped: TraceEvent[] = [];
  private toldHold: TraceEvent | null = null;
  private holdWaiters: { readonly isSo: () => boolean; readonly resolve: () => void }[] = [];
  /** The console has done something that the trace may not have reported yet. */
  private isBehind = true;
  /** The next snapshot must contain the server's figures of its commands. */
  private countsCommands = false;
  /** The line in progress. */
  private running: Promise<void>;
  /** How long the loop had been busy at the last report; null: it is not busy. */
  private busyToldMs: number | null = null;
  private busyMs = 0;
  /** How much of a dataset was loaded at the last report, in quarters; null: none is being loaded. */
  private loadingTold: number | null = null;
  private hasEnded = false;
  /** The lesson that receives the input; null: the lab does. */
  private lesson: LessonLines | null = null;
  /** A fork of it is shown instead. */
  private isHidden = false;
  private spelling: Spelling = 'readable';

  constructor(private readonly options: NarratedLabOptions) {
    const { server, info, password, language, keepsHistory, quit } = options;
    this.wanted = server.heldAt === null ? null : 'pause';
    if (info.forkedAsOf === undefined) this.greet();
    this.session = new LabSession({
      server, info, language,
      request: () => this.request(),
      changed: () => this.changed(),
      heard: (batch) => this.heard(batch),
      lost: (why) => this.say(why),
    });
    this.undo = new Undo(this.session);
    // If the server ends meanwhile, `closed` reports it.
    this.running = this.session.start().catch(() => {});
    this.repl = createRepl({
      address: info.addresses[0]!, server, language, historyFile: keepsHistory ? historyPath() : null, ...(password === '' ? {} : { password }),
      patienceMs: REPLY_PATIENCE_MS,
      dispatch: (action) => this.converse(action),
      spell: (spelling) => {
        this.spelling = spelling;
      },
      run: (target) => void this.step(target),
      advance: (duration) => this.session.advance(duration),
      past: new SessionPast(this.session, () => this.theme, this.texts.wayBack),
      learn: (name) => this.learn(name),
      forks: new SessionForks(this.session, this.options, 'fork off'),
      quit,
    });
  }

  private get theme(): Theme {
    return spelledIn(this.options.theme, this.spelling);
  }

  /** Handles a line of input. Resolves when it is done. */
  take(line: string): Promise<void> {
    this.running = this.running.then(() => this.perform(line.trim()));
    return this.running;
  }

  /** Ctrl-C. False if there was nothing to leave. */
  interrupt(): boolean {
    const { lesson } = this;
    if (lesson === null) return this.repl.interrupt();
    lesson.leave();
    this.running = this.running.then(() => this.teach(lesson.rested));
    return true;
  }

  /** @param text safe to print */
  say(text: string): void {
    if (!this.hasEnded) this.options.write(`${this.theme.inCharset(text)}\n`);
  }

  /** @param text a byte string: a warning that does not concern the loop */
  warn(text: string): void {
    this.say(this.texts.warning(this.theme.visible(text, Infinity)));
  }

  /** Resolves when every line is done and every command has its reply, or cannot get one because the loop is held. */
  async finish(): Promise<void> {
    await this.running;
    this.lesson?.leave();
    await Promise.race([this.repl.answered(), this.whenHeld(true)]);
  }

  /** Events are not narrated while a fork is shown. */
  hide(): void {
    this.isHidden = true;
  }

  show(): void {
    this.isHidden = false;
    this.say(this.texts.isBack(addressText(this.options.info.addresses[0]!)));
  }

  /** Ends what has been started, except the server. */
  stop(): void {
    this.hasEnded = true;
    this.lesson?.leave();
    if (this.narrationTimer !== null) clearTimeout(this.narrationTimer);
    this.session.stop();
    this.repl.close();
  }

  private get state(): State {
    return this.session.state;
  }

  private get texts(): NarrationTexts {
    return NARRATION_TEXTS[this.options.language];
  }

  private get wording(): Wording {
    return wordingOf(this.state, this.theme);
  }

  private greet(): void {
    const { info } = this.options;
    const [address] = info.addresses;
    this.say(this.texts.greeting(info.version));
    if (address !== undefined) {
      const way = 'path' in address ? `-s ${this.theme.visible(address.path)}` : `-p ${address.port}`;
      this.say(this.texts.connect(way, info.wantedPort));
    }
    this.say(this.texts.orType);
  }

  // Lines

  private async perform(line: string): Promise<void> {
    if (this.hasEnded) return;
    if (this.lesson !== null) return this.teach(this.lesson.give(line));
    if (line === '') return;
    const wish = parseWish(line);
    if (wish === null) {
      await this.ask(line);
      // That line may have started it.
      return this.teach((this.lesson as LessonLines | null)?.rested);
    }
    if (wish.type === 'complaint') return this.say(this.texts.usage(wish.text));
    await this.grant(wish);
  }

  /** Handles `learn`. @param name empty: the list. Returns an error, or null */
  private learn(name: string): string | null {
    const { language, server: { poller } } = this.options;
    try {
      const experiment = name === '' ? null : loadExperiment(name);
      this.lesson = new LessonLines(experiment, { language, poller, say: (text) => this.say(text), done: rememberDone });
      return null;
    } catch (error) {
      return error instanceof ExperimentFileError ? error.text[language] : (error as Error).message;
    }
  }

  /** Resolves when the lesson asks for a line, or is over. */
  private async teach(rested: Promise<void> | undefined): Promise<void> {
    await rested;
    if (this.lesson?.isOver !== true) return;
    this.lesson = null;
    this.say(this.texts.lessonOver);
  }

  /** A command, or a word of the console: prints its reply, or what it waits for. */
  private async ask(line: string): Promise<void> {
    const name = /^@(\S*)/.exec(line)?.[1] ?? this.state.repl.client.name;
    const before = this.noteOf(name);
    this.isBehind = true;
    this.repl.submit(line);
    // A held loop does not answer, but its past does.
    if (!this.isForPast(line)) await Promise.race([this.repl.settled(), this.whenHeld(true)]);
    else await this.repl.settled();
    if (this.repl.isBusy) return this.say(this.texts.held);
    await this.repl.settled();
    // A connection that the line has ended is known to be closed a moment later.
    await new Promise(setImmediate);
    const note = this.noteOf(name);
    if (note !== null && (note !== before || this.clientOf(name)?.state === 'waiting')) this.say(note);
  }

  private isForPast(line: string): boolean {
    const word = findLabWord(/^\S*/.exec(line)![0])?.name;
    return this.state.control.mode === 'history' || word === 'goto' || word === 'fork';
  }

  private clientOf(name: string): ReplClient | undefined {
    return this.state.repl.clients.find((client) => client.name === name);
  }

  private noteOf(name: string): string | null {
    const client = this.clientOf(name);
    return client === undefined ? null : noteOf(client, this.theme, this.options.language);
  }

  private converse(action: ReplAction): void {
    const { session } = this;
    session.act({ type: 'update-console', repl: reduceRepl(session.state.repl, action) });
    if (action.type === 'clients-changed') {
      this.tellBatches();
      // Another database may have been selected.
      void session.watch();
    }
    if (action.type !== 'lines-received') return;
    // The typed line is not repeated.
    for (const { kind, client, text } of action.lines) {
      if (kind !== 'in') this.say(`${client === '' ? '' : `@${client} `}${this.theme.visible(toBytes(text), Infinity)}`);
    }
  }

  private async grant(wish: Wish): Promise<void> {
    const { session } = this;
    switch (wish.type) {
      case 'pause':
        return this.pause();
      case 'resume':
        return this.resume();
      case 'step':
        return this.step(wish.unit);
      case 'run':
        return this.step(wish.target);
      case 'undo':
        return this.takeBack();
      case 'slow':
        return this.slow(wish.eventsPerSecond);
      case 'break':
        return this.changeBreakpoints(wish.change);
      case 'back':
      case 'forward':
        return this.travel(() => this.go(wish.type, wish.unit, wish.count));
      case 'oldest':
        return this.travel(() => session.showOldest());
      case 'live':
        return this.travel(async () => (session.showLive(), null));
      case 'status':
        return this.tellStatus();
      case 'tell':
        return this.tellPane(wish.pane, wish.limit);
      case 'explain':
        return this.explain(wish.pane);
      case 'narrate':
        this.isNarrating = wish.isOn;
        return this.say(this.texts.narrate[wish.isOn ? 'on' : 'off']);
      case 'help':
        return this.help();
    }
  }

  private get time(): string {
    return this.facts.time;
  }

  private get facts(): ReturnType<typeof factsOf> {
    return factsOf(this.state, this.theme);
  }

  // Time

  private want(what: 'pause' | 'step' | null): void {
    this.wanted = what;
    this.stepped = [];
  }

  /** The history only shows the past: nothing in it moves the loop. */
  private isInHistory(): boolean {
    const { control } = this.state;
    if (control.moment !== null) this.say(this.texts.inHistory(this.time));
    return control.moment !== null;
  }

  private note(said: string): void {
    this.undo.note({ kind: 'pace', said, before: paceOf(this.state.control) });
  }

  private async pause(): Promise<void> {
    if (this.isInHistory()) return;
    this.note(this.texts.said.pause);
    this.want('pause');
    const wasHeld = this.state.control.heldAt !== null;
    const busy = busyOf(this.state);
    // The user can go on with other lines meanwhile.
    if (busy !== null) return void (this.say(pauseNotice(busy, this.wording)), this.session.pause());
    await this.session.pause();
    if (wasHeld) this.tellHold();
  }

  private async resume(): Promise<void> {
    if (this.isInHistory()) return;
    this.note(this.texts.said.resume);
    await this.letGo('free');
  }

  private async slow(eventsPerSecond: number | null): Promise<void> {
    if (this.isInHistory()) return;
    this.note(this.texts.said.slow(eventsPerSecond));
    await this.letGo(eventsPerSecond ?? 'free');
  }

  private async letGo(pace: Exclude<Pace, 'held'>): Promise<void> {
    this.want(null);
    await this.session.setPace(pace);
    await this.whenHeld(false);
    this.say(pace === 'free' ? this.texts.loopRuns(this.time) : this.texts.eventsTold(this.time));
  }

  /** A step holds a running loop; a run does not. In the history both go forward. */
  private async step(goal: Goal): Promise<void> {
    const { moment, heldAt } = this.state.control;
    if (moment !== null) return this.travel(() => this.session.goForward(goal));
    const isPause = heldAt === null && typeof goal === 'string';
    if (isPause) this.note(this.texts.said.pause);
    else this.undo.note({ kind: 'step', said: this.texts.said.step });
    this.want(isPause ? 'pause' : 'step');
    await Promise.race([isPause ? this.session.pause() : this.session.goOn(goal), after(STEP_PATIENCE_MS)]);
    if (this.state.control.stepping !== null) this.say(this.time);
  }

  private async takeBack(): Promise<void> {
    const { ui, control } = this.state;
    const change = ui.changes.at(-1);
    const isOfLoop = change?.kind === 'pace' && control.moment === null;
    if (isOfLoop) this.want(change.before === 'held' ? 'pause' : null);
    this.say(this.undo.takeBack());
    if (change?.kind === 'breakpoints') this.tellBreakpoints();
    if (!isOfLoop) return;
    await this.whenHeld(change.before === 'held');
    if (change.before !== 'held') this.say(this.time);
  }

  private async changeBreakpoints(change: string | null): Promise<void> {
    if (change !== null) {
      const { control, repl } = this.state;
      const changed = changeBreakpoints(control.breakpoints, change, repl.commands.map(({ name }) => name));
      if ('error' in changed) return this.say(changed.error[this.options.language]);
      this.undo.note({ kind: 'breakpoints', said: this.texts.said.break(!change.startsWith('-')), before: control.breakpoints });
      await this.session.setBreakpoints(changed.breakpoints);
    }
    this.tellBreakpoints();
  }

  private tellBreakpoints(): void {
    const { theme } = this.options;
    const { breakpoints } = this.state.control;
    this.say(this.facts.breakpoints || this.texts.noBreakpoint);
    for (const [i, breakpoint] of breakpoints.entries()) this.say(`${i + 1}: ${theme.visible(formatBreakpoint(breakpoint))}`);
  }

  /** As far as there is something in that direction. */
  private async go(type: 'back' | 'forward', unit: 'event' | 'turn', count: number): Promise<Outcome> {
    const { session } = this;
    const step = (): Promise<Outcome> => (type === 'back' ? session.goBack(unit) : session.goForward(unit));
    const outcomes = await Promise.all(Array.from({ length: Math.min(count, MOST_STEPS) }, step));
    return outcomes.includes(null) ? null : outcomes[0]!;
  }

  /** Shows another moment, and prints it. */
  private async travel(go: () => Promise<Outcome>): Promise<void> {
    await this.catchUp();
    const outcome = await go();
    const { control, model } = this.state;
    if (outcome !== null && outcome !== NOWHERE) return this.say(outcome);
    if (outcome === NOWHERE) {
      return this.say(control.mode === 'history' ? this.texts.nothingThere(this.time) : this.texts.isNowBack);
    }
    const event = control.mode === 'paused' ? control.heldAt : model.loop.event;
    const what = event === null ? this.texts.nothingYet : control.mode === 'history' ? sentence(event, this.wording) : this.texts.isNow;
    this.say(this.texts.at(this.time, model.rates.turn, what));
  }

  private changed(): void {
    const { heldAt } = this.state.control;
    this.tellBusy();
    this.tellLoading();
    if (heldAt === this.toldHold) return;
    this.toldHold = heldAt;
    if (heldAt !== null) {
      this.tellBatches();
      this.tellHold();
    }
    const { holdWaiters } = this;
    this.holdWaiters = holdWaiters.filter(({ isSo }) => !isSo());
    for (const { isSo, resolve } of holdWaiters) if (isSo()) resolve();
  }

  /** Reports when the loop becomes busy, periodically while it is, and when it is no longer. */
  private tellBusy(): void {
    const busy = busyOf(this.state);
    if (busy === null) {
      if (this.busyToldMs !== null) this.say(this.texts.noLongerBusy(secondsText(this.busyMs, this.options.language)));
      this.busyToldMs = null;
      return;
    }
    this.busyMs = busy.activity.turnMs;
    if (this.busyToldMs !== null && this.busyMs < this.busyToldMs + BUSY_AGAIN_MS) return;
    this.busyToldMs = this.busyMs;
    this.say(this.texts.busy(busySentences(busy, this.wording)[0]!));
    const [waiting] = waitingSentences(busy, this.options.language);
    if (waiting !== undefined) this.say(waiting);
  }

  /** Reports when the loading of a dataset begins, how far it is, and when it has ended. */
  private tellLoading(): void {
    const { control, model } = this.state;
    if (control.moment !== null) return;
    const { quarter, line } = reportLoading(this.loadingTold, model.keyspace.persistence?.loading ?? null, this.texts);
    this.loadingTold = quarter;
    if (line !== null && !this.isHidden) this.say(line);
  }

  private whenHeld(isHeld: boolean): Promise<void> {
    const isSo = (): boolean => (this.state.control.heldAt !== null) === isHeld;
    return isSo() ? Promise.resolve() : new Promise((resolve) => this.holdWaiters.push({ isSo, resolve }));
  }

  /** Prints where the loop is held, and what a step has passed on the way. */
  private tellHold(): void {
    const { heldAt } = this.state.control;
    if (heldAt === null) return;
    this.tellEvents(this.stepped.filter(({ seq }) => seq < heldAt.seq));
    const held = heldSentence(heldAt, this.wording);
    this.say(this.wanted === null ? this.texts.atBreakpoint(held) : this.wanted === 'pause' ? this.texts.paused(held) : held);
    // The next hold is a breakpoint's unless it is requested.
    this.want(null);
  }

  // What happens

  private tellEvents(events: readonly TraceEvent[]): void {
    const left = events.length - MOST_EVENTS;
    if (left > 0) this.say(this.texts.before(formatCount(left)));
    for (const event of events.slice(-MOST_EVENTS)) this.say(sentence(event, this.wording));
  }

  private heard(batch: TraceBatch): void {
    const { stepping, eventsPerSecond } = this.state.control;
    // In steps and slow motion every event is printed: those of a step at its end.
    if (typeof stepping === 'string') return void this.stepped.push(...batch.events);
    if (eventsPerSecond !== null) return this.tellEvents(batch.events);
    this.batches.push(batch);
    this.tellBatches();
  }

  /** The trace may report a connection of ours before the console knows that it is connected: then it is narrated a moment later. */
  private tellBatches(): void {
    if (this.state.repl.clients.some(({ state }) => state === 'connecting')) return;
    const peers = new Set(this.state.repl.clients.map(({ peer }) => peer));
    this.narration = withOwn(this.narration, this.state.model.tokens.rows.sorted().flatMap(({ peer, token }) => (peers.has(peer) ? [token] : [])));
    for (const batch of this.batches.splice(0)) this.tell(narrate(this.narration, batch, this.wording, performance.now()));
  }

  private tell({ narration, lines }: { readonly narration: Narration; readonly lines: readonly string[] }): void {
    this.narration = narration;
    if (this.isNarrating && !this.isHidden) for (const line of lines) this.say(line);
    const dueMs = nextDueMs(narration);
    if (dueMs === null || this.narrationTimer !== null) return;
    this.narrationTimer = setTimeout(() => {
      this.narrationTimer = null;
      this.tell(closeWindows(this.narration, performance.now(), this.options.language));
    }, Math.max(0, dueMs - performance.now()));
  }

  // The state

  /**
   * Requests the trace after a command of ours, whose effects may be inspected at once. A request wakes the loop, so without such a command the trace arrives
   * by itself, about ten times a second.
   */
  private async catchUp(): Promise<void> {
    if (!this.isBehind || this.state.control.moment !== null || busyOf(this.state) !== null) return;
    await this.session.refresh();
    this.isBehind = false;
  }

  private tellStatus(): void {
    this.session.tellTime();
    const { fork, time, turn, connections, perSecond, address, poller, clock, breakpoints, drops } = this.facts;
    const rows = [[fork, time, turn, connections, perSecond], [address, poller, clock, breakpoints, drops]];
    for (const parts of rows) this.say(parts.filter((text) => text !== '').join(', '));
    const { heldAt } = this.state.control;
    if (heldAt !== null) this.say(heldSentence(heldAt, this.wording));
  }

  /** As of now, or of the shown moment of the history. */
  private async tellPane(id: Told, limit: number): Promise<void> {
    await this.catchUp();
    if (id === 'commands') await this.countCommands();
    this.session.tellTime();
    const pane = paneOf(id);
    const badge = pane.badge(this.state, Infinity);
    this.say(`${pane.title}${badge === '' ? '' : `, ${badge}`}:`);
    for (const line of pane.lines?.(this.state, limit, this.theme) ?? []) this.say(line);
  }

  /** The server is asked for these figures once, because they are expensive. */
  private async countCommands(): Promise<void> {
    if (this.state.control.moment !== null) return;
    this.countsCommands = true;
    await this.session.refresh();
    this.countsCommands = false;
  }

  private explain(id: Told): void {
    const { language } = this.options;
    const section = paneOf(id).help;
    this.say(GLOSSARY[section].about[language]);
    for (const entry of entriesOf(section)) this.say(`${entry.term}: ${meaningOf(entry, language)}`);
  }

  private help(): void {
    this.say(this.texts.help);
    for (const word of WORDS) this.say(`${usageOf(word)}: ${word.summary[this.options.language]}`);
    for (const line of this.texts.helpEnd) this.say(line);
  }

  private request(): SnapshotRequest {
    return {
      keys: { db: this.state.repl.client.db, offset: 0, limit: MOST_ROWS, order: 'name', match: '*' },
      clients: MOST_ROWS,
      commands: this.countsCommands,
      value: null,
    };
  }
}

const paneOf = (id: Told): Pane => (id === 'commands' ? commandsPane : PANES[id]);

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
