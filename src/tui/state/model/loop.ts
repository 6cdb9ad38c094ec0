/**
 * The loop pane's share of the model: where the loop is, how the time of its turns is spent, and how many events of each kind there were.
 *
 *   turn-begin N │ write…      │ wait │ poll │ ready read frame execute reply … │ timer… │ turn-end N │ turn-begin N+1 │ write…       │ wait
 *                └ of turn N,         └ waitedUs                                                                       └ of turn N+1,
 *                  what N-1 has to say                                                                                   what N has to say
 *
 * Replies are written at the beginning of the next turn. To show a request as a whole, a finished turn is drawn together with its replies (see {@link
 * shownTurn}). The time between two events is attributed to the later one: a read event is built when read(2) has returned. These figures include the cost of
 * observing, which cannot be separated.
 */
import { TRACE_EVENTS, type EventCategory, type Phase, type TraceEvent, type TraceKind } from '../../../server/index.js';
import { append, type Entry, type Slice } from '../slice.js';

/** The work of a turn; waiting in poll is not work and is kept apart. */
export type WorkPhase = Exclude<Phase, 'poll'>;
export const WORK_PHASES: readonly WorkPhase[] = ['accept', 'read', 'decode', 'execute', 'write', 'timers'];

/** Microseconds. */
export type PhaseTimes = { readonly [phase in WorkPhase]: number };

export interface TurnPicture {
  readonly turn: number;
  /** Null until it is chosen; -1: no limit. */
  readonly timeoutMs: number | null;
  /** The timer that is due next, or `no timer`. */
  readonly why: string;
  /** Null while the loop sleeps. */
  readonly waitedUs: number | null;
  /** Number of tokens that were ready. */
  readonly ready: number;
  readonly times: PhaseTimes;
  /** The part of the writing at its beginning: the replies of the turn before. */
  readonly flushUs: number;
  /** Time of writing its own replies, at the beginning of the next turn. */
  readonly repliesUs: number;
  /** Null until the turn is over. */
  readonly busyUs: number | null;
  readonly commands: number;
}

export type CategoryCounts = { readonly [category in EventCategory]: number };

export type Flushed = Extract<TraceEvent, { kind: 'flush' }>;

export interface LoopModel {
  /** The newest event; null at the very beginning. */
  readonly event: TraceEvent | null;
  /** The running turn. */
  readonly turn: TurnPicture | null;
  /** The last turn before it in which a client was served, to be shown while the loop sleeps. */
  readonly last: TurnPicture | null;
  /** The last event that matters to a client, whatever the loop did after it. */
  readonly notable: TraceEvent | null;
  /** The place of a learner's program that made the last call; null: unknown. */
  readonly source: NonNullable<TraceEvent['source']> | null;
  /** What has been left out since the newest event, while there are too many events. */
  readonly dropped: { readonly turns: number; readonly commands: number } | null;
  /** The newest call that handed the output of several clients to the kernel; null: none so far. */
  readonly flushed: Flushed | null;
  /** `busyUs` of the last turns that did anything, oldest first. */
  readonly busyUs: readonly number[];
  readonly counts: CategoryCounts;
  /** Readiness is emulated, not a kernel's. */
  readonly isEmulated: boolean;
}

/** Number of turns for the percentiles. */
export const BUSY_WINDOW = 500;

export const NO_TIMES: PhaseTimes = { accept: 0, read: 0, decode: 0, execute: 0, write: 0, timers: 0 };
const NO_COUNTS: CategoryCounts = { ClientConnect: 0, ClientRequest: 0, ClientDisconnect: 0, PubSub: 0, Replication: 0, Loop: 0 };

export const loopSlice: Slice<LoopModel> = {
  initial: { event: null, source: null, turn: null, last: null, notable: null, dropped: null, flushed: null, busyUs: [], counts: NO_COUNTS, isEmulated: false },

  reduce(state: LoopModel, entry: Entry): LoopModel {
    if (entry.type === 'event') return afterEvent(state, entry.event);
    // The trace has a gap in the middle of a turn, and what follows belongs to another one.
    return entry.type === 'dropped' ? { ...state, turn: null, dropped: { turns: entry.turns, commands: entry.commands } } : state;
  },
};

/** Every event passes here: one literal costs a third of spreading. */
function afterEvent(state: LoopModel, event: TraceEvent): LoopModel {
  return {
    event,
    source: event.source ?? state.source,
    dropped: null,
    turn: turnAfter(state, event),
    last: lastAfter(state, event),
    notable: isNotable(event, state.notable) ? event : state.notable,
    flushed: event.kind === 'flush' ? event : state.flushed,
    busyUs: event.kind === 'turn-end' && event.busyUs > 0 ? append(state.busyUs, event.busyUs, BUSY_WINDOW) : state.busyUs,
    counts: counted(state.counts, TRACE_EVENTS[event.kind].category),
    isEmulated: event.kind === 'poll' ? event.emulated : state.isEmulated,
  };
}

function counted(counts: CategoryCounts, category: EventCategory): CategoryCounts {
  const one = (other: EventCategory): number => counts[other] + (other === category ? 1 : 0);
  return {
    ClientConnect: one('ClientConnect'),
    ClientRequest: one('ClientRequest'),
    ClientDisconnect: one('ClientDisconnect'),
    PubSub: one('PubSub'),
    Replication: one('Replication'),
    Loop: one('Loop'),
  };
}

