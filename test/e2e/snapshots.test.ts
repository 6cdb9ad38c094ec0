/** Snapshots as files: what a server has saved the next one has, be it the lab or redis-server, and nothing that fails takes the last good file away. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { createServer, StartError, type RedisLabServer } from 'redis-lab';
import { familyTemplates, generate } from '../fuzz/generate.js';
import { Random } from '../fuzz/random.js';
import { cli } from '../support/cli.js';
import { connectTo, startHeadless, temporaryDirectory } from '../support/headless.js';
import { describeWithRedis, startRedisServer } from '../support/redis-server.js';
import type { RespClient } from '../support/resp-client.js';

const OK = { simple: 'OK' };

const start = (settings: Parameters<typeof createServer>[0]): Promise<RedisLabServer> => createServer({ port: 0, 'enable-debug-command': 'yes', ...settings });

/** Resolves when a save in the background has ended. */
async function saved(client: RespClient): Promise<void> {
  for (let info = ''; !(info.includes('rdb_saves:1') && info.includes('rdb_bgsave_in_progress:0')); ) info = String(await client.call('INFO', 'persistence'));
}

/** Ends as kill -9 would: nothing is saved. */
async function abandon(server: RedisLabServer, client: RespClient): Promise<void> {
  await client.call('SHUTDOWN', 'NOSAVE').catch(() => {});
  await server.close();
}

test('SAVE, BGSAVE and SHUTDOWN SAVE write what the next server begins with', async () => {
  const dir = temporaryDirectory();
  const wanted: string[] = [];
  for (const [round, save] of [['SAVE'], ['BGSAVE'], ['SHUTDOWN', 'SAVE']].entries()) {
    const server = await start({ dir });
    const client = await connectTo(server.port);
    expect(await client.call('LRANGE', 'rounds', '0', '-1')).toEqual(wanted);
    await client.call('RPUSH', 'rounds', String(round));
    wanted.push(String(round));
    const reply = client.call(...(save as [string])).catch(() => null);
    if (save[0] === 'SAVE') expect(await reply).toEqual(OK);
    if (save[0] === 'BGSAVE') {
      expect(await reply).toEqual({ simple: 'Background saving started' });
      await saved(client);
    }
    await abandon(server, client);
    expect(readdirSync(dir)).toEqual(['dump.rdb']);
  }
});

test('in a transaction SAVE is refused, and each BGSAVE is scheduled for when it has ended', async () => {
  await using server = await start({ dir: temporaryDirectory() });
  const client = await connectTo(server.port);
  const scheduled = { simple: 'Background saving scheduled' };
  await client.call('MULTI');
  expect(await client.call('SAVE')).toEqual({ error: 'ERR Command not allowed inside a transaction' });
  await client.call('DISCARD');
  for (const argv of [['MULTI'], ['BGSAVE'], ['BGSAVE'], ['SET', 'k', 'v']]) await client.call(...(argv as [string]));
  expect(await client.call('EXEC')).toEqual([scheduled, scheduled, OK]);
  await saved(client);
  expect(String(await client.call('INFO', 'persistence'))).toContain('rdb_changes_since_last_save:0');
});

test('with save points a server saves at its end, by close() and by a signal, and after this number of changes', async () => {
  const dir = temporaryDirectory();
  const first = await start({ dir, save: '1 2' });
  const client = await connectTo(first.port);
  await client.call('MSET', 'a', '1', 'b', '2');
  await saved(client);
  await client.call('SET', 'a', '2');
  await first.close();
  const second = startHeadless('--port', '0', '--dir', dir, '--save', '3600', '1');
  const other = await second.connect();
  expect(second.output).toMatch(/Done loading RDB, keys loaded: 2, keys expired: 0\.\n.*DB loaded from disk: \d+\.\d{3} seconds\n/);
  expect(await other.call('MGET', 'a', 'b')).toEqual(['2', '2']);
  await other.call('SET', 'a', '3');
  await second.end();
  await using third = await start({ dir, save: '' });
  expect(await (await connectTo(third.port)).call('GET', 'a')).toBe('3');
});

test('a virtual clock reaches its save points by itself', async () => {
  const dir = temporaryDirectory();
  await using server = await start({ dir, save: '900 1', clock: 'virtual' });
  const client = await connectTo(server.port);
  await client.call('SET', 'a', '1');
  await server.advance('15m');
  expect(existsSync(join(dir, 'dump.rdb'))).toBe(false);
  await server.advance('2s');
  await saved(client);
  expect(existsSync(join(dir, 'dump.rdb'))).toBe(true);
});

