/** A loop that is too busy to tell anything, as a program sees it: on each poller, in its own thread. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createServer, type LoopActivity, type RedisLabServer } from '../../src/server/index.js';

const POLLERS = (['epoll', 'portable'] as const).filter((poller) => poller === 'portable' || process.platform === 'linux');

async function start(poller: 'epoll' | 'portable', settings = {}): Promise<RedisLabServer> {
  const server = await createServer({ port: 0, poller, 'enable-debug-command': 'yes', ...settings });
  onTestFinished(() => server.close());
  return server;
}

async function connect(server: RedisLabServer): Promise<Socket> {
  const socket = createConnection(server.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** A client that the loop knows. */
async function enter(server: RedisLabServer): Promise<Socket> {
  const socket = await connect(server);
  socket.write('PING\r\n');
  await once(socket, 'data');
  return socket;
}

/** The first look at a busy loop that is as wanted; null: the first at which it is busy no longer. */
function seen(server: RedisLabServer, isWanted: (activity: LoopActivity | null) => boolean): Promise<LoopActivity | null> {
  return new Promise((resolve) => {
    const stop = server.onBusy((activity) => {
      if (!isWanted(activity)) return;
      stop();
      resolve(activity);
    });
  });
}

describe.each(POLLERS)('%s', (poller) => {
  test('a command that blocks is seen while it does, with its client, and its end as well', async () => {
    const server = await start(poller);
    const socket = await enter(server);
    const { clients: [client] } = await server.snapshot();
    const busy = seen(server, (activity) => activity !== null);
    const over = seen(server, (activity) => activity === null);
    const replied = once(socket, 'data').then(() => 'replied');
    socket.write('DEBUG SLEEP 1\r\n');
    const first = await Promise.race([busy, replied]);
    expect(first).toMatchObject({ phase: 'execute', token: client!.token, command: 'debug', isBusy: true, servesOthers: false });
    expect(await over).toBeNull();
    await replied;
    expect(server.activity.isBusy).toBe(false);
  });

  test('an idle loop, a busy client and a held loop are not busy', async () => {
    const server = await start(poller);
    const socket = await enter(server);
    let wasBusy = true;
    server.onBusy(() => void (wasBusy = true));
    // A machine with much else to do may let the loop stand still for so long that it is busy indeed: not each time.
    for (let tries = 10; wasBusy && tries > 0; tries--) {
      wasBusy = false;
      for (let i = 0; i < 200; i++) {
        socket.write('PING\r\n'.repeat(50));
        await once(socket, 'data');
      }
      await server.pause();
      expect(server.activity).toMatchObject({ phase: 'held', isBusy: false });
      await server.resume();
    }
    expect(wasBusy).toBe(false);
  });

  test('a requested pause holds the loop inside a script that is past its threshold', async () => {
    const server = await start(poller, { 'busy-reply-threshold': 1 });
    const socket = await enter(server);
    socket.write('EVAL "while true do end" 0\r\n');
    const activity = await seen(server, (busy) => busy?.servesOthers === true);
    expect(activity).toMatchObject({ phase: 'execute', command: 'eval' });
    expect(await server.pause()).toMatchObject({ kind: 'poll', within: true });
    expect(server.activity.isBusy).toBe(false);
    await server.resume();
    await seen(server, (busy) => busy?.command === 'eval');
  });
});

test.runIf(process.platform === 'linux')('what the kernel holds for a loop that is busy is known: bytes of clients, connections to accept', async () => {
  const server = await start('epoll');
  const [busy, waiting] = [await enter(server), await enter(server)];
  const { clients, listeners } = await server.snapshot();
  const sockets = [...clients.map(({ fd }) => ({ fd, isListener: false })), ...listeners.map(({ fd }) => ({ fd, isListener: true }))];
  expect(await server.waiting(sockets)).toEqual([0, 0, 0]);
  const begun = seen(server, (activity) => activity !== null);
  busy.write('DEBUG SLEEP 1\r\n');
  await begun;
  await new Promise((resolve) => void waiting.write('PING\r\n', resolve));
  await connect(server);
  expect(await server.waiting(sockets)).toEqual([0, 6, 1]);
  await once(waiting, 'data');
  expect(await server.waiting(sockets)).toEqual([0, 0, 0]);
});

test('the portable poller has read all received bytes, so the kernel is not asked', async () => {
  const server = await start('portable');
  expect(await server.waiting([])).toBeNull();
});
