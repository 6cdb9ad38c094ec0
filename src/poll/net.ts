/**
 * TcpListener and TcpStream: sockets that never block. A call that would have to wait returns {@link WouldBlock}.
 */
import type { TcpAddress } from '../shared/address.js';
import { parseAddress } from './address.js';
import { formatAddress, type TcpListener as RawListener, type TcpStream as RawStream, WOULD_BLOCK } from '../server/io/poll.js';
import type { Poll, Source } from './poll.js';

/** "Not now": returned by accept, read and write when they would have to wait (EAGAIN). Try again when the source is ready. */
export const WouldBlock: unique symbol = Symbol('WouldBlock');
export type WouldBlock = typeof WouldBlock;

/** Length of the backlog, as in mio. */
const BACKLOG = 1024;

export class TcpListener implements Source {
  private constructor(
    private readonly poll: Poll,
    readonly raw: RawListener,
  ) {}

  /**
   * Binds to an address and listens.
   *
   * @param address `127.0.0.1:7000`, `[::1]:7000`, or `{ host, port }`; a port of 0 means any free one
   * @throws SystemError such as EADDRINUSE
   */
  static bind(poll: Poll, address: string | TcpAddress): TcpListener {
    if ((poll as Poll | undefined)?.backend === undefined) {
      throw new TypeError('TcpListener.bind(poll, address): a listener belongs to a poll, which comes first');
    }
    const listener = new TcpListener(poll, poll.backend.listen(typeof address === 'string' ? parseAddress(address) : address, BACKLOG));
    poll.tellBound(listener.fd, formatAddress(listener.raw.local));
    return listener;
  }

  get fd(): number {
    return this.raw.fd;
  }

  /** The bound address. */
  get localAddress(): TcpAddress {
    return this.raw.local as TcpAddress;
  }

  /** Accepts the next waiting connection. Throws {@link SystemError}, such as EMFILE. */
  accept(): TcpStream | WouldBlock {
    const { poll } = this;
    const stream = reported(poll, this.raw, () => this.raw.accept(), (result, token) =>
      poll.tell({ kind: 'accept', token, client: typeof result === 'string' ? result : result === WOULD_BLOCK ? 'WouldBlock' : `fd ${result.fd}` }, this.fd));
    return stream === WOULD_BLOCK ? WouldBlock : new TcpStream(poll, stream);
  }

  close(): void {
    this.poll.closed(this.fd);
    this.raw.close();
  }
}

export class TcpStream implements Source {
  constructor(
    private readonly owner: Poll,
    readonly raw: RawStream,
  ) {}

  get fd(): number {
    return this.raw.fd;
  }

  /** The address of the other end, as `127.0.0.1:43210`. */
  get peer(): string {
    return formatAddress(this.raw.peer);
  }

  get local(): string {
    return formatAddress(this.raw.local);
  }

  /**
   * One recv(2).
   *
   * @returns the number of bytes put into the buffer; 0: the peer sends nothing more; or WouldBlock
   * @throws SystemError such as ECONNRESET
   */
  read(into: Uint8Array): number | WouldBlock {
    const buffer = asBuffer(into);
    if (buffer.length === 0) throw new RangeError('a read needs room for at least one byte');
    const { owner } = this;
    const count = reported(owner, this.raw, () => this.raw.read(buffer, 0, buffer.length), (result, token) =>
      owner.tell({ kind: 'read', token, result: result === WOULD_BLOCK ? 'WouldBlock' : result === 0 ? 'EOF' : result }, this.fd, buffer, result));
    return count === WOULD_BLOCK ? WouldBlock : count;
  }

  /**
   * One send(2).
   *
   * @returns the number of bytes taken, perhaps fewer than offered; or WouldBlock
   * @throws SystemError EPIPE or ECONNRESET
   */
  write(bytes: Uint8Array | string): number | WouldBlock {
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : asBuffer(bytes);
    if (buffer.length === 0) return 0;
    const { owner } = this;
    const count = reported(owner, this.raw, () => this.raw.write(buffer, 0, buffer.length), (result, token) =>
      owner.tell({ kind: 'write', token, result: result === WOULD_BLOCK ? 'WouldBlock' : result, of: buffer.length }, this.fd, buffer, result));
    return count === WOULD_BLOCK ? WouldBlock : count;
  }

  /** Closes the stream, and deregisters it if necessary. Bytes already written are still sent. */
  close(): void {
    const token = this.owner.tokenOf(this.raw);
    this.owner.closed(this.fd);
    this.raw.close();
    if (token !== -1) this.owner.tell({ kind: 'disconnect', token, why: 'closed' });
  }
}

/** Reports the result of a call: a value, or the code of its error. */
function reported<R>(poll: Poll, source: { readonly fd: number }, call: () => R, tell: (result: R | string, token: number) => void): R {
  if (!poll.isWatched) return call();
  const token = poll.tokenOf(source);
  try {
    const result = call();
    tell(result, token);
    return result;
  } catch (error) {
    if (error instanceof Error && 'code' in error) tell(String(error.code), token);
    throw error;
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
