// Start-up: from starting the process to the first PONG.
import { median, startLab, startRedis, table } from './processes.mjs';

const ROUNDS = 9;

export async function startup(labFlags) {
  const times = { 'redis-lab': [], 'redis-server': [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const start of [() => startLab(labFlags), () => startRedis()]) {
      const server = await start();
      times[server.name].push(server.startMs);
      await server.stop();
    }
  }
  const rows = Object.entries(times).map(([name, all]) => [name, median(all).toFixed(0), Math.min(...all).toFixed(0), Math.max(...all).toFixed(0)]);
  return table(['process start to first PONG', 'median ms', 'least', 'most'], rows);
}
