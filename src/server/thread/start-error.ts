/**
 * Why a server did not start, for programs (`code`, `address`) and for people (`message`).
 */
import { formatAddress, type Address } from '../io/poll.js';

const REASONS: { readonly [code: string]: string } = {
  EADDRINUSE: 'the address is already in use',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EACCES: 'permission denied',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
};

/** The message from the loop's thread to the one that wanted the server. */
export interface StartFailure {
  readonly message: string;
  readonly code: string | null;
  readonly address: Address | null;
}

/** The loop thread could not start: its address is in use, or its poller is not available. */
export class StartError extends Error {
  override readonly name = 'StartError';
  /** The errno name, if a system call failed. */
  readonly code: string | null;
  /** The address it was to listen on, if that failed. */
  readonly address: Address | null;

  constructor({ message, code, address }: StartFailure) {
    super(address === null ? message : `cannot listen on ${formatAddress(address)}: ${(code === null ? undefined : REASONS[code]) ?? message}`);
    this.code = code;
    this.address = address;
  }
}
