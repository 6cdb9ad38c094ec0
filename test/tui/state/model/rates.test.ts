import { expect, test } from 'vitest';
import { commandsPerSecond, KEPT_SECONDS, droppedOfLate, ratesSlice, secondsUpTo } from '../../../../src/tui/state/model/rates.js';
import { after, dropped, happened, snapshotAt } from '../../happened.js';

const ended = (atUs: number, commands: number) => happened(atUs, { kind: 'turn-end', turn: 1, busyUs: 1, commands });
const SECOND = 1_000_000;

test('commands are counted by whole seconds of the loop’s clock', () => {
  const rates = after(ratesSlice, ended(100, 3), ended(900_000, 4), ended(SECOND + 5, 2), ended(2 * SECOND, 1));
  expect(rates.perSecond).toEqual([7, 2]);
  expect(rates.commands).toBe(1);
});

test('seconds in which nothing happened are zeros, also those since the last entry', () => {
  const rates = after(ratesSlice, ended(0, 5), ended(3 * SECOND, 1));
  expect(rates.perSecond).toEqual([5, 0, 0]);
  expect(secondsUpTo(rates, 3.9 * SECOND)).toEqual([5, 0, 0]);
  expect(secondsUpTo(rates, 6 * SECOND)).toEqual([5, 0, 0, 1, 0, 0]);
  expect(commandsPerSecond(rates, 4 * SECOND)).toBe(1);
  expect(commandsPerSecond(rates, 5 * SECOND)).toBe(0);
  expect(commandsPerSecond(ratesSlice.initial, 5 * SECOND)).toBe(0);
});

test('a day of silence costs no more than the seconds that are kept', () => {
  const rates = after(ratesSlice, ended(0, 5), ended(86_400 * SECOND, 1));
  expect(rates.perSecond).toEqual(new Array(KEPT_SECONDS).fill(0));
});

test('what the trace has dropped counts, too', () => {
  const rates = after(ratesSlice, ended(0, 5), dropped(40, 200), ended(SECOND, 1), dropped(2, 10));
  expect(rates.perSecond).toEqual([205]);
  expect(rates).toMatchObject({ droppedTurns: 42, droppedCommands: 210 });
});

test('the first snapshot only sets the start of counting', () => {
  expect(after(ratesSlice, snapshotAt(0, { commands: 5000 })).commands).toBe(0);
});

test('each snapshot corrects what was counted since the last one', () => {
  const counted = after(ratesSlice, snapshotAt(0, { commands: 100 }), ended(10, 5), snapshotAt(20, { commands: 108 }));
  expect(counted.commands).toBe(8);
  // A snapshot in the middle of a turn knows its commands already; the end of the turn tells them again.
  const twice = after(ratesSlice, snapshotAt(0, { commands: 100 }), snapshotAt(5, { commands: 103 }), ended(10, 3));
  expect(twice.commands).toBe(6);
  expect(ratesSlice.reduce(twice, snapshotAt(20, { commands: 103 })).commands).toBe(3);
});

test('connections and the turn are those of the events, and of the snapshot if there is one', () => {
  const connect = happened(0, { kind: 'connect', token: 7, fd: 20, peer: '', local: '' });
  const disconnect = happened(0, { kind: 'disconnect', token: 7, why: 'EOF' });
  expect(after(ratesSlice, connect, connect, disconnect).connections).toBe(1);
  expect(after(ratesSlice, disconnect).connections).toBe(0);
  expect(after(ratesSlice, connect, snapshotAt(0, { clientCount: 12, turn: 99 }))).toMatchObject({ connections: 12, turn: 99 });
  expect(after(ratesSlice, happened(0, { kind: 'turn-begin', turn: 5 })).turn).toBe(5);
});

test('a connection that came and went between two snapshots has been received', () => {
  const connect = happened(0, { kind: 'connect', token: 7, fd: 20, peer: '', local: '' });
  const disconnect = happened(0, { kind: 'disconnect', token: 7, why: 'EOF' });
  expect(after(ratesSlice, connect, disconnect)).toMatchObject({ connections: 0, connectionsReceived: 1 });
  expect(after(ratesSlice, connect, snapshotAt(0, { connections: 9 })).connectionsReceived).toBe(9);
});

test('events of other kinds change nothing', () => {
  const rates = after(ratesSlice, ended(0, 5));
  expect(ratesSlice.reduce(rates, happened(3, { kind: 'ready', token: 7, readiness: 1 }))).toBe(rates);
});

test('drops are shown for a few seconds, and then counted from zero', () => {
  const second = 1_000_000;
  const then = after(ratesSlice, happened(0, { kind: 'turn-begin', turn: 1 }), dropped(3, 2000), snapshotAt(5 * second, {}));
  expect(droppedOfLate(then, 5.5 * second)).toEqual({ turns: 3, commands: 2000 });
  expect(droppedOfLate(then, 8 * second)).toBeNull();
  const again = [dropped(1, 10), snapshotAt(6 * second, {})].reduce((state, entry) => ratesSlice.reduce(state, entry), then);
  expect(droppedOfLate(again, 6.5 * second)).toEqual({ turns: 4, commands: 2010 });
  const later = [snapshotAt(20 * second, {}), dropped(1, 10), snapshotAt(21 * second, {})].reduce((state, entry) => ratesSlice.reduce(state, entry), again);
  expect(droppedOfLate(later, 21 * second)).toEqual({ turns: 1, commands: 10 });
});

test('dropped events are not shown forever if no snapshot has their time', () => {
  const rates = after(ratesSlice, ended(2 * SECOND, 5), dropped(1, 10));
  expect(droppedOfLate(rates, 2.5 * SECOND)).toEqual({ turns: 1, commands: 10 });
  expect(droppedOfLate(rates, 6 * SECOND)).toBeNull();
});
