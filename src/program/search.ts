/**
 * Search: finds a destination among the events of a program, which it is given one after the other.
 */
import { type Destination, endsRun, endsStep, isBefore, TRACE_EVENTS } from '../server/index.js';
import type { Recorded } from './records.js';

export class Search {
  /** The event of the destination, as far as the events given show; null: none of them. */
  found: Recorded | null = null;
  /** The destination is before a moment, as close as possible. */
  readonly isBack: boolean;
  private before: Recorded | null = null;

  /** @param unixMsOf the unix time of an event */
  constructor(private readonly to: Destination, private readonly unixMsOf: (past: Recorded) => number) {
    this.isBack = 'by' in to && to.direction === 'back';
  }

  /** True if the destination can only be found among events before this one. */
  isBefore(first: Recorded): boolean {
    const { to } = this;
    const { event, counts } = first;
    if ('from' in to) return this.isBack ? !isBefore(event.moment, to.from) : isBefore(to.from, event.moment);
    if ('unixMs' in to) return this.unixMsOf(first) > to.unixMs;
    if ('command' in to) return counts.commands - (event.kind === 'frame' ? 1 : 0) >= to.command;
    return isBefore({ turn: to.turn, event: 'event' in to ? Math.max(1, to.event) : 1 }, event.moment);
  }

  /** What was before this event is not known, so it is not known either whether a step back could end there. */
  passBy(past: Recorded): void {
    this.before = past;
  }

  /** Returns true if no later event can be the destination. */
  take(past: Recorded): boolean {
    const isOver = this.see(past);
    this.before = past;
    return isOver;
  }

  private see(past: Recorded): boolean {
    const { to } = this;
    const { event: { moment }, counts } = past;
    if ('from' in to) return this.seeFrom(past, to);
    if ('unixMs' in to) return this.seeUntil(past, this.unixMsOf(past) <= to.unixMs);
    if ('command' in to) return this.seeFirst(past, counts.commands >= to.command);
    const wanted = { turn: to.turn, event: 'event' in to ? Math.max(1, to.event) : 1 };
    if (wanted.event === Infinity && moment.turn === to.turn) return this.seeUntil(past, true);
    return this.seeFirst(past, moment.turn === wanted.turn && moment.event === wanted.event) || isBefore(wanted, moment);
  }

  private seeFrom(past: Recorded, to: Extract<Destination, { from: unknown }>): boolean {
    const { event } = past;
    if ('changeOf' in to) return true;
    if (this.isBack) {
      const isEarlier = isBefore(event.moment, to.from);
      if (isEarlier && this.ends(past, to)) this.found = past;
      return !isEarlier;
    }
    return this.seeFirst(past, isBefore(to.from, event.moment) && this.ends(past, to));
  }

  private seeFirst(past: Recorded, isIt: boolean): boolean {
    if (isIt) this.found = past;
    return isIt;
  }

  /** @param isEarly it is not after the destination */
  private seeUntil(past: Recorded, isEarly: boolean): boolean {
    if (isEarly) this.found = past;
    return !isEarly;
  }

  /** The execution of a request is not reported: a step to the next command ends where it has been decoded. */
  private ends({ event }: Recorded, to: Extract<Destination, { from: unknown }>): boolean {
    if ('changeOf' in to) return false;
    if (!('by' in to)) return endsRun(to.request, event);
    const isNewPhase = this.before === null || TRACE_EVENTS[this.before.event.kind].phase !== TRACE_EVENTS[event.kind].phase;
    return to.by === 'command' ? event.kind === 'frame' : endsStep(to.by, event, isNewPhase);
  }
}
