/**
 * Wire: a TCP proxy between a replica and its master, which is cut at chosen moments: at once, after a number of bytes of the master, or for a while.
 *
 *   replica ──▶ Wire ──▶ master        what the master sends is counted, so that a cut lies within a dataset, a line or a request
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Wire {
  /** Connections that were cut. */
  cuts = 0;
  private readonly open = new Set<Socket>();
  private isHeld = false;
  /** How many bytes of the master are still to pass before the cut. */
  private left = Infinity;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async to(port: number): Promise<Wire> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const wire = new Wire(server, (server.address() as { port: number }).port);
    server.on('connection', (near) => wire.accept(near, port));
    return wire;
  }

  cut(): void {
    if (this.open.size > 0) this.cuts++;
    this.left = Infinity;
    for (const socket of this.open) socket.destroy();
  }

  /** Cuts after this many more bytes from the master, counted over all connections. */
  cutAfter(bytes: number): void {
    this.left = bytes;
  }

  /** Cuts, and lets nobody connect until {@link release}. */
  hold(): void {
    this.isHeld = true;
    this.cut();
  }

  /** No cut is pending any more, and connections are accepted. */
  release(): void {
    this.isHeld = false;
    this.left = Infinity;
  }

  close(): void {
    this.hold();
    this.server.close();
  }

  private accept(near: Socket, port: number): void {
    if (this.isHeld) return void near.destroy();
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    for (const [one, other] of [[near, far], [far, near]] as const) {
      this.open.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        this.open.delete(one);
        other.destroy();
      });
      one.on('drain', () => other.resume());
    }
    near.on('data', (bytes) => void (far.write(bytes) || near.pause()));
    far.on('data', (bytes) => this.pass(bytes, near, far));
    near.resume();
  }

  private pass(bytes: Buffer, near: Socket, far: Socket): void {
    if (this.left > bytes.length) {
      this.left -= bytes.length;
      if (!near.write(bytes)) far.pause();
      return;
    }
    const last = bytes.subarray(0, this.left);
    this.left = Infinity;
    this.cuts++;
    far.destroy();
    near.end(last);
  }
}
