/**
 * The event loop. It knows tokens, handlers and timers; it has never heard of Redis.
 *
 *                                                                                        events
 *        ┌──▶ beforeSleep      what earlier turns left to do: replies are written here     turn-begin, write …
 *        │    choose timeout   the distance to the nearest timer, or none at all           wait
 *   one  │    poll.wait        the thread sleeps in the kernel until a token is ready      poll
 *   turn │    for each event   handlers.get(token).ready(readiness)                        ready, read, execute …
 *        │    due timers       at the end, so that ready clients never wait behind them    timer
 *        └────────────────                                                                 turn-end
 *
 * Compare Redis's aeProcessEvents and mio's Poll::poll. Everything that happens in the server happens inside a turn, on
 * one thread, so no handler ever needs a lock, and a slow handler keeps all clients waiting.
 */
import { Events, READY_READABLE, type Readiness } from '../io/event.js';
import type { Interest } from '../io/interest.js';
import type { Poll, Source } from '../io/poll.js';
import { type Token, WAKER } from '../io/token.js';
import type { SlowSink, Tap } from '../trace/tap.js';
import { Activity, RUNNING_TIMERS, SENDING_TRACE, TAKING_MESSAGES, WAITING } from './activity.js';
import type { Clock } from './clock.js';
import { Timers } from './timers.js';

/** An observer of the loop that is called from time to time. Not a timer: timers are part of the server, and appear in the trace. */
export interface Observer {
  /** When it is to be called next, on the scale of `Clock.measureUs`; Infinity: never. */
  readonly dueUs: number;
  /** Called at or after `dueUs`: at the end of a turn, or in the middle of its wait, which then goes on. Sets `dueUs` anew. */
  frame(): void;
}

/** The loop's decisions that can be changed. */
export interface LoopPolicy {
  readonly current: {
    /**
     * Returns how long the loop may sleep, in ms, given the time until the nearest timer, with fractions; -1: no timer, or no limit. Null: until the nearest
     * timer.
     */
    readonly timeout: ((nextMs: number) => number) | null;
    /** Returns when due timers run. @param ready number of ready tokens */
    timers(ready: number): 'after the clients' | 'before the clients';
  };
}

const OWN_POLICY: LoopPolicy = { current: { timeout: null, timers: () => 'after the clients' } };

/** What is registered under a token. */
export interface EventHandler {
  /** Called when the token is reported ready. A hint, not a promise: every attempt may still return WouldBlock. */
  ready(readiness: Readiness): void;
}

export class EventLoop {
  readonly timers = new Timers();
  /** The number of the running turn, from 1. */
  turnNumber = 0;
  /** Incremented where commands are executed, for the trace. */
  commandsThisTurn = 0;
  observer: Observer | null = null;
  /** Called when a wait continues after an observer interrupted it: recordings then ignore the interruption. */
  onSleepOn: (() => void) | null = null;
  /** Called after each wait, before its events are handled: requests of other threads to the server take effect here, in a replay as well. */
  afterWait: (() => void) | null = null;
  /** The longest sleep, in real time. A turn whose sleep it ends finds nothing ready. */
  sleepLimitMs = Infinity;
  /** Called with a virtual clock, each time everything due by now is done and its replies are written. */
  onCaughtUp: (() => void) | null = null;
  /** Called once, before the next turn begins: for what must not happen within a turn. */
  betweenTurns: (() => void) | null = null;
  private stopped = false;
  private isWithinTurn = false;
  /** Something was ready in the running turn, or a timer ran. */
  private wasBusy = false;
  /** An event was ready, so the virtual clock did not move. */
  private stoodStill = false;
  /** When the running wait ends, by {@link Clock.measureUs}, if that differs from when the nearest timer is due; Infinity: never. Null: it does not differ. */
  private wakeUs: number | null = null;
  private readonly handlers = new Map<Token, EventHandler>();
  private readonly events = new Events();
  /** Events of turns within turns; see turnWithin. */
  private eventsWithin: Events | null = null;
  /** Readiness of a token whose handler is still running, to be handled when it has returned; see turnWithin. */
  private readonly deferred = new Map<Token, Readiness>();

