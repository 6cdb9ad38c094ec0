// Memory under load: redis-benchmark at full speed for minutes against the lab on a terminal, and whether its memory keeps growing.
//
//   resident      of the whole process, from /proc
//   main's heap   live objects of the main thread: history, model, screen
//   loop's heap   live objects of the loop thread: keys, connections, the trace that has not been sent yet
//
// A heap grows until V8 collects its garbage. The size of the live objects is known only after a collection, so each reading is preceded by one.
import { createConnection } from 'node:net';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { home, Lab, load, sleep } from './tui-lab.mjs';

const EVERY_MS = 10_000;

/**
 * Loaded before the lab, into each of its threads. The main thread writes its heap size to a file periodically. The loop's is requested by INFO, which reads it here; the loop reads it for
 * itself as well, ten times a second, and must not collect each time: only when a file says so.
 */
const REPORTER = `
const { isMainThread } = require('node:worker_threads');
const { rmSync, statSync, writeFileSync } = require('node:fs');
const v8 = require('node:v8');
const { getHeapStatistics } = v8;
const { HOME } = process.env;
const report = () => (gc(), writeFileSync(HOME + '/heap', String(getHeapStatistics().used_heap_size)));
if (isMainThread) setInterval(report, ${EVERY_MS / 2}).unref();
else {
  v8.getHeapStatistics = () => {
    if (statSync(HOME + '/collect', { throwIfNoEntry: false }) !== undefined) {
      rmSync(HOME + '/collect');
      gc();
    }
    return getHeapStatistics();
  };
  require('node:module').syncBuiltinESMExports();
}
`;

/** @returns {Promise<{ atS: number, residentMb: number, mainMb: number, loopMb: number }[]>} */
export async function soak(minutes) {
  const reporter = join(home, 'reporter.cjs');
  writeFileSync(reporter, REPORTER);
  const lab = new Lab(120, 40, ['--expose-gc', '--require', reporter]);
  const port = await lab.ready();
  while (!existsSync(join(home, 'heap'))) await sleep(100);
  // Every kind of write, on a fixed number of names: the memory of the keys does not grow.
  const busy = load(port, ['-t', 'set,get,incr,sadd,hset,mset', '-c', 50, '-P', 4, '-r', 10_000, '-n', 200_000, '-l']);
  const samples = [];
  for (const began = performance.now(); ; ) {
    const atS = (performance.now() - began) / 1000;
    writeFileSync(join(home, 'collect'), '');
    samples.push({ atS, residentMb: residentMb(lab.pid), mainMb: Number(readFileSync(join(home, 'heap'), 'utf8')) / 1e6, loopMb: (await usedMemory(port)) / 1e6 });
    if (process.env.SOAK_LOG) console.error(Object.values(samples.at(-1)).map((value) => value.toFixed(1)).join('\t'));
    if (atS >= minutes * 60) break;
    await sleep(EVERY_MS);
  }
  await busy.stop();
  lab.stop();
  return samples;
}

/** Growth per minute, by least squares. */
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
