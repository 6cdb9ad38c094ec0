// How long a fork of 100,000 keys holds the live loop, and how long it takes until the fork listens.
//
// On a shared machine, the waiting time of a client depends on the other load as well: so the CPU time of the loop's thread is printed beside it.
import { Worker } from 'node:worker_threads';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from '../dist/server/index.js';
import { cpuSeconds, fillStrings, table } from './processes.mjs';
import { median } from './statistics.mjs';

const KEYS = 100_000;
const ROUNDS = 15;

/** A client on a thread of its own, which sends the next request as soon as it has a reply, and reports the longest time between two replies. */
const PROBE = `
  const { parentPort, workerData } = require('node:worker_threads');
  const socket = require('node:net').createConnection(workerData, '127.0.0.1');
  let [last, longest] = [performance.now(), 0];
  socket.on('data', () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    socket.write('PING\\r\\n');
  });
  socket.write('PING\\r\\n');
  parentPort.on('message', () => {
    parentPort.postMessage(longest);
    longest = 0;
  });
`;

const threads = () => readdirSync('/proc/self/task');
const cpuMs = (thread) => Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6;

/** Markdown. */
export async function fork() {
  const before = threads();
  const server = await createServer({ port: 0 });
  const started = threads().filter((thread) => !before.includes(thread));
  try {
    await fillStrings(server.port, KEYS);
    // Of the threads that the server has started, the loop's has loaded the keys.
    const loop = started.sort((a, b) => cpuMs(b) - cpuMs(a))[0];
    const samples = [];
    for (let round = 0; round < ROUNDS; round++) samples.push(await measure(server, loop));
    const row = (name) => [name, median(samples.map((sample) => sample[name])).toFixed(1), Math.max(...samples.map((sample) => sample[name])).toFixed(1)];
    return [`${KEYS} keys, ${ROUNDS} forks.`, '', table(['ms', 'median', 'longest'], ['CPU of the live loop', 'a client of the live loop waits', 'CPU until the fork listens', 'until the fork listens'].map(row))].join('\n');
  } finally {
    await server.close();
  }
}

async function measure(server, loop) {
  // First without a client, which would take CPU time of the loop, too.
  const cpuBefore = cpuMs(loop);
  const allBefore = cpuSeconds(process.pid);
  const startMs = performance.now();
  const forked = await server.fork();
  const listensMs = performance.now() - startMs;
  const cpu = cpuMs(loop) - cpuBefore;
  const allCpu = (cpuSeconds(process.pid) - allBefore) * 1000;
  await forked.close();
  const probe = new Worker(PROBE, { eval: true, workerData: server.port });
  const ask = () => new Promise((resolve) => probe.once('message', resolve).postMessage(null));
  await ask();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await ask();
  const other = await server.fork();
  const waited = await ask();
  await other.close();
  await probe.terminate();
  return { 'CPU of the live loop': cpu, 'a client of the live loop waits': waited, 'CPU until the fork listens': allCpu, 'until the fork listens': listensMs };
}
