/** IPv6 on the real pollers. A machine without ::1 says so and goes on: there are such machines, and CI is often one of them. */
import { networkInterfaces } from 'node:os';
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { createServer } from 'redis-lab';

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) => addresses!.some(({ address }) => address === '::1'));
const POLLERS = (['epoll', 'portable'] as const).filter((poller) => poller === 'portable' || process.platform === 'linux');

async function ask(host: string, port: number, asked: string): Promise<string> {
  const socket = createConnection({ host, port });
  socket.write(asked);
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString('latin1');
}

(hasIPv6 ? describe : describe.skip).each(POLLERS)(hasIPv6 ? '%s' : '%s (left out: this machine has no ::1)', (poller) => {
  test('listens on ::1 alone, and shows it', async () => {
    await using server = await createServer({ port: 0, poller, bind: '::1' });
    expect(server.addresses).toEqual([{ host: '::1', port: server.port }]);
    expect(server.url).toBe(`redis://[::1]:${server.port}`);
    expect(await ask('::1', server.port, 'PING\r\n')).toBe('+PONG\r\n');
    expect(await ask('::1', server.port, 'CLIENT LIST\r\n')).toMatch(new RegExp(` addr=\\[::1\\]:\\d+ laddr=\\[::1\\]:${server.port} `));
    await expect(ask('127.0.0.1', server.port, 'PING\r\n')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test.each(['127.0.0.1 ::1', '127.0.0.1 -::1', '* -::*'])('listens on both with bind "%s"', async (bind) => {
    await using server = await createServer({ port: 0, poller, bind });
    expect(server.addresses).toEqual([expect.objectContaining({ port: server.port }), expect.objectContaining({ port: server.port })]);
    expect(await ask('127.0.0.1', server.port, 'ECHO four\r\n')).toBe('$4\r\nfour\r\n');
    expect(await ask('::1', server.port, 'ECHO six\r\n')).toBe('$3\r\nsix\r\n');
  });

  test('a client of 127.0.0.1 is shown as such also behind a listener on all addresses', async () => {
    await using server = await createServer({ port: 0, poller, bind: '* -::*' });
    expect(await ask('127.0.0.1', server.port, 'CLIENT LIST\r\n')).toMatch(/ addr=127\.0\.0\.1:\d+ /);
  });
});

test('an address that no interface has is left out if it is optional', async () => {
  await using server = await createServer({ port: 0, bind: '127.0.0.1 -2001:db8::1' });
  expect(server.addresses).toEqual([{ host: '127.0.0.1', port: server.port }]);
});
