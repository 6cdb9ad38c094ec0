/** `createServer({ clock: 'virtual' })`: real sockets, and a clock that is turned by hand. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createServer, type RedisLabServer, type ServerOptions, type TraceEvent } from 'redis-lab';
import { readRecording, Replay } from '../../src/server/recording/index.js';
import { RespClient } from '../support/resp-client.js';

const START_MS = 1_700_000_000_000;
const POLLERS = (['epoll', 'portable'] as const).filter((poller) => poller === 'portable' || process.platform === 'linux');

const virtual = (options: ServerOptions = {}): Promise<RedisLabServer> => createServer({ port: 0, clock: 'virtual', startMs: START_MS, ...options });

afterEach(() => {
  vi.useRealTimers();
});

describe.each(POLLERS)('%s', (poller) => {
  test('what is due happens when the clock is advanced, in due order, and not before', async () => {
    await using server = await virtual({ poller, 'notify-keyspace-events': 'Ex' });
    await using subscriber = await RespClient.connect(server.port);
    await subscriber.call('SUBSCRIBE', '__keyevent@0__:expired');
    await using client = await RespClient.connect(server.port);
    for (const [key, ms] of [['c', '3000'], ['a', '1000'], ['b', '2000'], ['d', '90001']] as const) await client.call('SET', key, '1', 'PX', ms);
    await using waiter = await RespClient.connect(server.port);
    const waiting = waiter.call('BLPOP', 'queue', '60');
    expect(await server.advance('90s')).toBe(START_MS + 90_000);
    expect(await waiting).toEqual({ null: 'array' });
    const expired = [];
    for (let i = 0; i < 3; i++) expired.push((await subscriber.next() as unknown[])[2]);
    expect(expired).toEqual(['a', 'b', 'c']);
    expect(await client.call('KEYS', '*')).toEqual(['d']);
    expect(await client.call('PTTL', 'd')).toBe(1);
    expect(await client.call('TIME')).toEqual([String(START_MS / 1000 + 90), '0']);
  });

  test('idle clients are closed by the virtual clock, and pauses end by it', async () => {
    await using server = await virtual({ poller, timeout: 300 });
    await using idle = await RespClient.connect(server.port);
    await idle.call('CLIENT', 'PAUSE', '100000');
    const held = idle.call('SET', 'k', 'v');
    await server.advance('100s');
    expect(await held).toEqual({ simple: 'OK' });
    await server.advance('5m');
    expect((await server.snapshot()).clientCount).toBe(1);
    await server.advance('1s');
    expect((await server.snapshot()).clientCount).toBe(0);
  });

  test('a script without end can still be killed while the clock stands, and while it is to be advanced', async () => {
    await using server = await virtual({ poller, 'busy-reply-threshold': 20 });
    await using client = await RespClient.connect(server.port);
    await client.call('SET', 'k', 'v', 'PX', '50');
    const script = client.call('EVAL', 'while true do end', '0');
    const advanced = server.advance(100);
    advanced.catch(() => {});
    script.catch(() => {});
    if (poller === 'portable') {
      // There only the end of the server ends it.
      await Promise.all([expect(advanced).rejects.toThrow('the loop thread has ended'), expect(script).rejects.toThrow(), server.close()]);
      return;
    }
    await using other = await RespClient.connect(server.port);
    while (JSON.stringify(await other.call('PING')).includes('PONG'));
    expect(await other.call('SCRIPT', 'KILL')).toEqual({ simple: 'OK' });
    expect(JSON.stringify(await script)).toContain('Script killed by user');
    expect(await advanced).toBe(START_MS + 100);
    expect(await client.call('EXISTS', 'k')).toBe(0);
  });

  test('what clients do about it is not waited for: calls one after the other go where they should', async () => {
    await using server = await virtual({ poller });
    const advances = ['1s', 500, '0ms', '1m'].map((duration) => server.advance(duration));
    const times = await Promise.all(advances);
    expect(times.at(-1)).toBe(START_MS + 61_500);
    expect(times).toEqual([...times].sort());
    expect((await server.snapshot()).nowMs).toBe(START_MS + 61_500);
  });

  test('a recording of it is replayed to the same state', async () => {
    const parts: Buffer[] = [];
    const server = await virtual({ poller, seed: 4, timeout: 7200, record: (bytes) => parts.push(bytes) });
    const client = await RespClient.connect(server.port);
    for (let i = 0; i < 200; i++) await client.call('SET', `k${i}`, 'v', 'PX', String(1000 + i * 77));
    await server.advance('10s');
    await client.call('CLIENT', 'LIST');
    const endTrace = await server.trace(() => {});
    await server.advance('1.5h');
    await endTrace();
    await server.close();
    const { head, tape } = readRecording(Buffer.concat(parts));
    const replay = new Replay(head, tape);
    expect(replay.run()).toMatchObject({ commands: 201, divergence: null, hasEnd: true });
    expect(replay.server.clock.nowMs).toBe(START_MS + 5_410_000);
    expect(replay.server.keyspace.stats.expired).toBe(200);
  });
});

test('a loop that is held goes nowhere, and can be stepped to what is due', async () => {
  await using server = await virtual();
  await using client = await RespClient.connect(server.port);
  await client.call('SET', 'k', 'v', 'EX', '10');
  await server.pause();
  let isThere = false;
  const advanced = server.advance('20s').then(() => (isThere = true));
  const seen: TraceEvent[] = [];
  while (!seen.some(({ kind }) => kind === 'expire')) seen.push(await server.step('event'));
  expect([seen.at(-1), isThere]).toMatchObject([{ kind: 'expire', key: 'k', atUs: 10_000_000 }, false]);
  await server.resume();
  await advanced;
});

test('the trace has the virtual time', async () => {
  await using server = await virtual();
  await using client = await RespClient.connect(server.port);
  const events: TraceEvent[] = [];
  const end = await server.trace((batch) => events.push(...batch.events), { budget: Infinity });
  await client.call('SET', 'k', 'v', 'EX', '10');
  await server.advance('1h');
  await end();
  expect(events.filter(({ kind }) => kind === 'execute' || kind === 'timer').map(({ kind, atUs }) => [kind, atUs])).toEqual([['execute', 0], ['timer', 10_000_000]]);
});

test('the past is visited at its virtual time', async () => {
  await using server = await virtual({ history: 16 * 1024 * 1024 });
  await using client = await RespClient.connect(server.port);
  await client.call('SET', 'k', 'v', 'EX', '10');
  await server.advance('5s');
  await client.call('PING');
  await server.advance('1h');
  expect(await client.call('EXISTS', 'k')).toBe(0);
  const history = server.history!;
  const request = { keys: { db: 0, offset: 0, limit: 10, order: 'name', match: '*' }, clients: 0 } as const;
  // The follower hears of it a moment later.
  while ((await history.visit({ command: 2 }, request).catch(() => null)) === null);
  expect((await history.visit({ command: 2 }, request)).snapshot).toMatchObject({ nowMs: START_MS + 5000, keys: { total: 1 } });
  expect(String((await history.ask(['PTTL', 'k'], 2, 0)).reply)).toBe(':5000\r\n');
});

describe('refused are', () => {
  test('steps backwards, nonsense and more than there is time; the clock stays where it was', async () => {
    await using server = await virtual();
    for (const [duration, message] of [
      [-1, 'time does not go backwards: -1'], ['-2h', 'time does not go backwards: "-2h"'], ['soon', '"soon" is not a duration'], [Number.NaN, 'NaN is not a duration'],
      [undefined, 'undefined is not a duration'], ['200000d', 'the clock can be advanced by 285 years, and no further'],
    ] as const) await expect(server.advance(duration as string)).rejects.toThrow(message);
    expect((await server.snapshot()).nowMs).toBe(START_MS);
  });

  test('advancing a real clock, and options that mean nothing', async () => {
    await using server = await createServer({ port: 0 });
    await expect(server.advance('1s')).rejects.toThrow("the clock of this server is the real one: createServer({ clock: 'virtual' }) has one that can be advanced");
    await expect(createServer({ port: 0, clock: 'slow' as 'real' })).rejects.toThrow('clock: must be one of real, virtual');
    await expect(createServer({ port: 0, startMs: 5 })).rejects.toThrow("startMs: is for clock: 'virtual' only");
    await expect(createServer({ port: 0, clock: 'virtual', startMs: -5 })).rejects.toThrow('startMs: must be a unix time in whole milliseconds');
  });

  test('calls to a server that has ended, or ends meanwhile', async () => {
    const server = await virtual();
    await server.pause();
    const advanced = server.advance('1s');
    await Promise.all([expect(advanced).rejects.toThrow('the loop thread has ended'), server.close()]);
    await expect(server.advance('1s')).rejects.toThrow('the loop thread has ended');
  });
});

test('it starts at the time of the machine by default', async () => {
  const beforeMs = Date.now();
  await using server = await createServer({ port: 0, clock: 'virtual' });
  const { nowMs } = await server.snapshot();
  expect(nowMs).toBeGreaterThanOrEqual(beforeMs);
  expect(nowMs).toBeLessThanOrEqual(Date.now());
});

/** Fake timers as jest installs them by default: every function that has to do with time, for the whole program, and none of them ever comes. */
const FAKE_EVERYTHING = `
  const never = () => ({ unref() {}, ref() {}, hasRef: () => false, [Symbol.toPrimitive]: () => 1 });
  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'clearTimeout', 'clearInterval', 'clearImmediate']) globalThis[name] = never;
  globalThis.Date = class extends Date { constructor() { super(0); } static now() { return 0; } };
  globalThis.performance = { now: () => 0 };
  process.nextTick = never;
  process.hrtime = Object.assign(() => [0, 0], { bigint: () => 0n });
`;

