import { describe, expect, test } from 'vitest';
import type { TraceBody } from '../../../src/server/trace/events.js';
import { Recorder } from '../../../src/server/trace/recorder.js';

function recording(budget = Infinity) {
  const counters = { turns: 0, commands: 0 };
  let nowUs = 0;
  const recorder = new Recorder(() => ++nowUs, () => ({ ...counters }), budget);
  return { recorder, counters, record: (body: TraceBody) => recorder.record(body, false), kinds: () => recorder.take().events.map(({ kind }) => kind) };
}

const begin = (turn: number): TraceBody => ({ kind: 'turn-begin', turn });
const wait: TraceBody = { kind: 'wait', timeoutMs: -1, why: 'no timer' };
const poll = (ready: number): TraceBody => ({ kind: 'poll', waitedUs: 1, ready, emulated: false });
const end = (turn: number): TraceBody => ({ kind: 'turn-end', turn, busyUs: 1, commands: 0 });
const ready: TraceBody = { kind: 'ready', token: 2, readiness: 1 };
const timer: TraceBody = { kind: 'timer', name: 'expire-cycle', lateUs: 0, elapsedUs: 1 };

describe('the recorder', () => {
  test('numbers and timestamps events in their order', () => {
    const { recorder, record } = recording();
    record(ready);
    record({ ...ready });
    expect(recorder.take().events.map(({ seq, atUs }) => [seq, atUs])).toEqual([[1, 1], [2, 2]]);
    expect(recorder.isEmpty).toBe(true);
  });

  test('discards turns in which nothing happened, but reports once that the loop goes to sleep', () => {
    const { record, kinds } = recording();
    for (const body of [begin(1), { ...wait }, poll(1), { ...ready }, end(1), begin(2), { ...wait }, poll(0), end(2), begin(3), { ...wait }, poll(0), end(3)]) record(body);
    expect(kinds()).toEqual(['turn-begin', 'wait', 'poll', 'ready', 'turn-end', 'turn-begin', 'wait']);
  });

  test('keeps the beginning of a quiet turn in which something happens later', () => {
    const { record, kinds } = recording();
    for (const body of [begin(1), { ...wait }, poll(0), { ...timer }, end(1)]) record(body);
    expect(kinds()).toEqual(['turn-begin', 'wait', 'poll', 'timer', 'turn-end']);
  });

  test('a turn in which replies were written is not quiet, though nothing was ready', () => {
    const { record, kinds } = recording();
    for (const body of [begin(1), { kind: 'write', token: 2, result: 5, of: 5 } as TraceBody, { ...wait }, poll(0), end(1)]) record(body);
    expect(kinds()).toEqual(['turn-begin', 'write', 'wait', 'poll', 'turn-end']);
  });

  test('discards nothing while stepping', () => {
    const { recorder } = recording();
    for (const body of [begin(1), poll(0), end(1)]) expect(recorder.record(body, true)?.kind).toBe(body.kind);
  });

  test('a batch taken while the tap is closed counts the events omitted so far, and the next one the rest', () => {
    const { recorder, counters, record } = recording(1);
    record({ ...ready });
    recorder.closed();
    counters.turns += 10;
    expect(recorder.take()).toMatchObject({ droppedTurns: 10, droppedCommands: 0 });
    counters.turns += 3;
    counters.commands += 2;
    recorder.opened();
    expect(recorder.take()).toMatchObject({ droppedTurns: 3, droppedCommands: 2 });
    expect(recorder.isEmpty).toBe(true);
  });

  test('counts turns and commands that pass while the tap is closed', () => {
    const { recorder, counters, record } = recording(2);
    record({ ...ready });
    expect(recorder.isSpent).toBe(false);
    record({ ...ready });
    expect(recorder.isSpent).toBe(true);
    recorder.closed();
    counters.turns += 10;
    counters.commands += 500;
    recorder.opened();
    expect(recorder.take()).toMatchObject({ droppedTurns: 10, droppedCommands: 500 });
    expect(recorder.take()).toEqual({ events: [], droppedTurns: 0, droppedCommands: 0, slow: [] });
  });

  test('slow events are reported also from dropped time, and not counted as dropped', () => {
    const { recorder, counters, record } = recording(1);
    record({ ...ready });
    recorder.closed();
    recorder.recordSlow({ kind: 'execute', token: 2, frame: 1, command: 'eval', elapsedUs: 5_000_000, keys: [], db: 0 });
    recorder.recordSlow({ kind: 'turn-end', turn: 9, busyUs: 5_000_100, commands: 1 });
    counters.turns += 2;
    counters.commands += 3_000_001;
    recorder.opened();
    const batch = recorder.take();
    expect(batch).toMatchObject({ droppedTurns: 1, droppedCommands: 3_000_000 });
    expect(batch.slow.map(({ kind }) => kind)).toEqual(['execute', 'turn-end']);
    expect(recorder.take().slow).toEqual([]);
  });

  test('an event is slow if it takes a millisecond, or longer than any before', () => {
    const { recorder, record } = recording();
    expect([recorder.slowExecuteUs, recorder.slowTurnUs]).toEqual([0, 0]);
    record({ kind: 'execute', token: 2, frame: 1, command: 'get', elapsedUs: 12, keys: [], db: 0 });
    record({ kind: 'turn-end', turn: 1, busyUs: 90, commands: 1 });
    expect([recorder.slowExecuteUs, recorder.slowTurnUs]).toEqual([12, 90]);
    record({ kind: 'execute', token: 2, frame: 1, command: 'sort', elapsedUs: 70_000, keys: [], db: 0 });
    expect(recorder.slowExecuteUs).toBe(1000);
  });
});
