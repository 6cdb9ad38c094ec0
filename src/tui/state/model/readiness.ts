/**
 * The readiness pane's share of the model: for each turn, which tokens were ready for what, and the results.
 *
 *   turns  [ turn 811 | gap | turn 812 ]   open: turn 813                                  begun: turn 814
 *                                           ├─ #0 READABLE   accept 3, WouldBlock
 *                                           └─ #7 READABLE   read 42 · frames 1 · write 5     ← active
 *
 * One row for each token of a turn. The next turn begins with writing the replies: they result from this turn's readiness and are shown with it, so a turn is
 * closed when the next one waits. A token that was not ready but is written to (a subscriber, a client whose wait is over) has a row without readiness. Rows
 * are only added at the end and keep their number, so a view that is scrolled back does not move.
 */
import type { TraceEvent } from '../../../server/index.js';
import type { Entry, Slice } from '../slice.js';
import { isAccepted } from './loop.js';

/** Results of readiness. Steps of one kind are added up, in the order in which the first of each happened. */
export type ReadinessStep =
  | { readonly kind: 'accept'; readonly count: number; readonly end: string | null }
  | { readonly kind: 'read'; readonly bytes: number; readonly count: number; readonly end: string | null }
  | { readonly kind: 'frames'; readonly count: number }
  | { readonly kind: 'partial'; readonly have: number; readonly need: number }
  | { readonly kind: 'park' }
  | { readonly kind: 'unpark'; readonly why: string }
  | { readonly kind: 'write'; readonly bytes: number; readonly of: number; readonly end: string | null }
  | { readonly kind: 'interest'; readonly before: number; readonly after: number }
  | { readonly kind: 'disconnect'; readonly why: string };

export interface ReadinessRow {
  readonly token: number;
  /** Bits, as in the event; 0: it was not ready. */
  readonly readiness: number;
  readonly steps: readonly ReadinessStep[];
}

/** Each row is one line of the pane's list; a gap is one line. */
export type ReadinessTurn =
  | {
      readonly kind: 'turn';
      readonly turn: number;
      readonly rows: readonly ReadinessRow[];
      /** Rows beyond the limit. */
      readonly more: number;
      /** There is a gap in the middle: further results are unknown. */
      readonly isCut: boolean;
    }
  | { readonly kind: 'gap'; readonly turns: number; readonly commands: number };

export interface ReadinessModel {
  /** Finished turns and gaps, oldest first. */
  readonly turns: readonly ReadinessTurn[];
  /** The current turn, or the one that has ended last: replies still belong to it. */
  readonly open: Extract<ReadinessTurn, { kind: 'turn' }>;
  /** The number of the turn that has begun last; 0 while unknown. */
  readonly begun: number;
  /** Number of lines of dropped turns. */
  readonly forgotten: number;
  /** Number of lines so far, including dropped ones; the newest has this number minus one. */
  readonly lines: number;
}

/** Turns and gaps that are kept. */
export const KEPT_TURNS = 300;
/** Tokens of one turn that are kept individually; a line shows how many more there were. */
export const ROWS_PER_TURN = 100;

type OpenTurn = ReadinessModel['open'];
/** The number is 0 while unknown: the trace may begin in the middle of a turn. */
const NOTHING: OpenTurn = { kind: 'turn', turn: 0, rows: [], more: 0, isCut: false };

export const readinessSlice: Slice<ReadinessModel> = {
  initial: { turns: [], open: NOTHING, begun: 0, forgotten: 0, lines: 0 },

  reduce(state: ReadinessModel, entry: Entry): ReadinessModel {
    if (entry.type === 'event') return afterEvent(state, entry.event);
    if (entry.type === 'dropped' && (entry.turns > 0 || entry.commands > 0)) return withGap(state, entry.turns, entry.commands);
    return state;
  },
};

/** Lines that a turn takes in the list. */
export function linesOf(turn: ReadinessTurn): number {
  return turn.kind === 'gap' ? 1 : turn.rows.length + (turn.more > 0 ? 1 : 0);
}

function afterEvent(state: ReadinessModel, event: TraceEvent): ReadinessModel {
  switch (event.kind) {
    case 'turn-begin':
      return { ...state, begun: event.turn };
    case 'wait':
      return { ...closed(state), open: { ...NOTHING, turn: state.begun } };
    case 'ready':
      return withOpen(state, addRow(state.open, { token: event.token, readiness: event.readiness, steps: [] }));
    default: {
      const step = stepOf(event);
      return step === null || !('token' in event) ? state : withOpen(state, withStep(state.open, event.token, step));
    }
  }
}

