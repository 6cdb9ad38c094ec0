/**
 * LabSession: the lab's state, and everything that changes it besides keys: the events of the loop, and the controls of time: pausing, stepping, moving through
 * the history. The screen has one, and so has the narration.
 *
 *   trace ──▶ history, the newest model ──┬──▶ show a moment ──▶ action ──▶ reduce ──▶ state ──▶ changed()
 *   ← → ──▶ travel ──▶ the model of then ──┘                        │
 *   pause, step, … ──▶ server ──▶ held, or not any more ────────────┘
 *
 * Promises resolve when the loop has answered, and never reject: if the server ends meanwhile, `closed` reports it.
 */
import type { Breakpoint, Moment, Past, PastAnswer, RedisLabServer, Snapshot, SnapshotRequest, TraceBatch, TraceEvent, Visit } from '../server/index.js';
import type { ProgramWatch } from '../program/index.js';
import { BusyWatch } from './busy-watch.js';
import type { Language, Text } from '../shared/language.js';
import type { Pace } from './state/changes.js';
import { History } from './state/history.js';
import { LoopTime } from './state/loop-time.js';
import type { Model } from './state/model/model.js';
import { initialState, reduce, type Action } from './state/reduce.js';
import { WallTime } from './state/wall-time.js';
import type { Busy, Control, ForkedAsOf, Goal, Position, ServerInfo, State } from './state/state.js';
import { NOWHERE, TimeTravel, type Outcome, type Way } from './time-travel.js';

const NO_HISTORY: Text = {
  en: 'going back is off: --history 64mb gives it memory',
  ko: '과거로 돌아갈 수 없습니다. --history 64mb로 메모리를 주면 켜집니다',
};

/** Maximum number of events in a batch: as many as the model can process in time. */
const EVENT_BUDGET = 800;

/** For going back in a fork. */
const FORK_HISTORY_BYTES = 64 * 2 ** 20;

export interface SessionOptions {
  readonly server: RedisLabServer;
  readonly info: ServerInfo;
  /** What the next snapshots shall contain. */
  request(): SnapshotRequest;
  /** The state has changed, but not by a key. */
  changed(): void;
  /** The loop is held, as requested by the user. */
  held?(): void;
  /** A batch of the trace has been added to the history. */
  heard?(batch: TraceBatch): void;
  /** The loop has become busy, or is no longer. */
  busy?(busy: Busy | null): void;
  /** The past has been left, and the present is shown. @param why a sentence */
  lost?(why: string): void;
  readonly language?: Language;
  readonly isPresenting?: boolean;
  /** The learner's program that is shown; left out: the lab's server is. */
  readonly program?: ProgramWatch;
}

export class LabSession {
  private current: State;
  private readonly history = new History();
  private readonly time: LoopTime;
  /** Wall-clock times of moments of the loop. */
  readonly wall = new WallTime();
  private readonly travel: TimeTravel;
  /** The windows last requested of the live loop, and of the shown past. */
  private watched = '';
  private pastWatched = '';
  hasEnded = false;
  private stopListening: (() => void)[] = [];
  private busyWatch: BusyWatch | null = null;

  constructor(private readonly options: SessionOptions) {
    this.current = initialState(options.info, this.history.newest, options.language, options.isPresenting);
    if (options.program !== undefined) {
      const { program } = options;
      this.act({ type: 'begin' });
      this.act({ type: 'see-program', program: program.view });
      this.stopListening.push(program.onChange(() => this.programChanged(program)));
    }
    this.time = new LoopTime(options.info.hasVirtualClock === true ? () => 0 : () => performance.now());
    this.travel = new TimeTravel({
      noHistory: NO_HISTORY[options.language ?? 'en'],
      language: options.language ?? 'en',
      past: options.server.history,
      recorded: this.history,
      request: () => options.request(),
      arrived: (visit, request) => this.arrived(visit, request),
      underWay: (how) => this.underWay(how),
    });
  }

  get state(): State {
    return this.current;
  }

  /** The present, whatever moment is shown. */
  get newest(): Model {
    return this.history.newest;
  }

  /** Starts listening to the loop. */
  async start(): Promise<void> {
    const { server } = this.options;
    this.stopListening.push(server.onHeld((event) => this.held(event)));
    if (server.history !== null) this.stopListening.push(server.history.onGrow(({ off }) => this.pastGrew(off)));
    if (server.heldAt !== null) this.held(server.heldAt);
    this.busyWatch = new BusyWatch(server, () => this.history.newest.tokens.rows.sorted(), (busy) => this.busy(busy));
    const request = this.options.request();
    this.watched = JSON.stringify(request);
    await Promise.all([server.watch(request), server.trace((batch, snapshot) => this.receive(batch, snapshot), { budget: EVENT_BUDGET })]);
    this.take(await server.snapshot(request));
  }

