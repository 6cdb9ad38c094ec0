/**
 * History: the last entries of the trace, and the model at any of them.
 *
 *   entries      [ e0 e1 e2 …… e511 | e512 …… e1023 | … newest ]      at least KEPT of them
 *   checkpoints  m(before e0)         m(before e512)    …              one model each EVERY entries
 *
 * The model before the first kept entry is the first checkpoint, so nothing that has been forgotten is missed. Going to a moment is a checkpoint and at most EVERY
 * reductions. Models share what did not change, so a checkpoint costs little.
 */
import { initialModel, reduceModel, type Model } from './model/model.js';
import type { Entry } from './slice.js';

/** Entries that can be gone back to, at least. */
export const KEPT = 10_000;
const EVERY = 512;

export class History {
  private readonly entries: Entry[] = [];
  private readonly checkpoints: Model[] = [];
  /** Entries forgotten so far; the absolute number of the first kept one. */
  private first = 0;
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

  /** The entry that led to a moment, or null for the oldest. */
  entryBefore(moment: number): Entry | null {
    return this.entries[moment - this.first - 1] ?? null;
  }

  private forget(): void {
    this.entries.splice(0, EVERY);
    this.checkpoints.shift();
    this.first += EVERY;
  }
}
