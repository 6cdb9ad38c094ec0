/** BGSAVE of servers that run: the file is the dataset of that moment under load, for the lab and for redis-server, and nothing takes the last good file away. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createServer, type RedisLabServer } from 'redis-lab';
import { cli } from '../support/cli.js';
import { connectTo, startHeadless, temporaryDirectory } from '../support/headless.js';
import { describeWithRedis, startRedisServer } from '../support/redis-server.js';
import { RespClient, type Wire } from '../support/resp-client.js';

const MODES = [{ poller: 'epoll' }, { poller: 'portable' }] as const;

/** Keys of all types, of which those with a number below 100 change all the time. */
const FILL = `
  for i = 1, tonumber(ARGV[1]) do
    local n = tostring(i)
    redis.call('SET', 'string:' .. n, string.rep(n, 20))
    if i % 10 == 0 then
      redis.call('RPUSH', 'list:' .. n, n, 'two', 'three')
      redis.call('HSET', 'hash:' .. n, 'field', n)
      redis.call('ZADD', 'zset:' .. n, i, n)
      redis.call('SADD', 'set:' .. n, n, 'member')
      redis.call('XADD', 'stream:' .. n, n .. '-1', 'field', n)
      redis.call('SET', 'volatile:' .. n, n, 'EX', 10000)
    end
  end`;
const CHANGES = [
  ['SET', 'string:%', 'changed'], ['DEL', 'list:%'], ['HSET', 'hash:%', 'field', 'changed'], ['ZADD', 'zset:%', '0', 'changed'], ['SADD', 'set:%', 'changed'],
  ['XADD', 'stream:%', '*', 'field', 'changed'], ['PERSIST', 'volatile:%'], ['RENAME', 'string:%', 'renamed:%'], ['APPEND', 'string:%', 'x'], ['EXPIRE', 'set:%', '5000'],
] as const;

const start = (options: Parameters<typeof createServer>[0]): Promise<RedisLabServer> => createServer({ port: 0, 'enable-debug-command': 'yes', ...options });

/** Changes keys until told to stop. */
function changing(client: RespClient): () => Promise<number> {
  let isOver = false;
  let changes = 0;
  const run = async (): Promise<void> => {
    for (let i = 1; !isOver; i++) {
      await Promise.all(CHANGES.map((argv) => client.call(...(argv.map((word) => word.replace('%', String(i * 10 % 3000))) as [string]))));
      changes += CHANGES.length;
    }
  };
  const running = run();
  return async () => {
    isOver = true;
    await running;
    return changes;
  };
}

const persistence = async (client: RespClient): Promise<string> => String(await client.call('INFO', 'persistence'));

async function saved(client: RespClient): Promise<string> {
  for (;;) {
    const info = await persistence(client);
    if (info.includes('rdb_bgsave_in_progress:0')) return info;
  }
}

/** The digest of all data at the moment at which a save in the background began. */
async function bgsave(client: RespClient): Promise<Wire> {
  // In one piece, so that nobody comes between.
  client.raw('DEBUG DIGEST\r\nBGSAVE\r\n');
  const [digest, started] = [await client.next(), await client.next()];
  expect(started).toEqual({ simple: 'Background saving started' });
  return digest;
}

/** Of more than 3,000 keys, while two clients changed them. */
async function saveUnderLoad(options: Parameters<typeof createServer>[0]): Promise<Wire> {
  await using server = await start(options);
  const client = await connectTo(server.port);
  await client.call('EVAL', FILL, '0', '3000');
  const stops = [changing(await connectTo(server.port)), changing(await connectTo(server.port))];
  const digest = await bgsave(client);
  const info = await saved(client);
  const changes = await Promise.all(stops.map((stop) => stop()));
  expect(info).toContain('rdb_last_bgsave_status:ok');
  expect(Math.min(...changes)).toBeGreaterThan(0);
  expect(await client.call('DEBUG', 'DIGEST')).not.toEqual(digest);
  await client.call('SHUTDOWN', 'NOSAVE').catch(() => {});
  return digest;
}

test.each(MODES)('$poller: another server loads what was there at the moment of BGSAVE, whatever clients have changed meanwhile', async ({ poller }) => {
  const dir = temporaryDirectory();
  const digest = await saveUnderLoad({ dir, poller });
  expect(readdirSync(dir)).toEqual(['dump.rdb']);
  await using second = await start({ dir });
  expect(await (await connectTo(second.port)).call('DEBUG', 'DIGEST')).toEqual(digest);
});

