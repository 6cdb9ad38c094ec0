import { expect, test } from 'vitest';
import type { Moment, PastEvent, TraceEvent } from '../../../src/server/index.js';
import { takeSnapshot, type Snapshot } from '../../../src/server/snapshot.js';
import { History, KEPT } from '../../../src/tui/state/history.js';
import { initialModel, reduceModel, type Model } from '../../../src/tui/state/model/model.js';
import type { Entry } from '../../../src/tui/state/slice.js';
import { stage, type Scene } from '../scene.js';

const DROPPED: Entry = { type: 'dropped', turns: 1, commands: 1 };
const EVENTS = 4;

function entry(seq: number): Entry & { readonly type: 'event' } {
  const body = seq % EVENTS === 1 ? ({ kind: 'turn-begin', turn: Math.ceil(seq / EVENTS) } as const) : ({ kind: 'poll', waitedUs: 1, ready: 0, emulated: false } as const);
  return { type: 'event', event: { ...body, seq, atUs: seq * 10 } };
}

function filled(count: number): History {
  const history = new History();
  for (let seq = 1; seq <= count; seq++) history.add(entry(seq));
  return history;
}

function snapshotOf({ lab }: Scene): Snapshot {
  return takeSnapshot(lab.server, { keys: { db: 0, offset: 0, limit: 10, order: 'name', match: '*' }, clients: 10 });
}

/** As a visit would tell of them. */
function past(events: readonly TraceEvent[]): PastEvent[] {
  let moment: Moment = { turn: 0, event: 0 };
  return events.map((event) => {
    moment = event.kind === 'turn-begin' ? { turn: event.turn, event: 1 } : { turn: moment.turn, event: moment.event + 1 };
    return { ...event, moment };
  });
}

const after = (entries: readonly Entry[]): Model => entries.reduce(reduceModel, initialModel);

test('the model of a moment is the one that was recorded, with its times, corrected by the snapshot of the visit', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('SET', 'k', '1');
  client.ask('INCR', 'k');
  const history = new History();
  for (const each of scene.entries) history.add(each);
  const snapshot = snapshotOf(scene);
  const events = past(scene.entries.flatMap((each) => (each.type === 'event' ? [each.event] : [])));
  const at = events.findIndex(({ kind }) => kind === 'execute');
  const untimed = events.slice(0, at + 1).map((event) => ({ ...event, seq: event.seq + 5000, atUs: 0 }));
  const upTo = scene.entries.findIndex((each) => each.type === 'event' && each.event.seq === events[at]!.seq);
  expect(history.modelOf({ moment: events[at]!.moment, events: untimed }, snapshot)).toEqual({ model: after([...scene.entries.slice(0, upTo + 1), { type: 'snapshot', snapshot }]), isTimed: true });
});

test('what was not recorded is what the visit has seen, with rows that are known again at the next visit', () => {
  using scene = stage();
  scene.connect().ask('SET', 'k', '1');
  const snapshot = snapshotOf(scene);
  const events = past(scene.entries.flatMap((each) => (each.type === 'event' ? [each.event] : [])));
  const { moment } = events.at(-1)!;
  const one = new History().modelOf({ moment, events }, snapshot);
  const other = new History().modelOf({ moment, events: events.map((event) => ({ ...event, seq: event.seq + 700 })) }, snapshot);
  expect(one).toEqual(other);
  expect(one.isTimed).toBe(false);
  expect(one.model.frames.rows.items()).toMatchObject([{ kind: 'request', argv: ['SET', 'k', '1'] }, { kind: 'reply' }]);
  expect(one.model.keyspace.rows).toMatchObject([{ key: 'k' }]);
});

test('something else that was recorded in its place does not count', () => {
  const history = filled(10);
  const events: PastEvent[] = past([{ kind: 'turn-begin', turn: 2, seq: 1, atUs: 0 }, { kind: 'turn-end', turn: 2, busyUs: 1, commands: 0, seq: 2, atUs: 7 }]);
  using scene = stage();
  expect(history.modelOf({ moment: { turn: 2, event: 2 }, events }, snapshotOf(scene)).model.loop.event).toMatchObject({ kind: 'turn-end', atUs: 7 });
});

test('any of ten thousand moments is known again, and what was before is not missed', () => {
  const history = filled(KEPT * 2);
  using scene = stage();
  const snapshot = snapshotOf(scene);
  const countAt = (seq: number): number => {
    const moment = { turn: Math.ceil(seq / EVENTS), event: ((seq - 1) % EVENTS) + 1 };
    return history.modelOf({ moment, events: [{ ...entry(seq).event, moment }] }, snapshot).model.count;
  };
  for (const seq of [KEPT + 1, KEPT + 512, KEPT + 513, 2 * KEPT - 1, 2 * KEPT]) expect(countAt(seq)).toBe(seq + 1);
  expect(countAt(EVENTS)).toBe(2);
});

test('moments are counted from the beginning of their turn, without faults; beyond what was dropped they are not known', () => {
  const history = filled(6);
  const fault: TraceEvent = { kind: 'fault', token: 2, id: 1, fault: 'slice 1', effect: '', seq: 7, atUs: 70 };
  history.add({ type: 'event', event: fault });
  history.add({ type: 'event', event: { ...entry(7).event, seq: 8 } });
  expect([1, 4, 5, 6, 8].map((seq) => history.momentOf(seq))).toEqual([{ turn: 1, event: 1 }, { turn: 1, event: 4 }, { turn: 2, event: 1 }, { turn: 2, event: 2 }, { turn: 2, event: 3 }]);
  expect([0, 1, 2, 3].map((count) => history.momentBefore(count))).toEqual([{ turn: 2, event: 3 }, { turn: 2, event: 2 }, { turn: 2, event: 1 }, { turn: 1, event: 4 }]);
  expect([history.momentOf(99), history.momentBefore(99)]).toEqual([null, null]);
  history.add(DROPPED);
  history.add({ type: 'event', event: { ...entry(8).event, seq: 9 } });
  expect([history.momentOf(9), history.momentBefore(0), history.momentBefore(1)]).toEqual([null, null, null]);
});
