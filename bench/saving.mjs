// The cost of durability. bgsave: how long a snapshot of many keys takes, idle and while redis-benchmark writes, how long a client waits meanwhile, and how much
// memory it takes. durability: CPU per write with an append-only file, and with a replica, beside a server without them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisBenchmark, request, residentBytes, startLab, startRedis, table } from './processes.mjs';
import { median } from './statistics.mjs';

const KEYS = 1_000_000;
const PING_MS = 1;
const PIPELINES = new Map([[1, 40_000], [16, 400_000]]);

const pause = (ms) => new Promise((resolve) => void setTimeout(resolve, ms));
const start = { 'redis-lab': startLab, 'redis-server': startRedis };

async function inFolder(run) {
  const dir = mkdtempSync(join(tmpdir(), 'redis-lab-bench-'));
  try {
    return await run(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const isSaving = async (port) => (await request(port, ['INFO', 'persistence'])).includes('rdb_bgsave_in_progress:1');

/** Seconds, and the most resident memory meanwhile as a multiple of that before; for redis-server, the memory of its child is added. */
async function save({ port, pid }) {
  const before = residentBytes(pid);
  const begin = performance.now();
  let most = before;
  await request(port, ['BGSAVE']);
  while (await isSaving(port)) {
    most = Math.max(most, residentBytes(pid) + childBytes(pid));
    await pause(20);
  }
  return { seconds: (performance.now() - begin) / 1000, memory: most / before };
}

function childBytes(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter((child) => child !== '');
  return children.reduce((sum, child) => sum + privateBytes(child), 0);
}

function privateBytes(pid) {
  try {
    return Number(/Private_Dirty:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) * 1024;
  } catch {
    // It has ended.
    return 0;
  }
}

/** Sends PING repeatedly; returns a function that stops it and returns the times of the replies in ms. */
async function pinging(port) {
  const socket = createConnection(port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  const times = [];
  let isOn = true;
  const done = (async () => {
    while (isOn) {
      const begin = performance.now();
      socket.write('PING\r\n');
      await once(socket, 'data');
      times.push(performance.now() - begin);
      await pause(PING_MS);
    }
    socket.destroy();
    return times.toSorted((a, b) => a - b);
  })();
  return () => {
    isOn = false;
    return done;
  };
}

async function underLoad(server, keys) {
  const args = ['-p', server.port, '-c', 20, '-P', 4, '-n', 2 ** 30, '-r', keys, 'SET', 'key:__rand_int__', 'x'.repeat(40)].map(String);
  const load = spawn('redis-benchmark', args, { stdio: 'ignore' });
  await pause(500);
  const stop = await pinging(server.port);
  const { seconds, memory } = await save(server);
  const times = await stop();
  load.kill();
  await once(load, 'exit');
  return { seconds, memory, p99: times[Math.floor(times.length * 0.99)], longest: times.at(-1) };
}

/** Markdown. @param scale of the number of keys */
export async function bgsave({ rounds, scale }) {
  const keys = Math.round(KEYS * scale);
  const rows = [];
  for (const name of Object.keys(start)) {
    await inFolder(async (dir) => {
      const server = await start[name](['--dir', dir, '--enable-debug-command', 'yes']);
      try {
        await request(server.port, ['DEBUG', 'POPULATE', keys, 'key', '40']);
        const idle = [];
        const busy = [];
        for (let round = 0; round < rounds; round++) {
          idle.push(await save(server));
          busy.push(await underLoad(server, keys));
        }
        const of = (samples, field) => median(samples.map((sample) => sample[field])).toFixed(2);
        rows.push([name, of(idle, 'seconds'), of(idle, 'memory'), of(busy, 'seconds'), of(busy, 'memory'), of(busy, 'p99'), of(busy, 'longest')]);
      } finally {
        await server.stop();
      }
    });
  }
  return table([`BGSAVE of ${keys} keys`, 'idle s', 'idle memory', 'under load s', 'memory', 'PING p99 ms', 'longest ms'], rows);
}

/** CPU time in µs of the thread with the most CPU time: the loop's, or redis-server's main thread. */
function busiest(pid, before) {
  return Math.max(...Array.from(cpuOfThreads(pid), ([thread, us]) => us - (before.get(thread) ?? 0)));
}

function cpuOfThreads(pid) {
  const usOf = (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000;
  return new Map(readdirSync(`/proc/${pid}/task`).map((thread) => [thread, usOf(thread)]));
}

function measure({ pid, port }, pipeline, n) {
  const before = cpuOfThreads(pid);
  redisBenchmark(port, ['-c', 50, '-P', pipeline, '-n', n, '-t', 'set']);
  return busiest(pid, before) / n;
}

/** A server alone, one with an append-only file, and one that a redis-server follows. */
async function variants(name, dir) {
  const alone = await start[name]([]);
  const file = await start[name](['--dir', dir, '--appendonly', 'yes', '--appendfsync', 'everysec', '--auto-aof-rewrite-percentage', '0']);
  const master = await start[name]([]);
  const replica = await startRedis(['--replicaof', '127.0.0.1', master.port]);
  while (!(await request(master.port, ['INFO', 'replication'])).includes('state=online')) await pause(100);
  return { alone, file, master, stop: () => Promise.all([alone, file, replica, master].map((server) => server.stop())) };
}

/** Markdown. @param rounds in alternation, in an order that is reversed each time. @param scale of the number of requests */
export async function durability({ rounds, scale }) {
  const rows = [];
  for (const name of Object.keys(start)) {
    await inFolder(async (dir) => {
      const { alone, file, master, stop } = await variants(name, dir);
      try {
        for (const [pipeline, requests] of PIPELINES) {
          const n = Math.round(requests * scale);
          const servers = [alone, file, master];
          const samples = servers.map(() => []);
          for (const server of servers) measure(server, pipeline, n / 2);
          for (let round = 0; round < rounds; round++) {
            const order = round % 2 === 0 ? [0, 1, 2] : [2, 1, 0];
            for (const at of order) samples[at].push(measure(servers[at], pipeline, n));
          }
          const [plain, everysec, replicated] = samples.map(median);
          rows.push([name, pipeline, plain.toFixed(2), ratio(everysec, plain), ratio(replicated, plain)]);
        }
      } finally {
        await stop();
      }
    });
  }
  return table(['SET, 50 clients', 'pipeline', 'CPU µs', 'with everysec', 'with a replica'], rows);
}

const ratio = (value, base) => `${((value / base - 1) * 100).toFixed(0)} %`;