describe('with fake timers in the calling program', () => {
  async function story(server: RedisLabServer): Promise<unknown[]> {
    const told: unknown[] = [];
    const end = await server.trace((batch) => told.push(...batch.events.filter(({ kind }) => kind === 'timer' || kind === 'expire').map(({ kind, atUs }) => `${kind} ${atUs}`)));
    await using client = await RespClient.connect(server.port);
    await client.call('SET', 'k', 'v', 'EX', '10');
    const waiting = client.call('BLPOP', 'queue', '20');
    await server.advance('1m');
    await end();
    return [...told, await waiting];
  }

  test('of vitest it is the same as without', async () => {
    await using without = await virtual();
    const expected = await story(without);
    expect(expected).toEqual(['expire 10000000', 'timer 10000000', 'timer 20000000', { null: 'array' }]);
    vi.useFakeTimers();
    await using server = await virtual();
    expect(await story(server)).toEqual(expected);
    await server.close();
  });

  test.each(['before', 'after'])('that are as jest makes them, installed %s the server is made, it is the same as well, recorded and closed', async (when) => {
    const program = `
      import { createServer } from 'redis-lab';
      ${when === 'before' ? FAKE_EVERYTHING : ''}
      let recorded = 0;
      const server = await createServer({ port: 0, clock: 'virtual', startMs: ${START_MS}, record: (bytes) => (recorded += bytes.length) });
      ${when === 'after' ? FAKE_EVERYTHING : ''}
      console.log(await server.advance('1h') - ${START_MS}, (await server.snapshot()).clientCount);
      await server.close();
      console.log(recorded > 100);
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { timeout: 30_000 });
    expect(stdout).toBe('3600000 0\ntrue\n');
  });
});

test('a worker that has left such a server open can be terminated', async () => {
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    const { createServer } = await import('${import.meta.resolve('redis-lab')}');
    const server = await createServer({ port: 0, clock: 'virtual' });
    await server.advance('1h');
    parentPort.postMessage(null);
    setInterval(() => {}, 1000);
  `)}`));
  await once(worker, 'message');
  expect(await worker.terminate()).toBe(1);
});
