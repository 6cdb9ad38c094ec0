/** Loading at the start, as clients, signals and programs see it, beside a redis-server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { createServer, StartError } from 'redis-lab';
import { connectTo, connectWhenReady, type Headless, startHeadless, temporaryDirectory } from '../support/headless.js';
import { describeWithRedis } from '../support/redis-server.js';
import { RespClient } from '../support/resp-client.js';

const LOADING = { error: 'LOADING Redis is loading the dataset in memory' };
const KEYS = 500;
/** Half a minute for all of them: loading does not end before a test does. Each key has more bytes than go by between two looks at the clients. */
const SLOWLY = ['--key-load-delay', '60000', '--loading-process-events-interval-bytes', '1024'];

let snapshot: Buffer;

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'redis-lab-loading-'));
  await using server = await createServer({ port: 0, dir, rdbcompression: false, 'enable-debug-command': 'yes' });
  await using client = await RespClient.connect(server.port);
  await client.call('DEBUG', 'POPULATE', String(KEYS), 'key', '1100');
  await client.call('SAVE');
  snapshot = readFileSync(join(dir, 'dump.rdb'));
  rmSync(dir, { recursive: true });
});

/** A folder with a snapshot of {@link KEYS} keys. */
function saved(): string {
  const dir = temporaryDirectory();
  writeFileSync(join(dir, 'dump.rdb'), snapshot);
  return dir;
}

/** A server that loads so slowly that it is still at it, and a client of it. */
async function slow(dir: string, ...args: string[]): Promise<{ readonly server: Headless; readonly client: RespClient }> {
  const path = join(temporaryDirectory(), 'socket');
  const server = startHeadless('--port', '0', '--unixsocket', path, '--dir', dir, ...SLOWLY, ...args);
  return { server, client: await connectWhenReady(path) };
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends a server that is loading with 0, and the file stays as it is', async (signal) => {
  const dir = saved();
  const before = readFileSync(join(dir, 'dump.rdb'));
  const { server, client } = await slow(dir, '--save', '1 1');
  expect(await client.call('GET', 'key:1')).toEqual(LOADING);
  expect(server.output).not.toContain('Ready to accept connections');
  server.child.kill(signal);
  expect(await server.exited).toBe(0);
  expect(readFileSync(join(dir, 'dump.rdb')).equals(before)).toBe(true);
});

/** A folder whose snapshot is found to be damaged at its end. */
function damaged(): { readonly dir: string; readonly bytes: Buffer } {
  const dir = saved();
  const bytes = readFileSync(join(dir, 'dump.rdb'));
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(join(dir, 'dump.rdb'), bytes);
  return { dir, bytes };
}

test.each(['epoll', 'portable'])('a file that turns out to be damaged when the server listens already ends it with 1 and the place (%s)', async (poller) => {
  const { dir, bytes } = damaged();
  const server = startHeadless('--port', '0', '--dir', dir, '--loading-process-events-interval-bytes', '1024', '--poller', poller);
  expect(await server.exited).toBe(1);
  expect(server.errors).toMatch(/^redis-lab: .*dump\.rdb cannot be loaded, and is left as it is: CRC error: a checksum that is not that of the file at byte \d+\n$/);
  expect(readFileSync(join(dir, 'dump.rdb')).equals(bytes)).toBe(true);
});

test('createServer rejects for such a file', async () => {
  const { dir } = damaged();
  const failure = await createServer({ port: 0, dir, 'loading-process-events-interval-bytes': 1024 }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StartError);
});

test.each(['epoll', 'portable'] as const)('createServer resolves when all of it is there, with a history, too (%s)', async (poller) => {
  const dir = saved();
  await using server = await createServer({ port: 0, dir, 'loading-process-events-interval-bytes': 1024, poller, history: 2 ** 20 });
  const client = await connectTo(server.port);
  expect(await client.call('DBSIZE')).toBe(KEYS);
  await using fork = await server.fork();
  expect(await (await connectTo(fork.port)).call('DBSIZE')).toBe(KEYS);
});

test('a loop that is held loads in the turns that it is let go on for', async () => {
  const dir = saved();
  await using server = await createServer({ port: 0, dir, 'loading-process-events-interval-bytes': 1024, paused: true });
  const { persistence, turn } = await server.snapshot();
  expect([persistence!.loading!.bytes > 1024, turn]).toEqual([true, 1]);
  await server.step('turn');
  expect((await server.snapshot()).persistence!.loading!.bytes).toBeGreaterThan(persistence!.loading!.bytes);
  await server.resume();
  const client = await connectTo(server.port);
  while ((await client.call('DBSIZE')) !== KEYS);
});

/** What each says in INFO, without figures. */
const shapeOf = (info: unknown): string[] =>
  String(info).split('\r\n').filter((line) => line.startsWith('loading')).map((line) => line.replace(/[\d.]+$/, 'n'));

describeWithRedis('beside redis-server', () => {
  test('the same commands are answered while data is being loaded, and the same are refused', async () => {
    const dir = saved();
    const { server, client } = await slow(dir, '--save', '', '--enable-debug-command', 'yes');
    const socket = join(temporaryDirectory(), 'redis');
    const settings = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', dir, '--enable-debug-command', 'yes', ...SLOWLY];
    const redis = spawn('redis-server', settings, { stdio: 'ignore' });
    onTestFinished(() => void redis.kill('SIGKILL'));
    await once(redis, 'spawn');
    const oracle = await connectWhenReady(socket);
    const names = (await client.call('COMMAND', 'LIST')) as string[];
    const without = new Set(['shutdown', 'quit', 'monitor', 'debug', 'subscribe', 'psubscribe', 'ssubscribe', 'reset', 'sync', 'psync', 'module', 'hello']);
    const answersOf = (to: RespClient): Promise<string[]> => Promise.all(requests.map(async (argv) => {
      const reply = await to.call(...(argv as [string]));
      return `${argv.join(' ')}: ${JSON.stringify(reply) === JSON.stringify(LOADING) ? 'LOADING' : 'an answer'}`;
    }));
    const requests = [
      ...names.filter((name) => !without.has(name)).map((name) => [name, 'a', 'b', 'c']),
      ['ping'], ['get', 'k'], ['config', 'get', 'save'], ['config', 'set', 'appendonly', 'yes'], ['config', 'set', 'dir', '.'],
      ['config', 'set', 'maxmemory', '0'], ['lastsave'], ['bgsave'], ['select', '1'], ['time'], ['role'], ['info'], ['dbsize'], ['eval', 'return 1', '0'],
      ['multi'], ['get', 'k'], ['exec'], ['client', 'list'], ['acl', 'whoami'], ['replicaof', 'no', 'one'],
    ];
    expect(await answersOf(client)).toEqual(await answersOf(oracle));
    expect(shapeOf(await client.call('INFO', 'persistence'))).toEqual(shapeOf(await oracle.call('INFO', 'persistence')));
    client.socket.destroy();
    server.child.kill('SIGTERM');
    expect(await server.exited).toBe(0);
  });
});
