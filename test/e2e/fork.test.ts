/**
 * Captured states of real servers: taken while the loop runs, and gone on from by others.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createServer, StartError } from 'redis-lab';
import { readRecording } from '../../src/server/recording/index.js';
import { cli } from '../support/cli.js';
import { connectTo, temporaryDirectory } from '../support/headless.js';

const POLLERS = process.platform === 'linux' ? (['epoll', 'portable'] as const) : (['portable'] as const);

test.each(POLLERS)('a fork has keys, scripts, settings and waiting clients of its original, and continues independently (%s)', async (poller) => {
  await using original = await createServer({ port: 0, poller });
  await using client = await connectTo(original.port);
  await client.call('SET', 'k', 'v', 'PX', '100000');
  await client.call('CONFIG', 'SET', 'maxclients', '99');
  await client.call('FUNCTION', 'LOAD', "#!lua name=lib\nlocal n = 0; redis.register_function('count', function() n = n + 1; return n end)");
  expect(await client.call('FCALL', 'count', '0')).toBe(1);
  await using waiter = await connectTo(original.port);
  const served = waiter.call('BLPOP', 'queue', '0');
  while ((await client.call('LLEN', 'queue')) !== 0 || (await original.snapshot()).clients.every(({ parkedOn }) => parkedOn === null));
  await using fork = await original.fork();
  expect(fork.port).not.toBe(original.port);
  expect(fork.poller).toBe(poller);
  await using stranger = await connectTo(fork.port);
  expect(await stranger.call('GET', 'k')).toBe('v');
  expect(await stranger.call('PTTL', 'k')).toBeGreaterThan(0);
  expect(await stranger.call('CONFIG', 'GET', 'maxclients')).toEqual(['maxclients', '99']);
  expect(await stranger.call('FCALL', 'count', '0')).toBe(2);
  // The ghost takes it.
  expect(await stranger.call('RPUSH', 'queue', 'theirs')).toBe(1);
  expect(await stranger.call('LLEN', 'queue')).toBe(0);
  expect(await client.call('FCALL', 'count', '0')).toBe(2);
  expect(await client.call('RPUSH', 'queue', 'ours')).toBe(1);
  expect(await served).toEqual(['queue', 'ours']);
});

test('a state begins as many servers as one likes, and settings that are given win', async () => {
  await using original = await createServer({ port: 0, maxclients: 50 });
  await using client = await connectTo(original.port);
  await client.call('SET', 'n', '7');
  const states = await Promise.all([original.capture(), original.capture()]);
  await client.call('SET', 'n', '8');
  for (const [at, maxclients] of [60, 70].entries()) {
    await using server = await createServer({ from: states[at]!, port: 0, maxclients });
    await using stranger = await connectTo(server.port);
    expect(await stranger.call('INCR', 'n')).toBe(8);
    expect(await stranger.call('CONFIG', 'GET', 'maxclients')).toEqual(['maxclients', String(maxclients)]);
  }
});

test('on a virtual clock no time has passed for a fork', async () => {
  await using original = await createServer({ port: 0, clock: 'virtual', startMs: 1_700_000_000_000 });
  await using client = await connectTo(original.port);
  await client.call('SET', 'k', 'v', 'PX', '1000');
  await original.advance(400);
  await using fork = await original.fork();
  await using stranger = await connectTo(fork.port);
  expect(await stranger.call('PTTL', 'k')).toBe(600);
  await fork.advance(600);
  expect([await stranger.call('EXISTS', 'k'), await client.call('EXISTS', 'k')]).toEqual([0, 1]);
});

test('a server that begins with a state can be recorded, and its recording holds no password of either', async () => {
  await using original = await createServer({ port: 0, requirepass: 'correct-horse-battery' });
  await using client = await connectTo(original.port);
  await client.call('AUTH', 'correct-horse-battery');
  await client.call('SET', 'k', 'v');
  const parts: Buffer[] = [];
  const fork = await original.fork({ record: (bytes) => parts.push(bytes) });
  await using stranger = await connectTo(fork.port);
  await stranger.call('AUTH', 'correct-horse-battery');
  expect(await stranger.call('APPEND', 'k', 'w')).toBe(2);
  await fork.close();
  const whole = Buffer.concat(parts);
  const state = Buffer.from(readRecording(whole).head.from!, 'base64');
  for (const bytes of [whole, state]) expect(bytes.includes('correct-horse')).toBe(false);
  const file = join(temporaryDirectory(), 'fork.lab');
  writeFileSync(file, whole);
  expect(await cli('replay', file)).toEqual({ code: 0, stdout: expect.stringMatching(/^replayed \d+ turns, 4 commands: identical\n$/) as string, stderr: '' });
});

test('bytes from which no server can begin are refused in one line', async () => {
  await using original = await createServer({ port: 0 });
  const bytes = await original.capture();
  const changed = (at: number): Uint8Array => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
  const start = (from: unknown): Promise<unknown> => createServer({ port: 0, from: from as Uint8Array });
  await expect(start('text')).rejects.toThrow(new StartError({ message: 'from: must be the bytes of a captured state', code: null, address: null }));
  await expect(start(changed(0))).rejects.toThrow('these bytes are no captured state');
  await expect(start(new Uint8Array())).rejects.toThrow('these bytes are no captured state');
  await expect(start(changed(9))).rejects.toThrow(/the state was captured by redis-lab \S+, and only the same build can go on from it: this is /);
  await expect(start(changed(bytes.length - 1))).rejects.toThrow('the captured state is damaged, or cut off');
  await expect(start(bytes.subarray(0, bytes.length - 1))).rejects.toThrow('the captured state is damaged, or cut off');
  await expect(start(bytes.subarray(0, 10))).rejects.toThrow('the captured state is cut off');
});

test('a held loop has no state to capture, and one that has ended does not answer', async () => {
  const server = await createServer({ port: 0 });
  await server.pause();
  await expect(server.capture()).rejects.toThrow('the loop is held in the middle of a turn: resume it before its state is captured, or keep a history to fork from');
  await server.resume();
  expect((await server.capture()).length).toBeGreaterThan(0);
  await server.close();
  await expect(server.capture()).rejects.toThrow('the loop thread has ended');
});
