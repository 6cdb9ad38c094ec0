// Idle connections: ten thousand of them held open while a busy one is measured, against the same without them.
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { redisBenchmark, residentBytes, table } from './processes.mjs';

const CONNECTIONS = 10_000;

export async function idle(lab, redis) {
  const rows = [];
  for (const server of [lab, redis]) {
    const measure = () => redisBenchmark(server.port, ['-t', 'get', '-c', 1, '-n', 40_000]);
    measure();
    const alone = measure();
    const before = residentBytes(server.pid);
    const sockets = await connectMany(server.port);
    const crowded = measure();
    const perConnection = (residentBytes(server.pid) - before) / CONNECTIONS;
    for (const socket of sockets) socket.destroy();
    rows.push([server.name, alone.p50, crowded.p50, alone.p99, crowded.p99, Math.round(alone.rps), Math.round(crowded.rps), Math.round(perConnection)]);
  }
  return table(['one busy client', 'p50 ms alone', `with ${CONNECTIONS} idle`, 'p99 ms alone', `with ${CONNECTIONS} idle`, 'req/s alone', 'with idle', 'bytes a connection'], rows);
}

async function connectMany(port) {
  const sockets = [];
  while (sockets.length < CONNECTIONS) {
    const batch = Array.from({ length: 200 }, () => createConnection(port, '127.0.0.1'));
    await Promise.all(batch.map((socket) => once(socket, 'connect')));
    sockets.push(...batch);
  }
  return sockets;
}
