// Throughput: redis-benchmark against both servers in alternation, in the same run, since the machine is shared and noisy.
//
// The result is CPU time per request of the server process, as a ratio; requests per second depend on the other load of the machine.
import { cpuSeconds, median, redisBenchmark, request, table } from './processes.mjs';

/** About half a second of work. */
const requestsFor = ({ weight }, pipeline, scale) => Math.round(((pipeline === 1 ? 80_000 : pipeline === 16 ? 500_000 : 800_000) / weight) * scale);

/** @param keyspace as redis-benchmark's -r: random keys out of this number; 0, its default, is one key */
export async function throughput(lab, redis, tests, { rounds, scale, pipelines, keyspace }) {
  const rows = [];
  for (const pipeline of pipelines) {
    for (const test of tests) {
      const n = requestsFor(test, pipeline, scale);
      const samples = { [lab.name]: [], [redis.name]: [] };
      for (const server of [lab, redis]) await measure(server, test, pipeline, Math.round(n / 2), keyspace);
      for (let round = 0; round < rounds; round++) {
        for (const server of round % 2 === 0 ? [lab, redis] : [redis, lab]) samples[server.name].push(await measure(server, test, pipeline, n, keyspace));
      }
      rows.push(summarise(test, pipeline, samples[lab.name], samples[redis.name]));
      process.stderr.write(`${rows.at(-1).join('  ')}\n`);
    }
  }
  return table(['test', 'pipeline', 'lab µs', 'redis µs', 'ratio', 'lab req/s', 'redis req/s', 'lab p99 ms', 'redis p99 ms', 'p99 ratio'], rows);
}

async function measure(server, { args, fill }, pipeline, n, keyspace) {
  await request(server.port, ['FLUSHALL']);
  const filling = fill(n);
  if (filling.length > 0) redisBenchmark(server.port, filling);
  const before = cpuSeconds(server.pid);
  const result = redisBenchmark(server.port, ['-c', 50, '-P', pipeline, '-n', n, ...(keyspace > 0 ? ['-r', keyspace] : []), ...args]);
  return { ...result, cpuUs: ((cpuSeconds(server.pid) - before) * 1e6) / n };
}

function summarise({ name }, pipeline, lab, redis) {
  const labUs = median(lab.map((sample) => sample.cpuUs));
  const redisUs = median(redis.map((sample) => sample.cpuUs));
  const labP99 = median(lab.map((sample) => sample.p99));
  const redisP99 = median(redis.map((sample) => sample.p99));
  const rps = (samples) => Math.round(median(samples.map((sample) => sample.rps)));
  return [name, pipeline, labUs.toFixed(2), redisUs.toFixed(2), (labUs / redisUs).toFixed(2), rps(lab), rps(redis), labP99, redisP99, (labP99 / redisP99).toFixed(2)];
}
