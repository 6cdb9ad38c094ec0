// How long a visit to the past takes: in a history of a million events, with 100,000 keys; and the cost of keeping a history.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from '../dist/server/index.js';
import { fillStrings, table } from './processes.mjs';
import { median } from './statistics.mjs';

const KEYS = 100_000;
const COMMANDS = 150_000;
const VISITS = 100;
const HISTORY_BYTES = 64 * 2 ** 20;
const WINDOWS = { keys: { db: 0, offset: 0, limit: 50, order: 'name', match: '*' }, clients: 50 };

/** CPU time of each thread of this process, in ms, where the system reports it. */
function cpuOfThreads() {
  if (process.platform !== 'linux') return new Map();
  return new Map(readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [thread, (Number(fields[11]) + Number(fields[12])) * 10];
  }));
}

async function benchmark(port, ...args) {
  const child = spawn('redis-benchmark', ['-p', port, '-q', ...args].map(String), { stdio: ['ignore', 'ignore', 'inherit'] });
  await once(child, 'close');
}

async function followed({ history }, commands) {
  while (history.range.newestCommand < commands) {
    if (history.range.off !== null) throw new Error(history.range.off);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function timesOf(calls) {
  const times = [];
  for (const call of calls) {
    const startMs = performance.now();
    await call();
    times.push(performance.now() - startMs);
  }
  return times.sort((a, b) => a - b);
}

/** Markdown. */
export async function history() {
  const before = cpuOfThreads();
  const server = await createServer({ port: 0, history: HISTORY_BYTES });
  try {
    await fillStrings(server.port, KEYS);
    await followed(server, (await server.snapshot()).stats.commands);
    const started = cpuOfThreads();
    await benchmark(server.port, '-t', 'set', '-n', COMMANDS, '-r', KEYS, '-d', 10);
    const { stats, databases } = await server.snapshot();
    await followed(server, stats.commands);
    const threads = [...cpuOfThreads()].filter(([thread]) => !before.has(thread)).map(([thread, ms]) => ms - (started.get(thread) ?? 0));
    const [loopMs = NaN, followerMs = NaN] = threads.sort((a, b) => b - a);
    const visitor = server.history;
    const { range } = visitor;
    const first = stats.commands - COMMANDS;
    const commands = Array.from({ length: VISITS }, () => first + Math.ceil(Math.random() * COMMANDS)).map((command) => Math.max(command, range.oldestCommand));
    const visits = await timesOf(commands.map((command) => () => visitor.visit({ command }, WINDOWS)));
    let { moment } = await visitor.visit({ command: commands[0] }, WINDOWS);
    const back = async () => void ({ moment } = await visitor.visit({ from: moment, by: 'event', direction: 'back' }, WINDOWS));
    const forward = async () => void ({ moment } = await visitor.visit({ from: moment, by: 'event', direction: 'forward' }, WINDOWS));
    const rows = [
      ['any of the last commands', visits],
      ['one event back', await timesOf(Array.from({ length: 20 }, () => back))],
      ['one event forward', await timesOf(Array.from({ length: 20 }, () => forward))],
      ['a question (DBSIZE)', await timesOf(Array.from({ length: 20 }, () => () => visitor.ask(['DBSIZE'])))],
    ];
    return [
      `${databases[0].keys} keys, ${COMMANDS} × SET by 50 clients: the history begins at command ${range.oldestCommand} of ${stats.commands} and takes ${Math.round(range.bytes / 2 ** 20)} MiB.`,
      `CPU for the SETs: ${loopMs} ms of the loop's thread, ${followerMs} ms of the follower's.`,
      '',
      table(['going to', 'median ms', 'longest ms'], rows.map(([name, times]) => [name, median(times).toFixed(0), times.at(-1).toFixed(0)])),
    ].join('\n');
  } finally {
    await server.close();
  }
}
