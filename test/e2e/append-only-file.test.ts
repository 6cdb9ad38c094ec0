/** The append-only file: what was written down before a server ended, the next one has, be it the lab or redis-server. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createServer, StartError, type RedisLabServer } from 'redis-lab';
import { familyTemplates, generate } from '../fuzz/generate.js';
import { Random } from '../fuzz/random.js';
import { cli } from '../support/cli.js';
import { connectTo, startHeadless, temporaryDirectory } from '../support/headless.js';
import { describeWithRedis, startRedisServer } from '../support/redis-server.js';
import type { RespClient } from '../support/resp-client.js';

const OK = { simple: 'OK' };

type Settings = Parameters<typeof createServer>[0];

const start = (settings: Settings): Promise<RedisLabServer> => createServer({ port: 0, 'enable-debug-command': 'yes', appendonly: true, ...settings });

const request = (...argv: string[]): string => `*${argv.length}\r\n${argv.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;

const SELECT_0 = request('SELECT', '0');

async function info(client: RespClient): Promise<Map<string, string>> {
  return new Map(String(await client.call('INFO', 'persistence')).split('\r\n').map((line) => line.split(':') as [string, string]));
}

async function until(client: RespClient, name: string, value: string): Promise<void> {
  while ((await info(client)).get(name) !== value);
}

const filesOf = (dir: string): string[] => readdirSync(join(dir, 'appendonlydir')).toSorted();
const manifestOf = (dir: string): string => readFileSync(join(dir, 'appendonlydir', 'appendonly.aof.manifest'), 'latin1');
const incrementOf = (dir: string, seq = 1): string => join(dir, 'appendonlydir', `appendonly.aof.${seq}.incr.aof`);

/** A folder with an append-only file of one increment, and no base. */
function written(increment: string): string {
  const dir = temporaryDirectory();
  mkdirSync(join(dir, 'appendonlydir'));
  writeFileSync(incrementOf(dir), increment, 'latin1');
  writeFileSync(join(dir, 'appendonlydir', 'appendonly.aof.manifest'), 'file appendonly.aof.1.incr.aof seq 1 type i\n');
  return dir;
}

