/**
 * The herd: several threads, each with an epoll of its own, wait for one listener. It shows which threads a new connection wakes: all, of which one accepts it
 * and the others get WouldBlock, or with EPOLLEXCLUSIVE only as many as the kernel chooses.
 *
 *                    ┌─ epoll ─ waiter 1 ─ accept: a connection
 *   connections ──▶ listener
 *                    ├─ epoll ─ waiter 2 ─ accept: WouldBlock, woken in vain
 *                    └─ …
 *
 * The clients connect one after another, each when the one before was accepted. Linux only; see epoll(7), EPOLLEXCLUSIVE in epoll_ctl(2).
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { EpollListener } from '../io/backends/epoll.js';
import { startThread } from '../thread/start-thread.js';
import { countersOf, HERD_WORDS, STOP_WORD, type HerdCounters, type HerdThreadData } from './counters.js';
import { HERD_LIMITS } from './limits.js';

export interface HerdOptions {
  /** Number of waiting threads; see {@link HERD_LIMITS}. */
  readonly waiters: number;
  readonly connections: number;
  /** Registered with EPOLLEXCLUSIVE. */
  readonly isExclusive: boolean;
}

export interface HerdResult {
  /** How often the kernel has woken a thread, for all waiters together. */
  readonly wakes: number;
  /** Wakes that found no connection. */
  readonly inVain: number;
  /** Connections that each waiter has accepted. */
  readonly accepted: readonly number[];
}

/** Every bundle that contains this file is one folder below dist; when run from source, tests use the built thread as well. */
const THREAD_URL = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/server/herd/worker.js' : '../server/herd/worker.js', import.meta.url);

/** Rejects with a RangeError for numbers that are out of range, and with a SystemError where there is no epoll. */
export async function runHerd({ waiters, connections, isExclusive }: HerdOptions): Promise<HerdResult> {
  checkCount('waiters', waiters, HERD_LIMITS.waiters);
  checkCount('connections', connections, HERD_LIMITS.connections);
  const listener = new EpollListener({ host: '127.0.0.1', port: 0 }, connections);
  const { local, fd } = listener;
  const shared = new Int32Array(new SharedArrayBuffer(HERD_WORDS * 4 * (waiters + 1)));
  const threads = Array.from({ length: waiters }, (_, index) => startThread(THREAD_URL, { index, fd, local, isExclusive, shared } satisfies HerdThreadData));
  const ended = Promise.all(threads.map(threadEnd));
  try {
    await Promise.race([Promise.all(threads.map((thread) => once(thread, 'message'))), ended]);
    for (let i = 0; i < connections; i++) await Promise.race([connectOnce((local as { port: number }).port), ended]);
  } finally {
    Atomics.store(shared, STOP_WORD, 1);
    await ended.finally(() => listener.close());
  }
  const counters = threads.map((_, index) => countersOf(shared, index));
  const sum = (read: (each: HerdCounters) => number): number => counters.reduce((total, each) => total + read(each), 0);
  const wakes = sum((each) => each.wakes);
  return { wakes, inVain: Math.max(0, wakes - sum(({ found }) => found)), accepted: counters.map(({ accepted }) => accepted) };
}

function checkCount(what: string, count: number, most: number): void {
  if (!Number.isInteger(count) || count < 1 || count > most) throw new RangeError(`${what}: a whole number from 1 to ${most}`);
}

function threadEnd(thread: Worker): Promise<void> {
  return new Promise((resolve, reject) => thread.once('exit', () => resolve()).once('error', reject));
}

/** Connects, and resolves when a waiter has accepted the connection and closed it. */
async function connectOnce(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket.resume(), 'close');
}
