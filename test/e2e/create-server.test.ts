import { createConnection } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createServer } from 'redis-lab';

async function ask(port: number, request: string): Promise<string> {
  const socket = createConnection(port, '127.0.0.1');
  socket.write(request);
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString('latin1');
}

test('a server on a free port answers PING', async () => {
  await using server = await createServer({ port: 0 });
  expect(await ask(server.port, '*1\r\n$4\r\nPING\r\n')).toBe('+PONG\r\n');
});

test('close ends the loop thread while it sleeps in the kernel', async () => {
  const server = await createServer({ port: 0 });
  await server.close();
  await expect(ask(server.port, 'PING\r\n')).rejects.toThrow('ECONNREFUSED');
});
