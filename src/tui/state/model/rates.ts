/**
 * The header's share of the model: commands per second, connections, the turn, and dropped events.
 *
 * Between two snapshots commands are counted from turns and dropped entries; each snapshot has the loop's own total and corrects that. Seconds are those of the
 * loop's clock, which stands still while the loop is held, and so does the sparkline.
 */
import type { Snapshot, TraceEvent } from '../../../server/index.js';
import type { Entry, Slice } from '../slice.js';

export interface RatesModel {
  /** Commands in each of the last whole seconds, oldest first; the last one is the second before {@link second}. */
  readonly perSecond: readonly number[];
  /** The running second of the loop's clock, and the commands in it so far. */
  readonly second: number;
  readonly commands: number;
  /** Open now, and accepted in total. */
  readonly connections: number;
  readonly connectionsReceived: number;
  readonly turn: number;
  readonly droppedTurns: number;
  readonly droppedCommands: number;
  /** The second of the last drop; NaN until its snapshot has arrived. */
  readonly droppedSecond: number;
  /** The loop's own total at the last snapshot (null: none yet), and what has been counted since. */
  readonly total: number | null;
  readonly countedSince: number;
}

/** Seconds that are kept. */
export const KEPT_SECONDS = 120;

export const ratesSlice: Slice<RatesModel> = {
  initial: {
    perSecond: [],
    second: Number.NaN,
    commands: 0,
    connections: 0,
    connectionsReceived: 0,
    turn: 0,
    droppedTurns: 0,
    droppedCommands: 0,
    droppedSecond: -Infinity,
    total: null,
    countedSince: 0,
  },

  reduce(state: RatesModel, entry: Entry): RatesModel {
    switch (entry.type) {
      case 'event':
        return afterEvent(state, entry.event);
      case 'snapshot':
        return afterSnapshot(state, entry.snapshot);
      case 'dropped':
        return afterDrop(state, entry.turns, entry.commands);
    }
  },
};

function afterEvent(state: RatesModel, event: TraceEvent): RatesModel {
  switch (event.kind) {
    case 'turn-begin':
      return { ...inSecond(state, event.atUs), turn: event.turn };
    case 'turn-end':
      return counted(inSecond(state, event.atUs), event.commands);
    case 'connect':
      return { ...state, connections: state.connections + 1, connectionsReceived: state.connectionsReceived + 1 };
    case 'disconnect':
      return { ...state, connections: Math.max(0, state.connections - 1) };
    default:
      return state;
  }
}

/** How long drops are shown, and up to which distance they are added up, in seconds. */
const DROPS_SECONDS = 3;

function afterDrop(state: RatesModel, turns: number, commands: number): RatesModel {
  const before = droppedWithin(state, state.second) ?? { turns: 0, commands: 0 };
  return { ...counted(state, commands), droppedTurns: before.turns + turns, droppedCommands: before.commands + commands, droppedSecond: Number.NaN };
}

/** Recently dropped events; null: none. */
export function droppedOfLate(rates: RatesModel, atUs: number): { readonly turns: number; readonly commands: number } | null {
  return droppedWithin(rates, Math.floor(atUs / 1_000_000));
}

type Dropped = { readonly turns: number; readonly commands: number };

function droppedWithin({ droppedTurns, droppedCommands, droppedSecond, second: known }: RatesModel, second: number): Dropped | null {
  // Until a snapshot has the time of the drop, the last known time is used.
  const since = Number.isNaN(droppedSecond) ? known : droppedSecond;
  const isOver = droppedTurns + droppedCommands === 0 || second - since >= DROPS_SECONDS;
  return isOver ? null : { turns: droppedTurns, commands: droppedCommands };
}

function afterSnapshot(state: RatesModel, { nowUs, stats, clientCount, turn }: Snapshot): RatesModel {
  const now = inSecond(state, nowUs);
  // Commands executed before the first snapshot do not belong to this second.
  const missed = state.total === null ? 0 : stats.commands - state.total - state.countedSince;
  return {
    ...now,
    commands: Math.max(0, now.commands + missed),
    connections: clientCount,
    connectionsReceived: stats.connections,
    turn,
    total: stats.commands,
    countedSince: 0,
    droppedSecond: Number.isNaN(state.droppedSecond) ? now.second : state.droppedSecond,
  };
}

function counted(state: RatesModel, commands: number): RatesModel {
  return commands === 0 ? state : { ...state, commands: state.commands + commands, countedSince: state.countedSince + commands };
}

/** Moves on to the second of `atUs`; seconds in between had no commands. */
function inSecond(state: RatesModel, atUs: number): RatesModel {
  const second = Math.floor(atUs / 1_000_000);
  if (second <= state.second) return state;
  if (Number.isNaN(state.second)) return { ...state, second };
  return { ...state, perSecond: secondsUpTo(state, atUs), second, commands: 0 };
}

/**
 * Commands in each of the last whole seconds before `atUs`, oldest first, at most {@link KEPT_SECONDS}: for a sparkline that moves on while nothing happens.
 *
 * @param atUs the loop's monotonic clock, now
 */
export function secondsUpTo({ perSecond, second, commands }: RatesModel, atUs: number): readonly number[] {
  const passed = Math.floor(atUs / 1_000_000) - second;
  if (!(passed > 0)) return perSecond;
  const silent = new Array<number>(Math.min(passed - 1, KEPT_SECONDS)).fill(0);
  return [...perSecond, commands, ...silent].slice(-KEPT_SECONDS);
}

/** Commands in the last whole second before `atUs`; 0 if there has been none. */
export function commandsPerSecond(rates: RatesModel, atUs: number): number {
  return secondsUpTo(rates, atUs).at(-1) ?? 0;
}
