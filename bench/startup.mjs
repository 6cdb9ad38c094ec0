// Start-up: from starting the process to the first PONG, in time and in CPU time, and for comparison the time of an empty program in Node.
import { spawnSync } from 'node:child_process';
import { ENVIRONMENT, startLab, startRedis, table } from './processes.mjs';
import { median } from './statistics.mjs';

const ROUNDS = 9;

export async function startup(labFlags) {
  // The first start of a build compiles everything, and caches the result for the next ones.
  await (await startLab(labFlags)).stop();
  const times = { 'redis-lab': [], 'redis-server': [], 'node -e 0, to its end': [] };
  const cpu = { 'redis-lab': [], 'redis-server': [], 'node -e 0, to its end': [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const start of [() => startLab(labFlags), () => startRedis()]) {
      const server = await start();
      times[server.name].push(server.startMs);
      cpu[server.name].push(server.startCpuMs);
      await server.stop();
    }
    times['node -e 0, to its end'].push(nothing());
  }
  const rows = Object.entries(times).map(([name, all]) => [name, median(all).toFixed(0), Math.min(...all).toFixed(0), Math.max(...all).toFixed(0), cpu[name].length === 0 ? '' : median(cpu[name]).toFixed(0)]);
  return table(['process start to first PONG', 'median ms', 'least', 'most', 'CPU ms'], rows);
}

function nothing() {
  const begin = performance.now();
  spawnSync(process.env.BENCH_NODE ?? process.execPath, ['-e', '0'], { env: ENVIRONMENT });
  return performance.now() - begin;
}
