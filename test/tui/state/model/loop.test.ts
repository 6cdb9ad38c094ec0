import { expect, test } from 'vitest';
import { BUSY_WINDOW, isAsleep, loopSlice, percentilesOf, shownTurn } from '../../../../src/tui/state/model/loop.js';
import { after, dropped, happened, served, snapshotAt, ticked } from '../../happened.js';

const begin = (turn: number, atUs: number) => happened(atUs, { kind: 'turn-begin', turn });
const wait = (atUs: number) => happened(atUs, { kind: 'wait', timeoutMs: -1, why: 'no timer' });
const poll = (atUs: number, ready: number) => happened(atUs, { kind: 'poll', waitedUs: 1, ready, emulated: false });
const end = (atUs: number, turn: number) => happened(atUs, { kind: 'turn-end', turn, busyUs: 1, commands: 0 });

test('the time between two events is the time of the later one, and waiting is separate', () => {
  const { turn } = after(loopSlice, ...served(1, 0).slice(0, -2));
  expect(turn).toEqual({
    turn: 1, timeoutMs: 83, why: 'expire cycle', waitedUs: 30, ready: 1, busyUs: 17, commands: 1,
    times: { accept: 0, read: 2, decode: 3, execute: 10, write: 0, timers: 0 }, flushUs: 0, repliesUs: 0,
  });
});

test('the next turn begins with writing the replies, and until it has waited the turn before is drawn with them', () => {
  const loop = after(loopSlice, ...served(1, 0), wait(60));
  expect(loop.turn).toMatchObject({ turn: 2, waitedUs: null, times: { write: 5 } });
  expect(loop.last).toMatchObject({ turn: 1, times: { write: 0 }, repliesUs: 5 });
  expect(shownTurn(loop, false)).toMatchObject({ turn: 1, times: { execute: 10, write: 5 } });
});

test('under load a turn is drawn with its own replies, not with those that it began with', () => {
  const loop = after(loopSlice, ...served(1, 0), ...served(2, 60).slice(1));
  expect(loop.last).toMatchObject({ turn: 2, flushUs: 5, repliesUs: 5, times: { write: 5 } });
  expect(shownTurn(loop, true)).toMatchObject({ turn: 2, times: { write: 5 } });
});

test('a turn that only writes what the one before has answered does not take its place', () => {
  expect(shownTurn(after(loopSlice, ...served(1, 0), wait(60), poll(90, 0), end(91, 2), begin(3, 91), wait(91)), true)).toMatchObject({ turn: 1, repliesUs: 5 });
});

test('the time of a script until other clients are served is executing time, and their time is separate', () => {
  const within = (atUs: number) => happened(atUs, { kind: 'poll', waitedUs: 0, ready: 1, emulated: false, within: true });
  const read = (atUs: number) => happened(atUs, { kind: 'read', token: 8, result: 14 });
  const { turn } = after(loopSlice, begin(1, 0), wait(0), poll(1, 1), within(5_000_001), read(5_000_003), within(9_000_003), happened(9_000_010, { kind: 'execute', token: 7, frame: 1, command: 'eval', elapsedUs: 9_000_000, keys: [], db: 0 }));
  expect(turn).toMatchObject({ waitedUs: 1, times: { execute: 9_000_007, read: 2 } });
});

test('a timer counts with its own time, whatever else happened before it', () => {
  expect(after(loopSlice, ...ticked(1, 0)).turn!.times).toEqual({ accept: 0, read: 0, decode: 0, execute: 0, write: 0, timers: 8 });
});

test('a key that expires lazily is part of executing, one that the cycle finds is part of the timers', () => {
  const expired = (how: 'lazy' | 'active') => after(loopSlice, begin(1, 0), happened(7, { kind: 'expire', db: 0, key: 'k', how })).turn!.times;
  expect(expired('lazy')).toMatchObject({ execute: 7, timers: 0 });
  expect(expired('active')).toMatchObject({ execute: 0, timers: 7 });
});

test('while the loop runs, the last turn that served a client stays visible; while it is held, the current turn is shown', () => {
  const loop = after(loopSlice, ...served(1, 0), ...ticked(2, 60));
  expect(shownTurn(loop, true)!.turn).toBe(1);
  expect(shownTurn(loop, false)!.turn).toBe(2);
  expect(shownTurn(after(loopSlice, ...ticked(2, 60)), true)!.turn).toBe(2);
  expect(shownTurn(loopSlice.initial, true)).toBeNull();
});

