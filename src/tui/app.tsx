/**
 * The app: everything the screen does besides being drawn. The only effects of the lab are here, in lab-session.ts, terminal/ and repl/.
 *
 *   keys ────▶ keymap ──▶ intent ──┬──▶ action ──▶ reduce ──▶ state ──▶ view ──▶ sink
 *   trace ───▶ session ────────────┘
 *
 * A key is drawn at once, the trace as its batches arrive (12 a second, or two while only timers run), and without events the clocks on the screen once a
 * second.
 */
import { render, type Instance } from 'ink';
import type { JSX } from 'react';
import * as yoga from 'yoga-layout';
import type { ProgramWatch } from '../program/index.js';
import type { Breakpoint, Moment, RedisLabServer, RunTarget, SnapshotRequest, StepUnit } from '../server/index.js';
import { APP_TEXTS } from './app-texts.js';
import { contextOf, intentOf, isOfServer, type Context, type Intent } from './keymap.js';
import { createConsole } from './repl/console.js';
import type { Console } from './repl/host.js';
import type { OwnOptions } from './forks.js';
import { LabSession } from './lab-session.js';
import { ExperimentFileError } from './learn/file-texts.js';
import { FirstMinuteGuide } from './learn/guide.js';
import { loadExperiment } from './learn/library.js';
import { LessonsOnScreen } from './learn/on-screen.js';
import type { Experiment } from './state/learn/experiment.js';
import type { FirstMinute } from './state/learn/first-minute.js';
import type { Language, Text } from '../shared/language.js';
import { changeBreakpoints, formatBreakpoint } from './state/breakpoints.js';
import { paceOf, type Change, type Pace } from './state/changes.js';
import { leavingQuestion } from './state/leaving.js';
import { PANE_IDS } from './state/pane-id.js';
import type { Action } from './state/reduce.js';
import { reduceRepl, type ReplAction } from './state/repl-reduce.js';
import { runTargetOf } from './state/select/run-target.js';
import { LESSON_TEXTS } from './state/learn/lesson-texts.js';
import { busyOf, type Goal, type Prompt, type Question, type ServerInfo, type Spelling, type State } from './state/state.js';
import { escapeBytes } from './escape.js';
import { edit } from './state/repl/line-editor.js';
import { editOf } from './state/repl/line-keys.js';
import { findLine } from './state/repl/pager.js';
import { toBytes } from './state/typed-text.js';
import { typedForConsole } from './state/typed-word.js';
import { joined, spell, typedRun, type Key } from './terminal/key.js';
import { FrameSink } from './terminal/sink.js';
import { NOWHERE, type Outcome } from './time-travel.js';
import { SessionForks } from './session-forks.js';
import { SessionPast } from './session-past.js';
import { Undo } from './undo.js';
import type { Pane, Size } from './view/pane.js';
import { PANES, paneOf } from './view/panes/index.js';
import { pauseNotice } from './view/parts/busy.js';
import { goalName, goalText } from './view/parts/goal.js';
import { byteAt } from './view/parts/hex.js';
import { wordingOf } from './view/parts/wording.js';
import { lineAt, pagedRows, pagerLimit } from './view/pager.js';
import { connectText, cursorOf, helpScrollLimit, paneSize, replySize, Screen } from './view/screen.js';
import { spelledIn, type Theme } from './view/theme.js';

/** Resolves when Ink's layout engine is loaded. The build moves the engine's waiting here from its import, see scripts/yoga.mjs. */
export const layoutIsLoaded: Promise<void> | undefined = (yoga as { readonly loaded?: Promise<void> }).loaded;

/** Minimum time between frames that no key has caused: less than the interval of trace batches, so that none of them waits. */
const FRAME_MS = 60;
/** A learner's program does not listen at first. */
const NOWHERE_YET = { host: '127.0.0.1', port: 0 } as const;
/** How long a warning replaces the keys in the footer. */
const WARNING_MS = 8000;
/** Interval at which the clocks on the screen advance. */
const TICK_MS = 1000;
/** Events a second, from slow to fast; above the last one is full speed. */
const SPEEDS = [1, 2, 5, 20] as const;
/** Rows of a page that stay visible on the next page; a table has its header among them. */
const PAGE_OVERLAP = 2;
/** Rows of header, footer and the frame of the help. */
const HELP_FRAME_ROWS = 4;
/**
 * The number of clients that each batch refreshes; others are known from the trace alone. A thousand would delay the loop by a millisecond, twelve times a
 * second.
 */
const MAX_CLIENTS = 512;