  /** @param beforeSleep runs at the start of every turn, before the loop may sleep. */
  constructor(
    readonly poll: Poll,
    readonly clock: Clock,
    private readonly tap: Tap,
    private readonly beforeSleep: () => void,
    readonly activity = new Activity(),
    private readonly policy: LoopPolicy = OWN_POLICY,
  ) {}

  register(source: Source, token: Token, interest: Interest, handler: EventHandler): void {
    this.poll.register(source, token, interest);
    this.handlers.set(token, handler);
  }

  deregister(source: Source, token: Token): void {
    // A client restored without its socket was never registered.
    if (this.handlers.delete(token)) this.poll.deregister(source);
  }

  /** Sets what runs when another thread has woken the loop. */
  onWake(run: () => void): void {
    this.handlers.set(WAKER, {
      ready: () => {
        this.activity.is(TAKING_MESSAGES);
        this.poll.waker.acknowledge();
        run();
      },
    });
  }

  /** Runs turns until {@link stop}. Blocks the thread unless the poll cannot block (see `Drive`). */
  async run(): Promise<void> {
    if (this.poll.drive !== undefined) return this.poll.drive(() => this.driven());
    while (!this.stopped) this.turn();
  }

  private driven(): number | null {
    this.turn();
    this.activity.is(WAITING);
    if (this.stopped) return null;
    // The next turn may come much later.
    if (!this.wasBusy) this.tellCaughtUp();
    // Handlers may have left replies for the next beforeSleep.
    if (this.wasBusy) return 0;
    this.chooseTimeout();
    return this.sleepMs();
  }

  /** The number of tokens that were ready in the running turn. */
  get readyCount(): number {
    return this.events.length;
  }

  /** True between two turns: only then can a state be captured. */
  get isBetweenTurns(): boolean {
    return !this.isWithinTurn;
  }

  /** Ends {@link run} after the running turn, in which no more events are handled. */
  stop(): void {
    this.stopped = true;
  }

  get isStopped(): boolean {
    return this.stopped;
  }

  turn(): void {
    if (this.betweenTurns !== null) this.tellBetweenTurns(this.betweenTurns);
    this.isWithinTurn = true;
    this.activity.beginsTurn(++this.turnNumber);
    const flushUs = this.flush();
    this.tellCaughtUp();
    this.wait();
    this.afterWait?.();
    const wokenUs = this.clock.refreshedUs;
    this.wasBusy = this.events.length > 0;
    if (this.policy.current.timers(this.events.length) === 'before the clients') this.runDueTimers();
    for (let i = 0; i < this.events.length && !this.stopped; i++) this.handle(this.events.tokens[i]!, this.events.readiness[i]!);
    if (this.deferred.size > 0) this.handleDeferred();
    this.runDueTimers();
    if (this.tap.sink !== null) {
      const busyUs = flushUs + this.clock.measureUs() - wokenUs;
      this.tap.sink.emit({ kind: 'turn-end', turn: this.turnNumber, busyUs, commands: this.commandsThisTurn });
    } else if (this.tap.slow !== null) {
      this.tellSlowTurn(this.tap.slow, this.clock.measureUs() - wokenUs);
    }
    this.commandsThisTurn = 0;
    if (this.observer !== null && this.observer.dueUs <= this.clock.refreshedUs) this.tellObserver(this.observer);
    this.isWithinTurn = false;
  }

  /**
   * Runs a turn within the running one, for a handler that takes long and lets other clients be served meanwhile: what is ready is handled, without waiting,
   * and no timer runs. Readiness of `except`, the token of the slow handler, is handled after that handler has returned.
   */
  turnWithin(except: Token): void {
    const { activity } = this;
    activity.entersTurnWithin(this.turnNumber);
    try {
      this.serveWithin(except);
    } finally {
      activity.leavesTurnWithin();
    }
  }

