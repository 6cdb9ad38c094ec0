/**
 * Hand-written traces: events with their time, as entries of the history.
 */
import type { TraceBody } from '../../src/server/trace/events.js';
import type { Snapshot, TraceEvent } from '../../src/server/index.js';
import type { Entry, Slice } from '../../src/tui/state/slice.js';

/** An event at `atUs` on the loop's clock. */
export function happened(atUs: number, body: TraceBody): Entry {
  return { type: 'event', event: eventAt(atUs, body) };
}

export function eventAt(atUs: number, body: TraceBody): TraceEvent {
  return { ...body, seq: 0, atUs };
}

export function dropped(turns: number, commands: number): Entry {
  return { type: 'dropped', turns, commands };
}

/** Only what counts: the totals and the time. */
export function snapshotAt(nowUs: number, { commands = 0, connections = 0, clientCount = 0, turn = 0 }): Entry {
  const stats = { connections, commands, bytesRead: 0, bytesWritten: 0, reads: 0, writes: 0, hits: 0, misses: 0, expired: 0, evicted: 0 };
  return { type: 'snapshot', snapshot: { nowMs: nowUs / 1000, nowUs, turn, clientCount, clients: [], databases: [], stats } as unknown as Snapshot };
}

export function after<S>(slice: Slice<S>, ...entries: readonly Entry[]): S {
  return entries.reduce((state, entry) => slice.reduce(state, entry), slice.initial);
}

/**
 * One turn in which token 7 asks for something: 30 µs of waiting, 2 of reading, 3 of decoding, 10 of executing. The next turn begins, and takes 5 more to write the
 * reply.
 */
export function served(turn: number, atUs: number, token = 7): readonly Entry[] {
  return [
    happened(atUs, { kind: 'turn-begin', turn }),
    happened(atUs, { kind: 'wait', timeoutMs: 83, why: 'expire cycle' }),
    happened(atUs + 30, { kind: 'poll', waitedUs: 30, ready: 1, emulated: false }),
    happened(atUs + 31, { kind: 'ready', token, readiness: 1 }),
    happened(atUs + 33, { kind: 'read', token, result: 27 }),
    happened(atUs + 36, { kind: 'frame', token, frame: 1, bytes: 27, argv: ['GET', 'greeting'], raw: '' }),
    happened(atUs + 46, { kind: 'execute', token, frame: 1, command: 'get', elapsedUs: 9, keys: ['greeting'], db: 0 }),
    happened(atUs + 46, { kind: 'reply', token, frame: 1, bytes: 11, raw: '' }),
    happened(atUs + 47, { kind: 'turn-end', turn, busyUs: 17, commands: 1 }),
    happened(atUs + 47, { kind: 'turn-begin', turn: turn + 1 }),
    happened(atUs + 52, { kind: 'write', token, result: 11, of: 11 }),
  ];
}

/** One turn in which only a timer ran, for 8 µs. */
export function ticked(turn: number, atUs: number): readonly Entry[] {
  return [
    happened(atUs, { kind: 'turn-begin', turn }),
    happened(atUs, { kind: 'wait', timeoutMs: 83, why: 'expire cycle' }),
    happened(atUs + 83_000, { kind: 'poll', waitedUs: 83_000, ready: 0, emulated: false }),
    happened(atUs + 83_009, { kind: 'timer', name: 'expire cycle', lateUs: 1, elapsedUs: 8 }),
    happened(atUs + 83_010, { kind: 'turn-end', turn, busyUs: 10, commands: 0 }),
  ];
}