export interface AppOptions extends Partial<Pick<OwnOptions, 'openFork' | 'leaveFork'>> {
  readonly server: RedisLabServer;
  readonly info: ServerInfo;
  /** Sent to the server by the console; empty: none. */
  readonly password: string;
  readonly theme: Theme;
  /** The language of the texts; English by default. */
  readonly language?: Language;
  /** The first minute of a first start. `isOver` is called when it has been accepted or left. */
  readonly lead?: { isOver(): void } | null;
  /** Opened at the start; none by default. */
  readonly experiment?: Experiment | 'list' | null;
  /** The number of the command after which the past is shown from the start; null or left out: the present is shown. */
  readonly showsCommand?: number | null;
  readonly size: Size;
  /** Converts a row to the colours that the terminal has. */
  readonly recolor: (row: string) => string;
  /** Writes to the terminal. False if it has not taken everything; then {@link App.caughtUp} is called when it has. */
  readonly output: (text: string) => boolean | void;
  /** `q`, `quit`, Ctrl-C twice. */
  readonly quit: () => void;
  /** True while the server ends: then one key quits at once. */
  readonly isLeaving?: () => boolean;
  /** Ctrl-Z: stops this process and the processes started with it, such as npm. Returns when they continue. */
  readonly suspend: () => void;
  /** For a projector. */
  readonly isPresenting?: boolean;
  /** The learner's program that is shown; left out: the lab's server is. */
  readonly program?: ProgramWatch;
  /** Called for an unexpected error. */
  readonly fail: (error: unknown) => void;
}

export class App {
  private readonly session: LabSession;
  private readonly undo: Undo;
  private readonly past: SessionPast;
  private size: Size;
  private readonly sink: FrameSink;
  private ink: Instance | null = null;
  private readonly console: Console;
  private readonly guide: FirstMinuteGuide;
  private readonly lessons: LessonsOnScreen;
  private frameTimer: NodeJS.Timeout | null = null;
  private stopHearing: (() => void) | null = null;
  private readonly tickTimer: NodeJS.Timeout;
  private drawnAtMs = -Infinity;
  /** When the last frame was drawn that no key had caused. */
  private pacedAtMs = -Infinity;
  private isDrawDue = false;
  /** The moment at which a shown recording ends; null: none is shown. */
  private recordingEnd: Moment | null = null;
  private hasEnded = false;
  private isHidden = false;

  constructor(private readonly options: AppOptions) {
    const { server, info, size, recolor, output, quit } = options;
    this.size = size;
    const { language = 'en' } = options;
    this.session = new LabSession({
      server, info, language, isPresenting: options.isPresenting ?? false, ...(options.program !== undefined && { program: options.program }),
      request: () => this.request(),
      changed: () => this.drawSoon(),
      held: () => this.changed(),
      heard: (batch) => {
        this.guide.heard(batch);
        this.lessons.heard(batch);
      },
      busy: (busy) => this.guide.busy(busy),
      lost: (why) => this.say(why),
    });
    this.undo = new Undo(this.session);
    this.past = new SessionPast(this.session, () => this.theme, APP_TEXTS[language].wayBack);
    this.sink = new FrameSink(size.width, size.height, output, recolor);
    const { session } = this;
    this.console = createConsole(
      {
        get address() {
          return session.state.server.addresses[0] ?? NOWHERE_YET;
        },
        server,
        language,
        state: () => this.state,
        update: (repl) => this.updateConsole(repl),
        spell: (spelling) => this.spell(spelling),
        run: (target) => this.runTo(target),
        learn: (name) => this.learn(name),
        advance: (duration) => this.session.advance(duration),
        past: this.past,
        forks: new SessionForks(this.session, options, 'Esc'),
        quit,
      },
      { password: options.password },
    );
    this.guide = new FirstMinuteGuide({
      language,
      connect: connectText(info.addresses[0]),
      minute: () => this.state.firstMinute,
      show: (minute) => this.lead(minute),
      say: (text) => this.console.note(text),
      run: (line) => this.console.run(line),
      answered: () => this.console.answered(),
      slow: (eventsPerSecond) => this.session.slow(eventsPerSecond),
      isLineEmpty: () => contextOf(this.state) === 'console' && this.state.repl.input === '' && this.state.repl.search === null,
      isFresh: () => this.state.ui.isFresh,
      visit: async (event) => (await this.session.showEvent(event)) === null,
      walk: (direction) => void (direction === 'back' ? this.session.goBack('event') : this.session.goForward('event')),
      showLive: () => this.session.showLive(),
    });
    this.lessons = new LessonsOnScreen({
      server, session: this.session, console: this.console,
      startFirstMinute: () => this.guide.start(),
      changed: () => this.drawSoon(),
    });
    this.begin();
    if (options.program !== undefined) this.hear(options.program);
    this.tickTimer = setInterval(() => this.tick(), TICK_MS);
    // By then the terminal is ready.
    setImmediate(() => this.draw());
  }

  private hear(program: ProgramWatch): void {
    const stopLines = program.onLine((line) => this.console.note(`| ${escapeBytes(line)}`));
    const addressOf = (): string => JSON.stringify(program.view.addresses);
    let address = addressOf();
    const stopChanges = program.onChange(() => {
      if (addressOf() === address) return;
      address = addressOf();
      this.console.addressChanged();
    });
    this.stopHearing = () => {
      stopLines();
      stopChanges();
    };
  }