test('without a setting that asks for it nothing is loaded, whatever files exist', async () => {
  const dir = temporaryDirectory();
  writeFileSync(join(dir, 'dump.rdb'), 'not a snapshot');
  const { stdout } = await cli('--help', 'settings');
  expect(stdout).toContain('dbfilename');
  const before = process.cwd();
  process.chdir(dir);
  try {
    await using server = await start({});
    expect(await (await connectTo(server.port)).call('DBSIZE')).toBe(0);
  } finally {
    process.chdir(before);
  }
});

test('a file that was neither loaded nor written is not replaced, by a fork neither', async () => {
  const dir = temporaryDirectory();
  const path = join(dir, 'dump.rdb');
  writeFileSync(path, "somebody else's");
  const before = process.cwd();
  process.chdir(dir);
  try {
    await using server = await start({});
    const client = await connectTo(server.port);
    const refusal = { error: expect.stringMatching(/^ERR .*dump\.rdb is there and was not loaded: it would be lost\. Start with --dir or --dbfilename/) as string };
    expect(await client.call('SAVE')).toEqual(refusal);
    expect(await client.call('SHUTDOWN', 'SAVE')).toEqual({ error: 'ERR Errors trying to SHUTDOWN. Check logs.' });
    expect(readFileSync(path, 'latin1')).toBe("somebody else's");
    rmSync(path);
    expect(await client.call('SAVE')).toEqual(OK);
    expect(await client.call('SAVE')).toEqual(OK);
    await using fork = await server.fork();
    expect(await (await connectTo(fork.port)).call('SAVE')).toEqual(refusal);
  } finally {
    process.chdir(before);
  }
});

test('where nothing can be written, SAVE and SHUTDOWN say so, the server goes on, and the file of before is whole', async () => {
  const dir = join(temporaryDirectory(), 'data');
  mkdirSync(dir);
  await using server = await start({ dir });
  const client = await connectTo(server.port);
  await client.call('SET', 'k', 'v');
  expect(await client.call('SAVE')).toEqual(OK);
  const saved = readFileSync(join(dir, 'dump.rdb'));
  const elsewhere = join(temporaryDirectory(), 'dump.rdb');
  copyFileSync(join(dir, 'dump.rdb'), elsewhere);
  rmSync(dir, { recursive: true });
  expect(await client.call('SAVE')).toEqual({ error: expect.stringMatching(/^ERR ENOENT: no such file or directory/) as string });
  expect(await client.call('SHUTDOWN', 'SAVE')).toEqual({ error: 'ERR Errors trying to SHUTDOWN. Check logs.' });
  await client.call('BGSAVE');
  while (!String(await client.call('INFO', 'persistence')).includes('rdb_last_bgsave_status:err'));
  expect(await client.call('DEBUG', 'RELOAD')).toEqual({ error: 'ERR Error trying to load the RDB dump' });
  expect(await client.call('GET', 'k')).toBe('v');
  mkdirSync(dir);
  // The name is taken by a folder, which no file can replace.
  mkdirSync(join(dir, 'dump.rdb'));
  expect(await client.call('SAVE')).toEqual({ error: expect.stringMatching(/^ERR EISDIR|^ERR ENOTEMPTY/) as string });
  expect(readdirSync(dir)).toEqual(['dump.rdb']);
  expect(readFileSync(elsewhere).equals(saved)).toBe(true);
});

