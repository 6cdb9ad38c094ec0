/**
 * Session: the lab's state, and everything that moves it besides keys: what the loop tells of itself, and time in somebody's hand. The screen has one, and so has the narration.
 *
 *   trace ──▶ history ──▶ show a moment ──▶ action ──▶ reduce ──▶ state ──▶ changed()
 *   pause, step, … ──▶ server ──▶ held, or not any more ──┘
 *
 * What somebody asks for resolves when the loop has answered, and never rejects: a server that ends meanwhile says so by `closed`.
 */
import type { Breakpoint, RedisLabServer, Snapshot, SnapshotRequest, StepUnit, TraceBatch, TraceEvent } from '../server/index.js';
import { BusyWatch } from './busy-watch.js';
import { History } from './state/history.js';
import { LoopTime } from './state/loop-time.js';
import { nowMsOf } from './state/model/model.js';
import { initialState, reduce, type Action } from './state/reduce.js';
import type { Busy, ServerInfo, State } from './state/state.js';

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
}

export class Session {
  private current: State;
  private readonly history = new History();
  private readonly time = new LoopTime(() => performance.now());
  private watched = '';
  private hasEnded = false;
  private stopListening: () => void = () => {};
  private busyWatch: BusyWatch | null = null;

  constructor(private readonly options: SessionOptions) {
    this.current = initialState(options.info, this.history.newest);
  }

  get state(): State {
    return this.current;
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

  /** A loop that runs is held first. */
  step(unit: StepUnit): Promise<void> {
    this.showLive();
    if (this.state.control.heldAt === null) return this.pause();
    this.act({ type: 'step', unit });
    return answered(this.options.server.step(unit));
  }

  /** @param eventsPerSecond null: at full speed */
  slow(eventsPerSecond: number | null): Promise<void> {
    this.showLive();
    this.act({ type: 'slow-down', eventsPerSecond });
    return answered(eventsPerSecond === null ? this.options.server.resume() : this.options.server.slow(eventsPerSecond));
  }

  setBreakpoints(breakpoints: readonly Breakpoint[]): Promise<void> {
    this.act({ type: 'set-breakpoints', breakpoints });
    return answered(this.options.server.setBreakpoints(breakpoints));
  }

  goBack(unit: 'event' | 'turn'): void {
    this.act({ type: 'begin' });
    const from = this.state.control.moment ?? this.history.range.newest;
    this.show(Math.max(this.history.before(from, unit), this.history.range.oldest + 1));
  }

  goForward(unit: 'event' | 'turn'): void {
    const { moment } = this.state.control;
    if (moment !== null) this.show(this.history.after(moment, unit));
  }

  showOldest(): void {
    this.show(this.history.range.oldest + 1);
  }

  showLive(): void {
    this.show(null);
  }

  /** Shows a moment of the history; null, or the newest: now. */
  private show(moment: number | null): void {
    const behind = moment === null ? 0 : this.history.eventsSince(moment);
    if (moment === null || behind === 0) return this.act({ type: 'show-moment', model: this.history.newest, nowMs: this.time.read(), moment: null, behind: 0 });
    const model = this.history.at(moment);
    this.act({ type: 'show-moment', model, nowMs: nowMsOf(model), moment, behind });
  }

  // The loop

  private receive(batch: TraceBatch, snapshot: Snapshot | null): void {
    if (this.hasEnded) return;
    for (const event of batch.events) this.history.add({ type: 'event', event });
    if (batch.droppedTurns + batch.droppedCommands > 0) this.history.add({ type: 'dropped', turns: batch.droppedTurns, commands: batch.droppedCommands });
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
    this.show(isForgotten ? this.history.range.oldest + 1 : moment);
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