  /** Starts the first minute, or opens the requested experiments. */
  private begin(): void {
    const { lead = null, experiment = null } = this.options;
    if (experiment === 'list') this.lessons.guide.showList();
    else if (experiment !== null) this.lessons.guide.open(experiment);
    else if (lead !== null) this.guide.startFresh();
  }

  /** Handles `learn`. @param name empty: the first minute again. Returns an error, or null */
  private learn(name: string): string | null {
    try {
      if (name === '') this.guide.start();
      else this.lessons.guide.open(loadExperiment(name));
      return null;
    } catch (error) {
      return error instanceof ExperimentFileError ? error.text[this.state.ui.language] : (error as Error).message;
    }
  }

  /** Starts listening to the loop. */
  async start(): Promise<void> {
    await this.session.start();
    const { showsCommand = null } = this.options;
    if (showsCommand === null) return;
    await this.session.goTo({ to: { command: showsCommand } });
    this.recordingEnd = this.session.visited?.moment ?? null;
  }

  resize(size: Size): void {
    this.size = size;
    this.sink.reset(size.width, size.height);
    this.changed();
  }

  /** The terminal, which was behind, has taken everything that was written to it. */
  caughtUp(): void {
    this.sink.caughtUp();
  }

  /** Another screen is shown instead; events are still followed. */
  hide(): void {
    this.isHidden = true;
  }

  show(): void {
    this.isHidden = false;
    this.redraw();
  }

  /** The terminal has lost its contents. */
  redraw(): void {
    this.resize(this.size);
  }

  /** Shows a warning for a while, or until the next key. @param text a byte string */
  warn(text: string): void {
    if (this.hasEnded) return;
    const shown = this.options.theme.visible(text);
    // The footer has the keys without which an experiment cannot continue.
    if (this.state.lesson?.type === 'open') return this.console.note(shown);
    this.act({ type: 'notice', text: shown });
    this.changed();
    setTimeout(() => {
      if (this.hasEnded || this.state.ui.notice !== shown) return;
      this.act({ type: 'notice', text: null });
      this.changed();
    }, WARNING_MS).unref();
  }

  /** Handles keys that arrived together: a run of typed characters is one change, because a line of 40 kB must not be scanned 40,000 times. */
  press(keys: readonly Key[]): void {
    for (let i = 0; i < keys.length; ) {
      const run = isTyping(this.state) ? typedRun(keys, i) : [keys[i]!];
      this.pressOne(joined(run));
      i += run.length;
    }
  }

  private pressOne(key: Key): void {
    if (this.hasEnded) return;
    const isCtrlC = key.ctrl && key.name === 'c';
    if (isCtrlC && this.state.ui.isLeaving) return this.quitAnyway();
    if (this.options.isLeaving?.() === true && (isCtrlC || (key.text === 'q' && !isTyping(this.state)))) return this.options.quit();
    this.act({ type: 'notice', text: null });
    if (!isCtrlC) this.act({ type: 'ask-to-leave', isLeaving: false });
    if (!this.guide.press(key)) this.pressIn(contextOf(this.state), key);
    this.guide.look();
    // Whatever else it has done: pressed again, it quits the lab.
    if (isCtrlC) this.act({ type: 'ask-to-leave', isLeaving: true });
    this.changed();
  }

  private quitAnyway(): void {
    this.act({ type: 'ask-to-leave', isLeaving: false });
    this.options.quit();
  }

  /** Ends what the app has started, except the server. */
  stop(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.session.stop();
    this.stopHearing?.();
    clearInterval(this.tickTimer);
    if (this.frameTimer !== null) clearTimeout(this.frameTimer);
    this.console.close();
    this.ink?.unmount();
    this.sink.release();
  }

  // Keys

  /** Handles keys while a scenario runs: input would be taken for a part of it, and an interrupted part would be missing. False if the key is neither. */
  private pressWhilePlaying(key: Key): boolean {
    const { lesson, repl, ui } = this.state;
    if (lesson?.type !== 'open' || lesson.step.at !== 'running') return false;
    const isInterrupt = key.ctrl && key.name === 'c';
    if (isInterrupt) this.updateConsole(reduceRepl(repl, { type: 'discard-line' }));
    else if (key.name === 'enter' || key.text.includes('\n')) this.say(LESSON_TEXTS[ui.language].playing);
    else return false;
    return true;
  }

  private pressInConsole(key: Key): void {
    if (this.pressWhilePlaying(key)) return;
    if (key.name === 'enter') {
      this.act({ type: 'begin' });
      // After sending, the user wants to see the result.
      this.act({ type: 'follow' });
    }
    const intent = intentOf(key, this.state, PANES.repl);
    if (intent === 'follow' || intent === 'live') return this.perform(intent, key);
    if (this.console.press(key)) return;
    if (intent !== null) this.perform(intent, key);
  }

