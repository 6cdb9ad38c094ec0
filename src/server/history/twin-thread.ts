/**
 * The twin's thread: moves the twin to a moment, holds it there, and answers calls. It is held within the event, on the stack of the turn, and reads messages
 * there.
 */
import type { MessagePort } from 'node:worker_threads';
import { digestOf } from '../recording/digest.js';
import type { TapeSource } from '../recording/tape.js';
import { checkRequest, type SnapshotRequest, takeSnapshot } from '../snapshot.js';
import type { ControlWords } from '../thread/control.js';
import type { TraceEvent } from '../trace/events.js';
import { holds } from './goal.js';
import { Mailbox } from './mailbox.js';
import { isBefore, type Moment, type Writer } from './moment.js';
import type { Arrival, CallOf, ToThread, TwinCalls } from './protocol.js';
import { NO_SUCH_MOMENT, TURNS_SEEN } from './route-finder.js';
import { TapeStore } from './tape-store.js';
import { type Route, Twin } from './twin.js';

/** A call of `go` that is being answered. */
interface Journey {
  readonly call: CallOf<TwinCalls>;
  readonly route: Route;
  readonly request: SnapshotRequest;
}

export class TwinThread implements TapeSource {
  private readonly mailbox: Mailbox<TwinCalls>;
  private tape = new TapeStore();
  private twin: Twin | null = null;
  /** The journey in progress; null while the twin is held, and can be asked. */
  private journey: Journey | null = null;
  /** The next journey. */
  private next: Journey | null = null;

  constructor(port: MessagePort, control: ControlWords) {
    this.mailbox = new Mailbox(port, control, (message) => this.receive(message));
  }

  /** Runs until the thread must end. */
  run(): void {
    for (;;) {
      this.mailbox.wait(() => this.next !== null);
      if (this.mailbox.isClosed) return;
      const journey = this.next!;
      this.next = null;
      this.begin(journey);
    }
  }

  /** Returns bytes of the tape. At its end the twin may be at its goal; for the next journey there may be more. */
  from(offset: number, mayWait: boolean): Buffer | null {
    for (;;) {
      const bytes = this.tape.from(offset);
      if (bytes !== null || !mayWait || this.twin === null || !this.twin.isAtGoal) return bytes;
      this.stand();
    }
  }

  private receive(message: ToThread<TwinCalls>): void {
    if (message.kind !== 'call') return;
    switch (message.method) {
      case 'go': {
        const { route, request } = message.argument as TwinCalls['go']['argument'];
        checkRequest(request);
        this.next = { call: message, route, request };
        return;
      }
      case 'look': {
        const request = message.argument as SnapshotRequest;
        checkRequest(request);
        return this.mailbox.answer(message, takeSnapshot(this.expectTwin().replay.server, request));
      }
      case 'digest':
        return this.mailbox.answer(message, digestOf(this.expectTwin().replay.server));
    }
  }

  private expectTwin(): Twin {
    if (this.twin === null) throw new Error('no moment is visited');
    return this.twin;
  }

  /** Replays from the base of the route to its goal, and on to further ones; returns when the twin is abandoned. */
  private begin(journey: Journey): void {
    try {
      for (let route: Route | null = journey.route; route !== null; ) {
        this.journey = { ...journey, route };
        this.tape = new TapeStore(route.tape);
        this.twin = new Twin(route, this, () => this.arrive());
        this.twin.run();
        route = this.journey === null ? null : this.end(this.journey, this.twin);
      }
    } catch (error) {
      // The call was answered before this error: the next one will report it.
      if (this.journey !== null) this.mailbox.refuse(this.journey.call, error);
    }
    this.twin = null;
    this.journey = null;
  }

  /** Called when a search, or the tape, is at its end. Returns the route to the event that was found. */
  private end({ call, route }: Journey, { found, replay }: Twin): Route | null {
    const { divergence } = replay.result();
    if (divergence !== null) throw new Error(`the replay diverged: ${divergence.message}`);
    if (route.goal.kind !== 'last') throw new Error(NO_SUCH_MOMENT);
    if (found !== null) return { ...route, seenFrom: found.turn - TURNS_SEEN, goal: { kind: 'at', moment: found } };
    this.mailbox.answer(call, null);
    return null;
  }

  /** Called by the twin within the event at which it is to stop. */
  private arrive(): void {
    const { goal } = this.journey!.route;
    const twin = this.twin!;
    if (goal.kind === 'last' || (goal.kind === 'at' && twin.moment.turn > goal.moment.turn)) twin.abandon();
    this.stand();
  }

  /** Holds the twin until its next journey: it continues if the route leads there, and is abandoned otherwise. */
  private stand(): void {
    const twin = this.twin!;
    for (let isThere = true; isThere; isThere = twin.isThere) {
      const { call, request } = this.journey!;
      this.mailbox.answer(call, arrivalOf(twin, request));
      this.journey = null;
      this.mailbox.wait(() => this.next !== null);
      if (this.mailbox.isClosed) twin.abandon();
      const next = (this.next = lookUp(this.next!, twin));
      if (!twin.canGoOn(next.route)) twin.abandon();
      this.next = null;
      this.journey = next;
      this.tape = new TapeStore(next.route.tape);
      twin.goOn(next.route);
    }
  }
}

/** If the event is among those that the twin has passed, replaces the search by that event. */
function lookUp(journey: Journey, { moment, trail }: Twin): Journey {
  const { goal } = journey.route;
  if (goal.kind !== 'last' || !('unit' in goal.where) || isBefore(moment, goal.before)) return journey;
  let found: Moment | null = null;
  for (const passed of trail) if (isBefore(passed.event.moment, goal.before) && holds(goal.where, passed)) found = passed.event.moment;
  if (found === null) return journey;
  return { ...journey, route: { ...journey.route, goal: { kind: 'at', moment: found } } };
}

function arrivalOf(twin: Twin, request: SnapshotRequest): Arrival {
  const { replay, moment, borders } = twin;
  const passed = [...twin.trail];
  return {
    moment,
    unixMs: replay.server.clock.nowMs,
    events: passed.map(({ event }) => event),
    snapshot: takeSnapshot(replay.server, request),
    writer: writerAt(twin, passed.at(-1)!.event),
    border: borders.last,
  };
}

/** Returns the client whose command has caused this event. */
function writerAt({ replay, borders }: Twin, event: TraceEvent): Writer | null {
  if (!('token' in event) || event.token === 0) return null;
  const command = event.kind === 'execute' ? event.command : borders.running?.command;
  return command === undefined || command === '' ? null : { token: event.token, name: replay.server.sessions.get(event.token)?.name ?? '', command };
}
