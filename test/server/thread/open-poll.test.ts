/** openPoll: which backend is chosen, and the message if it is not the one wanted. */
import { expect, test } from 'vitest';
import { ScriptedPoll } from '../../../src/server/io/backends/scripted.js';
import { SystemError, type Poll } from '../../../src/server/io/poll.js';
import { ManualClock } from '../../../src/server/loop/clock.js';
import { openPoll, PollerError, type PollerSource } from '../../../src/server/thread/open-poll.js';

const fake = (name: string) => async (edgeTriggered: boolean) => Object.assign(new ScriptedPoll({ clock: new ManualClock(), edgeTriggered }), { name }) as unknown as Poll;
const failing = (error: Error) => async (): Promise<Poll> => {
  throw error;
};

const LINUX: PollerSource = { platform: 'linux', epoll: fake('epoll'), portable: fake('portable') };
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
  const opened = await openPoll(wanted, false, source);
  expect(opened.poll.name).toBe(name);
  expect(opened.fallback).toBe(fallback);
});

test.each([
  { source: MAC, message: 'the epoll poller cannot be used: darwin has no epoll' },
  { source: WITHOUT_KOFFI, message: 'the epoll poller cannot be used: koffi does not load: Cannot find the native Koffi module' },
])('epoll asked for by name, and not to be had, is an error: $message', async ({ source, message }) => {
  await expect(openPoll('epoll', false, source)).rejects.toThrow(new PollerError(message));
});

test.each(['auto', 'portable'] as const)('%s is edge-triggered if asked to be', async (wanted) => {
  const { poll } = await openPoll(wanted, true);
  expect(poll.edgeTriggered).toBe(true);
  poll.close();
  poll.waker.close();
});