  /** Handles keys of an open experiment; typed text is sent with Enter. False if the key is for the console. */
  private pressInLesson(context: Context, key: Key): boolean {
    if (context === 'console') {
      const { repl } = this.state;
      if (this.state.lesson === null || repl.input.trim() === '' || !this.lessons.guide.type(repl.input.trim())) return false;
      this.updateConsole(reduceRepl(repl, { type: 'discard-line' }));
      return true;
    }
    const intent = intentOf(key, this.state, PANES.repl);
    if (intent === null) return false;
    this.perform(intent, key);
    return true;
  }

  private pressIn(context: Context, key: Key): void {
    if (context === 'question') return this.answer(key);
    if (this.isTooSmall() && key.name === 'q') return this.leave();
    if (context === 'lesson' || (context === 'console' && key.name === 'enter')) {
      if (this.pressInLesson(context, key)) return;
      return this.pressInConsole(key);
    }
    if (context === 'console') return this.pressInConsole(key);
    if (context === 'panes') return this.pressInPanes(key);
    const intent = intentOf(key, this.state, this.pane);
    if (intent !== null) return this.perform(intent, key);
    if (this.state.ui.prompt !== null) this.editPrompt(this.state.ui.prompt, key);
  }

  /** Any key but `y` cancels the question and does nothing else, so that a word typed blindly continues after its `q`. */
  private answer(key: Key): void {
    const { intent } = this.state.ui.question!;
    const isYes = intentOf(key, this.state, this.pane) === 'yes';
    this.act({ type: 'ask', question: null });
    if (!isYes) return this.say(this.texts.nothingChanged);
    if (intent === 'quit') return this.options.quit();
    this.session.showLive();
    this.changePace(this.texts[intent], intent === 'pause' ? 'held' : 'free');
  }

  /** Letters are keys here. A word that was meant for the console is moved there, and the effects of its letters are undone. */
  private pressInPanes(key: Key): void {
    const intent = intentOf(key, this.state, this.pane);
    const isEnter = key.name === 'enter' && !key.ctrl && !key.alt;
    const isTyped = key.name !== 'paste' && key.text !== '';
    const { ui, repl } = this.state;
    const typed = isTyped || isEnter ? typedForConsole({ before: ui.typed.text, text: key.text, isBound: intent !== null }, repl) : null;
    if (typed !== null) return this.moveToConsole(typed);
    // A word begins after a space, and in the pane that has been chosen.
    this.act({ type: 'type-key', text: isTyped && key.text !== ' ' && intent !== 'focus-pane' ? key.text : null });
    if (intent !== null) return this.perform(intent, key);
    if (isOfServer(key, this.state)) return this.say(this.texts.notForProgram(this.theme.typed(toBytes(spell(key)))));
    if (isTyped) this.say(this.texts.noKey(this.theme.typed(toBytes(key.text))));
  }

  private moveToConsole(typed: string): void {
    this.undo.takeBackTyped();
    this.act({ type: 'focus', pane: 'repl' });
    this.act({ type: 'update-console', repl: reduceRepl(this.state.repl, { type: 'type-text', text: typed }) });
    this.say(this.texts.wordForConsole);
  }

  /** Notes a change that follows and can be undone. */
  private note(change: Change): void {
    this.act({ type: 'notice', text: this.undo.note(change), untilHeld: change.kind === 'step' });
  }

  private ask(question: Question): void {
    this.act({ type: 'ask', question });
  }