function withOpen(state: ReadinessModel, open: OpenTurn): ReadinessModel {
  return { ...state, open, lines: state.lines - linesOf(state.open) + linesOf(open) };
}

/** Adds the open turn to the list; one in which no token did anything is left out. */
function closed(state: ReadinessModel): ReadinessModel {
  return linesOf(state.open) === 0 ? state : { ...pushed(state, state.open), open: NOTHING };
}

function withGap(state: ReadinessModel, turns: number, commands: number): ReadinessModel {
  const before = closed({ ...state, open: { ...state.open, isCut: true } });
  const gap: ReadinessTurn = { kind: 'gap', turns, commands };
  return { ...pushed(before, gap), lines: before.lines + 1 };
}

/** The lines of `turn` are already counted. */
function pushed(state: ReadinessModel, turn: ReadinessTurn): ReadinessModel {
  const { turns, forgotten } = state;
  if (turns.length < KEPT_TURNS) return { ...state, turns: [...turns, turn] };
  return { ...state, turns: [...turns.slice(1), turn], forgotten: forgotten + linesOf(turns[0]!) };
}

function addRow(open: OpenTurn, row: ReadinessRow): OpenTurn {
  return open.rows.length < ROWS_PER_TURN ? { ...open, rows: [...open.rows, row] } : { ...open, more: open.more + 1 };
}

function withStep(open: OpenTurn, token: number, step: ReadinessStep): OpenTurn {
  const index = open.rows.findLastIndex((row) => row.token === token);
  // Beyond the limit it is unknown whether the token has been counted: those that were ready have.
  if (index === -1) return open.more > 0 ? open : addRow(open, { token, readiness: 0, steps: [step] });
  const rows = open.rows.slice();
  const row = rows[index]!;
  rows[index] = { ...row, steps: merge(row.steps, step) };
  return { ...open, rows };
}

/** The step of an event for its token; null if other panes show it. */
function stepOf(event: TraceEvent): ReadinessStep | null {
  switch (event.kind) {
    case 'accept':
      return isAccepted(event.client) ? { kind: 'accept', count: 1, end: null } : { kind: 'accept', count: 0, end: String(event.client) };
    case 'read':
      return typeof event.result === 'number'
        ? { kind: 'read', bytes: event.result, count: 1, end: null }
        : { kind: 'read', bytes: 0, count: 0, end: event.result };
    case 'frame':
      return { kind: 'frames', count: 1 };
    case 'frame-partial':
      return { kind: 'partial', have: event.have, need: event.need };
    case 'park':
      return { kind: 'park' };
    case 'unpark':
      return { kind: 'unpark', why: event.why };
    case 'write':
      return typeof event.result === 'number'
        ? { kind: 'write', bytes: event.result, of: event.of, end: null }
        : { kind: 'write', bytes: 0, of: event.of, end: event.result };
    case 'interest':
      return { kind: 'interest', before: event.before, after: event.after };
    case 'disconnect':
      return { kind: 'disconnect', why: event.why };
    default:
      return null;
  }
}

function merge(steps: readonly ReadinessStep[], step: ReadinessStep): readonly ReadinessStep[] {
  const index = steps.findIndex(({ kind }) => kind === step.kind);
  if (index === -1) return [...steps, step];
  const merged = steps.slice();
  merged[index] = sum(steps[index]!, step);
  return merged;
}

function sum(before: ReadinessStep, step: ReadinessStep): ReadinessStep {
  switch (step.kind) {
    case 'accept':
      return before.kind === step.kind ? { ...step, count: before.count + step.count } : step;
    case 'read':
      return before.kind === step.kind ? { ...step, bytes: before.bytes + step.bytes, count: before.count + step.count } : step;
    case 'frames':
      return before.kind === step.kind ? { ...step, count: before.count + step.count } : step;
    case 'write':
      // Offered in total: what has already been written, and what was offered now.
      return before.kind === step.kind ? { ...step, bytes: before.bytes + step.bytes, of: before.bytes + step.of } : step;
    case 'interest':
      return before.kind === step.kind ? { ...step, before: before.before } : step;
    default:
      return step;
  }
}
