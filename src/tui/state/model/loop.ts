/**
 * The loop pane's share of the model: where the loop is, where the time of its turns goes, and how often each kind of event came.
 *
 *   turn-end N-1 │ write…  │ turn-begin N │ poll │ ready read frame execute reply … │ timer… │ turn-end N │ write… │ turn-begin N+1
 *                └ belongs to turn N-1 ──┘      └ waitedUs                                                 └ to N ─┘
 *
 * Replies are written before the loop sleeps again, so the picture of a turn is complete when the next one begins. The time between two events is the time of
 * the thing that the later one tells of: a read event is built when read(2) has returned. The cost of watching is in these figures; it can not be told apart.
 */
import { TRACE_EVENTS, type EventCategory, type Phase, type TraceEvent, type TraceKind } from '../../../server/index.js';
import { append, type Entry, type Slice } from '../slice.js';

/** What a turn is busy with; waiting in poll is not work and is kept apart. */
export type WorkPhase = Exclude<Phase, 'poll'>;
export const WORK_PHASES: readonly WorkPhase[] = ['accept', 'read', 'decode', 'execute', 'write', 'timers'];

/** Microseconds. */
export type PhaseTimes = { readonly [phase in WorkPhase]: number };

export interface TurnPicture {
  readonly turn: number;
  /** -1: no limit. */
  readonly timeoutMs: number;
  /** The timer that is due next, or `no timer`. */
  readonly why: string;
  /** Null while the loop sleeps. */
  readonly waitedUs: number | null;
  /** Tokens that were ready. */
  readonly ready: number;
  readonly times: PhaseTimes;
  /** Null until the turn is over. */
  readonly busyUs: number | null;
  readonly commands: number;
}

export type CategoryCounts = { readonly [category in EventCategory]: number };

export interface LoopModel {
  /** The newest event; null at the very beginning. */
  readonly event: TraceEvent | null;
  /** The running turn. */
  readonly turn: TurnPicture | null;
  /** The last one before it in which a client was served: what there is to see while the loop sleeps. */
  readonly last: TurnPicture | null;
  /** The last event that means something to a client, whatever the loop did after it. */
  readonly notable: TraceEvent | null;
  /** What has been left out since the newest event, while the loop is too fast to be told. */
  readonly dropped: { readonly turns: number; readonly commands: number } | null;
  /** `busyUs` of the last turns that did anything, oldest first. */
  readonly busyUs: readonly number[];
  readonly counts: CategoryCounts;
  /** Readiness did not come from a kernel. */
  readonly isEmulated: boolean;
}

/** Turns that percentiles are taken from. */
export const BUSY_WINDOW = 500;

const NO_TIMES: PhaseTimes = { accept: 0, read: 0, decode: 0, execute: 0, write: 0, timers: 0 };
const NO_COUNTS: CategoryCounts = { ClientConnect: 0, ClientRequest: 0, ClientDisconnect: 0, PubSub: 0, Replication: 0, Loop: 0 };

export const loopSlice: Slice<LoopModel> = {
  initial: { event: null, turn: null, last: null, notable: null, dropped: null, busyUs: [], counts: NO_COUNTS, isEmulated: false },

  reduce(state: LoopModel, entry: Entry): LoopModel {
    if (entry.type === 'event') return afterEvent(state, entry.event);
    // The trace broke off in the middle of a turn, and what comes next is of another one.
    return entry.type === 'dropped' ? { ...state, turn: null, dropped: { turns: entry.turns, commands: entry.commands } } : state;
  },
};

/** Every event passes here: one literal costs a third of what spreading does. */
function afterEvent(state: LoopModel, event: TraceEvent): LoopModel {
  return {
    event,
    dropped: null,
    turn: turnAfter(state, event),
    last: event.kind === 'turn-begin' ? lastOf(state) : state.last,
    notable: NOTABLE.has(event.kind) ? event : state.notable,
    busyUs: event.kind === 'turn-end' ? append(state.busyUs, event.busyUs, BUSY_WINDOW) : state.busyUs,
    counts: counted(state.counts, TRACE_EVENTS[event.kind].category),
    isEmulated: event.kind === 'poll' ? event.emulated : state.isEmulated,
  };
}

function counted(counts: CategoryCounts, category: EventCategory): CategoryCounts {
  const one = (other: EventCategory): number => counts[other] + (other === category ? 1 : 0);
  return { ClientConnect: one('ClientConnect'), ClientRequest: one('ClientRequest'), ClientDisconnect: one('ClientDisconnect'), PubSub: one('PubSub'), Replication: one('Replication'), Loop: one('Loop') };
}

function turnAfter({ turn, event: before }: LoopModel, event: TraceEvent): TurnPicture | null {
  if (event.kind === 'turn-begin') return begun(event);
  if (turn === null) return null;
  if (event.kind === 'poll') return { ...turn, waitedUs: event.waitedUs, ready: event.ready };
  if (event.kind === 'turn-end') return { ...turn, busyUs: event.busyUs, commands: event.commands };
  return worked(turn, event, before);
}

const NOTABLE: ReadonlySet<TraceKind> = new Set(['connect', 'frame-partial', 'execute', 'park', 'unpark', 'expire', 'evict', 'disconnect']);

function begun({ turn, timeoutMs, why }: TraceEvent & { kind: 'turn-begin' }): TurnPicture {
  return { turn, timeoutMs, why, waitedUs: null, ready: 0, times: NO_TIMES, busyUs: null, commands: 0 };
}

const lastOf = ({ turn, last }: LoopModel): TurnPicture | null => (turn !== null && hasServed(turn) ? turn : last);

/** Turns that only ran a timer come ten times a second; they would cover what is worth looking at. */
const hasServed = ({ times }: TurnPicture): boolean => times.accept + times.read + times.decode + times.execute + times.write > 0;

function worked(turn: TurnPicture, event: TraceEvent, before: TraceEvent | null): TurnPicture {
  const phase = workPhaseOf(event);
  if (phase === null || before === null) return turn;
  const elapsedUs = event.kind === 'timer' ? event.elapsedUs : Math.max(0, event.atUs - before.atUs);
  return { ...turn, times: { ...turn.times, [phase]: turn.times[phase] + elapsedUs } };
}

/** What the time before an event was spent on; null for steps of the loop itself. */
export function workPhaseOf(event: TraceEvent): WorkPhase | null {
  if (event.kind === 'expire') return event.how === 'lazy' ? 'execute' : 'timers';
  const { phase } = TRACE_EVENTS[event.kind];
  return phase === 'poll' || event.kind === 'turn-end' ? null : phase;
}

/**
 * The turn to draw.
 *
 * @param isRunning nobody holds or slows the loop: the last turn that served somebody stays until the next one. Otherwise the turn that the loop is in.
 */
export function shownTurn({ turn, last }: LoopModel, isRunning: boolean): TurnPicture | null {
  if (turn === null || turn.waitedUs === null) return last ?? turn;
  return isRunning && !hasServed(turn) ? (last ?? turn) : turn;
}

/**
 * Nothing is ready and nothing runs: the loop is in poll.wait.
 *
 * @param isRunning nobody holds or slows the loop. Its batches end with a turn, so then the end of a turn is followed by sleep.
 */
export function isAsleep({ turn, event, dropped }: LoopModel, isRunning: boolean): boolean {
  if (event === null || dropped !== null) return false;
  return (turn !== null && turn.waitedUs === null) || (isRunning && event.kind === 'turn-end');
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Of the turns in the window, by nearest rank; null if there are none. */
export function percentilesOf(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1)! };
}
