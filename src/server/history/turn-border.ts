/**
 * The state of a server at a border between two turns of its past, from which another server can begin.
 */
import { serializeState } from '../recording/state-bytes.js';
import { NO_SUCH_MOMENT, type RouteFinder } from './route-finder.js';
import { TapeStore } from './tape-store.js';
import { replayFrom } from './twin.js';

/** The whole server before a turn of the history, or after it, serialized. */
export function stateAt(finder: RouteFinder, turn: number, isAfter: boolean): Uint8Array<ArrayBuffer> {
  const { head, base, tape } = finder.at({ turn, event: 1 });
  const replay = replayFrom(head, base, new TapeStore(tape));
  const turns = isAfter ? turn : turn - 1;
  while (replay.server.loop.turnNumber < turns) if (!replay.turn()) throw new Error(NO_SUCH_MOMENT);
  return serializeState(replay.server.capture());
}
