/**
 * Clients of the screen of threads: idle ones, and a load of clients that send as fast as they are answered.
 */
import { connect, type Socket } from 'node:net';
import { encodeRequest } from '../../server/index.js';

const PING = encodeRequest(['PING']);

/** Keys of the load: few, so that all clients use the same ones. */
const KEYS = 10;

export const LOAD_CLIENTS = 8;

export class LaneClients {
  private readonly silent: Socket[] = [];
  private load: Socket[] = [];
  private sent = 0;

  constructor(private readonly port: number) {}

  get isLoading(): boolean {
    return this.load.length > 0;
  }

  addSilent(): void {
    this.silent.push(this.open(() => {}));
  }

  removeSilent(): void {
    this.silent.pop()?.destroy();
  }

  /** Starts or stops the load. */
  toggleLoad(): void {
    if (this.isLoading) this.load.splice(0).forEach((socket) => socket.destroy());
    else this.load = Array.from({ length: LOAD_CLIENTS }, () => this.open((socket) => socket.write(this.nextRequest())));
  }

  close(): void {
    for (const socket of [...this.silent, ...this.load]) socket.destroy();
  }

  /** A small reply arrives as a whole: each chunk is one. */
  private open(answered: (socket: Socket) => void): Socket {
    const socket = connect(this.port, '127.0.0.1');
    socket.setNoDelay(true).on('error', () => {}).on('data', () => answered(socket)).write(PING);
    return socket;
  }

  private nextRequest(): string {
    const key = `key:${this.sent % KEYS}`;
    return encodeRequest(this.sent++ % 3 === 0 ? ['INCR', key] : ['GET', key]);
  }
}