describe('writing', () => {
  test('the files are those of Redis 7.0, and hold each change as it is to be repeated', async () => {
    const dir = temporaryDirectory();
    // With everysec a write may wait for an fsync that is under way.
    await using server = await start({ dir, appendfsync: 'no' });
    const client = await connectTo(server.port);
    expect(filesOf(dir)).toEqual(['appendonly.aof.1.base.rdb', 'appendonly.aof.1.incr.aof', 'appendonly.aof.manifest']);
    expect(manifestOf(dir)).toBe('file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n');
    await client.call('SET', 'a', '\xff\r\n');
    await client.call('GET', 'a');
    await client.call('SELECT', '3');
    await client.call('MULTI');
    await client.call('INCR', 'n');
    await client.call('PEXPIREAT', 'n', '9999999999999');
    await client.call('EXEC');
    const expected = [
      SELECT_0, request('SET', 'a', '\xff\r\n'), request('SELECT', '3'), request('MULTI'), request('INCR', 'n'), request('PEXPIREAT', 'n', '9999999999999'),
      request('EXEC'),
    ];
    expect(readFileSync(incrementOf(dir), 'latin1')).toBe(expected.join(''));
    expect((await info(client)).get('aof_enabled')).toBe('1');
    expect(Number((await info(client)).get('aof_current_size'))).toBe(statSync(incrementOf(dir)).size + statSync(join(dir, 'appendonlydir/appendonly.aof.1.base.rdb')).size);
  });

  test.each(['always', 'no'])('with appendfsync %s what was answered is there after kill -9', async (appendfsync) => {
    const dir = temporaryDirectory();
    const first = startHeadless('--port', '0', '--dir', dir, '--appendonly', 'yes', '--appendfsync', appendfsync);
    const client = await first.connect();
    for (let i = 0; i < 50; i++) await client.call('RPUSH', 'list', String(i));
    first.child.kill('SIGKILL');
    await first.exited;
    await using second = await start({ dir });
    expect(await (await connectTo(second.port)).call('LLEN', 'list')).toBe(50);
  });

  test('the time is noted in the file if it is asked for, and does not disturb loading', async () => {
    const dir = temporaryDirectory();
    const first = await start({ dir, 'aof-timestamp-enabled': true });
    await (await connectTo(first.port)).call('SET', 'a', '1');
    await first.close();
    expect(readFileSync(incrementOf(dir), 'latin1')).toMatch(/^#TS:\d{10}\r\n\*2/);
    await using second = await start({ dir });
    expect(await (await connectTo(second.port)).call('GET', 'a')).toBe('1');
  });

  test('it is switched on with what is there, off, and on again, and never over the file of another', async () => {
    const dir = temporaryDirectory();
    const first = await start({ dir, appendonly: false });
    const client = await connectTo(first.port);
    await client.call('SET', 'before', '1');
    expect(await client.call('CONFIG', 'SET', 'appendonly', 'yes')).toEqual(OK);
    await client.call('SET', 'while', '2');
    await until(client, 'aof_rewrite_in_progress', '0');
    while (!existsSync(join(dir, 'appendonlydir', 'appendonly.aof.manifest'))) await client.call('PING');
    await client.call('SET', 'behind', '3');
    expect(filesOf(dir)).toEqual(['appendonly.aof.1.base.rdb', 'appendonly.aof.1.incr.aof', 'appendonly.aof.manifest']);
    expect(await client.call('CONFIG', 'SET', 'appendonly', 'no')).toEqual(OK);
    await client.call('SET', 'unheard', '4');
    const size = statSync(incrementOf(dir)).size;
    expect(await client.call('CONFIG', 'SET', 'appendonly', 'yes')).toEqual(OK);
    while (!manifestOf(dir).includes('.2.base.rdb')) await client.call('PING');
    expect(size).toBeGreaterThan(0);
    await client.call('SET', 'last', '5');
    await first.close();
    const another = await start({ dir, appendonly: false, dbfilename: 'none.rdb' });
    const refusal = { error: expect.stringMatching(/^ERR CONFIG SET failed \(possibly related to argument 'appendonly'\) - .*was not loaded: it would be lost/) as string };
    expect(await (await connectTo(another.port)).call('CONFIG', 'SET', 'appendonly', 'yes')).toEqual(refusal);
    await another.close();
    await using second = await start({ dir });
    expect(await (await connectTo(second.port)).call('MGET', 'before', 'while', 'behind', 'unheard', 'last')).toEqual(['1', '2', '3', '4', '5']);
  });
});

test('SHUTDOWN is refused while the first base is being written, unless it is forced', async () => {
  const log: string[] = [];
  const server = await start({ dir: temporaryDirectory(), appendonly: false, save: '', 'rdb-key-save-delay': 1_000_000_000, log: (_, message) => void log.push(message) });
  const client = await connectTo(server.port);
  await client.call('SET', 'k', 'v');
  await client.call('CONFIG', 'SET', 'appendonly', 'yes');
  expect(await client.call('SHUTDOWN')).toMatchObject({ error: expect.stringContaining('Errors trying to SHUTDOWN') as string });
  expect(log.join('\n')).toContain("Writing initial AOF, can't exit.");
  await expect(client.call('SHUTDOWN', 'FORCE')).rejects.toThrow('closed');
  await server.closed;
});

describe('loading', () => {
  test('a key that expires by what is past, and stays by what follows, stays', async () => {
    const dir = written(SELECT_0 + request('SET', 'k', 'v', 'PXAT', '1000') + request('PERSIST', 'k') + request('SET', 'gone', 'v', 'PXAT', '1000'));
    await using server = await start({ dir });
    const client = await connectTo(server.port);
    expect(await client.call('MGET', 'k', 'gone')).toEqual(['v', null]);
  });

  test('an old file in its old place does not replace a base of the same name', async () => {
    const dir = written(SELECT_0 + request('SET', 'k', 'new'));
    const folder = join(dir, 'appendonlydir');
    renameSync(incrementOf(dir), join(folder, 'appendonly.aof'));
    writeFileSync(join(folder, 'appendonly.aof.manifest'), 'file appendonly.aof seq 1 type b\n');
    writeFileSync(join(dir, 'appendonly.aof'), SELECT_0 + request('SET', 'k', 'old'));
    await using server = await start({ dir });
    expect(await (await connectTo(server.port)).call('GET', 'k')).toBe('new');
    expect(readFileSync(join(folder, 'appendonly.aof'), 'latin1')).toContain('new');
    expect(existsSync(join(dir, 'appendonly.aof'))).toBe(true);
  });

  test('scripts, which old files have, write also on a replica that refuses writes', async () => {
    const script = (text: string): string => request('EVAL', text, '1', 'k');
    const dir = written(SELECT_0 + script("redis.call('SET', KEYS[1], 100)") + script("redis.call('INCR', KEYS[1])"));
    await using server = await start({ dir, replicaof: '127.0.0.1 1' });
    expect(await (await connectTo(server.port)).call('GET', 'k')).toBe('101');
  });

  test('where the end is missing, all that is whole is loaded, and the rest is cut off', async () => {
    const whole = SELECT_0 + request('SET', 'a', '1');
    for (const rest of [request('SET', 'b', '2').slice(0, -3), '*3\r', '*', request('MULTI') + request('SET', 'b', '2')]) {
      const dir = written(whole + rest);
      const server = await start({ dir });
      const client = await connectTo(server.port);
      expect(await client.call('MGET', 'a', 'b'), JSON.stringify(rest)).toEqual(['1', null]);
      expect(readFileSync(incrementOf(dir), 'latin1')).toBe(whole);
      await client.call('SET', 'c', '3');
      await server.close();
      await using again = await start({ dir });
      expect(await (await connectTo(again.port)).call('MGET', 'a', 'c')).toEqual(['1', '3']);
    }
  });

  test.each([
    ['a damaged request', SELECT_0 + request('SET', 'a', '1').replace('$3', '$4') + request('SET', 'b', '2'), {}, /a word that does not end where it should at byte 36, in the request that begins at byte 23; redis-check-aof/],
    ['what is no request', `${SELECT_0}SET a 1\r\n`, {}, /a request does not begin with \* at byte 24, in the request that begins at byte 23/],
    ['an unknown command', SELECT_0 + request('GEHT', 'a'), {}, /Unknown command 'GEHT' reading the append only file, at byte 23/],
    ['a missing end that is not to be cut off', `${SELECT_0}*3\r\n`, { 'aof-load-truncated': false }, /Unexpected end of file reading the append only file, behind byte 23: redis-check-aof --fix/],
  ])('%s ends the start with its place, and the files stay as they are', async (_, increment, settings: Settings, message) => {
    const dir = written(increment);
    const failure = await start({ dir, ...settings }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartError);
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message).toContain('appendonly.aof.1.incr.aof cannot be loaded, and is left as it is');
    expect(readFileSync(incrementOf(dir), 'latin1')).toBe(increment);
    expect(filesOf(dir)).toEqual(['appendonly.aof.1.incr.aof', 'appendonly.aof.manifest']);
  });

  test('a damaged file ends the program with 1', async () => {
    const dir = written(`${SELECT_0}SET a 1\r\n`);
    const headless = startHeadless('--port', '0', '--dir', dir, '--appendonly', 'yes');
    expect(await headless.exited).toBe(1);
    expect(headless.errors + headless.output).toContain('a request does not begin with * at byte 24');
  });

  test('a manifest that names a missing file, or is invalid, ends the start', async () => {
    const dir = written('');
    rmSync(incrementOf(dir));
    await expect(start({ dir })).rejects.toThrow(/appendonly\.aof\.1\.incr\.aof cannot be loaded, and is left as it is: No such file or directory/);
    for (const [text, message] of [
      ['file ../x seq 1 type b\n', /Invalid AOF manifest file format: the name of a file that does not lie in this folder, in line 1/],
      ['file x seq 1 type b\nfile y seq 2 type b\n', /Found duplicate base file information, in line 2/],
      ['file x seq 2 type i\nfile y seq 1 type i\n', /Found a non-monotonic sequence number, in line 2/],
      ['file x seq 1 type b', /Invalid AOF manifest file format: line 1 has no end/],
      ['', /Found an empty AOF manifest/],
      ['fil x\n', /Invalid AOF manifest file format: not `file NAME seq NUMBER type b\|i\|h`, in line 1/],
    ] as const) {
      writeFileSync(join(dir, 'appendonlydir', 'appendonly.aof.manifest'), text);
      await expect(start({ dir })).rejects.toThrow(message);
    }
  });

  test('a single file of Redis 6 and before is taken over, also with a snapshot in front', async () => {
    const dir = temporaryDirectory();
    writeFileSync(join(dir, 'appendonly.aof'), SELECT_0 + request('SET', 'a', '1'));
    const first = await start({ dir });
    const client = await connectTo(first.port);
    expect(await client.call('GET', 'a')).toBe('1');
    expect(readdirSync(dir)).toEqual(['appendonlydir']);
    expect(manifestOf(dir)).toBe('file appendonly.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n');
    await client.call('SAVE');
    await client.call('SET', 'b', '2');
    await first.close();
    const second = await start({ dir });
    expect(await (await connectTo(second.port)).call('MGET', 'a', 'b')).toEqual(['1', '2']);
    await second.close();
    const withSnapshot = temporaryDirectory();
    writeFileSync(join(withSnapshot, 'appendonly.aof'), Buffer.concat([readFileSync(join(dir, 'dump.rdb')), Buffer.from(SELECT_0 + request('SET', 'c', '3'))]));
    await using third = await start({ dir: withSnapshot });
    expect(await (await connectTo(third.port)).call('MGET', 'a', 'c')).toEqual(['1', '3']);
  });

  test('where there is an append-only file, it is loaded and not dump.rdb', async () => {
    const dir = temporaryDirectory();
    const first = await start({ dir });
    const client = await connectTo(first.port);
    await client.call('SET', 'a', 'old');
    await client.call('SAVE');
    await client.call('SET', 'a', 'new');
    await first.close();
    await using second = await start({ dir });
    const other = await connectTo(second.port);
    expect(await other.call('GET', 'a')).toBe('new');
    expect(await other.call('SAVE')).toEqual(OK);
  });

  test('DEBUG LOADAOF has the same data afterwards', async () => {
    await using server = await start({ dir: temporaryDirectory() });
    const client = await connectTo(server.port);
    await fill(client, 5);
    const before = await client.call('DEBUG', 'DIGEST');
    expect(await client.call('DEBUG', 'LOADAOF')).toEqual(OK);
    expect(await client.call('DEBUG', 'DIGEST')).toEqual(before);
    await client.call('SELECT', '0');
    await client.call('SET', 'more', '1');
    expect(await client.call('DEBUG', 'LOADAOF')).toEqual(OK);
    expect(await client.call('GET', 'more')).toBe('1');
  });
});

