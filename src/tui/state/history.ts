/**
 * History: the last entries of the trace as they were recorded, and the model of any visited moment of the past.
 *
 *   entries      [ e0 e1 e2 …… e511 | e512 …… e1023 | … newest ]      at least KEPT of them
 *   checkpoints  m(before e0)         m(before e512)    …              one model each EVERY entries
 *
 * A visit knows the state of the server exactly, and the events that led there, but no durations: those were measured only when they happened. So its model is
 * the recorded one of that moment, corrected by the visit's snapshot; if there is no record, the visit's events are used.
 */
import type { Moment, Snapshot, TraceEvent, Visit } from '../../server/index.js';
import { initialModel, reduceModel, type Model } from './model/model.js';
import type { Entry } from './slice.js';

/** Minimum number of stored entries. */
export const KEPT = 10_000;
const EVERY = 512;

export class History {
  private readonly entries: Entry[] = [];
  private readonly checkpoints: Model[] = [];
  private latest: Model = initialModel;

  /** The newest moment. */
  get newest(): Model {
    return this.latest;
  }

  add(entry: Entry): void {
    if (this.entries.length % EVERY === 0) this.checkpoints.push(this.latest);
    this.entries.push(entry);
    this.latest = reduceModel(this.latest, entry);
    if (this.entries.length > KEPT + EVERY) this.forget();
  }

  /** The model of a visited moment, and whether its durations were measured. @param snapshot of that moment */
  modelOf({ moment, events }: Pick<Visit, 'moment' | 'events'>, snapshot: Snapshot): { readonly model: Model; readonly isTimed: boolean } {
    const index = this.indexOf(moment);
    const isTimed = index !== null && this.eventAt(index)!.kind === events.at(-1)?.kind;
    return { model: reduceModel(isTimed ? this.at(index + 1) : modelAfter(events), { type: 'snapshot', snapshot }), isTimed };
  }

  /** The moment after the event with this `seq`; null if unknown. */
  momentOf(seq: number): Moment | null {
    return this.momentAt(this.entries.findLastIndex((entry) => entry.type === 'event' && entry.event.seq === seq));
  }

  /** The moment a number of events before the newest one; null if unknown. */
  momentBefore(count: number): Moment | null {
    let left = count;
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i]!;
      if (entry.type === 'dropped') return null;
      if (entry.type === 'event' && isCounted(entry.event) && left-- === 0) return this.momentAt(i);
    }
    return null;
  }

  /** The model after the first `count` stored entries. */
  private at(count: number): Model {
    if (count === this.entries.length) return this.latest;
    const block = Math.min(Math.floor(count / EVERY), this.checkpoints.length - 1);
    let model = this.checkpoints[block]!;
    for (let i = block * EVERY; i < count; i++) model = reduceModel(model, this.entries[i]!);
    return model;
  }

  /** The moment is counted from the beginning of its turn; nothing may be missing in between. */
  private momentAt(index: number): Moment | null {
    let event = 0;
    for (let i = index; i >= 0; i--) {
      const entry = this.entries[i]!;
      if (entry.type === 'dropped') return null;
      if (entry.type !== 'event') continue;
      if (isCounted(entry.event)) event++;
      if (entry.event.kind === 'turn-begin') return { turn: entry.event.turn, event };
    }
    return null;
  }

  /** The entry of the event just before a moment; null if it is not stored. */
  private indexOf({ turn, event }: Moment): number | null {
    const begin = this.entries.findLastIndex((entry) => entry.type === 'event' && entry.event.kind === 'turn-begin' && entry.event.turn === turn);
    if (begin === -1) return null;
    for (let i = begin, left = event; i < this.entries.length; i++) {
      const entry = this.entries[i]!;
      const isOver = entry.type === 'dropped' || (i > begin && entry.type === 'event' && entry.event.kind === 'turn-begin');
      if (isOver) return null;
      if (entry.type === 'event' && isCounted(entry.event) && --left === 0) return i;
    }
    return null;
  }

  private eventAt(index: number): TraceEvent | null {
    const entry = this.entries[index];
    return entry?.type === 'event' ? entry.event : null;
  }

  private forget(): void {
    this.entries.splice(0, EVERY);
    this.checkpoints.shift();
  }
}

/** A fault is injected before the recording of inputs, so its event does not happen again in the visited past. */
const isCounted = ({ kind }: TraceEvent): boolean => kind !== 'fault';

/** The maximum number of events per turn in the numbers of {@link modelAfter}. */
const EVENTS_OF_TURN = 2 ** 24;

/** The model from a visit's own events. They are numbered by their moments, so that rows are recognised at the next visit. */
function modelAfter(events: Visit['events']): Model {
  return events.reduce(
    (model, event) => reduceModel(model, { type: 'event', event: { ...event, seq: event.moment.turn * EVENTS_OF_TURN + event.moment.event } }),
    initialModel,
  );
}
