/** The base of an append-only file as commands (`aof-use-rdb-preamble no`): what redis-server writes, and what both load. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createServer, type RedisLabServer } from 'redis-lab';
import { connectTo, temporaryDirectory } from '../support/headless.js';
import { describeWithRedis, startRedisServer } from '../support/redis-server.js';
import type { RespClient } from '../support/resp-client.js';

const SETTINGS = { appendonly: true, 'aof-use-rdb-preamble': false, appendfsync: 'no', 'zset-max-listpack-entries': 8 } as const;

const start = (dir: string): Promise<RedisLabServer> => createServer({ port: 0, 'enable-debug-command': 'yes', dir, ...SETTINGS });

const startRedis = (dir: string) =>
  startRedisServer(['--dir', dir, ...Object.entries(SETTINGS).flatMap(([name, value]) => [`--${name}`, String(value).replace('true', 'yes').replace('false', 'no')])]);

const numbered = (count: number, each: (i: number) => readonly string[]): string[] => Array.from({ length: count }, (_, i) => each(i)).flat();

const DATA: readonly (readonly string[])[] = [
  ['SET', 'text', '\xff\r\n'], ['SET', 'number', '17'], ['PEXPIREAT', 'number', '9999999999999'], ['PFADD', 'hll', 'a', 'b'], ['APPEND', 'bytes', 'ab'],
  ['RPUSH', 'list', ...numbered(150, (i) => [`item ${i}`])], ['PEXPIREAT', 'list', '9999999999998'],
  ['SADD', 'intset', '3', '1', '2'], ['SADD', 'set', ...numbered(130, (i) => [`member ${i}`])],
  ['ZADD', 'small', '0.1', 'a', '-0', 'b', 'inf', 'c', '1e20', 'd', '3', 'e', '100000000000000000', 'f'],
  ['ZADD', 'large', '-0', 'zero', '-inf', 'low', '1e17', 'high', ...numbered(70, (i) => [String(i / 7), `m${i}`])],
  ['HSET', 'hash', 'f', 'v', 'g', 'w'], ['HSET', 'fields', ...numbered(600, (i) => [`f${i}`, String(i)])],
  ...Array.from({ length: 250 }, (_, i) => ['XADD', 'stream', `${i + 1}-1`, 'name', String(i), ...(i % 3 === 0 ? ['other', 'x'] : [])]),
  ['XDEL', 'stream', '1-1', '7-1'], ['XGROUP', 'CREATE', 'stream', 'fresh', '100-1'], ['XGROUP', 'CREATE', 'stream', 'g', '0'],
  ['XREADGROUP', 'GROUP', 'g', 'ann', 'COUNT', '70', 'STREAMS', 'stream', '>'], ['XREADGROUP', 'GROUP', 'g', 'bob', 'COUNT', '3', 'STREAMS', 'stream', '>'],
  ['XCLAIM', 'stream', 'g', 'bob', '0', '9-1', 'TIME', '1700000000000', 'RETRYCOUNT', '7'], ['XGROUP', 'CREATECONSUMER', 'stream', 'g', 'cid'],
  ['XADD', 'emptied', '5-1', 'a', 'b'], ['XDEL', 'emptied', '5-1'], ['XGROUP', 'CREATE', 'without', 'g', '$', 'MKSTREAM'],
  ['FUNCTION', 'LOAD', '#!lua name=lib\nredis.register_function("f", function() return 1 end)'],
  ['SET', 'latest', '1', 'PXAT', '9223372036854775807'], ['SELECT', '3'], ['SET', 'elsewhere', '1'], ['SELECT', '0'],
];

async function fill(client: RespClient): Promise<void> {
  await Promise.all(DATA.map((argv) => client.call(...(argv as [string, ...string[]]))));
}

async function rewrite(client: RespClient): Promise<void> {
  await client.call('BGREWRITEAOF');
  const isOver = (info: string): boolean => info.includes('aof_rewrite_in_progress:0') && info.includes('aof_rewrite_scheduled:0');
  while (!isOver(String(await client.call('INFO', 'persistence'))));
}

function baseOf(dir: string): string {
  const base = readdirSync(join(dir, 'appendonlydir')).find((name) => name.includes('.2.base.'))!;
  expect(base).toBe('appendonly.aof.2.base.aof');
  return readFileSync(join(dir, 'appendonlydir', base), 'latin1');
}

function requestsOf(file: string): string[][] {
  const requests: string[][] = [];
  for (let at = 0; at < file.length; ) {
    const number = (): number => {
      const end = file.indexOf('\r\n', at);
      const value = Number(file.slice(at + 1, end));
      at = end + 2;
      return value;
    };
    requests.push(Array.from({ length: number() }, () => {
      const length = number();
      at += length + 2;
      return file.slice(at - length - 2, at - 2);
    }));
  }
  return requests;
}

/** The commands of each key; in sets, hashes and skip lists the order of members is the server's own. */
function commandsByKey(file: string): ReadonlyMap<string, readonly string[]> {
  const byKey = new Map<string, string[]>();
  const all = new Map<string, string[]>();
  let db = '';
  for (const argv of requestsOf(file)) {
    if (argv[0] === 'SELECT') db = argv[1]!;
    const key = `${db} ${argv[0]!.startsWith('XGROUP') ? argv[2] : argv[1]}`;
    const commands = byKey.get(key) ?? [];
    byKey.set(key, commands);
    const step = { SADD: 1, HMSET: 2, ZADD: 2 }[argv[0]!];
    if (step === undefined) commands.push(argv.join(' ').replace(/ (TIME) 17[89]\d{10} /, ' $1 now '));
    else {
      const members = all.get(key) ?? [];
      all.set(key, members);
      for (let at = 2; at < argv.length; at += step) members.push(argv.slice(at, at + step).join(' '));
      commands.push(`${argv[0]} of ${argv.length - 2}`);
    }
  }
  for (const [key, members] of all) byKey.get(key)!.push(...members.toSorted());
  return byKey;
}

