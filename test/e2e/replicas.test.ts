/** The lab as the master of real replicas: each of them ends with the same data at the same offset, whatever is done to its link. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createServer, type ServerOptions } from 'redis-lab';
import { familyTemplates, generate } from '../fuzz/generate.js';
import { Random } from '../fuzz/random.js';
import { cli } from '../support/cli.js';
import { connectTo, temporaryDirectory } from '../support/headless.js';
import { describeWithRedis, type RedisServerProcess, startRedisServer } from '../support/redis-server.js';
import type { RespClient } from '../support/resp-client.js';

const DATA = ['strings', 'bitmaps', 'keys', 'lists', 'hashes', 'sets', 'zsets', 'streams', 'hyperloglog', 'geo', 'blocking', 'scripts', 'functions', 'dumps', 'sort'];

const startLab = (settings: ServerOptions = {}): ReturnType<typeof createServer> =>
  createServer({ port: 0, 'enable-debug-command': 'yes', 'repl-diskless-sync-delay': 0, 'repl-ping-replica-period': 1, ...settings });

/** A redis-server that repeats what the server on a port does. */
async function startReplica(port: number, ...args: string[]): Promise<{ readonly redis: RedisServerProcess; readonly client: RespClient }> {
  const redis = await startRedisServer(['--replicaof', `127.0.0.1 ${port}`, ...args]);
  onTestFinished(() => redis.close());
  return { redis, client: await connectTo(redis.port) };
}

const field = async (client: RespClient, name: string, section = 'replication'): Promise<string | undefined> =>
  new RegExp(`^${name}:(.*)\r$`, 'm').exec(String(await client.call('INFO', section)))?.[1];

/** Waits until the replica has got everything, and compares the two datasets. */
async function expectSame(master: RespClient, ...replicas: RespClient[]): Promise<void> {
  for (const replica of replicas) {
    await expect.poll(async () => (await field(replica, 'master_link_status')) === 'up', { timeout: 20_000 }).toBe(true);
    // PINGs go on meanwhile, so that both stand at the same offset for a moment only.
    await expect
      .poll(async () => Number(await field(master, 'master_repl_offset')) - Number(await field(replica, 'slave_repl_offset')), { timeout: 20_000, interval: 20 })
      .toBe(0);
    expect(await field(replica, 'master_replid')).toBe(await field(master, 'master_replid'));
    const digests = [await master.call('DEBUG', 'DIGEST'), await replica.call('DEBUG', 'DIGEST')];
    if (JSON.stringify(digests[0]) !== JSON.stringify(digests[1])) expect.fail(`these keys differ: ${(await differing(master, replica)).join(', ')}`);
  }
}

async function differing(master: RespClient, replica: RespClient): Promise<string[]> {
  const found: string[] = [];
  for (const db of ['0', '7']) {
    for (const client of [master, replica]) await client.call('SELECT', db);
    const names = await Promise.all([master, replica].map(async (client) => (await client.call('KEYS', '*')) as string[]));
    for (const key of new Set(names.flat())) {
      const facts = await Promise.all([master, replica].map(async (client) => (
        JSON.stringify([await client.call('TYPE', key), await client.call('DEBUG', 'DIGEST-VALUE', key), await client.call('PEXPIRETIME', key)])
      )));
      if (facts[0] !== facts[1]) found.push(`${db} ${key} ${facts.join(' ')}`);
    }
  }
  return found;
}

/** Random commands of all kinds in two databases. */
async function write(client: RespClient, random: Random, count: number): Promise<void> {
  const templates = DATA.flatMap(familyTemplates);
  await client.call('SELECT', random.pick(['0', '7']));
  const commands = Array.from({ length: count }, () => generate(random, random.pick(templates)));
  await Promise.all(commands.filter(({ blocks }) => !blocks).map(({ argv }) => client.call(...(argv as [string, ...string[]]))));
}

/** Keys that are due are left alone on both sides: they would go at another moment. */
async function withoutExpiry(...clients: RespClient[]): Promise<void> {
  for (const client of clients) await client.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
}

