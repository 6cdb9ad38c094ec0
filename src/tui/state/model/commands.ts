/**
 * The commands view's share of the model: how often each command was called, by whom, and its cost in bytes and time.
 *
 *   server   calls and times, which it counts anyway: exact, even if events were dropped; they come with snapshots while the view is open
 *   trace    bytes and callers, from events: incomplete if some were dropped
 *
 * The bytes of a request belong to the command that was executed last for it (EXEC, and not its inner commands), and so do those of its replies.
 */
import type { CommandSnapshot, TraceEvent } from '../../../server/index.js';
import type { Entry, Slice } from '../slice.js';
import { TokenMap } from './token-map.js';

/** Facts about one command from events. */
export interface TracedCommand {
  readonly calls: number;
  readonly elapsedUs: number;
  readonly maxUs: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Calls by clients that are still connected. */
  readonly clients: TokenMap<CallsOf>;
}

export interface CallsOf {
  readonly token: number;
  readonly calls: number;
}

/** The request that a client is being served. */
interface Serving {
  readonly frame: number;
  /** Bytes of the request that are not attributed to a command yet. */
  readonly bytes: number;
  /** Empty: nothing was executed for it. */
  readonly command: string;
}

export interface CommandsModel {
  /** Null: the server has not been asked. */
  readonly served: readonly CommandSnapshot[] | null;
  readonly traced: ReadonlyMap<string, TracedCommand>;
  readonly serving: TokenMap<Serving>;
}

const NEVER_CALLED: TracedCommand = { calls: 0, elapsedUs: 0, maxUs: 0, bytesRead: 0, bytesWritten: 0, clients: TokenMap.empty<CallsOf>() };

export const commandsSlice: Slice<CommandsModel> = {
  initial: { served: null, traced: new Map(), serving: TokenMap.empty<Serving>() },
  reduce(model: CommandsModel, entry: Entry): CommandsModel {
    if (entry.type === 'event') return afterEvent(model, entry.event);
    return entry.type === 'snapshot' && entry.snapshot.commands !== model.served ? { ...model, served: entry.snapshot.commands } : model;
  },
};

function afterEvent(model: CommandsModel, event: TraceEvent): CommandsModel {
  switch (event.kind) {
    case 'frame':
      return { ...model, serving: model.serving.with(event.token, { frame: event.frame, bytes: event.bytes, command: '' }) };
    case 'execute':
      return afterExecute(model, event);
    case 'reply':
      return afterReply(model, event);
    case 'disconnect':
      return afterDisconnect(model, event.token);
    default:
      return model;
  }
}

function afterExecute(model: CommandsModel, { token, frame, command, elapsedUs }: Extract<TraceEvent, { kind: 'execute' }>): CommandsModel {
  const serving = model.serving.get(token);
  const charged = serving?.frame === frame ? model.serving.with(token, { ...serving, command }) : model.serving;
  const traced = changed(model.traced, command, (known) => ({
    ...known,
    calls: known.calls + 1,
    elapsedUs: known.elapsedUs + elapsedUs,
    maxUs: Math.max(known.maxUs, elapsedUs),
    clients: known.clients.with(token, { token, calls: (known.clients.get(token)?.calls ?? 0) + 1 }),
  }));
  return { ...model, traced, serving: charged };
}

function afterReply(model: CommandsModel, { token, frame, bytes }: Extract<TraceEvent, { kind: 'reply' }>): CommandsModel {
  const serving = model.serving.get(token);
  if (serving === undefined || serving.frame !== frame || serving.command === '') return model;
  const traced = changed(model.traced, serving.command, (known) => ({
    ...known,
    bytesRead: known.bytesRead + serving.bytes,
    bytesWritten: known.bytesWritten + bytes,
  }));
  return { ...model, traced, serving: model.serving.with(token, { ...serving, bytes: 0 }) };
}

/** There may be any number of former clients; their calls stay counted. */
function afterDisconnect(model: CommandsModel, token: number): CommandsModel {
  let { traced } = model;
  for (const [command, { clients }] of traced) {
    if (clients.get(token) === undefined) continue;
    traced = changed(traced, command, (known) => ({ ...known, clients: known.clients.without(token) }));
  }
  const serving = model.serving.without(token);
  return traced === model.traced && serving === model.serving ? model : { ...model, traced, serving };
}

function changed(traced: CommandsModel['traced'], command: string, change: (known: TracedCommand) => TracedCommand): CommandsModel['traced'] {
  return new Map(traced).set(command, change(traced.get(command) ?? NEVER_CALLED));
}

/** A command as the view shows it. */
export interface CommandRow {
  readonly name: string;
  readonly calls: number;
  readonly elapsedUs: number;
  /** Null: unknown, because the server has not been asked or keeps no times. */
  readonly times: CommandSnapshot['times'];
  readonly maxUs: number | null;
  readonly traced: TracedCommand;
  /** Events of some of its calls were dropped, or it was called before the trace began: the traced figures are incomplete. */
  readonly isPart: boolean;
}

/** The server's own figures if available, otherwise the traced ones. */
export function commandRows({ served, traced }: CommandsModel): readonly CommandRow[] {
  if (served === null) {
    return Array.from(traced, ([name, known]) => {
      const { calls, elapsedUs, maxUs } = known;
      return { name, calls, elapsedUs, times: null, maxUs, traced: known, isPart: false };
    });
  }
  return served.map(({ name, calls, elapsedUs, times }) => {
    const known = traced.get(name) ?? NEVER_CALLED;
    return { name, calls, elapsedUs, times, maxUs: times?.maxUs ?? null, traced: known, isPart: known.calls < calls };
  });
}