async function stateOf(client: RespClient): Promise<unknown> {
  const streams = ['stream', 'emptied', 'without'].map((key) => ['XINFO', 'STREAM', key, 'FULL', 'COUNT', '0']);
  const commands = [['DEBUG', 'DIGEST'], ['PEXPIRETIME', 'list'], ['PEXPIRETIME', 'latest'], ['FUNCTION', 'LIST', 'WITHCODE'], ...streams];
  const replies: unknown[] = [];
  for (const argv of commands) replies.push(await client.call(...(argv as [string, ...string[]])));
  // When a consumer was seen, and the shape of the radix tree, are not in the file.
  return JSON.parse(JSON.stringify(replies, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)).replace(/"(seen-time|radix-tree-keys|radix-tree-nodes)",\d+/g, '"$1"'));
}

describeWithRedis('a base of commands', () => {
  test('is what redis-server writes, and both load what either has written', { timeout: 60_000 }, async () => {
    const [ours, theirs] = [temporaryDirectory(), temporaryDirectory()];
    const lab = await start(ours);
    const redis = await startRedis(theirs);
    const [ourClient, theirClient] = [await connectTo(lab.port), await connectTo(redis.port)];
    for (const client of [ourClient, theirClient]) {
      await fill(client);
      await rewrite(client);
    }
    const [expected, there] = [await stateOf(ourClient), await stateOf(theirClient)];
    const commands = commandsByKey(baseOf(theirs));
    expect(commands.size).toBeGreaterThan(17);
    expect(commandsByKey(baseOf(ours))).toEqual(commands);
    await lab.close();
    process.kill(redis.pid, 'SIGTERM');
    for (const [dir, state] of [[ours, expected], [theirs, there]] as const) {
      {
        await using reader = await startRedis(dir);
        expect(await stateOf(await connectTo(reader.port))).toEqual(state);
      }
      await using reader = await start(dir);
      expect(await stateOf(await connectTo(reader.port))).toEqual(state);
    }
    await redis.close();
  });
});

test('the first base of a new file consists of commands too, and begins with the time if that is noted', async () => {
  const dir = temporaryDirectory();
  await using server = await createServer({ port: 0, dir, ...SETTINGS, 'aof-timestamp-enabled': true });
  const client = await connectTo(server.port);
  expect(readFileSync(join(dir, 'appendonlydir', 'appendonly.aof.1.base.aof'), 'latin1')).toMatch(/^#TS:\d{10}\r\n$/);
  await client.call('SET', 'k', 'v');
  await rewrite(client);
  expect(baseOf(dir)).toMatch(/^#TS:\d{10}\r\n\*2\r\n\$6\r\nSELECT\r\n\$1\r\n0\r\n\*3\r\n\$3\r\nSET\r\n\$1\r\nk\r\n\$1\r\nv\r\n$/);
  await client.call('CONFIG', 'SET', 'aof-use-rdb-preamble', 'yes');
  await rewrite(client);
  expect(readdirSync(join(dir, 'appendonlydir')).some((name) => name === 'appendonly.aof.3.base.rdb')).toBe(true);
});
