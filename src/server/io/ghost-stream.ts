/**
 * GhostStream: stands for the socket of a client whose server was restored from a captured state. The client is there as far as the server knows, but
 * nothing comes from it any more, and what is said to it is lost. It is registered with no poll.
 */
import { type Address, type TcpStream, WOULD_BLOCK } from './poll.js';

export class GhostStream implements TcpStream {
  /** It has no descriptor. */
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
  close(): void {}
}
