/** A replica with an append-only file: after a full synchronization the file holds the master's dataset, and what has changed since. */
import { createServer } from 'redis-lab';
import { expect, onTestFinished, test } from 'vitest';
import { connectTo, temporaryDirectory } from '../support/headless.js';
import { describeWithRedis, startRedisServer } from '../support/redis-server.js';
import type { RespClient } from '../support/resp-client.js';

const field = async (client: RespClient, section: string, name: string): Promise<string | undefined> =>
  new RegExp(`^${name}:(.*)\r$`, 'm').exec(String(await client.call('INFO', section)))?.[1];

const START = {
  lab: () => createServer({ port: 0, 'repl-diskless-sync-delay': 0, 'enable-debug-command': 'yes' }),
  redis: () => startRedisServer(['--repl-diskless-sync-delay', '0']),
};

describeWithRedis('the append-only file of a replica', () => {
  test.each(['lab', 'redis'] as const)('of %s holds its dataset, and nothing that was there before', { timeout: 60_000 }, async (kind) => {
    const dir = temporaryDirectory();
    const options = { port: 0, dir, appendonly: true, appendfsync: 'no', 'enable-debug-command': 'yes' } as const;
    const master = await START[kind]();
    onTestFinished(() => void master.close());
    const onMaster = await connectTo(master.port);
    await onMaster.call('RPUSH', 'list', ...Array.from({ length: 2000 }, (_, i) => `element ${i}`));
    await onMaster.call('XADD', 'stream', '1-1', 'a', 'b');
    await onMaster.call('SELECT', '3');
    await onMaster.call('SET', 'volatile', 'v', 'EX', '1000');
    const replica = await createServer(options);
    const client = await connectTo(replica.port);
    await client.call('SET', 'own', 'gone');
    await client.call('REPLICAOF', '127.0.0.1', String(master.port));
    await expect.poll(() => field(client, 'replication', 'master_link_status'), { timeout: 20_000 }).toBe('up');
    await expect.poll(() => field(client, 'persistence', 'aof_rewrite_in_progress'), { timeout: 20_000 }).toBe('0');
    await onMaster.call('SET', 'later', 'x');
    await onMaster.call('WAIT', '1', '20000');
    const digest = await onMaster.call('DEBUG', 'DIGEST');
    expect(await client.call('DEBUG', 'DIGEST')).toEqual(digest);
    await replica.close();
    await using again = await createServer(options);
    const reader = await connectTo(again.port);
    expect(await reader.call('DEBUG', 'DIGEST')).toEqual(digest);
    expect(await reader.call('EXISTS', 'own')).toBe(0);
  });
});
