/** openPoll: which backend is chosen, and the message if it is not the one wanted. */
import { describe, expect, test, vi } from 'vitest';
import { Coalescing } from '../../../src/server/io/backends/coalescing.js';
import type { SendRing } from '../../../src/server/io/backends/send-ring.js';
import { ScriptedPoll } from '../../../src/server/io/backends/scripted.js';
import { SystemError, type Poll } from '../../../src/server/io/poll.js';
import { ManualClock } from '../../../src/server/loop/clock.js';
import { openPoll, PollerError, type PollerSource, type PollOptions } from '../../../src/server/thread/open-poll.js';

const fake = (name: string) => async (edgeTriggered: boolean) => Object.assign(new ScriptedPoll({ clock: new ManualClock(), edgeTriggered }), { name }) as unknown as Poll;
const failing = (error: Error) => async (): Promise<Poll> => {
  throw error;
};

const DIRECT: PollOptions = { poller: 'auto', sends: 'direct', edgeTriggered: false, coalesceUs: 0 };

const LINUX: PollerSource = { platform: 'linux', epoll: fake('epoll'), portable: fake('portable'), ring: async () => 'io_uring_setup: EPERM (fd -1)' };
const MAC: PollerSource = { ...LINUX, platform: 'darwin' };
const WITHOUT_KOFFI: PollerSource = { ...LINUX, epoll: failing(new Error('Cannot find the native Koffi module')) };
const FORBIDDEN: PollerSource = { ...LINUX, epoll: failing(new SystemError('epoll_create1', 38, 'ENOSYS', -1)) };

test.each([
  { where: 'Linux', wanted: 'auto', source: LINUX, name: 'epoll', fallback: null },
  { where: 'Linux', wanted: 'epoll', source: LINUX, name: 'epoll', fallback: null },
  { where: 'Linux', wanted: 'portable', source: LINUX, name: 'portable', fallback: null },
  { where: 'macOS', wanted: 'auto', source: MAC, name: 'portable', fallback: 'darwin has no epoll' },
  { where: 'macOS', wanted: 'portable', source: MAC, name: 'portable', fallback: null },
  { where: 'a machine without koffi', wanted: 'auto', source: WITHOUT_KOFFI, name: 'portable', fallback: 'koffi does not load: Cannot find the native Koffi module' },
  { where: 'a machine that forbids it', wanted: 'auto', source: FORBIDDEN, name: 'portable', fallback: 'epoll_create1: ENOSYS (fd -1)' },
] as const)('$wanted on $where is $name', async ({ wanted, source, name, fallback }) => {
  const opened = await openPoll({ ...DIRECT, poller: wanted }, source);
  expect(opened.poll.name).toBe(name);
  expect(opened.fallback).toBe(fallback);
});

test.each([
  { source: MAC, message: 'the epoll poller cannot be used: darwin has no epoll' },
  { source: WITHOUT_KOFFI, message: 'the epoll poller cannot be used: koffi does not load: Cannot find the native Koffi module' },
])('epoll asked for by name, and not to be had, is an error: $message', async ({ source, message }) => {
  await expect(openPoll({ ...DIRECT, poller: 'epoll' }, source)).rejects.toThrow(new PollerError(message));
});

test.each(['auto', 'portable'] as const)('%s is edge-triggered if asked to be', async (wanted) => {
  const { poll } = await openPoll({ ...DIRECT, poller: wanted, edgeTriggered: true });
  expect(poll.edgeTriggered).toBe(true);
  poll.close();
  poll.waker.close();
});

describe('sends', () => {
  const RING = { close: vi.fn() } as unknown as SendRing;
  /** A kernel that allows io_uring; each poll says which ring it was given. */
  const ALLOWED: PollerSource = {
    ...LINUX,
    ring: async () => RING,
    epoll: async (edgeTriggered, ring) => Object.assign(await LINUX.epoll(edgeTriggered, null, 0), { ring }),
  };
  const ringOf = (poll: Poll): unknown => (poll as unknown as { ring: unknown }).ring;

  test('the ring is only looked for where sends are not to be direct', async () => {
    const ring = vi.fn(ALLOWED.ring);
    expect(ringOf((await openPoll(DIRECT, { ...ALLOWED, ring })).poll)).toBe(null);
    expect(ring).not.toHaveBeenCalled();
    for (const sends of ['auto', 'batched'] as const) expect(ringOf((await openPoll({ ...DIRECT, sends }, { ...ALLOWED, ring })).poll)).toBe(RING);
    expect(ring).toHaveBeenCalledTimes(2);
  });

  test('where there is no epoll, the ring is closed', async () => {
    const ring = { close: vi.fn() };
    const source = { ...FORBIDDEN, ring: async () => ring as unknown as SendRing };
    const { poll, fallback, sendsFallback } = await openPoll({ ...DIRECT, sends: 'auto' }, source);
    expect([poll.name, fallback, sendsFallback]).toEqual(['portable', 'epoll_create1: ENOSYS (fd -1)', 'epoll_create1: ENOSYS (fd -1)']);
    expect(ring.close).toHaveBeenCalledOnce();
    await expect(openPoll({ ...DIRECT, poller: 'epoll', sends: 'auto' }, source)).rejects.toThrow(PollerError);
    expect(ring.close).toHaveBeenCalledTimes(2);
  });

  test.each([
    { where: 'io_uring is forbidden', wanted: 'auto', source: LINUX, reason: 'io_uring_setup: EPERM (fd -1)' },
    { where: 'there is none', wanted: 'auto', source: MAC, reason: 'darwin has no io_uring' },
    {
      where: 'koffi does not load', wanted: 'auto', source: { ...ALLOWED, ring: failing(new Error('no binary')) as never },
      reason: 'koffi does not load: no binary',
    },
    { where: 'the poller is the portable one', wanted: 'portable', source: ALLOWED, reason: 'they need the epoll poller' },
  ] as const)('where $where they are direct, and the reason is told; asked for by name they are an error', async ({ wanted, source, reason }) => {
    const { poll, sendsFallback } = await openPoll({ ...DIRECT, poller: wanted, sends: 'auto' }, source);
    expect(sendsFallback).toBe(reason);
    expect(ringOf(poll) ?? null).toBe(null);
    await expect(openPoll({ ...DIRECT, poller: wanted, sends: 'batched' }, source)).rejects.toThrow(new PollerError(`batched sends cannot be used: ${reason}`));
  });
});

test('how long to sleep before a wait is passed to epoll', async () => {
  const given: number[] = [];
  const source: PollerSource = { ...LINUX, epoll: async (edgeTriggered, ring, coalesceUs) => (given.push(coalesceUs), LINUX.epoll(edgeTriggered, ring, coalesceUs)) };
  for (const coalesceUs of [0, 25]) await openPoll({ ...DIRECT, coalesceUs }, source);
  expect(given).toEqual([0, 25]);
});

test.runIf(process.platform === 'linux')('which then may sleep, and never does so for 0', async () => {
  for (const coalesceUs of [0, 25]) {
    const { poll } = await openPoll({ ...DIRECT, poller: 'epoll', coalesceUs });
    expect((poll as unknown as { coalescing: unknown }).coalescing).toEqual(coalesceUs === 0 ? null : expect.any(Coalescing));
    poll.close();
    poll.waker.close();
  }
});