  private perform(intent: Intent, key: Key): void {
    const { ui } = this.state;
    switch (intent) {
      case 'toggle-pause':
        return this.togglePause();
      case 'step-event':
      case 'step-phase':
      case 'step-command':
      case 'step-turn':
      case 'step-request':
        return this.goOn(this.goalOf(intent));
      case 'slower':
      case 'faster':
        return this.changeSpeed(intent);
      case 'back-event':
      case 'back-turn':
        return void this.sayIfStill(this.session.goBack(intent === 'back-turn' ? 'turn' : 'event'), this.texts.oldestEvent);
      case 'forward-event':
      case 'forward-phase':
      case 'forward-command':
      case 'forward-turn':
      case 'forward-request':
        return this.goForward(this.goalOf(intent));
      case 'oldest':
        return void this.sayIfStill(this.session.showOldest(), this.texts.noHistory);
      case 'last-change':
        return void this.goToLastChange();
      case 'live':
        return this.goLive();
      case 'leave-fork':
        return this.options.leaveFork?.();
      case 'take-back':
        return this.say(this.undo.takeBack());
      case 'breakpoint':
        return this.act({ type: 'open-prompt', kind: 'breakpoint' });
      case 'filter':
        this.undo.note({ kind: 'filter', said: this.texts.filter, pane: ui.focus, before: ui.panes[ui.focus].filter });
        return this.act({ type: 'open-prompt', kind: 'filter' });
      case 'clear-filter':
        this.note({ kind: 'filter', said: this.texts.noFilter, pane: ui.focus, before: ui.panes[ui.focus].filter });
        this.act({ type: 'open-prompt', kind: 'filter' });
        this.act({ type: 'type-prompt', text: '', error: null });
        return this.act({ type: 'close-prompt' });
      case 'accept':
        return this.acceptPrompt();
      case 'cancel':
        if (ui.prompt?.kind === 'filter' || ui.prompt?.kind === 'word') this.act({ type: 'type-prompt', text: '', error: null });
        return this.act({ type: 'close-prompt' });
      case 'open-reply':
        return void this.console.openReply(0);
      case 'older-reply':
      case 'newer-reply':
        if (this.console.openReply(intent === 'newer-reply' ? 1 : -1)) return;
        return this.say(intent === 'newer-reply' ? this.texts.noNewerReply : this.texts.noOlderReply);
      case 'close-reply':
        return this.page({ type: 'pager-closed' });
      case 'first-row':
        return this.movePager(-Infinity);
      case 'last-row':
        return this.movePager(Infinity);
      case 'search':
        return this.act({ type: 'open-prompt', kind: 'search' });
      case 'search-next':
        return this.searchReply(1);
      case 'search-previous':
        return this.searchReply(-1);
      case 'spell':
        return this.spell(ui.spelling === 'readable' ? 'escaped' : 'readable');
      case 'help':
        return this.act({ type: 'open-help' });
      case 'close-help':
        return this.act({ type: 'close-help' });
      case 'search-help':
        return this.act({ type: 'open-prompt', kind: 'word' });
      case 'clear-help-search':
        return this.act({ type: 'open-help' });
      case 'focus-next':
        return this.act({ type: 'focus-next', by: 1 });
      case 'focus-previous':
        return this.act({ type: 'focus-next', by: -1 });
      case 'focus-pane':
        return this.act({ type: 'focus', pane: PANE_IDS[Number(key.name) - 1]! });
      case 'leave-console':
        return this.act({ type: 'focus', pane: ui.previousFocus });
      case 'zoom':
        this.note({ kind: 'zoom', said: ui.isZoomed ? this.texts.noZoom : this.texts.zoom, before: ui.isZoomed });
        return this.act({ type: 'toggle-zoom' });
      case 'up':
        return this.move(-1);
      case 'down':
        return this.move(1);
      case 'page-up':
        return this.move(-this.pageRows());
      case 'page-down':
        return this.move(this.pageRows());
      case 'open':
        return this.act({ type: 'open-row', ...this.listed() });
      case 'enter':
        return this.enter();
      case 'turn':
        return this.act({ type: 'turn', face: ui.panes[ui.focus].face === '' ? 'commands' : '', filter: '' });
      case 'close':
        return this.act({ type: 'close-row' });
      case 'to-bytes':
        return this.moveInBytes('begin');
      case 'to-rows':
        return this.act({ type: 'move-to-byte', byte: null, cursor: ui.panes[ui.focus].cursor });
      case 'byte-before':
        return this.moveInBytes(-1);
      case 'byte-after':
        return this.moveInBytes(1);
      case 'follow':
        return this.act({ type: 'follow' });
      case 'sort':
        this.act({ type: 'sort', sorts: this.pane.sorts! });
        return this.note({ kind: 'sort', said: this.texts.sorted(this.state.ui.panes[ui.focus].sort), pane: ui.focus, before: ui.panes[ui.focus].sort });
      case 'previous-database':
      case 'next-database':
        this.act({ type: 'choose-next-database', by: intent === 'next-database' ? 1 : -1, count: this.state.model.keyspace.databaseCount });
        return this.note({ kind: 'database', said: this.texts.database(this.state.ui.db), before: ui.db });
      case 'lesson-list':
        return this.lessons.guide.showList();
      case 'lesson-choose':
        return this.lessons.guide.choose(Number(key.name) - 1);
      case 'lesson-on':
        return this.openLesson(() => this.lessons.guide.goOn());
      case 'lesson-before':
      case 'lesson-after':
        return this.lessons.guide.walk(intent === 'lesson-after' ? 1 : -1);
      case 'lesson-up':
      case 'lesson-down':
        return this.lessons.guide.move(intent === 'lesson-down' ? 1 : -1);
      case 'lesson-close':
        return this.lessons.guide.close();
      case 'suspend':
        return this.options.suspend();
      case 'leave':
        return this.act({ type: 'ask-to-leave', isLeaving: true });
      case 'quit':
        return this.leave();
      case 'yes':
      case 'no':
        return this.answer(key);
    }
  }

  /** Reports a file that cannot be read; nothing opens. */
  private openLesson(open: () => void): void {
    try {
      open();
    } catch (error) {
      this.say(this.theme.visible(toBytes((error as Error).message)));
    }
  }

  /** From within a recording to its end first: the server that continues from there is another one. */
  private goLive(): void {
    const { control: { moment }, server: { recording } } = this.state;
    const end = this.recordingEnd;
    const isBeforeEnd = end !== null && moment !== null && (moment.turn < end.turn || (moment.turn === end.turn && moment.event < end.event));
    if (isBeforeEnd) {
      void this.session.goTo({ to: end });
      return this.say(this.texts.recordingEnds);
    }
    const wasPast = moment !== null;
    this.session.showLive();
    if (recording !== undefined && wasPast) this.say(this.texts.goesOnFromRecording);
  }

