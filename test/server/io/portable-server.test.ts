/** The whole server on the portable poller, on this thread: nothing may block, and no client may be left waiting. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Config } from '../../../src/server/config.js';
import { PortablePoll } from '../../../src/server/io/backends/portable.js';
import { SystemClock } from '../../../src/server/loop/clock.js';
import { Server } from '../../../src/server/server.js';
import { request } from '../simulation/harness.js';

const MODES = [
  { mode: 'level-triggered', edgeTriggered: false },
  { mode: 'edge-triggered', edgeTriggered: true },
];

async function serve(edgeTriggered: boolean) {
  const server = new Server({ poll: new PortablePoll(edgeTriggered), clock: new SystemClock(), seed: 1, config: new Config({ port: 0 }), log: () => {} });
  server.listen();
  const [address] = await server.opened();
  const port = address !== undefined && 'port' in address ? address.port : 0;
  const ended = server.run();
  return {
    server,
    port,
    async [Symbol.asyncDispose]() {
      server.stop();
      // Any event causes the turn that ends the loop.
      server.loop.poll.waker.wake();
      await ended;
      server.close();
    },
  };
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return socket;
}

async function receive(socket: Socket, count: number): Promise<string> {
  const pieces: string[] = [];
  for (let left = count; left > 0; ) {
    const bytes = socket.read(Math.min(left, Math.max(1, socket.readableLength))) as Buffer | null;
    if (bytes === null) {
      await once(socket, 'readable');
      continue;
    }
    pieces.push(bytes.latin1Slice());
    left -= bytes.length;
  }
  return pieces.join('');
}

describe.each(MODES)('$mode', ({ edgeTriggered }) => {
  test('answers every client of many', async () => {
    await using running = await serve(edgeTriggered);
    const sockets = await Promise.all(Array.from({ length: 60 }, () => open(running.port)));
    const replies = sockets.map((socket, number) => {
      socket.write(request('ECHO', String(number)).repeat(20));
      return receive(socket, `$${String(number).length}\r\n${number}\r\n`.length * 20);
    });
    expect(await Promise.all(replies)).toEqual(sockets.map((_, number) => `$${String(number).length}\r\n${number}\r\n`.repeat(20)));
    for (const socket of sockets) socket.destroy();
  });

  test('large values are stored and returned whole, also to a slow reader', async () => {
    await using running = await serve(edgeTriggered);
    const socket = await open(running.port);
    const value = Array.from({ length: 500_000 }, (_, number) => number.toString(36)).join(' ');
    socket.write(request('SET', 'big', value), 'latin1');
    expect(await receive(socket, 5)).toBe('+OK\r\n');
    const reply = `$${value.length}\r\n${value}\r\n`;
    const times = 8;
    socket.write(request('GET', 'big').repeat(times));
    // Another client is served although this one has not read a byte.
    const other = await open(running.port);
    other.write('PING\r\n');
    expect(await receive(other, 7)).toBe('+PONG\r\n');
    for (let i = 0; i < times; i++) expect((await receive(socket, reply.length)) === reply).toBe(true);
    socket.destroy();
    other.destroy();
  });

  test('a disconnected client is forgotten, whatever the reason', async () => {
    await using running = await serve(edgeTriggered);
    const { server } = running;
    const [ending, resetting] = [await open(running.port), await open(running.port)];
    for (const socket of [ending, resetting]) {
      socket.write('PING\r\n');
      await receive(socket, 7);
    }
    expect(server.sessions.size).toBe(2);
    ending.end();
    resetting.resetAndDestroy();
    while (server.sessions.size > 0) await new Promise(setImmediate);
  });

  test('timers run while no client does anything, and what they write is sent', async () => {
    await using running = await serve(edgeTriggered);
    const { server } = running;
    const socket = await open(running.port);
    socket.write('PING\r\n');
    await receive(socket, 7);
    const [session] = server.sessions.values();
    server.scheduler.after('late', 5, () => session!.send('late'));
    // A timer set outside a turn is noticed by the next one.
    server.loop.poll.waker.wake();
    expect(await receive(socket, 10)).toBe('$4\r\nlate\r\n');
    socket.destroy();
  });
});
