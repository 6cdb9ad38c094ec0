// Memory: what both servers keep resident for a dataset, after MEMORY PURGE and ten seconds; what it is after all of it has been read back; and what is
// left after FLUSHALL. Each row has two servers of its own, one after the other, so that the machine need not hold both.
//
//   start ─▶ empty ─▶ load ─▶ purge, 10 s ─▶ loaded ─▶ read, compare ─▶ purge ─▶ read back ─▶ FLUSHALL ─▶ each second, at most a minute ─▶ left
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { freemem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DATASETS } from './memory-datasets.mjs';
import { refusal } from './options.mjs';
import { request, residentBytes, startLab, startRedis, table } from './processes.mjs';

/** Requests of a batch when loading, and members or keys when reading. */
const BATCH = 1000;
const PAUSES = { settle: 10_000, brief: 1000, flush: 60_000 };
/** After FLUSHALL, memory is back once no more than this share of what was loaded is left, or no more than this many bytes. */
const BACK_SHARE = 0.1;
const BACK_BYTES = 16e6;
/** Estimates, for the line at the start: seconds for a million requests, with their replies read back, and those that a row waits. */
const SECONDS_A_MILLION = 12;
const SECONDS_OF_PAUSES = 65;

/** Markdown. @param options { row, scale, variant flags as `labFlags`, goal } @param results a ResultsFile @param pauses in ms, for tests shorter ones */
export async function memory({ row, scale, labFlags, goal }, results, pauses = PAUSES) {
  const datasets = datasetsOf(row).map((dataset) => ({ ...dataset, count: Math.max(1, Math.round(dataset.count * scale)) }));
  const millions = datasets.reduce((sum, { count, load }) => sum + (count * load(0).length) / 1e6, 0);
  const seconds = 2 * (datasets.length * SECONDS_OF_PAUSES + millions * SECONDS_A_MILLION);
  process.stderr.write(`${datasets.length === 1 ? '1 row takes' : `${datasets.length} rows take`} about ${Math.ceil(seconds / 60)} minutes.\n`);
  const measured = [];
  for (const dataset of datasets) {
    checkRoom(dataset);
    const figures = { lab: await inServer(() => startLab(['--save', '', ...labFlags]), dataset, pauses), redis: await inServer(startRedis, dataset, pauses) };
    results.add('memory', { dataset: dataset.name, count: dataset.count, ...figures });
    measured.push({ dataset, ...figures });
    process.stderr.write(`${cellsOf(measured.at(-1), goal).join('  ')}\n`);
  }
  return memoryTable(measured, goal);
}

/** @param names null for all */
export const datasetsOf = (names) => DATASETS.filter(({ name }) => names === null || names.includes(name));

function checkRoom({ name, count, bytes }) {
  if (count * bytes > freemem()) throw refusal(`${name}: about ${megabytes(count * bytes)} MB are needed, and ${megabytes(freemem())} are free`);
}

async function inServer(start, dataset, pauses) {
  const server = await start();
  try {
    return await measureMemory(server, dataset, pauses);
  } finally {
    await server.stop();
  }
}

/** Resident bytes: { empty, loaded, readBack, left }, and `seconds` from FLUSHALL on until memory was back; null if it was not. */
export async function measureMemory({ pid, port, purge = () => request(port, ['MEMORY', 'PURGE']) }, dataset, pauses) {
  const { count, load, read } = dataset;
  const resident = async () => {
    await purge();
    await sleep(pauses.settle);
    return residentBytes(pid);
  };
  const empty = await resident();
  const client = await Exchange.connect(port);
  try {
    for (let from = 0; from < count; from += BATCH) await client.exchange(numbers(from, Math.min(from + BATCH, count)).flatMap(load));
    const loaded = await resident();
    for (let from = 0; from < count; from += BATCH) await client.exchange(read(from, Math.min(from + BATCH, count)));
    const readBack = await resident();
    await client.exchange([[['FLUSHALL'], '+OK\r\n']]);
    return { empty, loaded, readBack, ...(await afterFlush(pid, empty + Math.max(BACK_BYTES, (loaded - empty) * BACK_SHARE), pauses)) };
  } finally {
    client.close();
  }
}

async function afterFlush(pid, enough, { brief, flush }) {
  const start = performance.now();
  for (;;) {
    await sleep(Math.min(brief, flush));
    const left = residentBytes(pid);
    const ms = performance.now() - start;
    if (left <= enough) return { left, seconds: ms / 1000 };
    if (ms >= flush) return { left, seconds: null };
  }
}

const numbers = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
const encode = (argv) => `*${argv.length}\r\n${argv.map((word) => `$${String(word).length}\r\n${word}\r\n`).join('')}`;

/** A connection on which every reply is known beforehand, byte by byte. */
class Exchange {
  static async connect(port) {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Exchange(socket);
  }

  constructor(socket) {
    this.socket = socket;
    socket.on('data', (data) => this.take(data));
    socket.on('close', () => this.fail?.(new Error('the server has closed the connection')));
    socket.on('error', () => {});
  }

  /** Sends requests, and resolves when all replies have arrived. @param pairs each a request and its reply */
  exchange(pairs) {
    this.expected = Buffer.from(pairs.map(([, reply]) => reply).join(''), 'latin1');
    this.at = 0;
    return new Promise((resolve, reject) => {
      this.done = resolve;
      this.fail = reject;
      this.socket.write(Buffer.from(pairs.map(([argv]) => encode(argv)).join(''), 'latin1'));
    });
  }

  take(data) {
    const { expected, at } = this;
    const end = at + data.length;
    if (end > expected.length || expected.compare(data, 0, data.length, at, end) !== 0) {
      this.fail(new Error(`another reply than expected: ${JSON.stringify(data.toString('latin1', 0, 100))}`));
      return this.socket.destroy();
    }
    this.at = end;
    if (end === expected.length) this.done();
  }

  close() {
    this.socket.destroy();
  }
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(0);

/** Figures without what the empty server takes. */
function cellsOf({ dataset: { name, count, each, most }, lab, redis }, goal) {
  const grown = (server, what) => server[what] - server.empty;
  const loaded = [grown(lab, 'loaded'), grown(redis, 'loaded')];
  const ratio = loaded[0] / loaded[1];
  const left = (server) => `${megabytes(grown(server, 'left'))}, ${server.seconds === null ? 'not' : `${server.seconds.toFixed(0)} s`}`;
  return [
    `${name}: ${count.toLocaleString('en-US')} ${each}`, ...loaded.map(megabytes), ...loaded.map((bytes) => (bytes / count).toFixed(0)), ratio.toFixed(2),
    megabytes(grown(lab, 'readBack')), megabytes(grown(redis, 'readBack')), left(lab), left(redis),
    ...(goal ? [ratio <= most ? 'met' : `missed: ${ratio.toFixed(2)} > ${most}`] : []),
  ];
}

function memoryTable(measured, goal) {
  const empty = (who) => megabytes(Math.max(...measured.map((row) => row[who].empty)));
  const heads = [
    'resident MB beyond the empty server', 'lab', 'redis', 'lab bytes each', 'redis bytes each', 'ratio', 'lab, read back', 'redis, read back', 'lab after FLUSHALL', 'redis after FLUSHALL',
    ...(goal ? ['goal'] : []),
  ];
  return [
    `Empty, redis-lab takes ${empty('lab')} MB and redis-server ${empty('redis')}. After FLUSHALL: what is left, and after how many seconds no more than a tenth was, or ${megabytes(BACK_BYTES)} MB ("not": within a minute).`,
    table(heads, measured.map((row) => cellsOf(row, goal))),
  ].join('\n\n');
}
