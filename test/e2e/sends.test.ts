/** The replies of a turn in one call, on the machine's own kernel. */
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createServer, type RedisLabServer } from 'redis-lab';
import { readRecording, Replay } from '../../src/server/recording/index.js';
import { temporaryDirectory } from '../support/headless.js';
// @ts-expect-error a script without types
import { soak as untyped } from '../../scripts/sends-soak.mjs';

const soak = untyped as (target: number | string, load: { requests: number; clients: number; seed: number }) => Promise<number>;

/** Whether io_uring is allowed here. */
const { sends } = await probe();

async function probe(): Promise<RedisLabServer> {
  await using server = await createServer({ port: 0, sends: 'auto' });
  return server;
}

async function infoOf(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write('INFO server\r\n');
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString();
}

/** The rings of this process. */
function openRings(): string[] {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.includes('io_uring')).sort();
}

describe.runIf(sends === 'batched')('where io_uring is allowed', () => {
  test.each([false, true])('every client receives what it should, byte by byte (edge-triggered: %s)', async (edgeTriggered) => {
    await using server = await createServer({ port: 0, sends: 'batched', edgeTriggered });
    expect(await soak(server.port, { requests: 4000, clients: 40, seed: 1 })).toBeGreaterThan(2000);
    expect((await server.snapshot()).clients.length).toBeLessThan(40);
  });

  test('the same on a unix socket', async () => {
    const path = join(temporaryDirectory(), 'redis.sock');
    await using server = await createServer({ port: 0, unixsocket: path, sends: 'batched' });
    expect(await soak(path, { requests: 2000, clients: 20, seed: 3 })).toBeGreaterThan(1000);
    expect((await server.snapshot()).clients.length).toBeLessThan(20);
  });

  test('that is the default; INFO says so', async () => {
    await using server = await createServer({ port: 0 });
    expect([server.sends, server.sendsFallback]).toEqual(['batched', null]);
    expect(await infoOf(server.port)).toContain('redis_lab_sends:batched\r\n');
    await using direct = await createServer({ port: 0, sends: 'direct' });
    expect(await infoOf(direct.port)).not.toContain('redis_lab_sends');
  });

  test('requests that were read ahead are answered while a script runs, and may end it', async () => {
    await using server = await createServer({ port: 0, 'busy-reply-threshold': 1 });
    const clients = await Promise.all(Array.from({ length: 20 }, async () => {
      const socket = connect({ port: server.port, host: '127.0.0.1' });
      await once(socket, 'connect');
      return socket;
    }));
    const answers = clients.map(async (socket) => ((await once(socket, 'data')) as [Buffer])[0].toString());
    const [sleeper, looper, ...others] = clients;
    // All arrive while the loop sleeps, so one wait reports them, the script first.
    sleeper!.write('DEBUG SLEEP 0.2\r\n');
    looper!.write("EVAL 'while true do end' 0\r\n");
    for (const socket of others) socket.write('PING\r\n');
    const busy = await Promise.all(answers.slice(2));
    expect(busy.map((answer) => answer.slice(0, 5))).toEqual(busy.map(() => '-BUSY'));
    others[0]!.write('SCRIPT KILL\r\n');
    expect(await answers[1]).toContain('Script killed by user');
    for (const socket of clients) socket.destroy();
  });

  test('what a client has sent behind a script that runs stays as it is while others are read', async () => {
    await using server = await createServer({ port: 0, 'busy-reply-threshold': 1 });
    const clients = await Promise.all(Array.from({ length: 20 }, async () => {
      const socket = connect({ port: server.port, host: '127.0.0.1' });
      await once(socket, 'connect');
      return socket;
    }));
    const received = clients.map(() => '');
    for (const [i, socket] of clients.entries()) socket.on('data', (data) => (received[i] += data.toString()));
    const [sleeper, looper, ...others] = clients;
    sleeper!.write('DEBUG SLEEP 0.2\r\n');
    looper!.write(`EVAL 'while true do end' 0\r\nECHO ${'L'.repeat(9000)}\r\n`);
    for (const socket of others) socket.write('PING\r\n');
    await expect.poll(() => received.slice(2).every((text) => text.startsWith('-BUSY'))).toBe(true);
    for (let round = 0; round < 20; round++) {
      const before = received.map(({ length }) => length);
      for (const socket of others) socket.write(`ECHO ${'x'.repeat(20_000)}\r\n`);
      await expect.poll(() => received.slice(2).every((text, i) => text.length > before[i + 2]!)).toBe(true);
    }
    others[0]!.write('SCRIPT KILL\r\n');
    await expect.poll(() => received[1]!.length).toBeGreaterThan(9000);
    expect(received[1]).toMatch(/^-ERR Script killed by user[^\r]*\r\n\$9000\r\nL{9000}\r\n$/);
    for (const socket of clients) socket.destroy();
  });

  test('a server that has closed, or could not start, leaves no descriptor behind', async () => {
    await using server = await createServer({ port: 0 });
    const startAndEnd = async (): Promise<void> => {
      await (await createServer({ port: 0 })).close();
      await expect(createServer({ port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    };
    // Node opens rings of its own when it first needs them.
    await startAndEnd();
    const before = openRings().length;
    for (let i = 0; i < 3; i++) await startAndEnd();
    expect(before).toBeGreaterThan(0);
    // The thread of a server that could not start ends a little later.
    await expect.poll(openRings, { timeout: 10_000 }).toSatisfy((rings: readonly string[]) => rings.length <= before);
  });

  test('a recording is replayed without any difference', async () => {
    const blocks: Uint8Array[] = [];
    const server = await createServer({ port: 0, sends: 'batched', record: (bytes) => void blocks.push(Buffer.from(bytes)) });
    await soak(server.port, { requests: 500, clients: 10, seed: 2 });
    await server.close();
    const { head, tape } = readRecording(Buffer.concat(blocks));
    expect(new Replay(head, tape).run()).toMatchObject({ divergence: null, hasEnd: true });
  });
});

test('sends are direct where that is asked for, on the portable poller, and where the loop is to be stepped through', async () => {
  for (const options of [{ sends: 'direct' }, { poller: 'portable', sends: 'auto' }, { paused: true, sends: 'auto' }] as const) {
    await using server = await createServer({ port: 0, ...options });
    expect(server.sends).toBe('direct');
    expect(server.coalesceUs).toBe('poller' in options || process.platform !== 'linux' ? 0 : 25);
    if ('paused' in options) await server.resume();
  }
});

test('unavailable batched sends are an error, and so is an unknown word', async () => {
  await expect(createServer({ port: 0, poller: 'portable', sends: 'batched' })).rejects.toMatchObject({
    name: 'StartError', message: 'batched sends cannot be used: they need the epoll poller',
  });
  await expect(createServer({ port: 0, sends: 'together' as never })).rejects.toMatchObject({ message: 'sends: must be one of auto, direct, batched' });
});