describeWithRedis('redis-server', () => {
  test('loads the same, and redis-check-rdb has nothing to say against it', async () => {
    const dir = temporaryDirectory();
    const digest = await saveUnderLoad({ dir });
    expect(execFileSync('redis-check-rdb', [join(dir, 'dump.rdb')], { encoding: 'utf8' })).toContain('RDB looks OK');
    const redis = await startRedisServer(['--dir', dir, '--dbfilename', 'dump.rdb', '--enable-debug-command', 'yes']);
    const client = await connectTo(redis.port);
    expect(await client.call('DEBUG', 'DIGEST')).toEqual(digest);
    await redis[Symbol.asyncDispose]();
  });
});

test('on a full disk a save fails, writes are refused, and when there is room again all goes on; the file of before is there throughout', async () => {
  const dir = temporaryDirectory();
  await using server = await start({ dir, save: '3600 1' });
  const client = await connectTo(server.port);
  await client.call('SET', 'k', 'v');
  await bgsave(client);
  await saved(client);
  const before = readFileSync(join(dir, 'dump.rdb'));
  const fault = await server.faults.add('disk-full 10kb');
  await client.call('DEBUG', 'POPULATE', '20000');
  await bgsave(client);
  expect(await saved(client)).toContain('rdb_last_bgsave_status:err');
  expect(await client.call('SET', 'k', 'w')).toEqual({ error: expect.stringContaining('MISCONF Redis is configured to save RDB snapshots') as string });
  expect(await client.call('GET', 'k')).toBe('v');
  expect(readdirSync(dir)).toEqual(['dump.rdb']);
  expect(readFileSync(join(dir, 'dump.rdb')).equals(before)).toBe(true);
  await fault.remove();
  await bgsave(client);
  expect(await saved(client)).toContain('rdb_last_bgsave_status:ok');
  expect(await client.call('SET', 'k', 'w')).toEqual({ simple: 'OK' });
});

test('a slow disk is not waited for by clients, and SHUTDOWN leaves no draft', async () => {
  const dir = temporaryDirectory();
  await using server = await start({ dir });
  const client = await connectTo(server.port);
  await client.call('DEBUG', 'POPULATE', '1000');
  await server.faults.add('slow-disk 1h');
  await bgsave(client);
  for (let i = 0; i < 100; i++) expect(await client.call('SET', `new:${i}`, 'v')).toEqual({ simple: 'OK' });
  expect(await client.call('BGSAVE')).toEqual({ error: 'ERR Background save already in progress' });
  expect(await client.call('SAVE')).toEqual({ error: 'ERR Background save already in progress' });
  expect(await persistence(client)).toContain('rdb_bgsave_in_progress:1');
  await client.call('SHUTDOWN', 'SAVE').catch(() => {});
  await server.closed;
  expect(readdirSync(dir)).toEqual(['dump.rdb']);
});

test('kill -9 in the middle of a save leaves the snapshot of before', async () => {
  const dir = temporaryDirectory();
  const first = startHeadless('--port', '0', '--dir', dir, '--enable-debug-command', 'yes', '--fault', 'slow-disk 200ms');
  const client = await first.connect();
  await client.call('DEBUG', 'POPULATE', '30000');
  await client.call('SAVE');
  const before = readFileSync(join(dir, 'dump.rdb'));
  await client.call('FLUSHALL');
  await client.call('DEBUG', 'POPULATE', '30000', 'other');
  await bgsave(client);
  while (!readdirSync(dir).some((name) => name.startsWith('temp-'))) expect(await persistence(client)).toContain('rdb_bgsave_in_progress:1');
  first.child.kill('SIGKILL');
  await first.exited;
  expect(readFileSync(join(dir, 'dump.rdb')).equals(before)).toBe(true);
  const second = startHeadless('--port', '0', '--dir', dir);
  expect(await (await second.connect()).call('EXISTS', 'key:1', 'other:1')).toBe(1);
  await second.end();
});

test.each(MODES)('$poller: a recording with saves is replayed, and writes nothing', async ({ poller }) => {
  const dir = temporaryDirectory();
  const path = join(temporaryDirectory(), 'saves.lab');
  const server = startHeadless('--port', '0', '--poller', poller, '--dir', dir, '--enable-debug-command', 'yes', '--record', path, '--history', '0');
  const client = await server.connect();
  await client.call('EVAL', FILL, '0', '1000');
  const stop = changing(await server.connect());
  for (let round = 0; round < 2; round++) {
    await bgsave(client);
    await saved(client);
  }
  await stop();
  await bgsave(client);
  await server.end();
  const { mtimeMs } = statSync(join(dir, 'dump.rdb'));
  const { stdout } = await cli('replay', path);
  expect(stdout).toMatch(/^replayed \d+ turns, \d+ commands: identical/);
  expect(statSync(join(dir, 'dump.rdb')).mtimeMs).toBe(mtimeMs);
});
