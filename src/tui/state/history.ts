/**
 * History: the last entries of the trace, and the model at any of them.
 *
 *   entries      [ e0 e1 e2 …… e511 | e512 …… e1023 | … newest ]      at least KEPT of them
 *   checkpoints  m(before e0)         m(before e512)    …              one model each EVERY entries
 *
 * The model before the first kept entry is the first checkpoint, so nothing that has been forgotten is missed. Going to a moment is a
 * checkpoint and at most EVERY reductions. Models share what did not change, so a checkpoint costs little.
 */
import { endsRun, endsStep, TRACE_EVENTS, type Phase, type TraceEvent } from '../../server/index.js';
import { initialModel, reduceModel, type Model } from './model/model.js';
import type { Entry } from './slice.js';
import type { Goal, Position } from './state.js';

/** Entries that can be gone back to, at least. */
export const KEPT = 10_000;
const EVERY = 512;

export class History {
  private readonly entries: Entry[] = [];
  private readonly checkpoints: Model[] = [];
  /** Entries forgotten so far; the absolute number of the first kept one. */
  private first = 0;
  /** Events among the kept entries. */
  private eventCount = 0;
  private latest: Model = initialModel;

  /** The newest moment. */
  get newest(): Model {
    return this.latest;
  }

  /** Absolute numbers of the oldest and the newest moment that can be shown. */
  get range(): { readonly oldest: number; readonly newest: number } {
    return { oldest: this.first, newest: this.first + this.entries.length };
  }

  add(entry: Entry): void {
    if (this.entries.length % EVERY === 0) this.checkpoints.push(this.latest);
    this.entries.push(entry);
    if (entry.type === 'event') this.eventCount++;
    this.latest = reduceModel(this.latest, entry);
    if (this.entries.length > KEPT + EVERY) this.forget();
  }

  /** The model after entry number `moment` (as in {@link range}); clamped to what is kept. */
  at(moment: number): Model {
    const count = Math.max(0, Math.min(moment - this.first, this.entries.length));
    if (count === this.entries.length) return this.latest;
    const block = Math.min(Math.floor(count / EVERY), this.checkpoints.length - 1);
    let model = this.checkpoints[block] ?? initialModel;
    for (let i = block * EVERY; i < count; i++) model = reduceModel(model, this.entries[i]!);
    return model;
  }

  /** The moment after the event before the one shown, with `turn` the beginning of this turn, or of the one before; null if that is not kept. */
  before(moment: number, unit: 'event' | 'turn'): number | null {
    const shown = this.eventAtOrBelow(moment - this.first - 1, 'event');
    const found = this.eventAtOrBelow(shown - 1, unit);
    return found === -1 ? null : this.first + found + 1;
  }

  /** The moment at which a step or a run from `moment` on would have ended; null if that is not known yet. A run's key is not asked for. */
  after(moment: number, goal: Goal): number | null {
    const shown = this.eventAtOrBelow(moment - this.first - 1, 'event');
    let phase = shown === -1 ? null : phaseOf(this.eventAt(shown)!);
    for (let i = moment - this.first; i < this.entries.length; i++) {
      const event = this.eventAt(i);
      if (event === null) continue;
      const before = phase;
      phase = phaseOf(event);
      if (typeof goal === 'string' ? endsStep(goal, event, phase !== before) : endsRun(goal, event)) return this.first + i + 1;
    }
    return null;
  }

  /** The moment after the event with this `seq`; null if that is not kept. */
  momentOf(seq: number): number | null {
    const at = this.entries.findLastIndex((entry) => entry.type === 'event' && entry.event.seq === seq);
    return at === -1 ? null : this.first + at + 1;
  }

  /** Where a moment lies among the events that are kept. */
  positionOf(moment: number): Position {
    let at = 0;
    for (let i = Math.min(moment - this.first, this.entries.length) - 1; i >= 0; i--) if (this.entries[i]!.type === 'event') at++;
    return { at, of: this.eventCount };
  }

  private eventAt(index: number): TraceEvent | null {
    const entry = this.entries[index];
    return entry?.type === 'event' ? entry.event : null;
  }

  /** Index of the last such entry up to `index`; -1 if there is none. */
  private eventAtOrBelow(index: number, unit: 'event' | 'turn'): number {
    let i = Math.min(index, this.entries.length - 1);
    while (i >= 0 && !isUnit(this.entries[i]!, unit)) i--;
    return Math.max(i, -1);
  }

  private forget(): void {
    for (const entry of this.entries.splice(0, EVERY)) if (entry.type === 'event') this.eventCount--;
    this.checkpoints.shift();
    this.first += EVERY;
  }
}

function isUnit(entry: Entry, unit: 'event' | 'turn'): boolean {
  return entry.type === 'event' && (unit === 'event' || entry.event.kind === 'turn-begin');
}

const phaseOf = ({ kind }: TraceEvent): Phase => TRACE_EVENTS[kind].phase;