  private serveWithin(except: Token): void {
    const { tap } = this;
    const events = (this.eventsWithin ??= new Events());
    // What has been read ahead must stay as it is: the command that is running is in it.
    if (this.poll.savesCalls !== undefined) this.poll.savesCalls = false;
    this.poll.wait(events, 0);
    this.clock.refresh();
    this.afterWait?.();
    // There are hundreds of such polls a second: those without events are traced only while stepping, where each event counts and a hold needs one.
    if (tap.sink !== null && (events.length > 0 || tap.sink.isStepping === true)) {
      tap.sink.emit({ kind: 'poll', waitedUs: 0, ready: events.length, emulated: this.poll.emulated, within: true });
    }
    for (let i = 0; i < events.length; i++) {
      const token = events.tokens[i]!;
      if (token === except) this.deferred.set(token, events.readiness[i]! | (this.deferred.get(token) ?? 0));
      else this.handle(token, events.readiness[i]!);
    }
    // A poll that receives nothing while this thread is busy cannot report wakes, so messages of other threads are looked for here.
    if (this.poll.drive !== undefined) this.handlers.get(WAKER)?.ready(READY_READABLE);
    if (this.observer !== null && this.observer.dueUs <= this.clock.refreshedUs) this.tellObserver(this.observer);
  }

  private tellSlowTurn(slow: SlowSink, busyUs: number): void {
    if (busyUs > slow.turnUs) slow.emit({ kind: 'turn-end', turn: this.turnNumber, busyUs, commands: this.commandsThisTurn });
  }

  private tellBetweenTurns(listener: () => void): void {
    this.betweenTurns = null;
    listener();
  }

  private tellObserver(observer: Observer): void {
    this.activity.is(SENDING_TRACE);
    observer.frame();
  }

  private handleDeferred(): void {
    const waiting = [...this.deferred];
    this.deferred.clear();
    for (const [token, readiness] of waiting) this.handle(token, readiness);
  }

  /** Returns milliseconds until the nearest timer is due; -1 if there is none, or a virtual clock stands still: the loop may sleep until something is ready. */
  timeoutMs(): number {
    if (this.clock.targetUs !== null) return this.isAdvancing() || this.hasDueTimer() ? 0 : -1;
    const nearest = this.timers.nearest();
    return nearest === null ? -1 : Math.max(0, (nearest.dueUs - this.clock.measureUs()) / 1000);
  }

  /** Called at the beginning of a wait, or of the time between two turns of a poll that cannot block. */
  private chooseTimeout(): void {
    this.wakeUs = null;
    const { timeout } = this.policy.current;
    if (timeout === null || this.clock.targetUs !== null) return;
    const nextMs = this.timeoutMs();
    const timeoutMs = timeout(nextMs);
    if (timeoutMs !== nextMs) this.wakeUs = timeoutMs === -1 ? Infinity : this.clock.measureUs() + timeoutMs * 1000;
  }

  /** Returns the rest of the wait in ms; -1: no limit. */
  private leftMs(): number {
    if (this.wakeUs === null) return this.timeoutMs();
    return this.wakeUs === Infinity ? -1 : Math.max(0, (this.wakeUs - this.clock.measureUs()) / 1000);
  }

  private hasDueTimer(): boolean {
    const nearest = this.timers.nearest();
    return nearest !== null && nearest.dueUs <= this.clock.nowUs;
  }

  private tellCaughtUp(): void {
    if (this.onCaughtUp !== null && !this.hasDueTimer()) this.onCaughtUp();
  }

  /** True while a virtual clock has not reached its target. */
  private isAdvancing(): boolean {
    const { targetUs, nowUs } = this.clock;
    return targetUs !== null && nowUs < targetUs;
  }

  /** Returns how far a virtual clock may move in this turn. Ready events come first, but not twice in a row: busy clients would stop the time. */
  private stopUs(): number {
    this.stoodStill = this.events.length > 0 && !this.stoodStill;
    return this.stoodStill ? this.clock.nowUs : (this.timers.nearest()?.dueUs ?? Infinity);
  }

  /** Returns how long to sleep, in ms: until the nearest timer, or until the observer is due. */
  private sleepMs(): number {
    if (this.stopped) return 0;
    const timeoutMs = this.leftMs();
    const observerMs = this.observer === null ? Infinity : Math.max(0, (this.observer.dueUs - this.clock.measureUs()) / 1000);
    const limitMs = Math.min(observerMs, this.sleepLimitMs);
    if (limitMs === Infinity) return timeoutMs;
    return timeoutMs === -1 ? limitMs : Math.min(timeoutMs, limitMs);
  }

