/**
 * npm run fuzz -- recordings --from 1 --to 12 [--commands 20000] [--sends auto|batched|direct]
 *
 * Records real servers under load, and replays each recording with the built program. The seed chooses the load, the poller and the triggering; on epoll the
 * replies of a turn are sent in one call where that is allowed. Prints a line for each, and keeps the file of one that is not identical. Exit code 1 if there
 * was one.
 */
import { execFile } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { Queue, QueueEvents, Worker } from 'bullmq';
import { createServer, type RedisLabServer } from 'redis-lab';
import { RespClient } from '../support/resp-client.js';
import { startRedisServer } from '../support/redis-server.js';
import { ALL_FAMILIES, fuzz } from './differential.js';
import { Random } from './random.js';

type Sends = 'auto' | 'batched' | 'direct';

/** Loads a server until it has executed at least so many commands. */
type Load = (server: RedisLabServer, random: Random, commands: number) => Promise<void>;

const run = promisify(execFile);
/** The bundle lies three folders below the project. */
const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const TESTS = 'ping,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange_100,lrange_300,mset';
/** Differences from redis-server are another run's matter. */
const MOST_DIFFERENCES = 1000;

const LOADS: { readonly [name: string]: Load } = {
  async 'redis-benchmark'({ port }, random, commands) {
    const count = Math.ceil(commands / TESTS.split(',').length);
    const pipeline = random.pick([1, 1, 2, 16, 64]);
    await run('redis-benchmark', ['-p', String(port), '-q', '-n', String(count), '-c', String(random.between(1, 60)), '-P', String(pipeline), '-r', '1000', '-t', TESTS], { maxBuffer: 2 ** 26 });
  },

  async BullMQ(server, random, commands) {
    const connection = { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null };
    for (let round = 0; (await executed(server)) < commands; round++) {
      const name = `queue-${round % 3}`;
      // From the first event on: by default it listens from its first XREAD on, by which time a job may be done.
      const [queue, events] = [new Queue(name, { connection }), new QueueEvents(name, { connection, lastEventId: '0-0' })];
      const workers = Array.from({ length: random.between(1, 3) }, () => new Worker(name, async ({ data, attemptsMade }) => {
        if ((data as number) % 7 === 0 && attemptsMade < 2) throw new Error('once more');
        return { answer: data as number };
      }, { connection, concurrency: random.between(1, 10) }));
      for (const each of [queue, events, ...workers] as readonly EventEmitter[]) each.setMaxListeners(0).on('error', () => {});
      await events.waitUntilReady();
      const jobs = await queue.addBulk(Array.from({ length: random.between(20, 200) }, (_, data) => ({ name: 'job', data, opts: { attempts: 3, delay: data % 5 === 0 ? 10 : 0, priority: data % 3 } })));
      await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
      await Promise.all([...workers, events, queue].map((each) => each.close()));
    }
  },

  async fuzzer(server, random, commands) {
    const redis = await startRedisServer();
    while ((await executed(server)) < commands) {
      const [labPort, seed] = [server.port, random.below(1_000_000)];
      await fuzz({ labPort, redisPort: redis.port, seed, seconds: 3, families: ALL_FAMILIES, maxDifferences: MOST_DIFFERENCES, log: () => {} });
    }
    await redis.close();
  },
};

async function executed({ port }: RedisLabServer): Promise<number> {
  await using client = await RespClient.connect(port);
  return Number(/total_commands_processed:(\d+)/.exec(String(await client.call('INFO', 'stats')))![1]);
}

/** Returns what the replay has said, and whether it was identical. */
async function recordAndReplay(seed: number, commands: number, wanted: Sends): Promise<{ readonly said: string; readonly isIdentical: boolean }> {
  const random = new Random(seed);
  const names = Object.keys(LOADS);
  const name = names[seed % names.length]!;
  const poller = seed % 4 === 3 ? 'portable' : 'epoll';
  const edgeTriggered = seed % 2 === 0;
  const parts: Buffer[] = [];
  const sends = poller === 'portable' ? 'direct' : wanted;
  const server = await createServer({ port: 0, poller, edgeTriggered, sends, seed, 'enable-debug-command': 'yes', record: (bytes) => parts.push(bytes) });
  // Some are watched for a while.
  const endTrace = random.chance(0.3) ? await server.trace(() => {}) : null;
  await LOADS[name]!(server, random, commands);
  await endTrace?.();
  await server.close();
  const file = join(mkdtempSync(join(tmpdir(), 'redis-lab-recordings-')), `${seed}.lab`);
  writeFileSync(file, Buffer.concat(parts));
  const { stdout, stderr } = await run(process.execPath, [PROGRAM, 'replay', file]).catch((error: { stdout: string; stderr: string }) => error);
  const isIdentical = /^replayed \d+ turns, \d+ commands: identical\n$/.test(stdout);
  if (isIdentical) rmSync(join(file, '..'), { recursive: true });
  const said = isIdentical ? stdout.trim() : `${stdout}${stderr}kept as ${file}`;
  return { said: `${name}, ${poller}, ${server.sends} sends${edgeTriggered ? ', edge-triggered' : ''}: ${said}`, isIdentical };
}

const { values } = parseArgs({
  options: { from: { type: 'string', default: '1' }, to: { type: 'string', default: '12' }, commands: { type: 'string', default: '20000' }, sends: { type: 'string', default: 'auto' } },
});
let differing = 0;
for (let seed = Number(values.from); seed <= Number(values.to); seed++) {
  const { said, isIdentical } = await recordAndReplay(seed, Number(values.commands), values.sends as Sends);
  if (!isIdentical) differing++;
  console.log(`seed ${seed}: ${said}`);
}
console.log(`${differing} of ${Number(values.to) - Number(values.from) + 1} recordings were not replayed identically`);
process.exit(differing > 0 ? 1 : 0);
