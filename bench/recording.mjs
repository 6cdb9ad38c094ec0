// The cost of a recording for the loop, compared with the same server without one in alternation; its size, and the duration of its replay.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAB, redisBenchmark, startLab, table } from './processes.mjs';
import { median } from './statistics.mjs';

const REQUESTS = new Map([[1, 60_000], [16, 500_000]]);
const REPLAYED = 400_000;
const SERVERS = [['plain', () => []], ['--record', (dir) => ['--record', join(dir, 'bench.lab'), '--trace-overwrite']], ['--history', () => ['--history', '64mb']]];

/** CPU time of each thread in µs, by its number. */
function cpuOfThreads(pid) {
  return new Map(readdirSync(`/proc/${pid}/task`).map((thread) => [thread, Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000]));
}

/** µs per request of the thread with the most CPU time: the loop's. */
function measure({ pid, port }, pipeline, n) {
  const before = cpuOfThreads(pid);
  redisBenchmark(port, ['-c', 50, '-P', pipeline, '-n', n, '-t', 'set']);
  return Math.max(...Array.from(cpuOfThreads(pid), ([thread, us]) => us - (before.get(thread) ?? 0))) / n;
}

/** Markdown. @param rounds in alternation, in an order that is reversed each time */
export async function recording({ rounds }) {
  const dir = mkdtempSync(join(tmpdir(), 'redis-lab-bench-'));
  const rows = [];
  try {
    for (const [pipeline, n] of REQUESTS) rows.push(...(await costs(dir, pipeline, n, rounds)));
    const replay = await replayed(dir);
    return [table(['SET, 50 clients', 'pipeline', 'loop CPU µs', 'ratio'], rows), '', replay].join('\n');
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function costs(dir, pipeline, n, rounds) {
  const servers = await Promise.all(SERVERS.map(async ([name, flags]) => ({ name, ...(await startLab(flags(dir))), samples: [] })));
  // startLab names the program.
  servers.forEach((server, index) => (server.name = SERVERS[index][0]));
  for (const server of servers) measure(server, pipeline, n / 2);
  for (let round = 0; round < rounds; round++) {
    for (const server of round % 2 === 0 ? servers : servers.toReversed()) server.samples.push(measure(server, pipeline, n));
  }
  await Promise.all(servers.map((server) => server.stop()));
  const [plain] = servers;
  // For each round separately: other load on the machine changes from one to the next.
  const ratio = ({ samples }) => median(samples.map((us, round) => us / plain.samples[round]));
  return servers.map((server) => [server.name, pipeline, median(server.samples).toFixed(3), ratio(server).toFixed(3)]);
}

/** Of a recording without pipelining: reading the file and starting are not included. */
async function replayed(dir) {
  const [file, hook] = [join(dir, 'replayed.lab'), join(dir, 'cpu.cjs')];
  writeFileSync(hook, "process.on('exit', () => console.error(Object.values(process.cpuUsage()).reduce((sum, us) => sum + us)));");
  const server = await startLab(['--record', file]);
  const recordedUs = measure(server, 1, REPLAYED);
  await server.stop();
  const replayUs = (...flags) => Number(spawnSync(process.execPath, ['-r', hook, LAB, 'replay', file, ...flags], { encoding: 'utf8' }).stderr.trim().split('\n').at(-1));
  const us = median(Array.from({ length: 5 }, () => (replayUs() - replayUs('--until', 'turn:1')) / REPLAYED));
  return (
    `Replay of ${REPLAYED} SETs without pipelining: ${us.toFixed(2)} µs of CPU time a request, where the recorded loop took ${recordedUs.toFixed(2)}: ` +
    `${(recordedUs / us).toFixed(1)} times as fast. The file has ${(statSync(file).size / REPLAYED).toFixed(1)} bytes a request.`
  );
}
