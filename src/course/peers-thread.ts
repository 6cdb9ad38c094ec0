/**
 * The thread of {@link Peers}: clients on real sockets. It answers one call after another, and reads at any time.
 */
import { connect, type AddressInfo, type Socket } from 'node:net';
import { workerData } from 'node:worker_threads';
import type { PeerAnswer, PeerCall, PeersThreadData } from './peers.js';

/** Time limit for bytes that the server has written and that do not arrive. */
const PATIENCE_MS = 2000;

interface Client {
  readonly socket: Socket;
  received: Buffer[];
  isOver: boolean;
  /** Called when bytes have arrived, or the end. */
  onNews: () => void;
}

const { port, control } = workerData as PeersThreadData;
/** By the port of their own end. */
const clients = new Map<number, Client>();

port.on('message', (call: PeerCall) => void answer(call));

async function answer(call: PeerCall): Promise<void> {
  const value = await perform(call).catch((error: Error): PeerAnswer => ({ failure: error.message }));
  port.postMessage(value);
  Atomics.add(control, 0, 1);
  Atomics.notify(control, 0);
}

async function perform(call: PeerCall): Promise<PeerAnswer> {
  if (call.verb === 'connect') return { port: await open(call.host, call.port) };
  const client = clients.get(call.client)!;
  const { socket } = client;
  switch (call.verb) {
    case 'send':
      socket.write(call.bytes);
      break;
    case 'take':
      return { bytes: await take(client, call.atLeast) };
    case 'shutdown':
      // The FIN is sent after the pending bytes.
      await new Promise<void>((resolve) => {
        setTimeout(resolve, PATIENCE_MS).unref();
        socket.end(resolve);
      });
      break;
    case 'close':
      await closed(socket, () => socket.destroy());
      break;
    case 'reset':
      await closed(socket, () => socket.resetAndDestroy());
  }
  // Lets Node finish its work of this turn.
  await new Promise((resolve) => setImmediate(resolve));
  return { bytes: new Uint8Array() };
}

function closed(socket: Socket, close: () => void): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) return resolve();
    socket.once('close', resolve);
    close();
  });
}

function open(host: string, toPort: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: toPort, noDelay: true, allowHalfOpen: true });
    const client: Client = { socket, received: [], isOver: false, onNews: () => {} };
    const isOver = (): void => {
      client.isOver = true;
      client.onNews();
    };
    socket.once('error', reject).on('error', isOver).on('end', isOver).on('close', isOver);
    socket.on('data', (bytes: Buffer) => {
      client.received.push(bytes);
      client.onNews();
    });
    socket.once('connect', () => {
      const own = (socket.address() as AddressInfo).port;
      clients.set(own, client);
      resolve(own);
    });
  });
}

/** Everything received, once it is that many bytes. */
async function take(client: Client, atLeast: number): Promise<Uint8Array> {
  const isEnough = (): boolean => client.isOver || client.received.reduce((sum, { length }) => sum + length, 0) >= atLeast;
  if (!isEnough()) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS);
      client.onNews = () => {
        if (!isEnough()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    client.onNews = () => {};
  }
  const bytes = new Uint8Array(Buffer.concat(client.received));
  client.received = [];
  return bytes;
}
