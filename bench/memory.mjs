// Memory: how much resident memory a million keys of 16 bytes take, in both servers.
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { residentBytes, table } from './processes.mjs';

const KEYS = 1_000_000;
const BATCH = 1000;

export async function memory(lab, redis) {
  const rows = [];
  for (const server of [lab, redis]) {
    const before = residentBytes(server.pid);
    await fill(server.port);
    const growth = residentBytes(server.pid) - before;
    rows.push([server.name, growth]);
  }
  const [[, labGrowth], [, redisGrowth]] = rows;
  return table(
    ['1,000,000 keys of 16 bytes, values of 16', 'growth MB', 'bytes a key', 'ratio'],
    [
      ['redis-lab', (labGrowth / 1e6).toFixed(1), (labGrowth / KEYS).toFixed(0), (labGrowth / redisGrowth).toFixed(2)],
      ['redis-server', (redisGrowth / 1e6).toFixed(1), (redisGrowth / KEYS).toFixed(0), '1.00'],
    ],
  );
}

async function fill(port) {
  const socket = createConnection(port, '127.0.0.1');
  await once(socket, 'connect');
  for (let first = 0; first < KEYS; first += BATCH) {
    let batch = '';
    for (let i = first; i < first + BATCH; i++) batch += `*3\r\n$3\r\nSET\r\n$16\r\nkey:${String(i).padStart(12, '0')}\r\n$16\r\nvalue${String(i).padStart(11, '0')}\r\n`;
    socket.write(batch);
    let replies = 0;
    while (replies < BATCH) {
      const [data] = await once(socket, 'data');
      replies += data.length / 5;
    }
  }
  socket.destroy();
}
