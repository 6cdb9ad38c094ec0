// Throughput: redis-benchmark against both servers by turns, in the same run, since the machine is shared and noisy.
//
// What counts is CPU time per request of the server process, as a ratio; requests per second depend on who else is running.
import { cpuSeconds, median, redisBenchmark, table } from './processes.mjs';

const PIPELINES = [1, 16, 64];
const DEFAULT_TESTS = ['ping_mbulk', 'set', 'get', 'incr', 'mset'];

/** Long enough that a hundredth of a second, the kernel's grain, is below a percent. */
const requestsFor = (test, pipeline, scale) => Math.round(((pipeline === 1 ? 150_000 : pipeline === 16 ? 900_000 : 1_500_000) / (test === 'mset' ? 3 : test.startsWith('lrange') ? 20 : 1)) * scale);

export async function throughput(lab, redis, { rounds = 3, scale = 1, tests = DEFAULT_TESTS, pipelines = PIPELINES, keyspace = 0 } = {}) {
  const rows = [];
  for (const pipeline of pipelines) {
    for (const test of tests) {
      const n = requestsFor(test, pipeline, scale);
      const samples = { [lab.name]: [], [redis.name]: [] };
      for (const server of [lab, redis]) measure(server, test, pipeline, Math.round(n / 4), keyspace);
      for (let round = 0; round < rounds; round++) {
        for (const server of round % 2 === 0 ? [lab, redis] : [redis, lab]) samples[server.name].push(measure(server, test, pipeline, n, keyspace));
      }
      rows.push(summarise(test, pipeline, samples[lab.name], samples[redis.name]));
      process.stderr.write(`${rows.at(-1).join('  ')}\n`);
    }
  }
  return table(['test', 'pipeline', 'lab µs', 'redis µs', 'ratio', 'lab req/s', 'redis req/s', 'lab p99 ms', 'redis p99 ms', 'p99 ratio'], rows);
}

function measure(server, test, pipeline, n, keyspace) {
  const before = cpuSeconds(server.pid);
  const result = redisBenchmark(server.port, ['-t', test, '-c', 50, '-P', pipeline, '-n', n, ...(keyspace > 0 ? ['-r', keyspace] : [])]);
  return { ...result, cpuUs: ((cpuSeconds(server.pid) - before) * 1e6) / n };
}

function summarise(test, pipeline, lab, redis) {
  const labUs = median(lab.map((sample) => sample.cpuUs));
  const redisUs = median(redis.map((sample) => sample.cpuUs));
  const labP99 = median(lab.map((sample) => sample.p99));
  const redisP99 = median(redis.map((sample) => sample.p99));
  const rps = (samples) => Math.round(median(samples.map((sample) => sample.rps)));
  return [test, pipeline, labUs.toFixed(2), redisUs.toFixed(2), (labUs / redisUs).toFixed(2), rps(lab), rps(redis), labP99, redisP99, (labP99 / redisP99).toFixed(2)];
}