  /** Quits at once, unless clients or keys would be lost. */
  private leave(): void {
    const text = this.state.program === null ? leavingQuestion(this.session.newest, this.state.repl, this.language, this.state.server.recording) : null;
    if (text === null) this.options.quit();
    else this.ask({ text, intent: 'quit' });
  }

  /** Moves whatever can be moved: the help, the cursor in an open row, the selection, the view. */
  private move(by: number): void {
    const { ui } = this.state;
    const pane = this.pane;
    if (this.state.repl.pager !== null) return this.movePager(by);
    if (ui.isHelpOpen) return this.act({ type: 'scroll-help', by, limit: helpScrollLimit(this.state, this.size, this.options.theme) });
    if (ui.panes[ui.focus].byte !== null) return this.moveInBytes(by, 'row');
    if (ui.panes[ui.focus].isOpen && pane.openRows !== undefined) return this.act({ type: 'move-cursor', by, count: pane.openRows(this.state) });
    if (pane.rows !== undefined) return this.act({ type: 'select', by, ...this.listed() });
    if (pane.length === undefined) return;
    const size = paneSize(this.state, pane.id, this.size);
    const limit = size === null ? undefined : pane.scrollLimit?.(this.state, size, this.options.theme);
    this.act({ type: 'scroll', by, length: pane.length(this.state), forgotten: pane.forgotten?.(this.state) ?? 0, ...(limit !== undefined && { limit }) });
  }

  /** Without a selection the first row is selected, as in panes whose rows open. */
  private enter(): void {
    if (this.state.ui.panes[this.state.ui.focus].selected === null) return this.act({ type: 'select', by: 0, ...this.listed() });
    this.act(this.pane.entered!(this.state));
  }

  private pageRows(): number {
    const { focus, isHelpOpen } = this.state.ui;
    const isOverlaid = isHelpOpen || this.state.repl.pager !== null;
    const height = isOverlaid ? this.size.height - HELP_FRAME_ROWS : (paneSize(this.state, focus, this.size)?.height ?? 0);
    return Math.max(1, height - PAGE_OVERLAP);
  }

  /** `begin`: to the first byte of the cursor's row. */
  private moveInBytes(by: number | 'begin', unit: 'byte' | 'row' = 'byte'): void {
    const { focus, panes } = this.state.ui;
    const { byte, cursor } = panes[focus];
    const bytes = this.pane.openBytes?.(this.state, paneSize(this.state, focus, this.size) ?? this.size) ?? null;
    if (bytes === null) return;
    const there = by === 'begin' || byte === null ? bytes.beginningOf(cursor) : byteAt(byte, by, unit, bytes);
    this.act({ type: 'move-to-byte', byte: there, cursor: bytes.rowOf(there) });
  }

  /** The rows of the focused pane, as actions need them. */
  private listed(): { rows: readonly string[]; length: number | null; offset: number } {
    const pane = this.pane;
    return {
      rows: pane.rows?.(this.state, paneSize(this.state, pane.id, this.size) ?? undefined) ?? [],
      length: pane.length?.(this.state) ?? null,
      offset: pane.offset?.(this.state) ?? 0,
    };
  }

  /** Edits the REPL's line. */
  private editPrompt({ text, cursor, killed }: Prompt, key: Key): void {
    const isTyped = key.text !== '' && !key.ctrl && !key.alt;
    const action = isTyped ? ({ type: 'type-text', text: key.text.replaceAll(/[\r\n]+/g, ' ') } as const) : editOf(spell(key));
    if (action === null) return;
    const line = edit({ input: text, cursor, killed }, action);
    this.act({ type: 'type-prompt', text: line.input, cursor: line.cursor, killed: line.killed, error: this.promptError(line.input) });
  }

  /** Why Enter would not accept it, or null. */
  private promptError(text: string): Text | null {
    const { ui } = this.state;
    if (ui.prompt!.kind === 'search' || ui.prompt!.kind === 'word') return null;
    if (ui.prompt!.kind === 'filter') return this.pane.checkFilter?.(text) ?? null;
    const change = this.changedBreakpoints(text);
    return 'error' in change && text.trim() !== '' ? change.error : null;
  }

  private acceptSearch(text: string): void {
    this.act({ type: 'close-prompt' });
    this.page({ type: 'pager-searched', text });
    if (text !== '') this.searchReply(1, true);
  }

  // The open reply

  private page(action: ReplAction): void {
    this.act({ type: 'update-console', repl: reduceRepl(this.state.repl, action) });
  }

  private movePager(by: number): void {
    const { pager } = this.state.repl;
    const size = replySize(this.state, this.size);
    if (pager === null || size === null) return;
    const limit = pagerLimit(pager, size, this.theme);
    this.page({ type: 'pager-moved', top: Math.min(pager.top, limit) + by, limit });
  }

