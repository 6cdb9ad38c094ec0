/**
 * Observation: everything that watching the loop needs, on the loop's own thread: recorder, stepper, frames, holds.
 *
 *   tap ──▶ emit ──▶ recorder ──▶ stepper ──▶ maybe a hold: clock held, batch sent, waiting for main
 *                        └──▶ batch, at most once a frame ──▶ main
 *
 * Attached to the tap only while somebody traces or steps; the server never knows.
 */
import { type Clock, momentUs } from '../loop/clock.js';
import type { Observer } from '../loop/event-loop.js';
import { Stepper, type Breakpoint, type RequestKnowledge, type RunTarget, type StepUnit } from '../trace/stepping.js';
import type { TraceBody, TraceEvent, TraceKind } from '../trace/events.js';
import { Recorder, type LoopCounters, type TraceBatch } from '../trace/recorder.js';
import type { SlowSink, Tap, TraceSink } from '../trace/tap.js';
import type { Server } from '../server.js';
import { checkRequest, takeSnapshot, type Snapshot, type SnapshotRequest } from '../snapshot.js';
import { batchesUnderWay, holdLoop, type ControlWords } from './control.js';

/** Batches are at least so far apart … */
const FRAME_US = 80_000;
/** … or so, if they tell only of the loop itself: nobody waits for the turns of a timer that found nothing to do. */
const IDLE_FRAME_US = 500_000;
/** After a silence the first event waits so long for what belongs to it: the reply leaves a turn later. */
const GATHER_US = 10_000;

/** Batches that main may have before it: the one that it deals with, and the next. A main thread that gets little time would otherwise fall behind for good. */
const MOST_UNDER_WAY = 2;

/** Keys may change in between, and others be told. */
const EVENTS_TO_REPLY = 8;

/** What a turn consists of in which no client and no key is concerned. */
const STEPS_OF_THE_LOOP: ReadonlySet<TraceKind> = new Set(['turn-begin', 'wait', 'poll', 'timer', 'turn-end']);

export interface ObservationPorts {
  readonly control: ControlWords;
  readonly send: (batch: TraceBatch, snapshot: Snapshot | null) => void;
  /** The loop is held at this event, or has been released (null). */
  readonly held: (event: TraceEvent | null) => void;
}

export class Observation implements TraceSink, Observer {
  dueUs = Infinity;
  /** Set by main's close: no hold may keep the loop from ending. */
  isEnding = false;
  /** Handles the messages that wait in the port; called while the loop is held. */
  drain: () => void = () => {};
  /** Called when the loop is held. */
  onHold: () => void = () => {};
  private readonly recorder: Recorder;
  private readonly stepper: Stepper;
  private readonly clock: Clock;
  private readonly tap: Tap;
  private isTraced = false;
  /** When the last batch left, in the terms of `Clock.measureUs`. */
  private sentUs = -Infinity;
  private batchesSent = 0;
  /** The coming batch tells of more than the loop itself. */
  private isAwaited = false;
  private isReleased = false;
  /** The event at which the loop is held, while it is. */
  private heldAt: TraceEvent | null = null;
  /** Nobody has said that the hold ends by itself. */
  private isHeldForGood = false;
  private watched: SnapshotRequest | null = null;
  private readonly slowSink: SlowSink;

  constructor(
    private readonly server: Server,
    requests: RequestKnowledge,
    private readonly ports: ObservationPorts,
  ) {
    this.clock = server.clock;
    this.tap = server.tap;
    const counters = (): LoopCounters => ({ turns: server.loop.turnNumber, commands: server.stats.commandsProcessed });
    this.recorder = new Recorder(() => momentUs(this.clock), counters, 0);
    this.stepper = new Stepper(requests, (event, timeoutMs) => this.hold(event, timeoutMs));
    server.loop.observer = this;
    this.slowSink = slowSink(this.recorder, (event) => event.kind === 'execute' && this.awaitReply(event.token));
  }

  /** Sends trace batches from now on, at most `budget` events a frame; 0 ends it. */
  trace(budget: number): void {
    // What has happened up to here is still told.
    if (budget === 0) this.send();
    this.recorder.budget = budget;
    const wasTraced = this.isTraced;
    this.isTraced = budget > 0;
    if (!wasTraced) this.recorder.begin(this.heldAt);
    this.attach();
  }

  /** A snapshot goes with every batch, so that a screen needs no calls of its own, which would wake an idle loop. */
  watch(request: SnapshotRequest | null): void {
    if (request !== null) checkRequest(request);
    this.watched = request;
  }

  /** What has happened up to here is told before it, so that whoever puts the two together counts nothing twice. */
  snapshot(request: SnapshotRequest): Snapshot {
    checkRequest(request);
    this.send();
    return takeSnapshot(this.server, request);
  }

