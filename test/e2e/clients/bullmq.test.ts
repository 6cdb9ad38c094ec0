/** BullMQ against the lab: job queues made of Lua scripts with cmsgpack and cjson, streams, sorted sets and blocking pops. */
import { FlowProducer, Queue, QueueEvents, Worker, type Job, type Processor, type WorkerOptions } from 'bullmq';
import { expect, onTestFinished, test } from 'vitest';
import type { RedisLabServer } from 'redis-lab';
import { startLab, until } from './lab.js';

const NAME = 'mail';

/** Closed at the end of the test, before the server. */
function closing<Closable extends { on(event: 'error', listener: () => void): unknown; close(): Promise<unknown> }>(made: Closable): Closable {
  made.on('error', () => {});
  onTestFinished(async () => void (await made.close()));
  return made;
}

const connection = ({ port }: RedisLabServer) => ({ host: '127.0.0.1', port, maxRetriesPerRequest: null });

const queueOf = (server: RedisLabServer): Queue => closing(new Queue(NAME, { connection: connection(server) }));

const workerOf = (server: RedisLabServer, process: Processor, options: Partial<WorkerOptions> = {}): Worker => closing(new Worker(NAME, process, { connection: connection(server), ...options }));

async function eventsOf(server: RedisLabServer): Promise<QueueEvents> {
  const events = closing(new QueueEvents(NAME, { connection: connection(server) }));
  await events.waitUntilReady();
  return events;
}

test('jobs are done in the order in which they were added, and waiting callers get their results', async () => {
  const server = await startLab();
  const [queue, events] = [queueOf(server), await eventsOf(server)];
  const done: unknown[] = [];
  workerOf(server, async (job) => {
    done.push(job.data);
    return { answer: job.data * 2 };
  });
  const jobs = await queue.addBulk([1, 2, 3].map((data) => ({ name: 'double', data })));
  expect(await Promise.all(jobs.map((job) => job.waitUntilFinished(events)))).toEqual([{ answer: 2 }, { answer: 4 }, { answer: 6 }]);
  expect(done).toEqual([1, 2, 3]);
});

test('500 jobs are each done once by workers that work at the same time', async () => {
  const server = await startLab();
  const queue = queueOf(server);
  await queue.addBulk(Array.from({ length: 500 }, (_, i) => ({ name: 'count', data: { i, text: 'größe 🎈', list: [1.5, null, true] } })));
  const done: number[] = [];
  for (let i = 0; i < 3; i++) workerOf(server, async (job) => void done.push(job.data.i), { concurrency: 10 });
  await until(async () => (await queue.getJobCounts('completed')).completed === 500);
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  expect((await queue.getCompleted(0, 0))[0]!.data).toMatchObject({ text: 'größe 🎈', list: [1.5, null, true] });
});

test('a job that fails is tried again, and keeps the reason if it never succeeds', async () => {
  const server = await startLab();
  const [queue, events] = [queueOf(server), await eventsOf(server)];
  workerOf(server, async (job) => {
    if (job.name === 'never' || job.attemptsMade < 2) throw new Error(`attempt ${job.attemptsMade + 1}`);
    return 'at last';
  });
  const late = await queue.add('late', {}, { attempts: 3, backoff: { type: 'exponential', delay: 5 } });
  expect(await late.waitUntilFinished(events)).toBe('at last');
  const never = await queue.add('never', {}, { attempts: 2 });
  await expect(never.waitUntilFinished(events)).rejects.toThrow('attempt 2');
  expect(await queue.getJobCounts('completed', 'failed')).toEqual({ completed: 1, failed: 1 });
  expect((await queue.getFailed()).map((job: Job) => [job.failedReason, job.attemptsMade])).toEqual([['attempt 2', 2]]);
});

test('jobs of higher priority overtake, and delayed ones come when they are due', async () => {
  const server = await startLab();
  const queue = queueOf(server);
  await queue.add('delayed', {}, { delay: 30 });
  await queue.add('low', {}, { priority: 10 });
  await queue.add('high', {}, { priority: 1 });
  await queue.add('plain', {});
  expect(await queue.getJobCounts('delayed', 'prioritized', 'wait')).toEqual({ delayed: 1, prioritized: 2, wait: 1 });
  const done: string[] = [];
  workerOf(server, async (job) => void done.push(job.name));
  await until(async () => done.length === 4);
  expect(done.filter((name) => name !== 'delayed')).toEqual(['plain', 'high', 'low']);
});

test('a parent waits for its children and has their results', async () => {
  const server = await startLab();
  const events = await eventsOf(server);
  const flow = closing(new FlowProducer({ connection: connection(server) }));
  workerOf(server, async (job) => (job.name === 'sum' ? Object.values(await job.getChildrenValues<number>()).reduce((a, b) => a + b, 0) : job.data.value));
  const { job } = await flow.add({ name: 'sum', queueName: NAME, children: [1, 2, 3].map((value) => ({ name: 'part', queueName: NAME, data: { value } })) });
  expect(await job.waitUntilFinished(events)).toBe(6);
});

test('a scheduler makes a job again and again until it is removed', async () => {
  const server = await startLab();
  const queue = queueOf(server);
  let ticks = 0;
  workerOf(server, async () => void ticks++);
  await queue.upsertJobScheduler('clock', { every: 20 }, { name: 'tick' });
  await until(async () => ticks >= 3);
  expect(await queue.removeJobScheduler('clock')).toBe(true);
  expect(await queue.getJobSchedulers()).toEqual([]);
});

test('a paused queue hands out nothing, a job of the same deduplication id is not added twice, and obliterate leaves no key', async () => {
  const server = await startLab();
  const queue = queueOf(server);
  await queue.pause();
  const first = await queue.add('once', { n: 1 }, { deduplication: { id: 'same' } });
  const second = await queue.add('once', { n: 2 }, { deduplication: { id: 'same' } });
  expect(second.id).toBe(first.id);
  const job = await queue.add('other', {});
  await job.updateProgress({ percent: 50 });
  await job.log('half way');
  expect(await queue.getJobLogs(job.id!)).toEqual({ logs: ['half way'], count: 1 });
  expect((await queue.getJob(job.id!))!.progress).toEqual({ percent: 50 });
  await job.remove();
  expect(await queue.getJobCountByTypes('waiting')).toBe(1);
  await queue.resume();
  workerOf(server, async () => {});
  await until(async () => (await queue.getCompletedCount()) === 1);
  await queue.obliterate({ force: true });
  const { rows } = (await server.snapshot()).keys;
  expect(rows.map(({ key }) => key).filter((key) => !/:(marker|stalled-check|events|meta)$/.test(key))).toEqual([]);
});
