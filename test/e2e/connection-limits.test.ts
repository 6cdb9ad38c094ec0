/** Limits of connections on real sockets, where the kernel's buffers stand between. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createServer } from 'redis-lab';
import { RespClient } from '../support/resp-client.js';

const UNLIMITED = { hard: 0, soft: 0, softSeconds: 0 };

async function connect(port: number): Promise<Socket> {
  const socket = createConnection(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

test('a client that never reads is closed at its output limit, and the others go on', { timeout: 20_000 }, async () => {
  const log: string[] = [];
  const hard = 20_000_000;
  await using server = await createServer({
    port: 0,
    'client-output-buffer-limit': { normal: { ...UNLIMITED, hard }, slave: UNLIMITED, pubsub: UNLIMITED },
    log: (_level, message) => void log.push(message),
  });
  await using other = await RespClient.connect(server.port);
  await other.call('SET', 'big', 'x'.repeat(1_000_000));
  const socket = await connect(server.port);
  socket.pause();
  const closed = once(socket, 'close');
  socket.on('error', () => {});
  socket.write('GET big\r\n'.repeat(60));
  while (!log.some((line) => line.endsWith('scheduled to be closed ASAP for overcoming of output buffer limits.'))) await other.call('PING');
  expect(((await other.call('CLIENT', 'LIST')) as string).trim().split('\n')).toHaveLength(1);
  expect(await other.call('PING')).toEqual({ simple: 'PONG' });
  socket.resume();
  await closed;
});

test('a large value in pieces of every size arrives whole, both ways', { timeout: 20_000 }, async () => {
  await using server = await createServer({ port: 0 });
  await using client = await RespClient.connect(server.port);
  const value = Array.from({ length: 100_000 }, (_, i) => String.fromCharCode(i % 256).repeat(i % 97)).join('');
  const frame = `*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$${value.length}\r\n${value}\r\n`;
  for (let at = 0, size = 1; at < frame.length; at += size, size = (size * 7) % 100_003) client.raw(frame.slice(at, at + size));
  expect(await client.next()).toEqual({ simple: 'OK' });
  expect(await client.call('STRLEN', 'big')).toBe(value.length);
  expect((await client.call('GET', 'big')) === value).toBe(true);
});

test('one client more than maxclients gets an error', async () => {
  await using server = await createServer({ port: 0, maxclients: 1 });
  await using client = await RespClient.connect(server.port);
  expect(await client.call('PING')).toEqual({ simple: 'PONG' });
  await using second = await RespClient.connect(server.port);
  expect(await second.next()).toEqual({ error: 'ERR max number of clients reached' });
});
