// How long a pipeline takes: until its first reply, which is what redis-benchmark calls the latency of all its requests, and until its last.
//
// The two differ where values are large. With many clients redis-server answers the first SETs of a pipeline before it has received the others; the lab reads more
// at once, and answers later, but all of them.
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { table } from './processes.mjs';
import { median } from './statistics.mjs';

const CLIENTS = 50;
const DEPTH = 16;
const SIZES = [1024, 16 * 1024, 64 * 1024];
/** Pipelines of all clients in a round, by the bytes that are sent. */
const BYTES = 1.5e9;
const MOST = 10_000;
const REPLY_BYTES = '+OK\r\n'.length;

/** @param servers loaded by turns @param rounds how often each */
export async function pipelines(servers, rounds) {
  const rows = [];
  for (const size of SIZES) {
    const results = servers.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const at of round % 2 === 0 ? [0, 1] : [1, 0]) results[at].push(await run(servers[at].port, size));
    }
    for (const [at, { name }] of servers.entries()) {
      const figure = (pick) => median(results[at].map(pick));
      rows.push([
        `${DEPTH} SET of ${size} bytes, ${name}`, Math.round(figure(({ rps }) => rps)),
        ...['first', 'last'].flatMap((which) => [50, 99].map((percent) => figure((result) => percentile(result[which], percent)).toFixed(2))),
      ]);
    }
  }
  return table([`pipelines of ${CLIENTS} clients`, 'req/s', 'first reply, p50 ms', 'p99', 'last reply, p50 ms', 'p99'], rows);
}

/** Each client sends the next pipeline when it has all replies to the last. Returns the times of all pipelines, sorted. */
async function run(port, size) {
  const request = Buffer.from(`*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$${size}\r\n${'x'.repeat(size)}\r\n`);
  const pipeline = Buffer.concat(Array.from({ length: DEPTH }, () => request));
  const count = Math.min(MOST, Math.floor(BYTES / pipeline.length));
  const [first, last] = [[], []];
  let begun = 0;
  const startMs = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    await new Promise((resolve, reject) => {
      let [sentMs, received] = [0, 0];
      const next = () => {
        if (begun === count) return resolve();
        begun++;
        received = 0;
        sentMs = performance.now();
        socket.write(pipeline);
      };
      socket.on('data', (data) => {
        if (received === 0) first.push(performance.now() - sentMs);
        received += data.length;
        if (received < DEPTH * REPLY_BYTES) return;
        last.push(performance.now() - sentMs);
        next();
      });
      socket.on('close', () => reject(new Error('the server has closed the connection')));
      next();
    });
    socket.destroy();
  }));
  const rps = (count * DEPTH * 1000) / (performance.now() - startMs);
  return { rps, first: first.sort((a, b) => a - b), last: last.sort((a, b) => a - b) };
}

const percentile = (sorted, percent) => sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))];