test('DEBUG LOADAOF loads what BGREWRITEAOF has written while the file is off', async () => {
  await using server = await start({ dir: temporaryDirectory(), appendonly: false });
  const client = await connectTo(server.port);
  expect(await client.call('DEBUG', 'LOADAOF')).toEqual({ error: 'ERR Error trying to load the AOF files: there is no append-only file' });
  await client.call('SET', 'a', '1');
  await client.call('BGREWRITEAOF');
  await until(client, 'aof_rewrites', '1');
  await client.call('SET', 'b', 'lost');
  expect(await client.call('DEBUG', 'LOADAOF')).toEqual(OK);
  expect(await client.call('MGET', 'a', 'b')).toEqual(['1', null]);
});

describe('rewriting', () => {
  test('it begins by itself when the file has grown, and what was written meanwhile is not lost', async () => {
    const dir = temporaryDirectory();
    const server = await start({ dir, appendfsync: 'no', 'auto-aof-rewrite-min-size': 10_000, 'auto-aof-rewrite-percentage': 100 });
    const client = await connectTo(server.port);
    for (let i = 0; i < 1000; i++) await client.call('SET', 'n', String(i));
    await until(client, 'aof_rewrite_in_progress', '0');
    const facts = await info(client);
    expect(Number(facts.get('aof_rewrites'))).toBeGreaterThan(0);
    expect(Number(facts.get('aof_current_size'))).toBeLessThan(25_000);
    expect(facts.get('aof_last_bgrewrite_status')).toBe('ok');
    while (filesOf(dir).length !== 3) await client.call('PING');
    await server.close();
    await using again = await start({ dir });
    expect(await (await connectTo(again.port)).call('GET', 'n')).toBe('999');
  });

  test('while one is in progress there is no second one, and BGSAVE waits', async () => {
    await using server = await start({ dir: temporaryDirectory(), 'rdb-key-save-delay': 2000 });
    const client = await connectTo(server.port);
    await client.call('DEBUG', 'POPULATE', '200');
    expect(await client.call('BGREWRITEAOF')).toEqual({ simple: 'Background append only file rewriting started' });
    expect((await info(client)).get('aof_rewrite_in_progress')).toBe('1');
    expect(await client.call('BGREWRITEAOF')).toEqual({ error: 'ERR Background append only file rewriting already in progress' });
    expect(await client.call('BGSAVE')).toHaveProperty('error');
    await client.call('CONFIG', 'SET', 'rdb-key-save-delay', '0');
    await until(client, 'aof_rewrites', '1');
    expect((await info(client)).get('aof_rewrite_in_progress')).toBe('0');
  });

  test('one that fails does not change the file, and leaves no other file', async () => {
    const dir = temporaryDirectory();
    const server = await start({ dir, appendfsync: 'always' });
    const client = await connectTo(server.port);
    await client.call('DEBUG', 'POPULATE', '2000');
    await client.call('SET', 'a', '1');
    const fault = await server.faults.add('disk-full 10kb');
    await client.call('BGREWRITEAOF');
    await until(client, 'aof_last_bgrewrite_status', 'err');
    await server.faults.remove(fault.id);
    await client.call('SET', 'b', '2');
    expect(filesOf(dir)).toEqual(['appendonly.aof.1.base.rdb', 'appendonly.aof.1.incr.aof', 'appendonly.aof.2.incr.aof', 'appendonly.aof.manifest']);
    await server.close();
    await using again = await start({ dir });
    expect(await (await connectTo(again.port)).call('MGET', 'a', 'b')).toEqual(['1', '2']);
  });
});