  /** From now on the state does not change. */
  stop(): void {
    this.hasEnded = true;
    for (const stop of this.stopListening.splice(0)) stop();
    this.travel.leave();
    this.busyWatch?.stop();
  }

  act(action: Action): void {
    this.current = reduce(this.current, action);
  }

  /** Advances the clocks, unless the past is shown. */
  tellTime(): void {
    if (this.state.control.moment === null) this.act({ type: 'tell-time', nowMs: this.time.read() });
  }

  /** Requests other keys when other keys become visible; resolves when they have arrived. */
  async watch(): Promise<void> {
    const request = this.options.request();
    const watched = JSON.stringify(request);
    if (this.state.control.moment !== null) {
      if (watched === this.pastWatched) return;
      this.pastWatched = watched;
      return this.travel.look(request);
    }
    if (watched === this.watched || this.watched === '') return;
    this.watched = watched;
    await this.look(request);
  }

  /** Resolves when the state is as new as the loop. */
  async refresh(): Promise<void> {
    await this.look(this.options.request());
  }

  // Time

  pause(): Promise<void> {
    this.act({ type: 'begin' });
    return answered(this.options.server.pause());
  }

  resume(): Promise<void> {
    this.act({ type: 'slow-down', eventsPerSecond: null });
    this.showLive();
    return answered(this.options.server.resume());
  }

  /** Goes to the end of a step or of a run, however long that takes; cancels another one in progress. */
  goOn(goal: Goal): Promise<void> {
    this.act({ type: 'begin' });
    this.showLive();
    this.act({ type: 'step', goal });
    const { server } = this.options;
    return answered(typeof goal === 'string' ? server.step(goal) : server.runTo(goal));
  }

  /** @param eventsPerSecond null: at full speed */
  slow(eventsPerSecond: number | null): Promise<void> {
    this.showLive();
    this.act({ type: 'slow-down', eventsPerSecond });
    return answered(eventsPerSecond === null ? this.options.server.resume() : this.options.server.slow(eventsPerSecond));
  }

  /** Resolves with the unix time after advancing, when the state shows it; rejects as the server does. */
  async advance(duration: string): Promise<number> {
    const nowMs = await this.options.server.advance(duration);
    await this.refresh();
    return nowMs;
  }

  setPace(pace: Pace): Promise<void> {
    if (pace === 'held') return this.pause();
    return pace === 'free' ? this.resume() : this.slow(pace);
  }

  setBreakpoints(breakpoints: readonly Breakpoint[]): Promise<void> {
    this.act({ type: 'set-breakpoints', breakpoints });
    return answered(this.options.server.setBreakpoints(breakpoints));
  }

  // History: these only show another moment.

  goBack(unit: 'event' | 'turn'): Promise<Outcome> {
    return this.travel.go({ back: unit });
  }

  /** Never beyond the newest event: only {@link showLive} returns to the present. */
  goForward(goal: Goal): Promise<Outcome> {
    return this.state.control.mode === 'history' ? this.travel.go({ forward: goal }) : Promise.resolve(NOWHERE);
  }

  /** The moment after an event of the trace. */
  showEvent({ seq }: TraceEvent): Promise<Outcome> {
    const moment = this.history.momentOf(seq);
    return moment === null ? Promise.resolve(NOWHERE) : this.travel.go({ to: moment });
  }

  showOldest(): Promise<Outcome> {
    return this.travel.go({ to: 'oldest' });
  }

  goTo(way: Way): Promise<Outcome> {
    return this.travel.go(way);
  }

  /** The visited moment; null: the present is shown, or no moment yet. */
  get visited(): Visit | null {
    return this.travel.visited;
  }

  /** The range that can be visited, or why there is none. */
  get past(): Past | string {
    return this.travel.off ?? this.options.server.history!;
  }

  /** The answer to a command at the shown moment. */
  askPast(argv: readonly string[], protocol: 2 | 3, db: number): Promise<PastAnswer> {
    const { past } = this;
    return typeof past === 'string' ? Promise.reject(new Error(past)) : past.ask(argv, protocol, db);
  }

  /** Starts a server from the shown moment; in the middle of a command, from before it. */
  async fork(): Promise<{ readonly server: RedisLabServer; readonly asOf: ForkedAsOf }> {
    const { server } = this.options;
    const options = { history: FORK_HISTORY_BYTES };
    const { mode, heldAt } = this.state.control;
    const { past } = this;
    if ((mode === 'history' || heldAt !== null) && typeof past === 'string') throw new Error(past);
    const fork = mode === 'history' ? (await server.history!.fork(options)).server : await server.fork(options);
    return { asOf: fork.origin ?? 'now', server: fork };
  }

