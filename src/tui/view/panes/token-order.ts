/**
 * Chooses the tokens to show if there are more than rows: the relevant ones. Part of the tokens pane.
 *
 *   held, running, keeping the loop busy  >  waiting for a busy loop  >  slow, stuck, half a request
 *     >  active within a second  >  parked, in MULTI, subscribed  >  idle  >  LISTENER, WAKER
 *
 * Classes decide and not times, so that a row keeps its place while its state lasts; within a class the order of the pane decides.
 */
import type { TokenRow } from '../../state/model/tokens.js';
import { busyOf, type State } from '../../state/state.js';

const INTEREST_WRITABLE = 2;

/** How long a client counts as active after its last byte, and as slow after a slow command. */
const ACTIVE_MS = 1000;
const SLOW_FOR_MS = 10_000;

export interface Arranged {
  /** At most as many as there are places, in the order of the pane. */
  readonly shown: readonly TokenRow[];
  readonly folded: readonly TokenRow[];
}

/** @param rows in the order of the pane */
export function arrange(state: State, rows: readonly TokenRow[], places: number): Arranged {
  if (rows.length <= places) return { shown: rows, folded: [] };
  const ranked = rows.map((row, at) => ({ row, at, rank: rankOf(state, row) })).toSorted((a, b) => a.rank - b.rank || a.at - b.at);
  const chosen = new Set(ranked.slice(0, Math.max(0, places)).map(({ row }) => row));
  return { shown: rows.filter((row) => chosen.has(row)), folded: rows.filter((row) => !chosen.has(row)) };
}

function rankOf(state: State, row: TokenRow): number {
  const busy = busyOf(state);
  if (isHeld(state, row) || isRunning(state, row) || busy?.activity.token === row.token) return 0;
  if (busy?.waiting.has(row.token) === true) return 1;
  if (row.kind !== 'client') return 6;
  // A sort order chosen by the user has priority.
  if (state.ui.panes.tokens.sort !== '' && state.ui.panes.tokens.sort !== 'token') return 2;
  const nowUs = (state.ui.nowMs - state.model.originMs) * 1000;
  if ((row.interest & INTEREST_WRITABLE) !== 0 || row.queryBytes > 0 || nowUs - row.slowAtUs < SLOW_FOR_MS * 1000) return 2;
  if (nowUs - row.lastActiveUs < ACTIVE_MS * 1000) return 3;
  return row.parkedOn !== null || row.inTransaction || row.isMonitor || row.link !== null || row.subscriptions > 0 ? 4 : 5;
}

/** The loop is held at an event of this token. */
function isHeld({ control }: State, { token }: TokenRow): boolean {
  const held = control.mode === 'paused' ? control.heldAt : null;
  return held !== null && 'token' in held && held.token === token;
}

/** At full speed this would change with each frame. */
function isRunning({ control, model }: State, { activityStretch }: TokenRow): boolean {
  return control.mode !== 'live' && activityStretch === model.tokens.stretch;
}