function turnAfter({ turn, event: before }: LoopModel, event: TraceEvent): TurnPicture | null {
  if (event.kind === 'turn-begin') return begun(event);
  if (turn === null) return null;
  if (event.kind === 'wait') return { ...turn, timeoutMs: event.timeoutMs, why: event.why, flushUs: turn.times.write };
  if (event.kind === 'poll' && event.within !== true) return { ...turn, waitedUs: event.waitedUs, ready: event.ready };
  if (event.kind === 'turn-end') return { ...turn, busyUs: event.busyUs === 0 ? null : event.busyUs, commands: event.commands };
  return worked(turn, event, before);
}

const NOTABLE: ReadonlySet<TraceKind> = new Set([
  'connect', 'frame-partial', 'frame', 'execute', 'park', 'unpark', 'expire', 'evict', 'save-slice', 'disconnect',
]);

/** A refused request is never executed: then its error is notable. */
function isNotable(event: TraceEvent, before: TraceEvent | null): boolean {
  if (event.kind === 'reply') return before?.kind === 'frame' && before.token === event.token && isErrorReply(event.raw);
  return NOTABLE.has(event.kind);
}

/** True if an accept has returned a connection. A connection of a learner's program without a token yet is named by its descriptor, `fd 9`. */
export const isAccepted = (client: number | string): boolean => typeof client === 'number' || client.startsWith('fd ');

/** An error of RESP2, or a bulk error of RESP3. */
export const isErrorReply = (raw: string): boolean => raw.startsWith('-') || raw.startsWith('!');

function begun({ turn }: TraceEvent & { kind: 'turn-begin' }): TurnPicture {
  return { turn, timeoutMs: null, why: '', waitedUs: null, ready: 0, times: NO_TIMES, flushUs: 0, repliesUs: 0, busyUs: null, commands: 0 };
}

function lastAfter({ turn, last, event: before }: LoopModel, event: TraceEvent): TurnPicture | null {
  if (event.kind === 'turn-begin') return turn !== null && hasServed(turn) ? turn : last;
  const isReply = turn !== null && turn.timeoutMs === null && last !== null && last.turn === turn.turn - 1 && workPhaseOf(event) === 'write';
  return isReply ? { ...last, repliesUs: last.repliesUs + elapsedUs(event, before) } : last;
}

/** Turns that only ran a timer happen ten times a second; they would hide the interesting ones. */
const hasServed = ({ times, flushUs, waitedUs }: TurnPicture): boolean =>
  waitedUs !== null && times.accept + times.read + times.decode + times.execute + times.write > flushUs;

function worked(turn: TurnPicture, event: TraceEvent, before: TraceEvent | null): TurnPicture {
  const phase = workPhaseOf(event);
  return phase === null ? turn : { ...turn, times: { ...turn.times, [phase]: turn.times[phase] + elapsedUs(event, before) } };
}

function elapsedUs(event: TraceEvent, before: TraceEvent | null): number {
  if (event.kind === 'timer') return event.elapsedUs;
  return before === null ? 0 : Math.max(0, event.atUs - before.atUs);
}

/** The phase to which the time before an event belongs; null for steps of the loop itself. */
export function workPhaseOf(event: TraceEvent): WorkPhase | null {
  // A long script lets others be served meanwhile: until then the script was running.
  if (event.kind === 'poll' && event.within === true) return 'execute';
  if (event.kind === 'expire') return event.how === 'lazy' ? 'execute' : 'timers';
  // The timer that it belongs to follows, with the time of both.
  if (event.kind === 'save-slice') return null;
  const { phase } = TRACE_EVENTS[event.kind];
  return phase === 'poll' || event.kind === 'turn-begin' || event.kind === 'turn-end' ? null : phase;
}

/**
 * The turn to draw: the running one, or, from its end until the next one has waited, the last that served a client. That one is drawn with the writing of its
 * own replies instead of those that it wrote for the turn before.
 *
 * @param isRunning the loop is neither held nor slowed: the last turn that served a client stays until the next one. Otherwise the turn that the loop is in.
 */
export function shownTurn({ turn, last }: LoopModel, isRunning: boolean): TurnPicture | null {
  const isQuiet = turn === null || turn.waitedUs === null || (isRunning && !hasServed(turn));
  return isQuiet && last !== null ? withReplies(last) : turn;
}

function withReplies(turn: TurnPicture): TurnPicture {
  const { times, busyUs, flushUs, repliesUs } = turn;
  const moreUs = repliesUs - flushUs;
  return { ...turn, times: { ...times, write: times.write + moreUs }, busyUs: busyUs === null ? null : busyUs + moreUs };
}

/**
 * True if nothing is ready and nothing runs: the loop is in poll.wait.
 *
 * @param isRunning the loop is neither held nor slowed. Its batches end with a turn, so the end of a turn is then followed by sleep.
 */
export function isAsleep({ event, dropped }: LoopModel, isRunning: boolean): boolean {
  if (event === null || dropped !== null) return false;
  return event.kind === 'wait' || (isRunning && event.kind === 'turn-end');
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Percentiles of the turns in the window, by nearest rank; null if there are none. */
export function percentilesOf(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1)! };
}