  pause(): void {
    this.stepper.pause();
    this.attach();
  }

  step(unit: StepUnit): void {
    this.stepper.step(unit);
    this.release();
  }

  runTo(target: RunTarget): void {
    this.stepper.runTo(target);
    this.release();
  }

  resume(): void {
    this.stepper.resume();
    this.release();
  }

  slow(eventsPerSecond: number): void {
    this.stepper.slow(eventsPerSecond);
    this.release();
  }

  setBreakpoints(breakpoints: readonly Breakpoint[]): void {
    this.stepper.setBreakpoints(breakpoints);
    this.attach();
  }

  emit(body: TraceBody): void {
    const event = this.recorder.record(body, this.stepper.isStepping);
    if (event === null) return;
    if (!this.isAwaited) this.scheduleFrame(!STEPS_OF_THE_LOOP.has(event.kind));
    if (this.stepper.isNeeded) {
      this.stepper.pass(event);
      // Steps are few, and each is to be seen; between breakpoints a loop at full speed would bury main in events.
      if (this.recorder.isSpent && this.stepper.isStepping) this.send();
      else if (this.recorder.isSpent) this.recorder.forget();
    } else if (this.recorder.isSpent) {
      this.close();
      // What clients do from here on is not seen: no reason to be slow.
      this.scheduleFrame(true);
    }
  }

  /** From here on only what is slow is told. */
  private close(): void {
    this.recorder.closed();
    this.tap.sink = null;
    this.tap.slow = this.slowSink;
  }

  /** After something slow the tap is open for its reply, which is the next event of its connection. */
  private awaitReply(token: number): void {
    let left = EVENTS_TO_REPLY;
    this.tap.sink = {
      emit: (event) => {
        if ('token' in event && event.token === token) this.recorder.recordSlow(event);
        if (event.kind === 'reply' || event.kind === 'turn-end' || --left === 0) this.tap.sink = null;
      },
    };
  }

  /** The loop stands, and goes on only when it is told to. */
  get isHeld(): boolean {
    return this.isHeldForGood && !this.isReleased;
  }

  get isStepping(): boolean {
    return this.stepper.isStepping;
  }

  frame(): void {
    if (batchesUnderWay(this.ports.control, this.batchesSent) >= MOST_UNDER_WAY) {
      this.dueUs = this.clock.refreshedUs + GATHER_US;
      return;
    }
    this.dueUs = Infinity;
    this.isAwaited = false;
    this.recorder.opened();
    this.attach();
    this.send();
  }

  /** There is something to send. */
  private scheduleFrame(isSoon: boolean): void {
    this.isAwaited = isSoon;
    const earliestUs = this.sentUs + (isSoon ? FRAME_US : IDLE_FRAME_US);
    this.dueUs = Math.min(this.dueUs, Math.max(earliestUs, this.clock.refreshedUs + GATHER_US));
  }

  /** The tap is open while anybody wants its events. */
  private attach(): void {
    this.tap.slow = null;
    if (this.isTraced || this.stepper.isNeeded) this.tap.sink = this;
    else this.tap.sink = null;
  }

  private send(): void {
    if (this.recorder.isEmpty) return;
    const forgotten = this.recorder.takeForgotten();
    const batch = this.recorder.take();
    this.sentUs = this.clock.refreshedUs;
    if (!this.isTraced) return;
    if (forgotten !== null) this.post(forgotten, null);
    this.post(batch, this.watched === null ? null : takeSnapshot(this.server, this.watched));
  }

  private post(batch: TraceBatch, snapshot: Snapshot | null): void {
    this.batchesSent++;
    this.ports.send(batch, snapshot);
  }

  private release(): void {
    this.isReleased = true;
    this.attach();
  }

  private hold(event: TraceEvent, timeoutMs: number): void {
    if (this.isEnding) return;
    this.isReleased = false;
    this.heldAt = event;
    this.isHeldForGood = timeoutMs === -1;
    this.clock.hold();
    this.onHold();
    this.send();
    if (timeoutMs === -1) this.ports.held(event);
    holdLoop(this.ports.control, timeoutMs, () => this.isReleased || this.isEnding, this.drain);
    if (timeoutMs === -1) this.ports.held(null);
    this.heldAt = null;
    this.isHeldForGood = false;
    this.clock.release();
  }
}

/** What is slow goes to the recorder; `then` hears of it. */
function slowSink(recorder: Recorder, then: (event: TraceBody) => void): SlowSink {
  return {
    get executeUs() {
      return recorder.slowExecuteUs;
    },
    get turnUs() {
      return recorder.slowTurnUs;
    },
    emit(event) {
      recorder.recordSlow(event);
      then(event);
    },
  };
}
