import { expect, test } from 'vitest';
import type { TraceEvent } from '../../../src/server/index.js';
import { Stepper } from '../../../src/server/trace/stepping.js';
import { History, KEPT } from '../../../src/tui/state/history.js';
import type { Goal } from '../../../src/tui/state/state.js';
import { stage } from '../scene.js';

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
  expect([1, 3, 4, 5, 6].map((moment) => history.positionOf(moment))).toEqual([1, 3, 3, 4, 4].map((at) => ({ at, of: 4 })));
});

test('by turns it goes to where one begins', () => {
  const history = filled(10);
  expect(history.before(10, 'turn')).toBe(9);
  expect(history.before(9, 'turn')).toBe(5);
  expect(history.after(1, 'turn')).toBe(5);
});

test('before the oldest event there is nothing to go back to', () => {
  const history = new History();
  history.add(DROPPED);
  expect([history.before(1, 'event'), history.after(0, 'event')]).toEqual([null, null]);
  history.add(event(1));
  expect([history.before(2, 'event'), history.before(2, 'turn'), history.after(0, 'event')]).toEqual([null, null, 2]);
});

test('positions count the events that are kept, also when some have been forgotten', () => {
  const history = filled(KEPT * 2);
  const { oldest, newest } = history.range;
  expect(history.positionOf(newest)).toEqual({ at: newest - oldest, of: newest - oldest });
  expect(history.positionOf(oldest + 1)).toEqual({ at: 1, of: newest - oldest });
});

test('forward, it stops where a step or a run of the loop would have stopped', () => {
  using scene = stage();
  const [one, other] = [scene.connect(), scene.connect()];
  one.ask('SET', 'k', '1');
  other.ask('COMMAND', 'COUNT');
  one.ask('INCR', 'k');
  other.ask('GET', 'k');
  const history = new History();
  const entries = scene.entries.map((entry) => (history.add(entry), entry));
  const events = entries.flatMap((entry) => (entry.type === 'event' ? [entry.event] : []));
  const tokens = [...new Set(events.flatMap((each) => (each.kind === 'frame' ? [each.token] : [])))];
  /** The events at which it stops, going on from the beginning until there is nothing more. */
  const stops = (goal: Goal): TraceEvent[] => {
    const found: TraceEvent[] = [];
    for (let moment = history.after(0, goal); moment !== null; moment = history.after(moment, goal)) {
      const entry = entries[moment - 1]!;
      if (entry.type === 'event') found.push(entry.event);
    }
    return found;
  };
  const held: TraceEvent[] = [];
  const stepper = new Stepper({ keysOf: () => [], matchesGlob: () => false }, (each) => void (held.push(each), stepper.step('phase')));
  stepper.step('phase');
  for (const each of events) stepper.pass(each);
  expect(stops('event')).toEqual(events);
  expect(stops('phase')).toEqual(held);
  expect(stops('command').map((each) => each.kind === 'execute' && each.command)).toEqual(['set', 'command|count', 'incr', 'get']);
  expect(stops('turn')).toEqual(events.filter(({ kind }) => kind === 'turn-begin'));
  expect(stops({}).map((each) => each.kind === 'frame' && each.argv[0])).toEqual(['SET', 'INCR', 'GET']);
  expect(stops({ token: tokens[1]! }).map((each) => each.kind === 'frame' && each.argv[0])).toEqual(['GET']);
});
