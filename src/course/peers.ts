/**
 * Peers: clients on real sockets, controlled by a synchronous test. They run on a separate thread, and each call sleeps until it is done.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';

export interface PeersThreadData {
  readonly port: MessagePort;
  /** One word, incremented with each answer. */
  readonly control: Int32Array;
}

export type PeerCall =
  | { readonly verb: 'connect'; readonly host: string; readonly port: number }
  | { readonly verb: 'send'; readonly client: number; readonly bytes: Uint8Array }
  /** Waits until that number of bytes has arrived, and takes all bytes. */
  | { readonly verb: 'take'; readonly client: number; readonly atLeast: number }
  | { readonly verb: 'shutdown' | 'close' | 'reset'; readonly client: number };

export type PeerAnswer = { readonly port: number } | { readonly bytes: Uint8Array } | { readonly failure: string };

/** Programs and their chunks are one folder below dist. */
const THREAD_URL = new URL('../course/peers-thread.js', import.meta.url);

export class Peers {
  private readonly port: MessagePort;
  private readonly control = new Int32Array(new SharedArrayBuffer(4));

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const workerData: PeersThreadData = { port: port2, control: this.control };
    const thread = new Worker(THREAD_URL, { workerData, transferList: [port2] });
    thread.unref();
    port1.unref();
  }

  /** @returns the port of the client's own end, which identifies it from now on. Throws an Error if nothing listens */
  connect(host: string, port: number): number {
    return (this.call({ verb: 'connect', host, port }) as { readonly port: number }).port;
  }

  take(client: number, atLeast: number): Uint8Array {
    return (this.call({ verb: 'take', client, atLeast }) as { readonly bytes: Uint8Array }).bytes;
  }

  call(call: PeerCall): PeerAnswer {
    const { port, control } = this;
    const before = Atomics.load(control, 0);
    port.postMessage(call);
    Atomics.wait(control, 0, before);
    const { message } = receiveMessageOnPort(port) as { message: PeerAnswer };
    if ('failure' in message) throw new Error(message.failure);
    return message;
  }
}
