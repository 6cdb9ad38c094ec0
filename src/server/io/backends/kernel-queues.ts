/**
 * Reads from another thread what waits in the kernel: bytes that a socket has received and that were not read, connections that were not accepted.
 *
 * Any thread of the process may ask the kernel, by the descriptor alone. So waiting clients can be shown while the loop's thread is too busy to report
 * anything. Linux only, like the epoll backend.
 */
import * as libc from './libc.js';

/** Offset of tcpi_unacked in struct tcp_info; for a listening socket it is the length of the accept queue. */
const UNACKED_AT = 24;

const word = new Int32Array(1);
const info = Buffer.alloc(UNACKED_AT + 4);
const length = new Uint32Array(1);

/** Returns the number of bytes that a socket has received and that were not read; 0 if the descriptor is not open, or no socket. */
export function unreadBytes(fd: number): number {
  return libc.ioctl(fd, libc.FIONREAD, word) === 0 ? word[0]! : 0;
}

/** Returns the number of connections that wait for accept(2) at a listening TCP socket; 0 for a unix socket, whose queue the kernel does not report. */
export function connectionsToAccept(fd: number): number {
  length[0] = info.length;
  return libc.getsockopt(fd, libc.IPPROTO_TCP, libc.TCP_INFO, info, length) === 0 && length[0] === info.length ? info.readUInt32LE(UNACKED_AT) : 0;
}
