/** What the kernel reports of sockets that are not read, on real ones. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EpollPoll } from '../../../src/server/io/backends/epoll.js';
import { connectionsToAccept, unreadBytes } from '../../../src/server/io/backends/kernel-queues.js';
import { type TcpListener, WOULD_BLOCK } from '../../../src/server/io/poll.js';

async function connect(listener: TcpListener): Promise<Socket> {
  const { port } = listener.local as { port: number };
  const socket = createConnection(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

function listen(): TcpListener {
  const poll = new EpollPoll();
  const listener = poll.listen({ host: '127.0.0.1', port: 0 }, 10);
  onTestFinished(() => {
    listener.close();
    poll.close();
    poll.waker.close();
  });
  return listener;
}

describe.runIf(process.platform === 'linux')('on Linux', () => {
  test('a listener has as many connections to accept as have arrived and were not accepted', async () => {
    const listener = listen();
    expect(connectionsToAccept(listener.fd)).toBe(0);
    await connect(listener);
    await connect(listener);
    expect(connectionsToAccept(listener.fd)).toBe(2);
    const stream = listener.accept();
    if (stream === WOULD_BLOCK) throw new Error('nobody was there');
    expect(connectionsToAccept(listener.fd)).toBe(1);
    stream.close();
  });

  test('a client has the bytes that it has sent and that were not read yet', async () => {
    const listener = listen();
    const socket = await connect(listener);
    const stream = listener.accept();
    if (stream === WOULD_BLOCK) throw new Error('nobody was there');
    expect(unreadBytes(stream.fd)).toBe(0);
    await new Promise((resolve) => void socket.write('PING\r\n', resolve));
    expect(unreadBytes(stream.fd)).toBe(6);
    stream.read(Buffer.alloc(4), 0, 4);
    expect(unreadBytes(stream.fd)).toBe(2);
    stream.close();
  });

  test('an invalid descriptor has nothing waiting', () => {
    expect([unreadBytes(-1), connectionsToAccept(-1)]).toEqual([0, 0]);
  });
});