test('the loop is asleep from the choice of a timeout until the poll returns', () => {
  const [first, second, third, ...rest] = served(1, 0).slice(0, -2);
  expect(isAsleep(loopSlice.initial, true)).toBe(false);
  expect(isAsleep(after(loopSlice, first!), true)).toBe(false);
  expect(isAsleep(after(loopSlice, first!, second!), false)).toBe(true);
  expect(isAsleep(after(loopSlice, first!, second!, third!), true)).toBe(false);
  const ended = after(loopSlice, first!, second!, third!, ...rest);
  expect(isAsleep(ended, true)).toBe(true);
  expect(isAsleep(ended, false)).toBe(false);
});

test('what was dropped cuts a turn off, which is then not shown, until the next event', () => {
  const cut = after(loopSlice, ...served(1, 0), ...served(2, 100).slice(0, 5), dropped(300, 2000));
  expect(cut).toMatchObject({ turn: null, last: { turn: 1 }, dropped: { turns: 300, commands: 2000 } });
  expect(isAsleep(cut, true)).toBe(false);
  expect(loopSlice.reduce(cut, begin(400, 9000))).toMatchObject({ turn: { turn: 400 }, dropped: null });
});

test('each event is counted under one of the five kinds, or as the loop’s own', () => {
  const { counts } = after(
    loopSlice,
    happened(0, { kind: 'connect', token: 7, fd: 20, peer: '127.0.0.1:5000', local: '127.0.0.1:6379' }),
    happened(0, { kind: 'publish', token: 7, channel: 'news', bytes: 5, receivers: 2 }),
    happened(0, { kind: 'replicate', token: 7, db: 0, argv: ['SET', 'k', 'v'] }),
    happened(0, { kind: 'disconnect', token: 7, why: 'EOF' }),
    ...served(1, 0),
  );
  expect(counts).toEqual({ ClientConnect: 1, ClientRequest: 5, ClientDisconnect: 1, PubSub: 1, Replication: 1, Loop: 6 });
});

test('what means something to a client is remembered while the loop goes on', () => {
  expect(after(loopSlice, ...served(1, 0), ...ticked(2, 60)).notable).toMatchObject({ kind: 'execute', command: 'get' });
});

test('of a request that was refused its error is remembered, and not what came before it', () => {
  const reply = (frame: number, raw: string) => happened(90, { kind: 'reply', token: 7, frame, bytes: raw.length, raw });
  const asked = happened(80, { kind: 'frame', token: 7, frame: 2, bytes: 9, argv: ['NONSENSE'], raw: '' });
  expect(after(loopSlice, ...served(1, 0), asked, reply(2, '-ERR unknown command\r\n')).notable).toMatchObject({ kind: 'reply', frame: 2 });
  expect(after(loopSlice, ...served(1, 0), asked, reply(2, '+QUEUED\r\n')).notable).toMatchObject({ kind: 'frame', frame: 2 });
});

test('only the last turns count for percentiles', () => {
  const turns = Array.from({ length: BUSY_WINDOW + 10 }, (_, i) => happened(i, { kind: 'turn-end', turn: i, busyUs: i, commands: 0 }));
  const { busyUs } = after(loopSlice, ...turns);
  expect(busyUs).toHaveLength(BUSY_WINDOW);
  expect([busyUs[0], busyUs.at(-1)]).toEqual([10, BUSY_WINDOW + 9]);
});

test.for([
  [[], null],
  [[5], { p50: 5, p99: 5, max: 5 }],
  [[4, 1, 3, 2], { p50: 2, p99: 4, max: 4 }],
  [Array.from({ length: 200 }, (_, i) => 200 - i), { p50: 100, p99: 198, max: 200 }],
] as const)('percentiles are taken by nearest rank: %#', ([values, expected]) => {
  expect(percentilesOf(values)).toEqual(expected);
});

test('a snapshot does not change it', () => {
  const loop = after(loopSlice, ...served(1, 0));
  expect(loopSlice.reduce(loop, snapshotAt(100, {}))).toBe(loop);
});