describeWithRedis('a real replica', () => {
  test.each([true, false])('is synchronized and follows, diskless: %s', { timeout: 60_000 }, async (isDiskless) => {
    await using lab = await startLab({ 'repl-diskless-sync': isDiskless });
    const master = await connectTo(lab.port);
    const random = new Random(isDiskless ? 1 : 2);
    await write(master, random, 400);
    await master.call('FUNCTION', 'LOAD', 'REPLACE', "#!lua name=here\nredis.register_function('here', function() return 1 end)");
    const { client } = await startReplica(lab.port);
    await withoutExpiry(master, client);
    await expectSame(master, client);
    await write(master, random, 400);
    await expectSame(master, client);
    // In no order that would be the same.
    const libraries = await Promise.all([client, master].map(async (each) => ((await each.call('FUNCTION', 'LIST', 'WITHCODE')) as unknown[]).map((one) => JSON.stringify(one)).toSorted()));
    expect(libraries[0]).toEqual(libraries[1]);
    expect(await field(master, 'slave0')).toMatch(/^ip=127\.0\.0\.1,port=\d+,state=online,offset=\d+,lag=[01]$/);
    expect(await field(client, 'master_sync_in_progress')).toBe('0');
  });

  test('of a large dataset is synchronized while clients write and others are served', { timeout: 60_000 }, async () => {
    await using lab = await startLab();
    const master = await connectTo(lab.port);
    await master.call('DEBUG', 'POPULATE', '200000', 'key', '100');
    const random = new Random(9);
    const { client } = await startReplica(lab.port);
    await withoutExpiry(master, client);
    let rounds = 0;
    while ((await field(master, 'slave0'))?.includes('state=online') !== true) {
      rounds++;
      await write(master, random, 50);
      for (let i = 0; i < 20; i++) await master.call('SET', `key:${random.below(200_000)}`, 'new');
    }
    expect(rounds).toBeGreaterThan(1);
    await expectSame(master, client);
    expect(await field(master, 'sync_full', 'stats')).toBe('1');
  });

  test('whose link is cut repeatedly under load continues where it stopped', { timeout: 120_000 }, async () => {
    await using lab = await startLab({ 'repl-backlog-size': 10 * 2 ** 20 });
    const master = await connectTo(lab.port);
    const random = new Random(3);
    const { client } = await startReplica(lab.port);
    await withoutExpiry(master, client);
    await expectSame(master, client);
    const other = await connectTo(lab.port);
    for (let round = 0; round < 15; round++) {
      const writing = write(master, random, 300);
      await new Promise((resolve) => setTimeout(resolve, random.below(40)));
      await other.call('CLIENT', 'KILL', 'TYPE', 'replica');
      await writing;
      if (round % 5 === 0) await expectSame(master, client);
    }
    await expectSame(master, client);
    expect(await field(master, 'sync_full', 'stats')).toBe('1');
    expect(Number(await field(master, 'sync_partial_ok', 'stats'))).toBeGreaterThan(5);
  });

  test('gets a full synchronization if its ID is no longer known, or the backlog does not reach back that far', { timeout: 60_000 }, async () => {
    await using lab = await startLab({ 'repl-backlog-size': 20_000 });
    const master = await connectTo(lab.port);
    const { client, redis } = await startReplica(lab.port);
    await expectSame(master, client);
    await master.call('DEBUG', 'CHANGE-REPL-ID');
    await master.call('CLIENT', 'KILL', 'TYPE', 'replica');
    await expect.poll(() => field(master, 'sync_full', 'stats')).toBe('2');
    await expectSame(master, client);
    // While the process is held it takes what fits into the sockets' buffers, and no more.
    process.kill(redis.pid, 'SIGSTOP');
    await master.call('CONFIG', 'SET', 'client-output-buffer-limit', 'replica 1mb 0 0');
    for (let i = 0; i < 40; i++) await master.call('SET', `large:${i}`, 'x'.repeat(500_000));
    await expect.poll(() => field(master, 'connected_slaves')).toBe('0');
    process.kill(redis.pid, 'SIGCONT');
    await expect.poll(() => field(master, 'sync_full', 'stats'), { timeout: 20_000 }).toBe('3');
    await expectSame(master, client);
  });

  test('goes on where it stopped when its master was restarted from a snapshot, also if keys of that had expired meanwhile', { timeout: 60_000 }, async () => {
    const settings = { dir: temporaryDirectory(), save: '3600 1000000' };
    let lab = await startLab(settings);
    const { port } = lab;
    const { client } = await startReplica(port);
    const start = async (): Promise<RespClient> => {
      await lab.close();
      lab = await startLab({ ...settings, port });
      return connectTo(port);
    };
    let master = await connectTo(port);
    await expectSame(master, client);
    await master.call('SELECT', '7');
    for (let i = 0; i < 200; i++) await master.call('RPUSH', 'list', String(i));
    await expectSame(master, client);
    const id = await field(client, 'master_replid');
    master = await start();
    expect(await field(master, 'master_replid2')).toBe(id);
    await master.call('RPUSH', 'list', 'after');
    await expectSame(master, client);
    expect([await field(master, 'sync_full', 'stats'), await field(master, 'sync_partial_ok', 'stats')]).toEqual(['0', '1']);
    await master.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    await master.call('SET', 'short', '1', 'PX', '1');
    await expect.poll(() => client.call('DBSIZE')).toBe(2);
    const before = await field(client, 'master_replid');
    master = await start();
    expect(await field(master, 'master_replid2')).toBe(before);
    await expectSame(master, client);
    expect(await client.call('DBSIZE')).toBe(1);
    expect([await field(master, 'sync_full', 'stats'), await field(master, 'sync_partial_ok', 'stats')]).toEqual(['0', '1']);
    await lab.close();
  });

  test('is one of several, with replicas of their own; WAIT counts those that have everything', { timeout: 60_000 }, async () => {
    await using lab = await startLab({ 'repl-diskless-sync-delay': 1 });
    const master = await connectTo(lab.port);
    const random = new Random(4);
    const [first, second] = await Promise.all([startReplica(lab.port), startReplica(lab.port)]);
    const behind = await startReplica(first.redis.port);
    await withoutExpiry(master, first.client, second.client, behind.client);
    await expectSame(master, first.client, second.client);
    await write(master, random, 300);
    await master.call('SET', 'k', 'v');
    expect(await master.call('WAIT', '2', '5000')).toBe(2);
    expect([await first.client.call('GET', 'k'), await second.client.call('GET', 'k')].length).toBe(2);
    expect(await master.call('WAIT', '3', '50')).toBe(2);
    await expectSame(master, first.client, second.client, behind.client);
    process.kill(second.redis.pid, 'SIGSTOP');
    await master.call('SET', 'k', 'w');
    expect(await master.call('WAIT', '2', '300')).toBe(1);
    process.kill(second.redis.pid, 'SIGCONT');
    expect(await master.call('WAIT', '2', '5000')).toBe(2);
    expect(await master.call('ROLE')).toEqual(['master', expect.any(Number), expect.arrayContaining([['127.0.0.1', String(second.redis.port), expect.any(String)]])]);
  });

  test('gets expired and evicted keys as deletions', { timeout: 60_000 }, async () => {
    await using lab = await startLab({ 'maxmemory-policy': 'allkeys-lru' });
    const master = await connectTo(lab.port);
    const { client } = await startReplica(lab.port);
    await expectSame(master, client);
    for (let i = 0; i < 200; i++) await master.call('SET', `short:${i}`, 'x', 'PX', String(1 + i));
    for (let i = 0; i < 2000; i++) master.raw(`SET long:${i} ${'x'.repeat(1000)}\r\n`);
    for (let i = 0; i < 2000; i++) await master.next();
    // All of them, before some could be evicted instead.
    await expect.poll(() => field(master, 'expired_keys', 'stats'), { timeout: 10_000 }).toBe('200');
    await master.call('CONFIG', 'SET', 'maxmemory', '3mb');
    await master.call('SET', 'last', 'x');
    await expect.poll(async () => Number(await field(master, 'evicted_keys', 'stats'))).toBeGreaterThan(100);
    await expectSame(master, client);
    expect(await field(master, 'expired_keys', 'stats')).toBe('200');
  });

  test('redis-cli --rdb gets a dataset that redis-server loads', { timeout: 60_000 }, async () => {
    await using lab = await startLab();
    const master = await connectTo(lab.port);
    await write(master, new Random(5), 300);
    const dir = temporaryDirectory();
    const { execFile } = await import('node:child_process');
    const { promisify } = await import('node:util');
    await promisify(execFile)('redis-cli', ['-p', String(lab.port), '--rdb', join(dir, 'dump.rdb')]);
    const redis = await startRedisServer(['--dir', dir]);
    onTestFinished(() => redis.close());
    const loaded = await connectTo(redis.port);
    await withoutExpiry(master, loaded);
    await loaded.call('DEBUG', 'RELOAD');
    expect(await loaded.call('DEBUG', 'DIGEST')).toEqual(await master.call('DEBUG', 'DIGEST'));
  });

  test('a recording of its master is replayed identically', { timeout: 60_000 }, async () => {
    const parts: Buffer[] = [];
    {
      await using lab = await startLab({ record: (bytes) => void parts.push(bytes) });
      const master = await connectTo(lab.port);
      const random = new Random(6);
      await write(master, random, 200);
      const { client } = await startReplica(lab.port);
      await withoutExpiry(master, client);
      await expectSame(master, client);
      const writing = write(master, random, 300);
      await (await connectTo(lab.port)).call('CLIENT', 'KILL', 'TYPE', 'replica');
      await writing;
      await master.call('WAIT', '1', '1000');
      await expectSame(master, client);
    }
    const path = join(temporaryDirectory(), 'master.lab');
    writeFileSync(path, Buffer.concat(parts));
    const { stdout, stderr } = await cli('replay', path);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^replayed \d+ turns, \d+ commands: identical\n$/);
  });
});