  /** The first part of a turn. Returns how long it took, in µs; 0 without a trace. */
  private flush(): number {
    if (this.tap.sink === null) {
      this.beforeSleep();
      return 0;
    }
    const beforeUs = this.clock.measureUs();
    this.tap.sink.emit({ kind: 'turn-begin', turn: this.turnNumber });
    this.beforeSleep();
    return this.clock.measureUs() - beforeUs;
  }

  /** Sleeps until something is ready or the nearest timer is due. An observer that is due earlier interrupts the sleep, not the turn. */
  private wait(): void {
    const { clock, events, observer, tap } = this;
    if (this.policy.current.timeout !== null || this.wakeUs !== null) this.chooseTimeout();
    let toldUs = this.tellWait();
    let sleepsOn: boolean;
    do {
      this.activity.is(WAITING);
      this.chooseCalls();
      this.poll.wait(events, this.sleepMs());
      const fromUs = clock.nowUs;
      clock.refresh(clock.targetUs === null ? undefined : this.stopUs());
      sleepsOn = false;
      if (events.length > 0 || observer === null || observer.dueUs > clock.refreshedUs) continue;
      this.tellObserver(observer);
      // The trace begins, or resumes, in the middle of this turn: the events that follow must belong to it.
      if (toldUs < 0 && tap.sink !== null) {
        tap.sink.emit({ kind: 'turn-begin', turn: this.turnNumber });
        toldUs = this.tellWait();
      }
      // A virtual clock that has moved is where something is due, or at its target: the turn ends, and the next one reports it.
      const hasMoved = clock.targetUs !== null && clock.nowUs !== fromUs;
      sleepsOn = !hasMoved && this.sleepMs() !== 0;
      if (sleepsOn) this.onSleepOn?.();
    } while (sleepsOn);
    // The trace may have been closed meanwhile.
    if (toldUs < 0 || tap.sink === null) return;
    tap.sink.emit({ kind: 'poll', waitedUs: clock.refreshedUs - toldUs, ready: events.length, emulated: this.poll.emulated });
  }

  /** A trace shows each system call where it is made, so then none is saved. */
  private chooseCalls(): void {
    if (this.poll.savesCalls !== undefined) this.poll.savesCalls = this.tap.sink === null;
  }

  /** Traces the wait. Returns the time, in µs; -1 without a trace. */
  private tellWait(): number {
    const { tap } = this;
    if (tap.sink === null) return -1;
    tap.sink.emit({ kind: 'wait', timeoutMs: this.stopped ? 0 : this.leftMs(), why: this.whyOfTimeout() });
    return this.clock.measureUs();
  }

  private whyOfTimeout(): string {
    if (this.clock.targetUs !== null && !this.hasDueTimer()) return this.isAdvancing() ? 'advance' : 'virtual clock';
    return this.timers.nearest()?.name ?? 'no timer';
  }

  private handle(token: Token, readiness: Readiness): void {
    // An earlier event of this turn may have closed this connection.
    const handler = this.handlers.get(token);
    if (handler === undefined) return;
    if (this.tap.sink !== null) this.tap.sink.emit({ kind: 'ready', token, readiness });
    this.activity.handles(token);
    handler.ready(readiness);
  }

  /** Runs due timers. One that sets itself again, even for now, runs in a later turn, so that clients are served in between. */
  private runDueTimers(): void {
    const { nowUs } = this.clock;
    const mark = this.timers.mark();
    for (let timer = this.timers.takeDue(nowUs, mark); timer !== null; timer = this.timers.takeDue(nowUs, mark)) {
      this.wasBusy = true;
      this.activity.is(RUNNING_TIMERS);
      const startUs = this.clock.measureUs();
      timer.run();
      if (this.tap.sink !== null) {
        const elapsedUs = this.clock.measureUs() - startUs;
        this.tap.sink.emit({ kind: 'timer', name: timer.name, lateUs: nowUs - timer.dueUs, elapsedUs });
      }
    }
  }
}