  showLive(): void {
    this.travel.leave();
    this.pastWatched = '';
    this.show(null);
  }

  private arrived(visit: Visit, request: SnapshotRequest): void {
    if (this.hasEnded) return;
    const { moment, snapshot } = visit;
    this.pastWatched = JSON.stringify(request);
    this.act({ type: 'begin' });
    const { model, isTimed } = this.history.modelOf(visit, snapshot);
    this.act({ type: 'show-moment', model, nowMs: snapshot.nowMs, moment, position: this.positionOf(moment, snapshot.nowMs, !isTimed) });
    this.options.changed();
  }

  private underWay(how: Control['travel']): void {
    if (this.hasEnded || this.state.control.travel === how) return;
    this.act({ type: 'travel', how });
    this.options.changed();
  }

  private pastGrew(off: string | null): void {
    if (off === null || this.hasEnded || this.state.control.mode !== 'history') return;
    this.showLive();
    this.options.lost?.(off);
    this.options.changed();
  }

  private positionOf({ turn }: Moment, loopMs: number, isUntimed = this.state.control.position?.isUntimed ?? false): Position {
    const { oldest, newest, isWhole } = this.options.server.history!.range;
    const of = Math.max(newest.turn, isWhole ? 0 : this.history.newest.rates.turn, turn) - oldest.turn + 1;
    return { at: Math.max(1, turn - oldest.turn + 1), of: Math.max(1, of), wallMs: this.wall.wallOf(loopMs), isUntimed };
  }

  /** Shows a moment that is already in the history, or the present. */
  private show(moment: Moment | null): void {
    if (moment === null) return this.act({ type: 'show-moment', model: this.history.newest, nowMs: this.time.read(), moment: null, position: null });
    const { model, ui: { nowMs } } = this.state;
    this.act({ type: 'show-moment', model, nowMs, moment, position: this.positionOf(moment, nowMs) });
  }

  // The loop

  private receive(batch: TraceBatch, snapshot: Snapshot | null): void {
    if (this.hasEnded) return;
    for (const event of batch.events) this.history.add({ type: 'event', event });
    if (batch.droppedTurns + batch.droppedCommands > 0) this.history.add({ type: 'dropped', turns: batch.droppedTurns, commands: batch.droppedCommands });
    for (const event of batch.slow) this.history.add({ type: 'event', event });
    if (snapshot === null) this.historyGrew();
    else this.take(snapshot);
    this.options.heard?.(batch);
  }

  private take(snapshot: Snapshot): void {
    if (this.hasEnded) return;
    this.history.add({ type: 'snapshot', snapshot });
    this.time.set(snapshot.nowMs);
    this.wall.saw(snapshot.heldAtMs, snapshot.heldMs);
    this.historyGrew();
  }

  /** There are new events: in what is shown, or, while the past is shown, after it. */
  private historyGrew(): void {
    if (this.state.ui.isFresh && this.hasVisitor()) this.act({ type: 'begin' });
    this.show(this.state.control.moment);
    this.options.changed();
  }

  /** True if a client other than the console has connected, even if it has gone. */
  private hasVisitor(): boolean {
    return this.history.newest.rates.connectionsReceived > this.state.repl.clients.length;
  }

  private programChanged({ view }: ProgramWatch): void {
    if (this.hasEnded) return;
    this.act({ type: 'see-program', program: view });
    this.options.changed();
  }

  private busy(busy: Busy | null): void {
    if (this.hasEnded) return;
    if (busy !== null) this.act({ type: 'begin' });
    this.act({ type: 'see-busy', busy });
    this.options.busy?.(busy);
    this.options.changed();
  }

  private held(event: TraceEvent | null): void {
    if (this.hasEnded) return;
    this.time.hold(event !== null);
    this.act({ type: 'hold', event });
    this.options.changed();
    if (event !== null) this.options.held?.();
  }

  /** The answer is used only if nothing else has been requested meanwhile. */
  private async look(request: SnapshotRequest): Promise<void> {
    const { server } = this.options;
    const { watched } = this;
    await answered(Promise.all([server.watch(request), server.snapshot(request).then((snapshot) => watched === this.watched && this.take(snapshot))]));
  }
}

/** Resolves in any case. */
async function answered(answer: Promise<unknown>): Promise<void> {
  await answer.catch(() => {});
}