describeWithRedis('FAILOVER', () => {
  /** Waits until the first is the replica of the other, and both have the same. */
  async function expectHandedOver(former: RespClient, now: RespClient): Promise<void> {
    await expect.poll(() => field(now, 'role'), { timeout: 20_000 }).toBe('master');
    await expect.poll(() => field(former, 'master_failover_state'), { timeout: 20_000 }).toBe('no-failover');
    await expectSame(now, former);
  }

  test('from the lab to a redis-server and back loses nothing of what was acknowledged', { timeout: 90_000 }, async () => {
    await using lab = await startLab();
    const ours = await connectTo(lab.port);
    const { client: theirs, redis } = await startReplica(lab.port, '--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1');
    await withoutExpiry(ours, theirs);
    await write(ours, new Random(7), 300);
    await expectSame(ours, theirs);
    const writers = await Promise.all(Array.from({ length: 4 }, () => connectTo(lab.port)));
    const written = writers.map(async (writer, w) => {
      for (let i = 0; ; i++) {
        const reply = await writer.call('SET', `w:${w}:${i}`, 'x');
        if ('error' in (reply as object)) return { count: i, reply };
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await ours.call('FAILOVER', 'TO', '127.0.0.1', String(redis.port))).toEqual({ simple: 'OK' });
    await expectHandedOver(ours, theirs);
    for (const [w, { count, reply }] of (await Promise.all(written)).entries()) {
      expect(reply).toEqual({ error: "READONLY You can't write against a read only replica." });
      expect(await theirs.call('EXISTS', ...Array.from({ length: count }, (_, i) => `w:${w}:${i}`), 'none')).toBe(count);
    }
    expect(await field(theirs, 'sync_full', 'stats')).toBe('0');
    await write(theirs, new Random(8), 200);
    await expectSame(theirs, ours);
    expect(await theirs.call('FAILOVER')).toEqual({ simple: 'OK' });
    await expectHandedOver(theirs, ours);
    await write(ours, new Random(9), 200);
    await expectSame(ours, theirs);
  });
});
