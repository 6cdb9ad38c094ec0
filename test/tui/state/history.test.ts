import { expect, test } from 'vitest';
import type { TraceEvent } from '../../../src/server/index.js';
import { History, KEPT } from '../../../src/tui/state/history.js';

const DROPPED = { type: 'dropped', turns: 1, commands: 1 } as const;

function event(seq: number): { type: 'event'; event: TraceEvent } {
  const body = seq % 4 === 1 ? ({ kind: 'turn-begin', turn: Math.ceil(seq / 4) } as const) : ({ kind: 'poll', waitedUs: 1, ready: 0, emulated: false } as const);
  return { type: 'event', event: { ...body, seq, atUs: seq * 10 } };
}

function filled(count: number): History {
  const history = new History();
  for (let seq = 1; seq <= count; seq++) history.add(event(seq));
  return history;
}

test('each moment is the model as it was then', () => {
  const history = new History();
  const then = [history.newest];
  for (let seq = 1; seq <= 1200; seq++) {
    history.add(event(seq));
    then.push(history.newest);
  }
  for (const moment of [0, 1, 511, 512, 513, 1023, 1024, 1199, 1200]) expect(history.at(moment)).toEqual(then[moment]);
});

test('the last ten thousand entries are kept, and what was before is not missed', () => {
  const history = filled(KEPT * 2);
  const { oldest, newest } = history.range;
  expect(newest).toBe(KEPT * 2);
  expect(newest - oldest).toBeGreaterThanOrEqual(KEPT);
  expect(history.at(oldest).count).toBe(oldest);
  expect(history.at(newest - 1).atUs).toBe((newest - 1) * 10);
});

test('going back and forward stops at events, whatever else has come between', () => {
  const history = filled(3);
  history.add(DROPPED);
  history.add(event(4));
  history.add(DROPPED);
  expect(history.before(6, 'event')).toBe(3);
  expect(history.before(3, 'event')).toBe(2);
  expect(history.after(3, 'event')).toBe(5);
  expect(history.after(5, 'event')).toBeNull();
  expect(history.eventsSince(3)).toBe(1);
});

test('by turns it goes to where one begins', () => {
  const history = filled(10);
  expect(history.before(10, 'turn')).toBe(9);
  expect(history.before(9, 'turn')).toBe(5);
  expect(history.after(1, 'turn')).toBe(5);
});
