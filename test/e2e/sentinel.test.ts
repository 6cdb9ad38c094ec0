/** A real Sentinel: when the lab dies it makes its replica the master, follows the lab as a replica when it comes back, and hands the part back to it. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectWhenReady, type Headless, startHeadless, temporaryDirectory } from '../support/headless.js';
import { describeWithRedis, freePort, startRedisServer } from '../support/redis-server.js';
import { RespClient, type Wire } from '../support/resp-client.js';

/** A Sentinel that watches the master at this port. Returns its own port. */
async function startSentinel(masterPort: number): Promise<number> {
  const dir = temporaryDirectory();
  const port = await freePort();
  const file = join(dir, 'sentinel.conf');
  const settings = [`port ${port}`, `dir ${dir}`, `sentinel monitor lab 127.0.0.1 ${masterPort} 1`, 'sentinel down-after-milliseconds lab 1500', 'sentinel failover-timeout lab 10000'];
  writeFileSync(file, `${settings.join('\n')}\n`);
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return port;
}

const OK = { simple: 'OK' };

/** On a connection of its own: Sentinel disconnects the clients of a server that it gives another part. */
async function ask(port: number, ...argv: string[]): Promise<Wire> {
  await using client = await RespClient.connect(port);
  return await client.call(...argv);
}

describeWithRedis('Sentinel', () => {
  test('fails over the lab, and back', { timeout: 240_000 }, async () => {
    const port = await freePort();
    const start = (): Headless => startHeadless('--port', String(port), '--repl-diskless-sync-delay', '0');
    const first = start();
    await first.ready();
    await using redis = await startRedisServer(['--replicaof', `127.0.0.1 ${port}`]);
    const sentinel = await connectWhenReady(await startSentinel(port));
    const master = async (): Promise<unknown> => ((await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'lab')) as string[])[1];
    const slow = { timeout: 60_000, interval: 200 };
    // It knows replicas by the INFO of their master.
    await expect.poll(async () => ((await sentinel.call('SENTINEL', 'REPLICAS', 'lab')) as unknown[]).length, slow).toBe(1);
    expect(await ask(port, 'SET', 'k', '1')).toEqual(OK);
    await expect.poll(() => ask(redis.port, 'GET', 'k'), slow).toBe('1');

    first.child.kill('SIGKILL');
    await expect.poll(master, slow).toBe(String(redis.port));
    await expect.poll(() => ask(redis.port, 'SET', 'k', '2'), slow).toEqual(OK);

    await start().ready();
    await expect.poll(() => ask(port, 'GET', 'k'), slow).toBe('2');

    // Not before it has taken the lab for a healthy replica.
    await expect.poll(() => sentinel.call('SENTINEL', 'FAILOVER', 'lab'), { timeout: 60_000, interval: 1000 }).toEqual(OK);
    await expect.poll(master, slow).toBe(String(port));
    await expect.poll(() => ask(port, 'SET', 'k', '3'), slow).toEqual(OK);
    await expect.poll(() => ask(redis.port, 'GET', 'k'), slow).toBe('3');
  });
});
