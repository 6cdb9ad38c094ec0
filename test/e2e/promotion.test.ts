/** A replica is promoted while clients write to its master: the replica behind it goes on where it stopped, and the old master becomes its replica. */
import { expect, onTestFinished, test } from 'vitest';
import { createServer } from 'redis-lab';
import { connectTo } from '../support/headless.js';
import { describeWithRedis, startRedisServer } from '../support/redis-server.js';
import type { RespClient } from '../support/resp-client.js';

interface Server {
  readonly port: number;
  readonly client: RespClient;
}

async function start(kind: string): Promise<Server> {
  const server =
    kind === 'lab'
      ? await createServer({ port: 0, 'enable-debug-command': 'yes', 'repl-diskless-sync-delay': 0 })
      : await startRedisServer(['--repl-diskless-sync-delay', '0']);
  onTestFinished(() => void server.close());
  return { port: server.port, client: await connectTo(server.port) };
}

async function field(client: RespClient, name: string, section = 'replication'): Promise<string | undefined> {
  return new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(String(await client.call('INFO', section)))?.[1];
}

/** Waits until a replica has everything that its master has, and compares. */
async function expectSame(master: RespClient, replica: RespClient): Promise<void> {
  const isSame = async (): Promise<boolean> => {
    const [ours, theirs] = await Promise.all(
      [master, replica].map((client) => Promise.all([field(client, 'master_replid'), field(client, 'master_repl_offset')])),
    );
    return (await field(replica, 'master_link_status')) === 'up' && String(ours) === String(theirs);
  };
  await expect.poll(isSame, { timeout: 30_000, interval: 50 }).toBe(true);
  expect(await replica.call('DEBUG', 'DIGEST')).toEqual(await master.call('DEBUG', 'DIGEST'));
}

describeWithRedis('a promotion under load', () => {
  test.each([
    ['redis', 'lab', 'redis'],
    ['lab', 'redis', 'lab'],
    ['redis', 'lab', 'lab'],
  ])('%s, its replica %s, and behind it %s', { timeout: 90_000 }, async (first, second, third) => {
    const [old, promoted, behind] = [await start(first), await start(second), await start(third)];
    await promoted.client.call('REPLICAOF', '127.0.0.1', String(old.port));
    await behind.client.call('REPLICAOF', '127.0.0.1', String(promoted.port));
    let isOver = false;
    let written = 0;
    const writing = [0, 1, 2].map(async (number) => {
      const client = await connectTo(old.port);
      for (let i = 0; !isOver; i++) {
        await Promise.all([client.call('RPUSH', `list:${number}`, String(i)), client.call('INCR', 'counter')]);
        written++;
      }
    });
    await expect.poll(() => field(behind.client, 'master_link_status'), { timeout: 30_000 }).toBe('up');
    await expect.poll(() => written, { timeout: 30_000 }).toBeGreaterThan(300);
    const oldId = await field(promoted.client, 'master_replid');
    expect(await promoted.client.call('REPLICAOF', 'NO', 'ONE')).toEqual({ simple: 'OK' });
    expect(await field(promoted.client, 'master_replid2')).toBe(oldId);
    for (let i = 0; i < 100; i++) await promoted.client.call('RPUSH', 'after', String(i));
    await expectSame(promoted.client, behind.client);
    expect(await field(promoted.client, 'sync_full', 'stats')).toBe('1');
    expect(Number(await field(promoted.client, 'sync_partial_ok', 'stats'))).toBeGreaterThan(0);
    isOver = true;
    await Promise.all(writing);
    expect(await old.client.call('REPLICAOF', '127.0.0.1', String(promoted.port))).toEqual({ simple: 'OK' });
    await expectSame(promoted.client, old.client);
    expect(await old.client.call('LLEN', 'after')).toBe(100);
    // What was pushed is a beginning of what was written, without gaps.
    const list = (await old.client.call('LRANGE', 'list:0', '0', '-1')) as string[];
    expect(list).toEqual(Array.from(list, (_, i) => String(i)));
  });
});
