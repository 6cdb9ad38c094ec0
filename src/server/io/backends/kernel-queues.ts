/**
 * Tells another thread what waits in the kernel: bytes that have come to a socket and were not read, connections that were not accepted.
 *
 * Any thread of the process may ask the kernel, by the descriptor alone. So each client that waits can be shown as waiting while the
 * loop's thread is too busy to report anything.
 * Linux only, as the epoll backend.
 */
import * as libc from './libc.js';

/** Where struct tcp_info has tcpi_unacked; for a listening socket that is the length of its accept queue. */
const UNACKED_AT = 24;

const word = new Int32Array(1);
const info = Buffer.alloc(UNACKED_AT + 4);
const length = new Uint32Array(1);

/** Bytes that a socket has received and nobody has read; 0 if the descriptor is none, or no longer. */
export function unreadBytes(fd: number): number {
  return libc.ioctl(fd, libc.FIONREAD, word) === 0 ? word[0]! : 0;
}

/** Connections that a listening TCP socket has for accept(2); 0 of a unix socket, whose queue the kernel does not tell. */
export function connectionsToAccept(fd: number): number {
  length[0] = info.length;
  return libc.getsockopt(fd, libc.IPPROTO_TCP, libc.TCP_INFO, info, length) === 0 && length[0] === info.length ? info.readUInt32LE(UNACKED_AT) : 0;
}
