/**
 * Travelling against a past that only notes where it is asked to go, and answers when the test says so.
 */
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Destination, HistoryRange, Moment, Past, PastEvent, SnapshotRequest, TraceBody, Visit } from '../../src/server/index.js';
import { History } from '../../src/tui/state/history.js';
import { NOWHERE, TimeTravel } from '../../src/tui/time-travel.js';

const EVENTS = 5;
const RANGE: HistoryRange = {
  oldest: { turn: 3, event: 1 }, newest: { turn: 20, event: 1 }, oldestMs: 0, newestMs: 1000, oldestCommand: 1, newestCommand: 50, bytes: 0, isWhole: false, off: null,
};
const REQUEST: SnapshotRequest = { keys: { db: 0, offset: 0, limit: 1, order: 'name', match: '*' }, clients: 1 };

class FakePast {
  range = RANGE;
  readonly visits: { readonly to: Destination; answer(): void; refuse(message: string): void }[] = [];
  readonly looks: SnapshotRequest[] = [];
  departures = 0;
  private readonly listeners = new Set<(range: HistoryRange) => void>();

  onGrow(listener: (range: HistoryRange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  grow(range: Partial<HistoryRange>): void {
    this.range = { ...this.range, ...range };
    for (const listener of this.listeners) listener(this.range);
  }

  visit(to: Destination): Promise<Visit> {
    return new Promise((resolve, reject) => {
      this.visits.push({ to, answer: () => resolve(visitOf(arrivalOf(to))), refuse: (message) => reject(new Error(message)) });
    });
  }

  async look(request: SnapshotRequest): Promise<Visit['snapshot']> {
    this.looks.push(request);
    return { nowMs: 7 } as Visit['snapshot'];
  }

  async leave(): Promise<void> {
    this.departures++;
  }
}

function arrivalOf(to: Destination): Moment {
  if ('from' in to) return 'by' in to && to.direction === 'forward' ? { turn: to.from.turn, event: to.from.event + 1 } : { turn: to.from.turn - 1, event: 5 };
  if (!('turn' in to)) return { turn: 9, event: 2 };
  return 'event' in to ? { turn: to.turn, event: Math.min(to.event, EVENTS) } : { turn: to.turn, event: 1 };
}

/** Has seen its turn, and the one before. */
function visitOf(moment: Moment): Visit {
  const all = [moment.turn - 1, moment.turn].flatMap((turn) => Array.from({ length: EVENTS }, (_, i) => ({ turn, event: i + 1 })));
  const events = all.slice(0, EVENTS + moment.event).filter(({ turn }) => turn >= RANGE.oldest.turn).map((each) => ({ kind: 'ready', moment: each }) as PastEvent);
  return { moment, unixMs: 0, events, snapshot: { nowMs: 0 } as Visit['snapshot'], writer: null };
}

let past: FakePast;
let recorded: History;
let shown: string[];
let underWay: string[];
let travel: TimeTravel;

beforeEach(() => {
  past = new FakePast();
  recorded = new History();
  shown = [];
  underWay = [];
  let seq = 0;
  const bodies: TraceBody[] = [{ kind: 'turn-begin', turn: 20 }, { kind: 'poll', waitedUs: 1, ready: 0, emulated: false }, { kind: 'turn-end', turn: 20, busyUs: 1, commands: 0 }];
  for (const body of bodies) recorded.add({ type: 'event', event: { ...body, seq: ++seq, atUs: seq } });
  travel = new TimeTravel({
    noHistory: '',
    language: 'en',
    past: past as unknown as Past,
    recorded,
    request: () => REQUEST,
    arrived: ({ moment: { turn, event } }) => void shown.push(`${turn}.${event}`),
    underWay: (how) => void underWay.push(String(how)),
  });
});

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function answer(): Promise<void> {
  await settled();
  past.visits.shift()!.answer();
  await settled();
}

test('from now it goes to the event before the newest that is shown, and from there over the events that the visit has seen', async () => {
  const first = travel.go({ back: 'event' });
  await answer();
  expect([await first, ...shown]).toEqual([null, '20.2']);
  for (let i = 0; i < 3; i++) void travel.go({ back: 'event' });
  await answer();
  // The first of them went at once, the others together.
  await answer();
  expect(shown).toEqual(['20.2', '20.1', '19.4']);
  expect(past.visits).toEqual([]);
});

test('beyond what a visit has seen it goes on from there, and at the oldest event there is nothing before', async () => {
  const gone = Promise.all(Array.from({ length: 14 }, () => travel.go({ back: 'event' })));
  for (let visits = 0; visits < 4; visits++) await answer();
  expect(await gone).toEqual(Array.from({ length: 14 }, () => null));
  expect(shown).toEqual(['20.2', '19.1', '18.1', '17.4']);
  void travel.go({ to: 'oldest' });
  await answer();
  const before = travel.go({ back: 'event' });
  await settled();
  expect(past.visits[0]!.to).toEqual({ from: { turn: 3, event: 1 }, by: 'event', direction: 'back' });
  past.visits.shift()!.refuse(NOWHERE);
  expect(await before).toBe(NOWHERE);
});

test('what was not recorded is asked of the twin: it goes to the end, and back from there', async () => {
  recorded.add({ type: 'dropped', turns: 1, commands: 1 });
  void travel.go({ back: 'event' });
  await settled();
  expect(past.visits[0]!.to).toEqual({ turn: 20, event: Infinity });
  await answer();
  await answer();
  expect(shown).toEqual(['20.5', '20.4']);
});

test('turns that wait together are one visit, which ends at the oldest', async () => {
  void travel.go({ back: 'turn' });
  await answer();
  void travel.go({ back: 'turn' });
  void travel.go({ back: 'turn' });
  void travel.go({ back: 'turn' });
  await answer();
  await answer();
  expect(shown).toEqual(['20.1', '19.1', '17.1']);
  const far = Array.from({ length: 40 }, () => travel.go({ back: 'turn' }));
  await answer();
  await answer();
  expect(shown.slice(3)).toEqual(['16.1', '3.1']);
  expect(await Promise.all(far)).toEqual(far.map(() => null));
  expect(await travel.go({ back: 'turn' })).toBe(NOWHERE);
});

test('forward, one after the other; where there is nothing the moment stays, and other windows of it are fetched by going there again', async () => {
  void travel.go({ to: { turn: 5, event: 2 } });
  await answer();
  void travel.go({ forward: 'event' });
  const last = travel.go({ forward: { token: 3, key: 'k' } });
  await answer();
  await settled();
  expect(past.visits[0]!.to).toEqual({ from: { turn: 5, event: 3 }, request: { token: 3 } });
  past.visits.shift()!.refuse(NOWHERE);
  expect(await last).toBe(NOWHERE);
  expect(shown).toEqual(['5.2', '5.3']);
  const look = travel.look({ ...REQUEST, clients: 9 });
  await settled();
  expect(past.visits[0]!.to).toEqual({ turn: 5, event: 3 });
  await answer();
  await look;
  await travel.look({ ...REQUEST, clients: 8 });
  expect(past.looks).toEqual([{ ...REQUEST, clients: 8 }]);
  expect(shown.slice(2)).toEqual(['5.3', '5.3']);
});

test('leaving cancels a visit in progress and those that wait', async () => {
  const gone = [travel.go({ back: 'event' }), travel.go({ back: 'event' }), travel.go({ forward: 'turn' })];
  await settled();
  travel.leave();
  await answer();
  expect(await Promise.all(gone)).toEqual([null, null, null]);
  expect([shown, past.visits, past.departures, underWay.at(-1)]).toEqual([[], [], 1, 'null']);
  void travel.go({ back: 'event' });
  await answer();
  expect(shown).toEqual(['20.2']);
});

test('a long visit is shown as in progress; brief ones in a row are not', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  for (let i = 0; i < 5; i++) {
    void travel.go({ forward: 'event' });
    void travel.go({ back: 'event' });
    await settled();
    vi.advanceTimersByTime(100);
    await answer();
  }
  expect(underWay).not.toContain('slow');
  void travel.go({ to: 'oldest' });
  await settled();
  vi.advanceTimersByTime(200);
  expect(underWay.at(-1)).toBe('slow');
  while (past.visits.length > 0) await answer();
  expect(underWay.at(-1)).toBe('null');
  // Who has left meanwhile is told of it no more.
  void travel.go({ to: 'oldest' });
  await settled();
  travel.leave();
  vi.advanceTimersByTime(500);
  expect(underWay.slice(-2)).toEqual(['brief', 'null']);
});

test('it waits until the follower has reached the moment to visit, or the past is left', async () => {
  past.range = { ...RANGE, newest: { turn: 4, event: 1 } };
  void travel.go({ back: 'event' });
  await settled();
  expect(past.visits).toEqual([]);
  past.grow({ newest: { turn: 19, event: 1 } });
  await settled();
  expect(past.visits).toEqual([]);
  past.grow({ newest: { turn: 20, event: 1 } });
  await answer();
  expect(shown).toEqual(['20.2']);
  travel.leave();
  past.range = { ...RANGE, newest: { turn: 4, event: 1 } };
  const gone = travel.go({ back: 'event' });
  await settled();
  travel.leave();
  expect(await gone).toBeNull();
  expect(past.visits).toEqual([]);
});

test('without a history, or at its end, the reason is shown', async () => {
  past.grow({ off: 'going back is off: the dataset (70 MB) does not fit into a history of 64 MB' });
  expect(await travel.go({ back: 'event' })).toMatch(/^going back is off: the dataset/);
  const none = new TimeTravel({ past: null, noHistory: 'going back is off: --history 64mb gives it memory', language: 'en', recorded, request: () => REQUEST, arrived: () => {}, underWay: () => {} });
  expect(await none.go({ to: 'oldest' })).toBe('going back is off: --history 64mb gives it memory');
});
