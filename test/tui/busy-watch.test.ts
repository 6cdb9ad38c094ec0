import { expect, test } from 'vitest';
import type { LoopActivity, WaitingSocket } from '../../src/server/index.js';
import { BusyWatch } from '../../src/tui/busy-watch.js';
import { clientRow, type TokenRow } from '../../src/tui/state/model/tokens.js';
import type { Busy } from '../../src/tui/state/state.js';
import { executing } from './busy.js';

const LISTENER: TokenRow = { ...clientRow(0), kind: 'listener', fd: 20 };
const WAKER: TokenRow = { ...clientRow(1), kind: 'waker', fd: 21 };
const client = (token: number): TokenRow => ({ ...clientRow(token), fd: token + 20 });

/** A server whose kernel holds what `counts` says, and a clock that is moved by hand. */
function watched(counts: { [fd: number]: number } | null) {
  let look: (activity: LoopActivity | null) => void = () => {};
  const told: (Busy | null)[] = [];
  const clock = { nowMs: 0 };
  const state = { counts };
  const waiting = async (sockets: readonly WaitingSocket[]): Promise<readonly number[] | null> => (state.counts === null ? null : sockets.map(({ fd }) => state.counts![fd] ?? 0));
  const server = { onBusy: (listener: typeof look) => ((look = listener), () => {}), waiting };
  const watch = new BusyWatch(server, () => [LISTENER, WAKER, client(2), client(3), clientRow(9)], (busy) => told.push(busy), () => clock.nowMs);
  return { told, clock, state, watch, look: async (activity: LoopActivity | null) => (look(activity), await new Promise(setImmediate)) };
}

test('a busy loop is reported before the kernel has been asked, and the waiting clients a moment later', async () => {
  const { told, look } = watched({ 22: 14, 20: 2 });
  await look(executing(3, 'sort', 100));
  expect(told.map((busy) => busy?.waiting.size)).toEqual([0, 2]);
  expect(told[1]!.waiting.get(2)).toEqual({ kind: 'bytes', count: 14, waitedMs: 0 });
  expect(told[1]!.waiting.get(0)).toEqual({ kind: 'connections', count: 2, waitedMs: 0 });
});

test('waiting counts from the first reading, and starts again after a client has been served', async () => {
  const { told, clock, state, look } = watched({ 22: 14 });
  await look(executing(3, 'sort', 100));
  clock.nowMs = 100;
  await look(executing(3, 'sort', 200));
  expect(told.at(-1)!.waiting.get(2)).toMatchObject({ waitedMs: 100 });
  state.counts = {};
  clock.nowMs = 200;
  await look(executing(3, 'sort', 300));
  expect(told.at(-1)!.waiting.size).toBe(0);
  state.counts = { 22: 7 };
  clock.nowMs = 300;
  await look(executing(3, 'sort', 400));
  expect(told.at(-1)!.waiting.get(2)).toMatchObject({ count: 7, waitedMs: 0 });
});

test('if the kernel cannot be asked, no client is shown as waiting', async () => {
  const { told, look } = watched(null);
  await look(executing(3, 'sort', 100));
  expect(told.map((busy) => busy?.waiting.size)).toEqual([0, 0]);
});

test('an answer that arrives after the loop was busy is ignored', async () => {
  const { told, look } = watched({ 22: 14 });
  void look(executing(3, 'sort', 100));
  await look(null);
  expect(told.at(-1)).toBeNull();
  expect(told.filter((busy) => busy !== null && busy.waiting.size > 0)).toEqual([]);
});
