/**
 * Twin: a server that replays the tape up to one event, and is held there, in the middle of its turn.
 *
 *   base ──turns, tap closed──▶ seenFrom ──tap open, events counted──▶ goal: `arrived` is called within the event
 *
 * While `arrived` runs the server stands still, so its whole state can be read. When it returns the twin continues to its next goal. A twin that cannot
 * continue to the next goal is abandoned: see Replay.abandon.
 */
import { deserialize } from 'node:v8';
import { type Checkpoint, Replay, type RecordingHead } from '../recording/replay.js';
import type { TapeSource } from '../recording/tape.js';
import { Fifo } from '../../shared/fifo.js';
import { type Phase, TRACE_EVENTS, type TraceBody, type TraceEvent } from '../trace/events.js';
import type { TraceSink } from '../trace/tap.js';
import { CommandBorders } from './command-borders.js';
import { FlushWatch, type Goal, holds, type Passed } from './goal.js';
import { isBefore, type Moment, type PastEvent } from './moment.js';
import type { TapeShare } from './tape-store.js';

/** Where a twin starts: at the end of a turn. */
export interface Base {
  readonly turn: number;
  /** A checkpoint, serialized; null: at the start of the server. */
  readonly state: SharedArrayBuffer | null;
}

/** The route to a goal. */
export interface Route {
  readonly head: RecordingHead;
  readonly base: Base;
  /** The tape from the base on. */
  readonly tape: TapeShare;
  /** The first turn that may contain the goal. */
  readonly searchedFrom: number;
  /** From this turn on every event is traced. */
  readonly seenFrom: number;
  readonly goal: Goal;
}

/** Number of events before the goal that are kept. */
const TRAIL_EVENTS = 1000;

export class Twin implements TraceSink {
  readonly replay: Replay;
  moment: Moment = { turn: 0, event: 0 };
  /** In a search for the last event that fulfils a condition: the last one so far. */
  found: Moment | null = null;
  /** Derives which command is being executed, and since when. */
  readonly borders = new CommandBorders();
  /** The events up to the moment, without a gap, and the state after each. */
  readonly trail = new Fifo<Passed & { readonly event: PastEvent }>();
  private goal: Goal;
  private seenFrom: number;
  private seq = 0;
  private lastPhase: Phase | null = null;
  private flushes: FlushWatch | null = null;
  private isTurnOver = false;
  private isAbandoned = false;

  /** @param arrived called within each event that is a goal, and at the end of a search: it then has to abandon the twin */
  constructor(
    { head, base, goal, seenFrom }: Route,
    tape: TapeSource,
    private readonly arrived: () => void,
  ) {
    this.goal = goal;
    this.seenFrom = seenFrom;
    this.replay = replayFrom(head, base, tape);
    if (goal.kind === 'last' && 'key' in goal.where) this.flushes = new FlushWatch(this.replay.server, goal.where);
  }

  /** Runs to the end of the tape, or until the twin is abandoned. */
  run(): void {
    do this.openTap();
    while (this.replay.turn());
  }

  /** Ends the replay in the middle of its turn, by throwing. */
  abandon(): never {
    this.isAbandoned = true;
    return this.replay.abandon();
  }

  /** True if this route leads on from the current moment. */
  canGoOn({ goal, base }: Route): boolean {
    if (goal.kind === 'last' || base.turn > this.moment.turn) return false;
    return !isBefore(goal.kind === 'at' ? goal.moment : goal.after, this.moment);
  }

  /** Sets the next goal. */
  goOn({ goal, seenFrom }: Route): void {
    this.goal = goal;
    this.seenFrom = seenFrom;
  }

  /** True if it is at its goal, or would be if this turn had no more events. */
  get isAtGoal(): boolean {
    const { goal, moment } = this;
    return this.isThere || (goal.kind === 'at' && goal.moment.turn === moment.turn && goal.moment.event === Infinity);
  }

  /** True if it need not move to reach its goal. */
  get isThere(): boolean {
    const { goal, moment } = this;
    if (goal.kind !== 'at' || goal.moment.turn !== moment.turn) return false;
    return goal.moment.event === moment.event || (goal.moment.event === Infinity && this.isTurnOver);
  }

  emit(body: TraceBody): void {
    // A command that catches errors has caught the one that was to end the replay.
    if (this.isAbandoned) this.replay.abandon();
    const { server } = this.replay;
    const isBegin = body.kind === 'turn-begin';
    this.isTurnOver = body.kind === 'turn-end';
    this.moment = isBegin ? { turn: body.turn, event: 1 } : { turn: this.moment.turn, event: this.moment.event + 1 };
    const event = Object.assign(body, { seq: ++this.seq, atUs: server.clock.measureUs(), moment: this.moment }) as PastEvent;
    this.borders.pass(event, this.moment);
    const passed = { event, isNewPhase: this.isNewPhase(event), unixMs: server.clock.nowMs, commands: server.stats.commandsProcessed };
    this.trail.push(passed);
    if (this.trail.length > TRAIL_EVENTS) this.trail.shift();
    if (this.reaches(passed)) this.arrived();
  }

  /** Only between turns, because the events of a turn are counted from its beginning. */
  private openTap(): void {
    const { server } = this.replay;
    const isOpen = server.tap.sink !== null;
    const isWanted = server.loop.turnNumber + 1 >= this.seenFrom;
    if (isOpen === isWanted) return;
    server.tap.sink = isWanted ? this : null;
    this.trail.clear();
    this.lastPhase = null;
  }

  private isNewPhase(event: TraceEvent): boolean {
    const { phase } = TRACE_EVENTS[event.kind];
    const isNew = phase !== this.lastPhase;
    this.lastPhase = phase;
    return isNew;
  }

  private reaches(passed: Passed): boolean {
    const { goal, moment } = this;
    switch (goal.kind) {
      case 'at':
        // Also past it: the turn may have fewer events.
        return this.isThere || moment.turn > goal.moment.turn;
      case 'first':
        return isBefore(goal.after, moment) && holds(goal.where, passed);
      case 'last': {
        const isOver = !isBefore(moment, goal.before) || ('unixMs' in goal.where && passed.unixMs > goal.where.unixMs);
        if (!isOver && (holds(goal.where, passed) || this.flushes?.changes(passed.event) === true)) this.found = moment;
        return isOver;
      }
    }
  }
}

/** Returns a replay that starts at a base. @param tape from there on */
export function replayFrom(head: RecordingHead, { state }: Base, tape: TapeSource): Replay {
  // A copy, because what is deserialized refers to its memory.
  return new Replay(head, tape, state === null ? null : (deserialize(Buffer.from(new Uint8Array(state))) as Checkpoint));
}
