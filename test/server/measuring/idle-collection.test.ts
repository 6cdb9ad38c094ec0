/** IdleCollection, with timers that the test runs and a heap that counts its collections. */
import { beforeEach, expect, test } from 'vitest';
import { ACTIVITY_PHASES, PHASE_MASK, STATE } from '../../../src/server/loop/activity.js';
import { IdleCollection } from '../../../src/server/measuring/idle-collection.js';
import { simulate } from '../simulation/harness.js';

const MB = 2 ** 20;

let timers: { readonly delayMs: number; readonly run: () => void }[];
let usedMb: number;
let collections: number;
let isBusy: boolean;
let commands: number;
let pauses: number[];
let repeats: boolean[];
let collection: IdleCollection;

function create(): IdleCollection {
  let us = 0;
  const add = (delayMs: number, run: () => void) => {
    timers.push({ delayMs, run });
    return { dueUs: delayMs * 1000, order: timers.length };
  };
  return new IdleCollection({
    heap: { limit: 1000 * MB, used: () => 0, collect: () => void collections++ },
    scheduler: {
      after: (_, delayMs, run) => add(delayMs, run),
      restore: (_, { dueUs }, run) => add(dueUs / 1000, run),
      cancel: () => void timers.pop(),
    },
    usedBytes: () => usedMb * MB,
    isBusy: () => isBusy,
    commands: () => commands,
    readUs: () => (us += 1500),
    collecting: () => {},
    collected: (pauseMs, _before, _after, isRepeat) => void (pauses.push(pauseMs), repeats.push(isRepeat)),
  });
}

/** A small keyspace is to be collected again. */
const REPEAT = [expect.objectContaining({ delayMs: 100 })];

beforeEach(() => {
  timers = [];
  usedMb = collections = commands = 0;
  isBusy = false;
  pauses = [];
  repeats = [];
  collection = create();
});

/** A command has left this many MB, and is one of those that are noted. */
function command(mb: number): void {
  usedMb = mb;
  collection.note(mb * MB);
}

/** Runs the timer, of which there is at most one. */
function runTimer(): void {
  expect(timers).toHaveLength(1);
  timers.pop()!.run();
}

test('a small keyspace sets no timer', () => {
  command(7);
  command(1);
  expect(timers).toEqual([]);
});

test('a keyspace of which half is gone is collected once, and the pause is reported', () => {
  command(100);
  usedMb = 50;
  runTimer();
  expect({ collections, pauses, timers }).toEqual({ collections: 1, pauses: [1.5], timers: REPEAT });
});

test('one that keeps more than half is not collected, and looked at again only after another command', () => {
  command(100);
  runTimer();
  expect({ collections, timers }).toEqual({ collections: 0, timers: [] });
  command(51);
  runTimer();
  expect(collections).toBe(0);
  command(49);
  runTimer();
  expect(collections).toBe(1);
});

test('what was asked for is collected at once, whatever has become smaller', () => {
  command(200);
  collection.want();
  expect(timers).toMatchObject([{ delayMs: 0 }]);
  runTimer();
  expect({ collections, timers }).toEqual({ collections: 1, timers: [] });
});

test('a small keyspace is collected twice more, unless clients are ready; a large one is not', () => {
  usedMb = 128;
  collection.want();
  const delays: number[] = [];
  for (; timers.length > 0; runTimer()) delays.push(timers[0]!.delayMs);
  expect({ collections, delays, repeats }).toEqual({ collections: 3, delays: [0, 100, 5800], repeats: [false, true, true] });
  collection.want();
  runTimer();
  isBusy = true;
  runTimer();
  expect({ collections, timers }).toEqual({ collections: 4, timers: [] });
  isBusy = false;
  usedMb = 129;
  collection.want();
  runTimer();
  expect({ collections, timers }).toEqual({ collections: 5, timers: [] });
});

test('what was asked for waits for clients, also in a server that was restored', () => {
  isBusy = true;
  collection.want();
  runTimer();
  const state = collection.capture();
  timers = [];
  isBusy = false;
  collection = create();
  collection.restore(state);
  runTimer();
  expect({ collections, timers, isWanted: collection.capture().isWanted }).toEqual({ collections: 1, timers: REPEAT, isWanted: false });
});

test('a command that was not noted, soon after a look, is found by the next look', () => {
  command(100);
  command(100);
  runTimer();
  usedMb = 10;
  runTimer();
  expect({ collections, timers }).toEqual({ collections: 1, timers: REPEAT });
});

test('nothing is collected while clients are ready', () => {
  command(100);
  usedMb = 0;
  isBusy = true;
  runTimer();
  runTimer();
  expect(collections).toBe(0);
  isBusy = false;
  runTimer();
  expect(collections).toBe(1);
});