  /** @param isNew the line at the top is searched, too */
  private searchReply(direction: 1 | -1, isNew = false): void {
    const { pager } = this.state.repl;
    const size = replySize(this.state, this.size);
    if (pager === null || size === null) return;
    const { firstRows } = pagedRows(pager, size.width, this.theme);
    const found = findLine(pager.lines, pager.search, lineAt(firstRows, pager.top) + (isNew ? 0 : direction), direction);
    if (found === -1) return this.say(this.texts.notInReply(this.theme.typed(toBytes(pager.search))));
    this.page({ type: 'pager-moved', top: firstRows[found]!, limit: Infinity });
  }

  /** Shows a text in the status line until the next key. @param text safe to print */
  private say(text: string): void {
    this.act({ type: 'notice', text });
  }

  /** The theme in the current spelling of bytes. */
  private get theme(): Theme {
    return spelledIn(this.options.theme, this.state.ui.spelling);
  }

  private acceptPrompt(): void {
    const { kind, text, error } = this.state.ui.prompt!;
    if (error !== null) return;
    if (kind === 'search') return this.acceptSearch(text);
    if (kind === 'breakpoint' && text.trim() !== '') {
      const change = this.changedBreakpoints(text);
      if ('error' in change) return;
      this.setBreakpoints(change.breakpoints);
    }
    this.act({ type: 'close-prompt' });
  }

  private changedBreakpoints(text: string): ReturnType<typeof changeBreakpoints> {
    const { control, repl } = this.state;
    return changeBreakpoints(control.breakpoints, text, repl.commands.map(({ name }) => name));
  }

  private setBreakpoints(breakpoints: readonly Breakpoint[]): void {
    const before = this.state.control.breakpoints;
    const added = breakpoints.find((breakpoint) => !before.includes(breakpoint));
    const gone = before.filter((breakpoint) => !breakpoints.includes(breakpoint));
    const which = added ?? (gone.length === 1 ? gone[0] : undefined);
    const name = which === undefined ? null : this.theme.visible(formatBreakpoint(which));
    const { allBreakpointsDeleted, breakpointDeleted, breakpointSet } = this.texts;
    const said = name === null ? allBreakpointsDeleted : added === undefined ? breakpointDeleted(name) : breakpointSet(name);
    this.note({ kind: 'breakpoints', said, before });
    void this.session.setBreakpoints(breakpoints);
  }

  // Time

  /** Leaves the history only if that was intended. */
  private togglePause(): void {
    const { mode, heldAt, stepping } = this.state.control;
    // A step that waits for an event looks like a held loop to the user; a run is stopped.
    const intent = heldAt === null && typeof stepping !== 'string' ? 'pause' : 'resume';
    if (mode === 'history') this.ask({ text: this.texts.leaveHistory[intent], intent });
    else this.changePace(this.texts[intent], intent === 'pause' ? 'held' : 'free');
  }

  /** @param said the name of the change, also when it is undone */
  private changePace(said: string, pace: Pace): void {
    this.note({ kind: 'pace', said, before: paceOf(this.state.control) });
    const busy = busyOf(this.state);
    if (pace === 'held' && busy !== null) this.act({ type: 'notice', text: pauseNotice(busy, wordingOf(this.state, this.theme)), untilHeld: true });
    void this.session.setPace(pace);
  }

  private goalOf(intent: Intent): Goal {
    const unit = intent.slice(intent.indexOf('-') + 1) as StepUnit | 'request';
    return unit === 'request' ? runTargetOf(this.state) : unit;
  }

  /** A running loop is not held by a letter that was meant for something else. */
  private goOn(goal: Goal): void {
    const { heldAt, stepping } = this.state.control;
    if (heldAt === null && stepping === null) return this.say(this.texts.loopRuns);
    this.note({ kind: 'step', said: this.texts.goesOn(goalText(goal, this.theme, this.language)) });
    void this.session.goOn(goal);
  }

  /** It was typed as a word, so it is intended; a running loop is held when it gets there. */
  private runTo(target: RunTarget): void {
    const { heldAt, mode } = this.state.control;
    const said = this.texts.runs(goalText(target, this.theme, this.language));
    if (mode === 'history') return this.goForward(target);
    this.note(heldAt === null ? { kind: 'pace', said, before: paceOf(this.state.control) } : { kind: 'step', said });
    void this.session.goOn(target);
    this.changed();
  }

  private goForward(goal: Goal): void {
    void this.sayIfStill(this.session.goForward(goal), this.texts.noLater(goalName(goal, this.theme, this.language)));
  }

  /** Goes to the last change of the selected key. */
  private async goToLastChange(): Promise<void> {
    const { db, panes: { keyspace: { selected } } } = this.state.ui;
    if (selected === null) return this.say(this.texts.selectKey);
    const said = await this.past.travel({ changeOf: { db, key: selected } }).catch((error: Error) => error.message);
    if (this.hasEnded) return;
    this.say(said);
    this.changed();
  }

