/** The same server on each poller, in its own thread. */
import { EventEmitter, once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { createConnection, type NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createServer } from 'redis-lab';

async function ask(where: NetConnectOpts, asked: string): Promise<string> {
  const socket = createConnection(where);
  socket.write(asked);
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString('latin1');
}

const POLLERS = (['epoll', 'portable'] as const).filter((poller) => poller === 'portable' || process.platform === 'linux');

describe.each(POLLERS)('%s', (poller) => {
  describe.each([false, true])('edge-triggered: %s', (edgeTriggered) => {
    test('answers over TCP and over a unix socket with the permissions asked for', async () => {
      const unixsocket = join(tmpdir(), `redis-lab-${process.pid}-${poller}-${edgeTriggered}.sock`);
      try {
        await using server = await createServer({ port: 0, poller, edgeTriggered, unixsocket, unixsocketperm: 0o700 });
        expect(server.poller).toBe(poller);
        expect(await ask({ port: server.port, host: '127.0.0.1' }, 'PING\r\n')).toBe('+PONG\r\n');
        expect(await ask({ path: unixsocket }, 'PING\r\n')).toBe('+PONG\r\n');
        expect(statSync(unixsocket).mode & 0o777).toBe(0o700);
      } finally {
        rmSync(unixsocket, { force: true });
      }
    });

    test('a script that never ends does not keep the server from answering its owner, nor from closing', async () => {
      const logged = new EventEmitter<{ warning: [message: string] }>();
      const server = await createServer({ port: 0, poller, edgeTriggered, 'busy-reply-threshold': 1, log: (level, message) => void (level === 'warning' && logged.emit('warning', message)) });
      const socket = createConnection(server.port, '127.0.0.1');
      const gone = once(socket, 'close');
      socket.on('error', () => {});
      socket.resume().write('EVAL "while true do end" 0\r\n');
      expect(await once(logged, 'warning')).toEqual([expect.stringMatching(/^Slow script detected/)]);
      expect((await server.snapshot()).clients).toHaveLength(1);
      const last = once(logged, 'warning');
      await server.close();
      expect(await last).toEqual(['The script ends with the server.']);
      await gone;
    });

    test('a taken port is an error with its code, and the thread ends', async () => {
      await using server = await createServer({ port: 0, poller, edgeTriggered });
      await expect(createServer({ port: server.port, poller, edgeTriggered })).rejects.toMatchObject({ name: 'StartError', code: 'EADDRINUSE' });
    });
  });
});
