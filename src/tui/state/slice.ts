/**
 * Slice: one pane's share of the model, and how trace events change it.
 *
 * The model depends on the trace only: `model = reduce(model, entry)` for each entry of the history, so that any moment can be drawn again. A slice is pure: it
 * never mutates its input, returns the same object if an entry does not concern it, and keeps a limited number of rows.
 */
import type { Snapshot, TraceEvent } from '../../server/index.js';

/** The entries of the history: events, and the loop's own counters and visible windows as they come with each batch. */
export type Entry =
  | { readonly type: 'event'; readonly event: TraceEvent }
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly type: 'dropped'; readonly turns: number; readonly commands: number };

export interface Slice<S> {
  readonly initial: S;
  reduce(state: S, entry: Entry): S;
}

/** Appends to a limited list without changing it: the oldest items are dropped. */
export function append<T>(list: readonly T[], item: T, limit: number): readonly T[] {
  return list.length < limit ? [...list, item] : [...list.slice(list.length - limit + 1), item];
}
