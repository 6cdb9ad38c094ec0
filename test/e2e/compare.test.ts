/**
 * `redis-lab compare`: the same load on every engine. What is asserted is what no load of the machine changes: who was served, by how many threads, with how many locks.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Latencies } from '../../src/compare/latencies.js';
import { describe, describeRow, type EngineFigures } from '../../src/compare/index.js';
import { cli } from '../support/cli.js';

const CLIENTS = 8;

/** Processes whose command line has this word. */
const processesWith = (word: string): string[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word);
    } catch {
      return false;
    }
  });

test.runIf(process.platform === 'linux')('every engine is measured, and ends', async () => {
  const { code, stdout, stderr } = await cli('compare', '--clients', String(CLIENTS), '--seconds', '1', '--sinks', '2', '--json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const { engines } = JSON.parse(stdout) as { engines: (EngineFigures & { requestsPerSecond: number })[] };
  expect(engines.map(({ engine }) => engine)).toEqual(['loop', 'shared-loop', 'threads', 'sequential']);
  const [loop, sharedLoop, threads, sequential] = engines;
  expect([loop!.served, sharedLoop!.served, threads!.served, sequential!.served]).toEqual([CLIENTS, CLIENTS, CLIENTS, 1]);
  for (const { requests, errors, latencyUs, cpuMs, residentBytes } of engines) {
    expect(requests).toBeGreaterThan(0);
    expect(errors).toBe(0);
    expect(latencyUs!.p50).toBeLessThanOrEqual(latencyUs!.p99);
    expect(cpuMs).toBeGreaterThan(0);
    expect(residentBytes).toBeGreaterThan(2 ** 20);
  }
  expect([loop!.sinksLeft, sharedLoop!.sinksLeft, sequential!.sinksLeft]).toEqual([2, 2, 0]);
  expect(threads!.threads).toBeGreaterThanOrEqual(loop!.threads + CLIENTS - 2);
  // Each SET and GET takes it once; some were answered after the end.
  expect(threads!.lock!.acquisitions).toBeGreaterThanOrEqual(threads!.requests);
  expect(threads!.lock!.acquisitions).toBeLessThanOrEqual(threads!.requests + CLIENTS + 2);
  expect(loop!.lock).toBe(null);
  expect(processesWith(fileURLToPath(new URL('../../dist/compare/load.js', import.meta.url)))).toEqual([]);
});

test('what cannot be compared is said in one line', async () => {
  const refused: [args: string[], says: string][] = [
    [['--clients', '0'], "--clients '0': must be a number from 1 to 500"],
    [['--seconds', 'long'], "--seconds 'long': must be a number from 1 to 60"],
    [['--sinks', '17'], "--sinks '17': must be a number from 0 to 16"],
    [['--nonsense'], "Unknown option '--nonsense'; usage: redis-lab compare"],
  ];
  const printed = await Promise.all(refused.map(([args]) => cli('compare', ...args)));
  for (const [i, { code, stderr }] of printed.entries()) {
    expect(stderr).toContain(refused[i]![1]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  }
});

test('percentiles are those of all latencies', () => {
  const latencies = new Latencies();
  expect(latencies.summary()).toBe(null);
  for (let us = 100_000; us > 0; us--) latencies.add(us);
  expect(latencies.summary()).toEqual({ p50: 50_001, p99: 99_001, max: 100_000 });
});

test('the report fits into 80 columns, and names clients that were not served and the cost of a thread', () => {
  const figures: EngineFigures = {
    engine: 'threads', loadAverage: 1, threads: 70, residentBytes: 600 * 2 ** 20, grownBytes: 400 * 2 ** 20, cpuMs: 5000, voluntarySwitches: 123_000, forcedSwitches: 0,
    served: 50, sinksLeft: 0, requests: 100_000, errors: 3, elapsedMs: 5000, latencyUs: { p50: 912.4, p99: 123_456, max: 200_000 }, lock: { acquisitions: 100_000, waits: 250, waitedUs: 9 },
    ownLoad: 0.99,
  };
  const options = { clients: 50, seconds: 5, sinks: 0 };
  expect(describeRow(figures, options)).toBe('threads       50/50     20,000   912 us   123 ms   50 us  600 MB     1.23   2.5');
  const text = describe([figures, { ...figures, engine: 'sequential', served: 1 }], options, 'en');
  // The one client of 50 that was served had the best latency.
  expect(text).toContain('  sequential   not compared: 1 of 50 clients served');
  expect(text.filter((line) => /^ {2}sequential +#/.test(line))).toHaveLength(1);
  expect(text).toContain('sequential: serves one client until it leaves, and only then the next');
  expect(text).toContain('shared-loop: the loop of `loop`, on the keyspace of `threads` (shared memory)');
  expect(text).toContain('Each of the 50 threads took 8.0 MB: a thread here is a V8 isolate with a heap of its own. A thread in C takes a stack.');
  expect(text).toContain('sequential answered 1 of 50 clients; the others waited all the time, and have no latency.');
  expect(text).toContain('Error replies: threads 3, sequential 3');
  expect(describe([figures], { clients: 50, seconds: 5, sinks: 0 }, 'ko').join('\n')).toContain('스레드 50개가 각각 8.0 MB를 썼습니다');
  for (const line of text.filter((each) => each.includes('#'))) expect(line.length).toBeLessThanOrEqual(80);
});
