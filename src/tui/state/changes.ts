/**
 * Changes made by keys, the newest last, so that `u` can undo them one by one. Each remembers the state before.
 *
 *   Space ──▶ { pace, before: free }      u ──▶ the loop runs freely again
 *   z     ──▶ { zoom, before: false }     u ──▶ no zoom
 *   e     ──▶ { step }                    u ──▶ says that a step cannot be undone
 */
import type { Breakpoint } from '../../server/index.js';
import type { PaneId } from './pane-id.js';
import type { Control, State } from './state.js';

/** The pace of the loop: held, free, or a number of events per second. */
export type Pace = 'held' | 'free' | number;

export type Change = {
  /** The change in two or three words. */
  readonly said: string;
} & (
  | { readonly kind: 'pace'; readonly before: Pace }
  | { readonly kind: 'breakpoints'; readonly before: readonly Breakpoint[] }
  | { readonly kind: 'zoom'; readonly before: boolean }
  | { readonly kind: 'database'; readonly before: number }
  | { readonly kind: 'sort' | 'filter'; readonly pane: PaneId; readonly before: string }
  /** The loop itself has gone on, and cannot go back. */
  | { readonly kind: 'step' }
);

/** Number of changes that are kept. */
const MOST_CHANGES = 100;

/** Several steps in a row are one change. */
export function withChange(changes: readonly Change[], change: Change): readonly Change[] {
  if (change.kind === 'step' && changes.at(-1)?.kind === 'step') return changes;
  return [...changes.slice(-(MOST_CHANGES - 1)), change];
}

export function paceOf({ heldAt, stepping, eventsPerSecond }: Control): Pace {
  if (heldAt !== null || stepping !== null) return 'held';
  return eventsPerSecond ?? 'free';
}

/** The change that restores the current state, made before another one is undone. */
export function inverseOf(change: Change, { control, ui }: State): Change {
  switch (change.kind) {
    case 'pace':
      return { ...change, before: paceOf(control) };
    case 'breakpoints':
      return { ...change, before: control.breakpoints };
    case 'zoom':
      return { ...change, before: ui.isZoomed };
    case 'database':
      return { ...change, before: ui.db };
    case 'sort':
    case 'filter':
      return { ...change, before: ui.panes[change.pane][change.kind] };
    case 'step':
      return change;
  }
}

/**
 * True if everything is as it was before the change: a filter may have been opened and closed again. A request to the loop may still be in progress, so its
 * pace always counts as changed.
 */
export function isUndone(change: Change, state: State): boolean {
  if (change.kind === 'pace' || change.kind === 'step') return false;
  return (inverseOf(change, state) as typeof change).before === change.before;
}
