/** Signals that arrive while the loop's thread blocks in epoll_wait, from the kernel itself: the wait ends with EINTR, and the loop goes on. */
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createServer } from 'redis-lab';
import { RespClient } from '../support/resp-client.js';

/** For tgkill, which libc does not always have by that name. */
const SYS_TGKILL: { readonly [arch: string]: number } = { x64: 234, arm64: 131 };
const number = process.platform === 'linux' ? SYS_TGKILL[process.arch] : undefined;

// Without a handler of the process a signal would end it; and only a handler that runs interrupts a call of the kernel.
const SIGNALS = ['SIGUSR2', 'SIGWINCH', 'SIGALRM'] as const;
const ignore = (): void => {};

const threads = (): string[] => readdirSync('/proc/self/task');

/** How often a thread has gone to sleep of its own accord. */
function sleeps(thread: string): number {
  return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/self/task/${thread}/status`, 'utf8'))![1]);
}

const isAsleep = (thread: string): boolean => /^State:\s+S/m.test(readFileSync(`/proc/self/task/${thread}/status`, 'utf8'));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe.runIf(number !== undefined)('the loop on epoll', () => {
  beforeEach(() => {
    for (const signal of SIGNALS) process.on(signal, ignore);
  });

  afterEach(() => {
    for (const signal of SIGNALS) process.off(signal, ignore);
  });

  test.each([false, true])('goes on after signals that interrupt its wait (edge-triggered: %j)', async (edgeTriggered) => {
    const koffi = createRequire(import.meta.url)(`@koromix/koffi-${process.platform}-${process.arch}`);
    const syscall = koffi.load(null).func('long syscall(long number, long a, long b, long c)');
    const others = new Set(threads());
    await using server = await createServer({ port: 0, poller: 'epoll', edgeTriggered });
    await using client = await RespClient.connect(server.port);
    expect(await client.call('SET', 'k', 'v')).toEqual({ simple: 'OK' });
    const begun = threads().filter((thread) => !others.has(thread));
    const before = (await server.snapshot()).turn;
    for (const signal of SIGNALS) {
      for (const thread of begun) {
        await until(() => isAsleep(thread));
        const slept = sleeps(thread);
        expect(syscall(number!, process.pid, Number(thread), constants.signals[signal])).toBe(0);
        // It was woken, and sleeps again.
        await until(() => sleeps(thread) > slept && isAsleep(thread));
      }
      expect(await client.call('GET', 'k')).toBe('v');
    }
    // One for each interrupted wait, and one for each GET.
    expect((await server.snapshot()).turn - before).toBeGreaterThanOrEqual(2 * SIGNALS.length);
  });
});