describe('a disk', () => {
  test('that is full has writes refused and reads answered, and is recovered from', async () => {
    const dir = temporaryDirectory();
    const server = await start({ dir, appendfsync: 'no' });
    const client = await connectTo(server.port);
    await client.call('SET', 'a', '1');
    const fault = await server.faults.add('disk-full');
    // It is in memory, and in the buffer: that it cannot be written is known when it is tried.
    expect(await client.call('SET', 'b', '2')).toEqual(OK);
    const refusal = { error: 'MISCONF Errors writing to the AOF file: No space left on device' };
    expect(await client.call('SET', 'c', '3')).toEqual(refusal);
    expect(await client.call('PING')).toEqual(refusal);
    expect(await client.call('MGET', 'a', 'b', 'c')).toEqual(['1', '2', null]);
    expect((await info(client)).get('aof_last_write_status')).toBe('err');
    const unwritten = async (): Promise<unknown> => (await server.snapshot()).persistence!.appendOnly!.unwritten;
    expect(await unwritten()).toMatchObject({ bytes: request('SET', 'b', '2').length, why: expect.stringContaining('ENOSPC') });
    await server.faults.remove(fault.id);
    await until(client, 'aof_last_write_status', 'ok');
    expect(await unwritten()).toBe(null);
    expect(await client.call('SET', 'c', '3')).toEqual(OK);
    await server.close();
    expect(readFileSync(incrementOf(dir), 'latin1')).toBe(SELECT_0 + request('SET', 'a', '1') + request('SET', 'b', '2') + request('SET', 'c', '3'));
  });

  test('that is full when the server ends: the log says how many bytes are lost', async () => {
    const dir = temporaryDirectory();
    const lines: string[] = [];
    const log = (level: string, line: string): void => void lines.push(`${level}: ${line}`);
    const server = await createServer({ port: 0, dir, appendonly: true, log });
    await server.faults.add('disk-full');
    expect(await (await connectTo(server.port)).call('SET', 'b', '2')).toEqual(OK);
    await server.close();
    const { length } = SELECT_0 + request('SET', 'b', '2');
    expect(lines.join('\n')).toContain(`warning: The last changes, ${length} bytes, are not in the append-only file and are lost: ENOSPC`);
  });

  test('that is full with appendfsync always: no write is acknowledged that is not in the file', async () => {
    const dir = temporaryDirectory();
    await using server = await start({ dir, appendfsync: 'always' });
    const [writer, reader] = [await connectTo(server.port), await connectTo(server.port)];
    await writer.call('SET', 'a', '1');
    const before = readFileSync(incrementOf(dir), 'latin1');
    const fault = await server.faults.add('disk-full 10');
    await expect(writer.call('SET', 'b', '2')).rejects.toThrow();
    expect(readFileSync(incrementOf(dir), 'latin1')).toBe(before);
    expect(await reader.call('SET', 'c', '3')).toEqual({ error: 'MISCONF Errors writing to the AOF file: No space left on device' });
    await server.faults.remove(fault.id);
    await until(reader, 'aof_last_write_status', 'ok');
    expect(readFileSync(incrementOf(dir), 'latin1')).toBe(before + request('SET', 'b', '2'));
    expect(await reader.call('SET', 'c', '3')).toEqual(OK);
  });

  test('whose fsync takes 200 ms delays only the clients that must wait for it', async () => {
    const dir = temporaryDirectory();
    await using server = await start({ dir, appendfsync: 'always' });
    const client = await connectTo(server.port);
    await server.faults.add('slow-disk 200ms');
    const startMs = performance.now();
    expect(await client.call('SET', 'a', '1')).toEqual(OK);
    // A write and an fsync.
    expect(performance.now() - startMs).toBeGreaterThan(390);
    await client.call('CONFIG', 'SET', 'appendfsync', 'everysec');
    await server.faults.clear();
    await server.faults.add('slow-disk 500ms');
    await client.call('SET', 'a', '2');
    while ((await info(client)).get('aof_pending_bio_fsync') !== '1') await client.call('INCR', 'n');
    // It waits for the fsync that is under way, and its client does not.
    await client.call('SET', 'waits', '1');
    expect(readFileSync(incrementOf(dir), 'latin1')).not.toContain('waits');
    await server.faults.clear();
    while (!readFileSync(incrementOf(dir), 'latin1').includes('waits')) await client.call('PING');
  });
});

