/**
 * The state of a server at a past moment, from which another server can start.
 */
import { serializeState } from '../recording/state-bytes.js';
import type { Server } from '../server.js';
import type { TraceEvent } from '../trace/events.js';
import type { Goal } from './goal.js';
import type { Dropped, Moment } from './moment.js';
import type { HeldTurn } from './protocol.js';
import { NO_SUCH_MOMENT, type RouteFinder } from './route-finder.js';
import { TapeStore } from './tape-store.js';
import { replayFrom, Twin } from './twin.js';

/** How long the rest of a read may take. */
const LIMIT_MS = 2000;

/** No connection has this token. */
const NOBODY = 0;

/** What a fork starts from. */
export interface ForkState {
  /** The whole server, serialized. */
  readonly state: Uint8Array<ArrayBuffer>;
  /** The moment, between two commands. */
  readonly asOf: Moment;
  readonly dropped: Dropped | null;
}

/** Returns the state before a turn. */
export function stateBefore(finder: RouteFinder, turn: number): ForkState {
  const { head, base, tape } = finder.at({ turn, event: 1 });
  const replay = replayFrom(head, base, new TapeStore(tape));
  while (replay.server.loop.turnNumber < turn - 1) if (!replay.turn()) throw new Error(NO_SUCH_MOMENT);
  return { state: serializeState(replay.server.capture()), asOf: { turn, event: 0 }, dropped: null };
}

/**
 * Returns the last moment between two commands in a turn that has not ended. What follows the request at which the loop is held would be replayed as well, as
 * long as it reads no input.
 */
export function lastBorder(finder: RouteFinder, { turn, before }: HeldTurn): Moment {
  const goal: Goal = before === null ? { kind: 'at', moment: { turn, event: Infinity } } : { kind: 'first', after: { turn, event: 0 }, where: before };
  const route = { ...finder.at({ turn, event: 1 }), goal };
  const twin: Twin = new Twin(route, new TapeStore(route.tape), () => twin.abandon());
  twin.run();
  return twin.borders.last;
}

/** Returns the state at a moment between two commands. */
export function stateAt(finder: RouteFinder, asOf: Moment): ForkState {
  if (asOf.event <= 1) return stateBefore(finder, asOf.turn);
  const route = finder.at(asOf);
  let result: ForkState | null = null;
  const twin = new Twin(route, new TapeStore(route.tape), () => {
    if (twin.isThere) result = twin.replay.detach(LIMIT_MS, (server) => capture(server, twin.trail.last!.event, asOf));
    twin.abandon();
  });
  twin.run();
  if (result === null) throw new Error(NO_SUCH_MOMENT);
  return result;
}

function capture(server: Server, event: TraceEvent, asOf: Moment): ForkState {
  const served = servedAfter(event);
  const { state, droppedBytes } = server.captureWithin(served?.token ?? NOBODY, served?.isDecoded ?? false);
  const token = event.kind === 'read' ? event.token : (served?.token ?? NOBODY);
  const bytes = event.kind === 'read' && typeof event.result === 'number' ? event.result : droppedBytes;
  return { state: serializeState(state), asOf, dropped: bytes === 0 ? null : { token, bytes } };
}

/** Returns the client whose requests are decoded and executed after this event, and whether the next one to execute is decoded, at least in part. */
function servedAfter(event: TraceEvent): { readonly token: number; readonly isDecoded: boolean } | null {
  switch (event.kind) {
    case 'frame':
    case 'frame-partial':
      return { token: event.token, isDecoded: true };
    case 'execute':
    case 'reply':
      return { token: event.token, isDecoded: false };
    default:
      return null;
  }
}
