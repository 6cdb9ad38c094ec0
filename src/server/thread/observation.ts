/**
 * Observation: everything needed to observe the loop, on the loop's own thread: recorder, stepper, frames, holds.
 *
 *   tap ──▶ emit ──▶ recorder ──▶ stepper ──▶ possibly a hold: clock held, batch sent, waiting for main
 *                        └──▶ batch, at most once a frame ──▶ main
 *
 * Attached to the tap only while there is a trace or a stepper; the server does not know of it.
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

/** Minimum time between batches … */
const FRAME_US = 80_000;
/** … and between those that report only on the loop itself: turns of a timer that found nothing to do are not urgent. */
const IDLE_FRAME_US = 500_000;
/** After a silence the first event waits this long for what belongs to it: the reply is sent a turn later. */
const GATHER_US = 10_000;

/** Maximum number of batches that main has not handled: the one in progress, and the next. A slow main thread would otherwise fall behind for good. */
const MOST_UNDER_WAY = 2;

/** Maximum number of events between an execution and its reply: key changes, messages to others. */
const EVENTS_TO_REPLY = 8;

/** The events of a turn that concerns no client and no key. */
const STEPS_OF_THE_LOOP: ReadonlySet<TraceKind> = new Set(['turn-begin', 'wait', 'poll', 'timer', 'turn-end']);

export interface ObservationPorts {
  readonly control: ControlWords;
  readonly send: (batch: TraceBatch, snapshot: Snapshot | null) => void;
  /** Called when the loop is held at this event, or has been released (null). */
  readonly held: (event: TraceEvent | null) => void;
}

export class Observation implements TraceSink, Observer {
  dueUs = Infinity;
  /** Set when main closes the server: no hold may keep the loop from ending. */
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
  /** When the last batch was sent, on the scale of `Clock.measureUs`. */
  private sentUs = -Infinity;
  private batchesSent = 0;
  /** The next batch reports on more than the loop itself. */
  private isAwaited = false;
  private isReleased = false;
  /** The event at which the loop is held; null while it is not. */
  private heldAt: TraceEvent | null = null;
  /** The hold does not end by itself. */
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

  /** Sends trace batches from now on, at most `budget` events per frame; 0 ends this. */
  trace(budget: number): void {
    // What has happened so far is still sent.
    if (budget === 0) this.send();
    this.recorder.budget = budget;
    const wasTraced = this.isTraced;
    this.isTraced = budget > 0;
    if (!wasTraced) this.recorder.begin(this.heldAt);
    this.attach();
  }

  /** Sends a snapshot with every batch, so that a screen needs no calls of its own, which would wake an idle loop. */
  watch(request: SnapshotRequest | null): void {
    if (request !== null) checkRequest(request);
    this.watched = request;
  }

  /** Takes a snapshot. What has happened so far is sent before it, so that an observer that combines the two counts nothing twice. */
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
      // Steps are few, and each must be seen; between breakpoints a loop at full speed would flood main with events.
      if (this.recorder.isSpent && this.stepper.isStepping) this.send();
      else if (this.recorder.isSpent) this.recorder.forget();
    } else if (this.recorder.isSpent) {
      this.close();
      // What clients do from here on is not observed: no reason to run slowly.
      this.scheduleFrame(true);
    }
  }

  /** From here on only slow events are recorded. */
  private close(): void {
    this.recorder.closed();
    this.tap.sink = null;
    this.tap.slow = this.slowSink;
  }

  /** After a slow event the tap is open for its reply, which is the next event of its connection. */
  private awaitReply(token: number): void {
    let left = EVENTS_TO_REPLY;
    this.tap.sink = {
      emit: (event) => {
        if ('token' in event && event.token === token) this.recorder.recordSlow(event);
        if (event.kind === 'reply' || event.kind === 'turn-end' || --left === 0) this.tap.sink = null;
      },
    };
  }

  /** True while the loop is held, until it is told to go on. */
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

  /** Schedules the next batch. */
  private scheduleFrame(isSoon: boolean): void {
    this.isAwaited = isSoon;
    const earliestUs = this.sentUs + (isSoon ? FRAME_US : IDLE_FRAME_US);
    this.dueUs = Math.min(this.dueUs, Math.max(earliestUs, this.clock.refreshedUs + GATHER_US));
  }

  /** Opens the tap while its events are needed. */
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

/** Returns a sink that passes slow events to the recorder, and then to `then`. */
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
