/**
 * GhostStream: stands in for the socket of a client that was restored from a captured state. To the server the client is still connected, but it sends
 * nothing, and what is written to it is discarded. It is not registered with any poll.
 */
import { type Address, type TcpStream, WOULD_BLOCK } from './poll.js';

export class GhostStream implements TcpStream {
  /** There is no descriptor. */
  readonly fd = -1;

  constructor(
    readonly peer: Address,
    readonly local: Address,
  ) {}

  read(): typeof WOULD_BLOCK {
    return WOULD_BLOCK;
  }

  write(_from: Buffer, start: number, end: number): number {
    return end - start;
  }

  setKeepAlive(): void {}
  setNoDelay(): void {}
  close(): void {}
}
