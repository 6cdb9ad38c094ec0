/**
 * The model: the state of the server at one moment, derived from the trace. Each pane owns a slice; every entry of the history is passed to all of them.
 */
import type { Entry } from '../slice.js';
import { commandsSlice, type CommandsModel } from './commands.js';
import { framesSlice, type FramesModel } from './frames.js';
import { keyspaceSlice, type KeyspaceModel } from './keyspace.js';
import { loopSlice, type LoopModel } from './loop.js';
import { ratesSlice, type RatesModel } from './rates.js';
import { readinessSlice, type ReadinessModel } from './readiness.js';
import { tokensSlice, type TokensModel } from './tokens.js';

export interface Model {
  /** Number of entries so far, including this one. */
  readonly count: number;
  /** The loop's monotonic clock at the last entry, in µs. */
  readonly atUs: number;
  /** Unix time in ms at which that clock was zero; NaN until the first snapshot. */
  readonly originMs: number;
  /** Rules and defects at the seams of the loop, as they are typed. */
  readonly rules: readonly string[];
  /** The five kinds of event that a server handles are counted here as the top level of the trace. */
  readonly loop: LoopModel;
  readonly rates: RatesModel;
  readonly tokens: TokensModel;
  readonly readiness: ReadinessModel;
  readonly frames: FramesModel;
  readonly commands: CommandsModel;
  readonly keyspace: KeyspaceModel;
}

export const initialModel: Model = {
  count: 0,
  atUs: 0,
  originMs: Number.NaN,
  rules: [],
  loop: loopSlice.initial,
  rates: ratesSlice.initial,
  tokens: tokensSlice.initial,
  readiness: readinessSlice.initial,
  frames: framesSlice.initial,
  commands: commandsSlice.initial,
  keyspace: keyspaceSlice.initial,
};

export function reduceModel(model: Model, entry: Entry): Model {
  return {
    count: model.count + 1,
    atUs: entry.type === 'event' ? entry.event.atUs : entry.type === 'snapshot' ? entry.snapshot.nowUs : model.atUs,
    originMs: entry.type === 'snapshot' ? entry.snapshot.nowMs - entry.snapshot.nowUs / 1000 : model.originMs,
    rules: entry.type === 'snapshot' ? entry.snapshot.rules : model.rules,
    loop: loopSlice.reduce(model.loop, entry),
    rates: ratesSlice.reduce(model.rates, entry),
    tokens: tokensSlice.reduce(model.tokens, entry),
    readiness: readinessSlice.reduce(model.readiness, entry),
    frames: framesSlice.reduce(model.frames, entry),
    commands: commandsSlice.reduce(model.commands, entry),
    keyspace: keyspaceSlice.reduce(model.keyspace, entry),
  };
}

/** Unix time in ms at the last entry, as the loop sees it. */
export function nowMsOf(model: Model): number {
  return model.originMs + model.atUs / 1000;
}