  /** @param nowhere the message if there is nothing in that direction */
  private async sayIfStill(travel: Promise<Outcome>, nowhere: string): Promise<void> {
    const outcome = await travel;
    if (outcome === null || this.hasEnded) return;
    this.say(outcome === NOWHERE ? nowhere : outcome);
    this.changed();
  }

  private changeSpeed(direction: 'slower' | 'faster'): void {
    const { eventsPerSecond } = this.state.control;
    const at = eventsPerSecond === null ? SPEEDS.length : SPEEDS.findIndex((speed) => speed >= eventsPerSecond);
    const speed = SPEEDS[Math.max(0, at + (direction === 'slower' ? -1 : 1))] ?? null;
    this.changePace(speed === null ? this.texts.fullSpeed : this.texts.speed(speed), speed ?? 'free');
  }

  // The state

  private get state(): State {
    return this.session.state;
  }

  private get language(): Language {
    return this.state.ui.language;
  }

  private get texts(): (typeof APP_TEXTS)[Language] {
    return APP_TEXTS[this.language];
  }

  /** The focused pane. */
  private get pane(): Pane {
    return paneOf(this.state, this.state.ui.focus);
  }

  private act(action: Action): void {
    this.session.act(action);
  }

  /** Shows the next step of the first minute. */
  private lead(firstMinute: FirstMinute | null): void {
    if (this.state.firstMinute?.step === 'invitation') {
      if (firstMinute !== null) this.act({ type: 'begin' });
      this.options.lead?.isOver();
    }
    this.act({ type: 'lead', firstMinute });
    this.drawSoon();
  }

  private spell(spelling: Spelling): void {
    this.act({ type: 'spell', spelling });
    this.act({ type: 'notice', text: this.texts.spelling[spelling] });
    this.changed();
  }

  private updateConsole(repl: State['repl']): void {
    this.lessons?.sees(repl.clients);
    this.act({ type: 'update-console', repl });
    this.drawSoon();
  }

  private request(): SnapshotRequest {
    const size = paneSize(this.state, 'keyspace', this.size) ?? this.size;
    const keys = PANES.keyspace.window?.(this.state, size) ?? { db: this.state.ui.db, offset: 0, limit: size.height, order: 'name', match: '*' };
    const commands = this.state.ui.panes.frames.face === 'commands';
    return { keys, clients: MAX_CLIENTS, client: openToken(this.state), commands, value: PANES.keyspace.value?.(this.state, size) ?? null };
  }

  // Drawing

  /** Advances the clocks, unless time stands still. */
  private tick(): void {
    const { mode, heldAt } = this.state.control;
    if (mode === 'history' || heldAt !== null || performance.now() - this.drawnAtMs < TICK_MS - FRAME_MS) return;
    this.draw();
  }

  /** The state has changed; draws soon, at once after a key. */
  private changed(): void {
    void this.session.watch();
    if (this.isDrawDue) return;
    this.isDrawDue = true;
    setImmediate(() => this.draw());
  }

  private drawSoon(): void {
    if (this.isDrawDue || this.frameTimer !== null) return;
    // The result of a key, in particular the reply to a line, need not wait because the key itself was drawn.
    const waitMs = this.pacedAtMs + FRAME_MS - performance.now();
    this.frameTimer = setTimeout(() => {
      this.pacedAtMs = performance.now();
      this.draw();
    }, Math.max(0, waitMs));
  }

  private draw(): void {
    this.isDrawDue = false;
    if (this.frameTimer !== null) clearTimeout(this.frameTimer);
    this.frameTimer = null;
    if (this.hasEnded || this.isHidden) return;
    this.drawnAtMs = performance.now();
    void this.session.watch();
    this.session.tellTime();
    this.sink.cursor = cursorOf(this.state, this.size, this.options.theme);
    const screen = <Screen state={this.state} size={this.size} theme={this.options.theme} />;
    if (this.ink === null) this.mount(screen);
    else this.ink.rerender(screen);
  }

  private mount(screen: JSX.Element): void {
    this.ink = render(screen, { stdout: this.sink as unknown as NodeJS.WriteStream, stdin: NO_INPUT, debug: true, patchConsole: false, exitOnCtrlC: false });
    // Ink catches errors of components, and draws nothing from then on.
    this.ink.waitUntilExit().catch(this.options.fail);
  }

  private isTooSmall(): boolean {
    return paneSize(this.state, this.state.ui.focus, this.size) === null;
  }
}

const isTyping = (state: State): boolean => contextOf(state) === 'console' || contextOf(state) === 'prompt';

/** The token whose conversation is open; null: none. */
function openToken({ ui }: State): number | null {
  const { isOpen, selected } = ui.panes.tokens;
  return isOpen && selected !== null ? Number(selected) : null;
}

/** Keys come from our own decoder; Ink gets no input. */
const NO_INPUT = {
  isTTY: false,
  on() {},
  off() {},
  addListener() {},
  removeListener() {},
  setEncoding() {},
  ref() {},
  unref() {},
  read: () => null,
} as unknown as NodeJS.ReadStream;
