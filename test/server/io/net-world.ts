/** The other end of a real wire, for the backends that have real sockets: clients of node:net in the same thread. */
import { once } from 'node:events';
import { type AddressInfo, connect as netConnect, createServer, type Socket } from 'node:net';
import type { Address, Poll } from '../../../src/server/io/poll.js';
import type { Peer, Remote, World } from './contract.js';

/** A poll that is woken in its own thread, and the other end of its wires. */
export function worldOf(poll: Poll): World {
  return {
    poll,
    connect: connectSocket,
    openRemote: openSocketRemote,
    nowMs: () => performance.now(),
    wakeDuringWait: () => poll.waker.wake(),
    hasFiles: true,
    close: async () => {
      poll.close();
      poll.waker.close();
    },
  };
}

export async function connectSocket(address: Address): Promise<Peer> {
  const socket = netConnect('path' in address ? { path: address.path, allowHalfOpen: true } : { host: address.host, port: address.port, allowHalfOpen: true });
  await once(socket, 'connect');
  return new SocketPeer(socket);
}

export async function openSocketRemote(): Promise<Remote> {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => void accepted.push(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { address: host, port } = server.address() as AddressInfo;
  return {
    address: { host, port },
    async accept() {
      while (accepted.length === 0) await new Promise(setImmediate);
      return new SocketPeer(accepted.shift()!);
    },
    async close() {
      for (const socket of accepted) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class SocketPeer implements Peer {
  private readonly closed: Promise<unknown>;

  constructor(private readonly socket: Socket) {
    // Errors are checked at the server's end; here they only end the connection.
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  send(bytes: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, 'latin1', (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Reads only while bytes are wanted: otherwise the window stays as it is. */
  receive(count: number): Promise<string> {
    const { socket } = this;
    return new Promise((resolve, reject) => {
      let received = '';
      const take = (): void => {
        while (received.length < count) {
          const bytes = socket.read(Math.min(count - received.length, socket.readableLength)) as Buffer | null;
          if (bytes === null || bytes.length === 0) return;
          received += bytes.latin1Slice();
        }
        socket.off('readable', take);
        socket.off('end', short);
        resolve(received);
      };
      const short = (): void => reject(new Error(`expected ${count} bytes, the end came after ${received.length}`));
      socket.on('readable', take);
      socket.once('end', short);
      take();
    });
  }

  async ended(): Promise<void> {
    if (this.socket.readableEnded || this.socket.destroyed) return;
    this.socket.resume();
    await Promise.race([once(this.socket, 'end'), this.closed]);
  }

  shutdown(): Promise<void> {
    return new Promise((resolve) => this.socket.end(resolve));
  }

  async reset(): Promise<void> {
    this.socket.resetAndDestroy();
    await this.closed;
  }

  async close(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }
}
