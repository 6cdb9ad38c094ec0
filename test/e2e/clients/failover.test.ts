/**
 * Client libraries go on where a master hands over to its replica, and where a server is killed and starts again with its append-only file: nothing that was
 * answered is missing.
 */
import type { EventEmitter } from 'node:events';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from './lab.js';
import { type Address, crash, failOver, type Kind, type ServerProcess, startPair } from './servers.js';

/** Who is the master, and who its replica. `FAILOVER=all npx vitest run test/e2e/clients/failover.test.ts` takes redis-server for one of them, too. */
const PAIRS: readonly (readonly [Kind, Kind])[] = [['lab', 'lab'], ...(process.env.FAILOVER === 'all' ? ([['lab', 'redis'], ['redis', 'lab']] as const) : [])];

const sorted = (numbers: readonly string[]): number[] => numbers.map(Number).toSorted((a, b) => a - b);

/** What a program does that must not lose or repeat anything: where it has heard no answer it looks how far it has come. */
async function append(from: number, to: number, push: (number: string) => Promise<unknown>, last: () => Promise<string | null | undefined>): Promise<void> {
  for (let number = from; number < to; ) {
    try {
      await push(String(number));
      number++;
    } catch {
      await new Promise((resolve) => void setTimeout(resolve, 10));
      const found = await last().catch(() => undefined);
      // If there is nobody to ask yet it is tried again.
      if (found !== undefined) number = found === null ? 0 : Number(found) + 1;
    }
  }
}

async function expectNumbers(count: number, ...servers: ServerProcess[]): Promise<void> {
  const wanted = Array.from({ length: count }, (_, number) => String(number));
  for (const server of servers) await expect.poll(() => server.ask('LRANGE', 'list', '0', '-1'), { timeout: 20_000 }).toEqual(wanted);
}

describe.each(PAIRS)('%s with %s as its replica', (...kinds) => {
  const timeout = 120_000;

  test('ioredis', { timeout }, async () => {
    const { master, replica, address } = await startPair(kinds);
    const redis = new Redis({
      port: address.port, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0,
      retryStrategy: () => 20, reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    });
    redis.on('error', () => {});
    onTestFinished(() => redis.disconnect());
    const write = (from: number, to: number): Promise<void> => append(from, to, (number) => redis.rpush('list', number), () => redis.lindex('list', -1));
    await write(0, 100);
    expect(await redis.wait(1, 10_000)).toBe(1);
    const handing = failOver({ master, replica, address });
    await write(100, 300);
    await handing;
    expect((await redis.info('replication')).includes('role:master')).toBe(true);
    const crashing = crash(replica);
    await write(300, 500);
    await crashing;
    await expectNumbers(500, replica, master);
    expect(await redis.multi().incr('n').set('k', 'v').exec()).toEqual([[null, 1], [null, 'OK']]);
  });

  test('node-redis, also on the replica', { timeout }, async () => {
    const { master, replica, address } = await startPair(kinds);
    const opened = async (port: number) => {
      const client = createClient({ socket: { port, host: '127.0.0.1', reconnectStrategy: () => 20 }, disableOfflineQueue: true });
      client.on('error', () => {});
      onTestFinished(() => client.destroy());
      return client.connect();
    };
    const [client, reader] = [await opened(address.port), await opened(replica.port)];
    const write = (from: number, to: number): Promise<void> => append(from, to, (number) => client.rPush('list', number), () => client.lIndex('list', -1));
    await write(0, 100);
    expect(await client.wait(1, 10_000)).toBe(1);
    expect(await reader.lLen('list')).toBe(100);
    expect((await reader.role()) as unknown).toMatchObject({ role: 'slave', master: { port: master.port }, state: 'connected' });
    await expect(reader.set('k', 'v')).rejects.toThrow("READONLY You can't write against a read only replica");
    const told: string[] = [];
    const listener = reader.duplicate();
    listener.on('error', () => {});
    await listener.connect();
    onTestFinished(() => listener.destroy());
    await listener.subscribe('news', (message) => void told.push(message));
    await client.publish('news', 'from the master');
    await expect.poll(() => told).toEqual(['from the master']);
    const handing = failOver({ master, replica, address });
    await write(100, 300);
    await handing;
    expect((await reader.role()) as unknown).toMatchObject({ role: 'master' });
    const crashing = crash(replica);
    await write(300, 500);
    await crashing;
    await expectNumbers(500, replica, master);
  });

  test('BullMQ', { timeout }, async () => {
    const { master, replica, address } = await startPair(kinds);
    const { queue, done } = jobs(address);
    const add = (from: number, to: number): Promise<unknown> =>
      queue.addBulk(Array.from({ length: to - from }, (_, i) => ({
        name: 'job', data: from + i, opts: { jobId: `job-${from + i}`, attempts: 20, delay: i % 10 === 0 ? 20 : 0 },
      })));
    await add(0, 60);
    const handing = failOver({ master, replica, address });
    await until(async () => done.size >= 20);
    await handing;
    await retried(() => add(60, 120));
    await until(async () => done.size >= 70);
    const crashing = crash(replica);
    await retried(() => add(120, 160));
    await crashing;
    await until(async () => (await queue.getJobCounts('completed').catch(() => ({ completed: 0 }))).completed === 160);
    expect(sorted([...done])).toEqual(Array.from({ length: 160 }, (_, i) => i));
    expect(await queue.getJobCounts('completed', 'failed', 'wait', 'active', 'delayed')).toEqual({ completed: 160, failed: 0, wait: 0, active: 0, delayed: 0 });
    await expect.poll(() => master.ask('ZCARD', 'bull:mail:completed'), { timeout: 20_000 }).toBe(160);
  });
});

/** A queue and a worker that reach their server at this address. */
function jobs(address: Address): { queue: Queue; done: Set<string> } {
  const connection = {
    host: '127.0.0.1', port: address.port, maxRetriesPerRequest: null,
    retryStrategy: () => 20, reconnectOnError: ({ message }: Error) => message.includes('READONLY'),
  };
  const done = new Set<string>();
  const worker = new Worker('mail', async ({ data }) => void done.add(String(data)), {
    connection, concurrency: 5, lockDuration: 1000, stalledInterval: 500, maxStalledCount: 100,
  });
  const queue = new Queue('mail', { connection });
  for (const each of [queue, worker] as readonly (EventEmitter & { close(): Promise<void> })[]) {
    each.on('error', () => {});
    onTestFinished(async () => void (await each.close()));
  }
  return { queue, done };
}

/** Jobs with IDs can be added twice: the second time nothing happens. */
async function retried(add: () => Promise<unknown>): Promise<void> {
  while ((await add().catch(() => null)) === null) await new Promise((resolve) => void setTimeout(resolve, 10));
}