const DATA = ['strings', 'bitmaps', 'keys', 'lists', 'hashes', 'sets', 'zsets', 'streams', 'hyperloglog', 'geo', 'transactions', 'scripting'];

/** Random changes in two databases. */
async function fill(client: RespClient, seed: number): Promise<void> {
  const random = new Random(seed);
  const templates = DATA.flatMap(familyTemplates).filter(({ name }) => !NOT_ALONE.has(name));
  for (const db of ['7', '0']) {
    await client.call('SELECT', db);
    const commands = Array.from({ length: 400 }, () => generate(random, random.pick(templates)).argv as [string, ...string[]]);
    await Promise.all(commands.map((argv) => client.call(...argv)));
    // Nothing is to expire between two looks.
    for (const key of (await client.call('KEYS', '*')) as [string]) await client.call('PERSIST', key);
  }
}

/** Of each key, in both databases, and of all. */
async function digests(client: RespClient): Promise<unknown> {
  const all: unknown[] = [];
  for (const db of ['7', '0']) {
    await client.call('SELECT', db);
    for (const key of ((await client.call('KEYS', '*')) as string[]).toSorted()) all.push([db, key, await client.call('TYPE', key), await client.call('DEBUG', 'DIGEST-VALUE', key)]);
  }
  return [await client.call('DEBUG', 'DIGEST'), ...all];
}