test('nor while they send more than a thousand commands a second, though none is ready', () => {
  command(100);
  usedMb = 0;
  commands = 1001;
  runTimer();
  expect({ collections, timers }).toEqual({ collections: 0, timers: [expect.objectContaining({ delayMs: 100 })] });
  commands += 101;
  const state = collection.capture();
  timers = [];
  collection = create();
  collection.restore(state);
  runTimer();
  expect(collections).toBe(0);
  commands += 100;
  runTimer();
  expect(collections).toBe(1);
});

test('but half a minute of them is enough', () => {
  command(100);
  usedMb = 0;
  let looks = 0;
  for (; collections === 0 && looks < 1000; looks++) {
    commands += 2000;
    runTimer();
  }
  // 300 that put it off, and the one that collects.
  expect(looks).toBe(301);
  command(100);
  usedMb = 0;
  commands += 2000;
  runTimer();
  expect(collections).toBe(1);
});

test('unless it was asked for', () => {
  command(100);
  collection.want();
  commands = 10_000;
  runTimer();
  expect(collections).toBe(1);
});

test('nor if the keyspace has grown again meanwhile', () => {
  command(100);
  usedMb = 0;
  isBusy = true;
  runTimer();
  isBusy = false;
  usedMb = 90;
  runTimer();
  expect({ collections, timers }).toEqual({ collections: 0, timers: [] });
});

test('a restored server does the collection that was due', () => {
  command(100);
  usedMb = 0;
  const state = collection.capture();
  timers = [];
  collection = create();
  collection.restore(state);
  runTimer();
  expect({ collections, timers }).toEqual({ collections: 1, timers: REPEAT });
});

const counting = () => ({ limit: 1000 * MB, used: () => 0, collect: () => void collections++ });

test.each([{ isVirtual: false }, { isVirtual: true }])('keys that expire without a command are noticed, virtual clock: $isVirtual', ({ isVirtual }) => {
  using lab = simulate({ heap: counting(), isVirtual });
  const client = lab.connect();
  client.ask('SETRANGE', 'big', String(40 * MB), 'x');
  client.ask('PEXPIRE', 'big', '30000');
  lab.advance(29_000);
  expect(collections).toBe(0);
  lab.advance(2500);
  // And once more, as it is small.
  expect(collections).toBe(2);
});

test('a virtual clock is moved by years in few turns, with a large keyspace and a key that expires then', () => {
  using lab = simulate({ heap: counting(), isVirtual: true });
  const client = lab.connect();
  client.ask('SETRANGE', 'big', String(40 * MB), 'x');
  client.ask('SET', 'k', 'v', 'EX', '100000000');
  const { turnNumber } = lab.server.loop;
  lab.advance(200_000_000_000);
  expect(lab.server.loop.turnNumber - turnNumber).toBeLessThan(20);
});

test('dropped buffers are collected if they are as much as the keyspace, once no more are dropped', () => {
  command(50);
  runTimer();
  collection.dropped(31 * MB);
  expect(timers).toEqual([]);
  collection.dropped(MB);
  runTimer();
  expect({ collections, timers }).toEqual({ collections: 0, timers: [] });
  collection.dropped(10 * MB);
  collection.dropped(10 * MB);
  runTimer();
  expect(collections).toBe(0);
  runTimer();
  expect({ collections, timers }).toEqual({ collections: 1, timers: REPEAT });
});

test('a large reply is garbage once it was sent', () => {
  using lab = simulate({ heap: counting() });
  const client = lab.connect();
  client.ask('SETRANGE', 'big', String(33 * MB), 'x');
  client.ask('GETRANGE', 'big', '0', '500000');
  lab.advance(5000);
  expect(collections).toBe(0);
  client.ask('GET', 'big');
  lab.advance(2500);
  expect(collections).toBe(2);
  lab.advance(60_000);
  expect(collections).toBe(3);
});

test('MEMORY PURGE collects once no client is ready', () => {
  using lab = simulate({ heap: counting() });
  expect(lab.connect().ask('MEMORY', 'PURGE')).toBe('+OK\r\n');
  expect(collections).toBe(0);
  lab.advance(150);
  expect(collections).toBe(1);
  lab.advance(60_000);
  expect(collections).toBe(3);
});

test('the activity names the collection while it runs', () => {
  const phases: (string | undefined)[] = [];
  const heap = { ...counting(), collect: () => void phases.push(ACTIVITY_PHASES[lab.activityWords[STATE]! & PHASE_MASK]) };
  using lab = simulate({ heap });
  const client = lab.connect();
  client.ask('SETRANGE', 'big', String(40 * MB), 'x');
  client.ask('FLUSHALL');
  lab.advance(2000);
  expect(phases).toEqual(['collect', 'collect']);
});

test('while a client is ready when the timer is due, it is served first and the collection waits', () => {
  using lab = simulate({ heap: counting() });
  const client = lab.connect();
  client.ask('SETRANGE', 'big', String(40 * MB), 'x');
  client.ask('FLUSHALL');
  lab.clock.advance(3000);
  client.sendCommand('PING');
  lab.turn();
  expect(collections).toBe(0);
  lab.advance(150);
  expect(collections).toBe(1);
});
