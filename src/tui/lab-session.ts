/**
 * LabSession: the lab's state, and everything that moves it besides keys: what the loop reports of itself, and the controls of time: pausing,
 * stepping, walking through the history. The screen has one, and so has the narration.
 *
 *   trace ──▶ history ──▶ show a moment ──▶ action ──▶ reduce ──▶ state ──▶ changed()
 *   pause, step, … ──▶ server ──▶ held, or not any more ──┘
 *
 * Requests resolve when the loop has answered, and never reject: a server that ends meanwhile says so by `closed`.
 */
import type { Breakpoint, RedisLabServer, Snapshot, SnapshotRequest, TraceBatch, TraceEvent } from '../server/index.js';
import { BusyWatch } from './busy-watch.js';
import type { Language } from './state/learn/language.js';
import type { Pace } from './state/changes.js';
import { History } from './state/history.js';
import { LoopTime } from './state/loop-time.js';
import { nowMsOf, type Model } from './state/model/model.js';
import { initialState, reduce, type Action } from './state/reduce.js';
import type { Busy, Goal, ServerInfo, State } from './state/state.js';

/** The most events that a batch brings: what the model takes in without being late. */
const EVENT_BUDGET = 800;

export interface SessionOptions {
  readonly server: RedisLabServer;
  readonly info: ServerInfo;
  /** What the next snapshots shall bring. */
  request(): SnapshotRequest;
  /** The state is another one, and nobody at the keyboard has done it. */
  changed(): void;
  /** The loop is held: what somebody at the keyboard has asked for has happened. */
  held?(): void;
  /** A batch of the trace has become part of the history. */
  heard?(batch: TraceBatch): void;
  /** The loop is seen to be busy, or no longer. */
  busy?(busy: Busy | null): void;
  readonly language?: Language;
}

export class LabSession {
  private current: State;
  private readonly history = new History();
  private readonly time: LoopTime;
  private watched = '';
  private hasEnded = false;
  private stopListening: () => void = () => {};
  private busyWatch: BusyWatch | null = null;

  constructor(private readonly options: SessionOptions) {
    this.current = initialState(options.info, this.history.newest, options.language);
    this.time = new LoopTime(options.info.hasVirtualClock === true ? () => 0 : () => performance.now());
  }

  get state(): State {
    return this.current;
  }

  /** Now, whatever moment is shown. */
  get newest(): Model {
    return this.history.newest;
  }

  /** Begins to listen to the loop. */
  async start(): Promise<void> {
    const { server } = this.options;
    this.stopListening = server.onHeld((event) => this.held(event));
    if (server.heldAt !== null) this.held(server.heldAt);
    this.busyWatch = new BusyWatch(server, () => this.history.newest.tokens.rows.sorted(), (busy) => this.busy(busy));
    const request = this.options.request();
    this.watched = JSON.stringify(request);
    await Promise.all([server.watch(request), server.trace((batch, snapshot) => this.receive(batch, snapshot), { budget: EVENT_BUDGET })]);
    this.take(await server.snapshot(request));
  }

  /** From now on nothing changes any more. */
  stop(): void {
    this.hasEnded = true;
    this.stopListening();
    this.busyWatch?.stop();
  }

  act(action: Action): void {
    this.current = reduce(this.current, action);
  }

  /** Clocks go on, unless the past is shown. */
  tellTime(): void {
    if (this.state.control.moment === null) this.act({ type: 'tell-time', nowMs: this.time.read() });
  }

  /** Asks for other keys when other keys are to be seen; resolves when they are there. */
  async watch(): Promise<void> {
    const request = this.options.request();
    const watched = JSON.stringify(request);
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

  /** To the end of a step or of a run, however long that takes; another one that is under way is given up. */
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

  /** Resolves with the unix time that it is then, when the state tells of it; rejects as the server does. */
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

  // History: these show another moment of it, and nothing else. False: there is none, and what is shown stays.

  goBack(unit: 'event' | 'turn'): boolean {
    const from = this.state.control.moment ?? this.history.range.newest;
    const { oldest } = this;
    // The beginning of the oldest turn may be forgotten.
    return this.visit(this.history.before(from, unit) ?? (oldest !== null && oldest < from ? oldest : null));
  }

  /** Never beyond the newest event: only {@link showLive} leads back to now. */
  goForward(goal: Goal): boolean {
    const { moment } = this.state.control;
    return moment !== null && this.visit(this.history.after(moment, goal));
  }

  /** The moment after an event of the trace. */
  showEvent({ seq }: TraceEvent): boolean {
    return this.visit(this.history.momentOf(seq));
  }

  showOldest(): boolean {
    return this.visit(this.oldest);
  }

  /** After the oldest event that is kept. */
  private get oldest(): number | null {
    return this.history.after(this.history.range.oldest, 'event');
  }

  private visit(moment: number | null): boolean {
    if (moment === null) return false;
    this.act({ type: 'begin' });
    this.show(moment);
    return true;
  }

  showLive(): void {
    this.show(null);
  }

  /** Shows a moment of the history; null: now. */
  private show(moment: number | null): void {
    if (moment === null) return this.act({ type: 'show-moment', model: this.history.newest, nowMs: this.time.read(), moment: null, position: null });
    const model = this.history.at(moment);
    this.act({ type: 'show-moment', model, nowMs: nowMsOf(model), moment, position: this.history.positionOf(moment) });
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
    this.historyGrew();
  }

  /** Something is new: in what is shown, or, while the past is shown, behind it. */
  private historyGrew(): void {
    const { moment } = this.state.control;
    const isForgotten = moment !== null && moment <= this.history.range.oldest;
    if (this.state.ui.isFresh && this.hasVisitor()) this.act({ type: 'begin' });
    this.show(isForgotten ? this.oldest : moment);
    this.options.changed();
  }

  /** Somebody else than the console has connected, and may be gone again. */
  private hasVisitor(): boolean {
    return this.history.newest.rates.connectionsReceived > this.state.repl.clients.length;
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

  /** What is asked for is taken only if nothing else has been asked for meanwhile. */
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