const NOT_ALONE: ReadonlySet<string> = new Set(['MULTI', 'EXEC', 'DISCARD', 'WATCH']);

describe('the origin of a fork, and a recording', () => {
  test('a fork does not write to the files of its origin', async () => {
    const dir = temporaryDirectory();
    await using server = await start({ dir, appendfsync: 'always' });
    const client = await connectTo(server.port);
    await client.call('SET', 'whose', 'origin');
    const before = readFileSync(incrementOf(dir), 'latin1');
    await using fork = await server.fork();
    const other = await connectTo(fork.port);
    await other.call('SET', 'whose', 'fork');
    expect(await other.call('CONFIG', 'GET', 'appendonly')).toEqual(['appendonly', 'no']);
    expect(readFileSync(incrementOf(dir), 'latin1')).toBe(before);
    expect(await other.call('CONFIG', 'SET', 'appendonly', 'yes')).toHaveProperty('error');
    await client.call('SET', 'whose', 'origin again');
    expect(readFileSync(incrementOf(dir), 'latin1')).toBe(before + request('SET', 'whose', 'origin again'));
  });

  test.each(['always', 'everysec'])('a recording of a server with an append-only file is replayed (%s)', async (appendfsync) => {
    const dir = temporaryDirectory();
    const lab = join(temporaryDirectory(), 'server.lab');
    const first = await start({ dir });
    await (await connectTo(first.port)).call('SET', 'a', '1');
    await first.close();
    const server = startHeadless('--port', '0', '--dir', dir, '--appendonly', 'yes', '--appendfsync', appendfsync, '--record', lab);
    const client = await server.connect();
    expect(await client.call('GET', 'a')).toBe('1');
    for (let i = 0; i < 30; i++) await client.call('RPUSH', 'list', String(i));
    await client.call('BGREWRITEAOF');
    await until(client, 'aof_rewrites', '1');
    await client.call('RPUSH', 'list', 'behind');
    await new Promise((resolve) => void setTimeout(resolve, 1200));
    await client.call('PING');
    await server.end();
    rmSync(dir, { recursive: true });
    expect((await cli('replay', lab)).stdout).toMatch(/^replayed \d+ turns, \d+ commands: identical\n$/);
    expect(existsSync(dir)).toBe(false);
    mkdirSync(dir);
  });
});