test('while snapshots fail, what writes is refused, PING as well, until one succeeds', async () => {
  const dir = join(temporaryDirectory(), 'data');
  mkdirSync(dir);
  await using server = await start({ dir, save: '3600 1' });
  const client = await connectTo(server.port);
  await client.call('SET', 'k', 'v');
  rmSync(dir, { recursive: true });
  await client.call('BGSAVE');
  while (!String(await client.call('INFO', 'persistence')).includes('rdb_last_bgsave_status:err'));
  const refusal = { error: expect.stringMatching(/^MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk\. /) as string };
  const write = "return redis.call('SET', 'k', 'w')";
  expect(await client.call('SET', 'k', 'w')).toEqual(refusal);
  expect(await client.call('PING')).toEqual(refusal);
  expect(await client.call('EVAL', write, '0')).toEqual(refusal);
  expect(await client.call('EVAL', `#!lua\n${write}`, '0')).toEqual(refusal);
  expect(await client.call('EVAL', "#!lua flags=no-writes\nreturn redis.call('GET', 'k')", '0')).toBe('v');
  await client.call('MULTI');
  await client.call('GET', 'k');
  expect(await client.call('EXEC')).toEqual(['v']);
  await client.call('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'no');
  expect(await client.call('SET', 'k', 'x')).toEqual(OK);
  await client.call('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'yes');
  expect(await client.call('SET', 'k', 'y')).toEqual(refusal);
  mkdirSync(dir);
  expect(await client.call('SAVE')).toEqual(OK);
  expect(await client.call('SET', 'k', 'y')).toEqual(OK);
});

test('a damaged snapshot ends the start with its reason, and is not changed', async () => {
  const dir = temporaryDirectory();
  const path = join(dir, 'dump.rdb');
  const server = await start({ dir });
  const client = await connectTo(server.port);
  await client.call('SET', 'some-key', 'some value');
  await client.call('SAVE');
  await abandon(server, client);
  const damaged = readFileSync(path).subarray(0, -12);
  writeFileSync(path, damaged);
  const failure = await start({ dir }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StartError);
  expect((failure as Error).message).toMatch(/^.*dump\.rdb cannot be loaded, and is left as it is: end of the file at byte \d+, in the key "some-key" of database 0$/);
  const headless = startHeadless('--port', '0', '--dir', dir);
  expect(await headless.exited).toBe(1);
  expect(headless.errors + headless.output).toContain('cannot be loaded, and is left as it is: end of the file');
  expect(readFileSync(path).equals(damaged)).toBe(true);
});

test('a file that is not regular ends the start with its reason, and a pipe without a writer does not block it', async () => {
  const dir = temporaryDirectory();
  mkdirSync(join(dir, 'folder'));
  execFileSync('mkfifo', [join(dir, 'pipe')]);
  for (const dbfilename of ['folder', 'pipe', '..']) {
    const failure = await start({ dir, dbfilename }).catch((error: unknown) => error);
    expect(failure, dbfilename).toBeInstanceOf(StartError);
    expect((failure as Error).message).toBe(`${resolve(dir, dbfilename)} cannot be loaded: it is not a regular file`);
  }
});

test('servers of one process save into the same folder at the same time, and the file is always that of one of them', async () => {
  const dir = temporaryDirectory();
  await using first = await start({ dir });
  await using second = await start({ dir });
  const clients = [await connectTo(first.port), await connectTo(second.port)];
  const values = ['first', 'second'].map((name) => name.repeat(100_000));
  await Promise.all(clients.map((client, i) => client.call('SET', 'k', values[i]!)));
  const saves = clients.flatMap((client) => Array.from({ length: 100 }, () => client.call('SAVE')));
  expect(new Set((await Promise.all(saves)).map((reply) => JSON.stringify(reply)))).toEqual(new Set([JSON.stringify(OK)]));
  expect(readdirSync(dir)).toEqual(['dump.rdb']);
  await using third = await start({ dir });
  expect(values).toContain(await (await connectTo(third.port)).call('GET', 'k'));
});

test('DEBUG RELOAD has the same data afterwards, of every type, and with NOFLUSH refuses a key that is there', async () => {
  await using server = await start({ dir: temporaryDirectory() });
  const client = await connectTo(server.port);
  await fill(client, 3);
  await client.call('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() return 'here' end)");
  const before = await client.call('DEBUG', 'DIGEST');
  expect(await client.call('DEBUG', 'RELOAD')).toEqual(OK);
  expect(await client.call('DEBUG', 'DIGEST')).toEqual(before);
  expect(await client.call('FCALL', 'f', '0')).toBe('here');
  expect(await client.call('DEBUG', 'RELOAD', 'NOFLUSH')).toEqual({ error: 'ERR Error trying to load the RDB dump' });
});

/** Options of DEBUG RELOAD; after each, the reply, and two keys of which only the first is in the file. */
async function reloaded(client: RespClient): Promise<unknown[]> {
  const library = (value: number): string => `#!lua name=lib\nredis.register_function('f', function() return ${value} end)`;
  const results: unknown[] = [await client.call('DEBUG', 'RELOAD', 'NOSAVE'), await client.call('DEBUG', 'RELOAD', 'FLUSH')];
  await client.call('SET', 'k', 'saved', 'EX', '1000');
  await client.call('FUNCTION', 'LOAD', library(1));
  await client.call('SAVE');
  for (const options of [['NOFLUSH', 'NOSAVE', 'merge'], ['NOFLUSH', 'NOSAVE'], ['NOSAVE', 'MERGE'], ['NOSAVE'], ['MERGE', 'NOFLUSH'], ['NOFLUSH'], []]) {
    await client.call('SET', 'k', 'later');
    await client.call('SET', 'l', 'other');
    await client.call('FUNCTION', 'LOAD', 'REPLACE', library(2));
    results.push([await client.call('DEBUG', 'RELOAD', ...options), await client.call('MGET', 'k', 'l'), await client.call('FCALL', 'f', '0')]);
  }
  return results;
}

describeWithRedis('DEBUG RELOAD', () => {
  test('with MERGE, NOFLUSH and NOSAVE does what it does in redis-server', async () => {
    await using server = await start({ dir: temporaryDirectory() });
    await using redis = await startRedisServer();
    const results = await reloaded(await connectTo(server.port));
    expect(results).toEqual(await reloaded(await connectTo(redis.port)));
    expect(results[2]).toEqual([OK, ['saved', 'other'], 1]);
  });
});

test('a fork of a server with save points does not save over its file', async () => {
  const dir = temporaryDirectory();
  await using server = await start({ dir, save: '3600 1' });
  const client = await connectTo(server.port);
  await client.call('SET', 'whose', 'of the original');
  await client.call('SAVE');
  const fork = await server.fork();
  const other = await connectTo(fork.port);
  await other.call('SET', 'whose', 'of the fork');
  await fork.close();
  expect(readFileSync(join(dir, 'dump.rdb'), 'latin1')).toContain('of the original');
});

test('a recording of a server that has loaded and saved is replayed, of a large file as long as that is the same', async () => {
  const dir = temporaryDirectory();
  const path = join(dir, 'dump.rdb');
  const lab = join(temporaryDirectory(), 'server.lab');
  for (const bytes of [10, 2_000_000]) {
    const first = await start({ dir, dbfilename: 'dump.rdb' });
    const client = await connectTo(first.port);
    await client.call('FLUSHALL');
    await client.call('SET', 'k', randomBytes(bytes / 2).toString('hex'));
    await client.call('SAVE');
    await abandon(first, client);
    const loaded = readFileSync(path);
    const server = startHeadless('--port', '0', '--dir', dir, '--record', lab, '--trace-overwrite');
    const other = await server.connect();
    expect(await other.call('STRLEN', 'k')).toBe(bytes);
    await other.call('SET', 'more', 'data');
    await other.call('SAVE');
    await other.call('DEBUG', 'RELOAD');
    expect(await other.call('MGET', 'more')).toEqual(['data']);
    await server.end();
    const changed = await cli('replay', lab);
    if (bytes === 10) expect(changed.stdout).toMatch(/^replayed \d+ turns, \d+ commands: identical\n$/);
    else expect(changed.stderr).toMatch(/the recorded server has loaded .*dump\.rdb \(\d+ bytes, SHA-256 [0-9a-f]{64}\), which is gone or has changed/);
    writeFileSync(path, loaded);
    expect((await cli('replay', lab)).stdout).toMatch(/^replayed \d+ turns, \d+ commands: identical\n$/);
  }
});

const DATA = ['strings', 'bitmaps', 'keys', 'lists', 'hashes', 'sets', 'zsets', 'streams', 'hyperloglog', 'geo'];

/** Random data, with what has just been moved about, in two databases. */
async function fill(client: RespClient, seed: number): Promise<void> {
  const random = new Random(seed);
  const templates = DATA.flatMap(familyTemplates);
  for (const db of ['0', '7']) {
    await client.call('SELECT', db);
    const commands = Array.from({ length: 400 }, () => generate(random, random.pick(templates)).argv as [string, ...string[]]);
    await Promise.all(commands.map((argv) => client.call(...argv)));
  }
}

/** All keys with what else counts besides their values. */
async function facts(client: RespClient): Promise<unknown> {
  const all: unknown[] = [await client.call('DEBUG', 'DIGEST'), await client.call('FUNCTION', 'LIST', 'WITHCODE')];
  for (const db of ['0', '7']) {
    await client.call('SELECT', db);
    const keys = ((await client.call('KEYS', '*')) as string[]).toSorted();
    for (const key of keys) all.push([key, await client.call('TYPE', key), await client.call('OBJECT', 'ENCODING', key), await client.call('PEXPIRETIME', key)]);
  }
  return all;
}

describeWithRedis('a snapshot goes over', () => {
  test('from the lab to redis-server and back: the same data, encodings, times and functions', { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const dir = temporaryDirectory();
      const lab = await start({ dir });
      const client = await connectTo(lab.port);
      await client.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
      await fill(client, seed);
      await client.call('FUNCTION', 'LOAD', `#!lua name=lib\nredis.register_function('f', function() return ${seed} end)`);
      // Strings that commands have changed are `raw` until they are loaded.
      await client.call('DEBUG', 'RELOAD');
      const written = await facts(client);
      await client.call('SAVE');
      await abandon(lab, client);
      const redis = await startRedisServer(['--dir', dir]);
      const reader = await connectTo(redis.port);
      expect(await facts(reader), `seed ${seed}, read by redis-server`).toEqual(written);
      // More of it, made there.
      await fill(reader, seed + 1000);
      await reader.call('DEBUG', 'RELOAD');
      const there = await facts(reader);
      await reader.call('SAVE');
      await redis.close();
      await using again = await start({ dir });
      expect(await facts(await connectTo(again.port)), `seed ${seed}, read by the lab`).toEqual(there);
    }
  });
});
