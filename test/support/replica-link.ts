/**
 * What a replica is sent: a connection that has asked a server for its stream of changes, and keeps none of the data.
 *
 *     await using link = await ReplicaLink.open(redis.port);
 *     await link.until((argv) => argv[0] === 'PUBLISH')      the requests up to this one, without PING and SELECT; each behind the number of its database
 */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { request } from './resp-client.js';

/** A request that was propagated, and the database that it is for. */
export interface Propagated {
  readonly db: number;
  readonly argv: readonly string[];
}

export class ReplicaLink implements AsyncDisposable {
  private buffer = Buffer.alloc(0);
  private arrived: (() => void) | null = null;
  private db = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => {
      this.buffer = Buffer.concat([this.buffer, data]);
      this.arrived?.();
    });
  }

  static async open(port: number): Promise<ReplicaLink> {
    const socket = createConnection(port, '127.0.0.1');
    await once(socket, 'connect');
    const link = new ReplicaLink(socket);
    socket.write(request(['PSYNC', '?', '-1']));
    await link.line();
    // Before the snapshot come empty lines, so that a replica knows that its master is there.
    let header = await link.line();
    while (header === '') header = await link.line();
    await link.bytes(Number(header.slice(1)));
    return link;
  }

  /** The next requests up to the first one that `isLast`, which is left out. */
  async until(isLast: (argv: readonly string[]) => boolean): Promise<Propagated[]> {
    const found: Propagated[] = [];
    for (;;) {
      const argv = await this.request();
      if (argv[0] === 'PING' || argv[0] === 'ping') continue;
      if (argv[0] === 'SELECT') this.db = Number(argv[1]);
      else if (isLast(argv)) return found;
      else found.push({ db: this.db, argv });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    if (!this.socket.closed) await once(this.socket, 'close');
  }

  private async request(): Promise<string[]> {
    const count = Number((await this.line()).slice(1));
    const argv: string[] = [];
    while (argv.length < count) {
      const length = Number((await this.line()).slice(1));
      argv.push((await this.bytes(length + 2)).toString('latin1', 0, length));
    }
    return argv;
  }

  private async line(): Promise<string> {
    for (let end = this.buffer.indexOf('\n'); ; end = this.buffer.indexOf('\n')) {
      if (end !== -1) return (await this.bytes(end + 1)).toString('latin1').trimEnd();
      await this.more();
    }
  }

  private async bytes(count: number): Promise<Buffer> {
    while (this.buffer.length < count) await this.more();
    const taken = this.buffer.subarray(0, count);
    this.buffer = this.buffer.subarray(count);
    return taken;
  }

  private more(): Promise<void> {
    return new Promise((resolve) => (this.arrived = resolve));
  }
}