describeWithRedis('an append-only file goes over', () => {
  test('from the lab to redis-server and back, with a base, increments and an end that is missing', { timeout: 240_000 }, async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const dir = temporaryDirectory();
      const lab = await start({ dir });
      const client = await connectTo(lab.port);
      await fill(client, seed);
      await client.call('FUNCTION', 'LOAD', `#!lua name=lib\nredis.register_function('f', function() return ${seed} end)`);
      await client.call('BGREWRITEAOF');
      await until(client, 'aof_rewrites', '1');
      await fill(client, seed + 100);
      const digest = await digests(client);
      await lab.close();
      execFileSync('redis-check-aof', [join(dir, 'appendonlydir', 'appendonly.aof.manifest')]);
      if (seed === 2) appendFileSync(incrementOf(dir, 2), '*3\r\n$3\r\nSET');
      const redis = await startRedisServer(['--dir', dir, '--appendonly', 'yes']);
      const reader = await connectTo(redis.port);
      expect(await digests(reader), `seed ${seed}, read by redis-server`).toEqual(digest);
      await fill(reader, seed + 1000);
      await reader.call('BGREWRITEAOF');
      await until(reader, 'aof_rewrite_in_progress', '0');
      await fill(reader, seed + 1100);
      const there = await digests(reader);
      await redis.close();
      if (seed === 3) {
        // As Redis 6 would have left it, with a snapshot in front.
        const [base, increment] = [/file (\S+base\S+)/, /file (\S+incr\S+)/].map((pattern) => join(dir, 'appendonlydir', pattern.exec(manifestOf(dir))![1]!));
        writeFileSync(join(dir, 'appendonly.aof'), Buffer.concat([readFileSync(base!), readFileSync(increment!)]));
        renameSync(join(dir, 'appendonlydir'), join(dir, 'elsewhere'));
      }
      await using again = await start({ dir });
      const last = await connectTo(again.port);
      expect(await digests(last), `seed ${seed}, read by the lab`).toEqual(there);
      expect(await last.call('FCALL', 'f', '0')).toBe(seed);
    }
  });
});
