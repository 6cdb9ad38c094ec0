// Memory under load: redis-benchmark at full speed for minutes against the lab on a terminal, and whether what it takes keeps growing.
//
//   resident      of the whole process, from /proc
//   loop's heap   used_memory of INFO: the loop thread's own
//   main's heap   what a module loaded into the lab writes down now and then: history, model, screen
import { createConnection } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { home, Lab, load, sleep } from './tui-lab.mjs';

const EVERY_MS = 10_000;

/** Loaded before the lab, into each of its threads; only the main one reports. */
const REPORTER = `
const { isMainThread } = require('node:worker_threads');
if (isMainThread) setInterval(() => require('node:fs').writeFileSync(process.env.HOME + '/heap', String(process.memoryUsage().heapUsed)), ${EVERY_MS / 2}).unref();
`;

/** @returns {Promise<{ atS: number, residentMb: number, mainMb: number, loopMb: number }[]>} */
export async function soak(minutes) {
  const reporter = join(home, 'reporter.cjs');
  writeFileSync(reporter, REPORTER);
  writeFileSync(join(home, 'heap'), '0');
  const lab = new Lab(120, 40, ['--require', reporter]);
  const port = await lab.ready();
  // Keys as well as requests change all the time; in random order, so that there are never more of them.
  const busy = load(port, ['-t', 'set,get,incr,lpush,lpop,sadd,hset,spop,mset', '-c', 50, '-P', 4, '-r', 10_000, '-n', 200_000, '-l']);
  const samples = [];
  for (const began = performance.now(); ; ) {
    const atS = (performance.now() - began) / 1000;
    samples.push({ atS, residentMb: residentMb(lab.pid), mainMb: Number(readFileSync(join(home, 'heap'), 'utf8')) / 1e6, loopMb: (await usedMemory(port)) / 1e6 });
    if (process.env.SOAK_LOG) console.error(Object.values(samples.at(-1)).map((value) => value.toFixed(1)).join('\t'));
    if (atS >= minutes * 60) break;
    await sleep(EVERY_MS);
  }
  await busy.stop();
  lab.stop();
  return samples;
}

/** Growth by the least squares, per minute. */
export function slopePerMinute(samples, field) {
  const meanX = mean(samples.map(({ atS }) => atS));
  const meanY = mean(samples.map((sample) => sample[field]));
  const covariance = mean(samples.map((sample) => (sample.atS - meanX) * (sample[field] - meanY)));
  return (covariance / mean(samples.map(({ atS }) => (atS - meanX) ** 2))) * 60;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

const residentMb = (pid) => (Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024) / 1e6;

function usedMemory(port) {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('INFO memory\r\n'));
    let reply = '';
    socket.on('error', reject);
    socket.on('data', (data) => {
      reply += data;
      const found = /used_memory:(\d+)\r\n/.exec(reply);
      if (found === null) return;
      socket.destroy();
      resolve(Number(found[1]));
    });
  });
}
