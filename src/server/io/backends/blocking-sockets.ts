/**
 * Blocking sockets: accept4(2), recv(2) and send(2) that block their thread until there is something, for thread-per-connection servers. Linux only.
 *
 * Another thread can release a blocked one only by shutdown(2) of its descriptor: accept then fails, recv returns end of file, send fails.
 */
import { type Address, SystemError } from '../poll.js';
import { openListener, setOption } from './epoll.js';
import * as libc from './libc.js';
import { decodeAddress, SOCKET_ADDRESS_BYTES } from './socket-address.js';

/** Opens a listening socket whose accept blocks. Throws SystemError. */
export function listenBlocking(address: Address, backlog: number): { readonly fd: number; readonly local: Address } {
  return openListener(address, backlog, 0);
}

export interface AcceptedSocket {
  readonly fd: number;
  readonly peer: Address;
}

/** Waits for connections at several listeners. */
export class BlockingAcceptor {
  /** struct pollfd: the descriptor, and one word with the requested and the returned events. */
  private readonly polled: Int32Array;
  private readonly peerBytes = Buffer.alloc(SOCKET_ADDRESS_BYTES);
  private readonly peerLength = new Uint32Array(1);
  /** Where the next scan begins, so that no listener is always the last. */
  private next = 0;

  constructor(private readonly listeners: readonly number[]) {
    this.polled = new Int32Array(listeners.flatMap((fd) => [fd, 0]));
  }

  /** Waits for a connection. Null: a listener was shut down. Throws SystemError. */
  accept(): AcceptedSocket | null {
    for (;;) {
      const listener = this.listeners.length === 1 ? this.listeners[0]! : this.waitForOne();
      this.peerLength[0] = SOCKET_ADDRESS_BYTES;
      const fd = libc.accept4(listener, this.peerBytes, this.peerLength, libc.SOCK_CLOEXEC);
      if (fd !== -1) {
        setOption(fd, libc.IPPROTO_TCP, libc.TCP_NODELAY, 1);
        return { fd, peer: decodeAddress(this.peerBytes, this.peerLength[0]) };
      }
      const errno = libc.errno();
      if (errno === libc.EINVAL) return null;
      if (errno !== libc.EINTR && errno !== libc.ECONNABORTED) throw libc.lastError('accept4', listener);
    }
  }

  /** Waits by poll(2), and returns a listener that has a connection, or that was shut down. */
  private waitForOne(): number {
    const { listeners, polled } = this;
    const { length } = listeners;
    for (;;) {
      for (let i = 0; i < length; i++) polled[2 * i + 1] = POLL_FOR_CONNECTION;
      if (libc.poll(polled, length, -1) === -1 && libc.errno() !== libc.EINTR) throw libc.lastError('poll', listeners[0]!);
      for (let i = 0; i < length; i++) {
        const at = (this.next + i) % length;
        if (polled[2 * at + 1] === POLL_FOR_CONNECTION) continue;
        this.next = at + 1;
        return listeners[at]!;
      }
    }
  }
}

/** The events word of a pollfd: requests POLLIN, nothing returned yet; `short events, revents` in the machine's byte order. */
const POLL_FOR_CONNECTION = new Int32Array(new Int16Array([libc.POLLIN, 0]).buffer)[0]!;

export class BlockingStream {
  constructor(readonly fd: number) {}

  /** Waits for bytes, and returns how many were put into `into[start, end)`; 0 at the end of the stream. Throws SystemError. */
  read(into: Buffer, start: number, end: number): number {
    for (;;) {
      const count = libc.recv(this.fd, into.subarray(start), end - start, 0);
      if (count >= 0) return count;
      if (libc.errno() !== libc.EINTR) throw libc.lastError('recv', this.fd);
    }
  }

  /** Waits until the kernel has taken all of `from[start, end)`. Throws SystemError, for example EPIPE. */
  write(from: Buffer, start: number, end: number): void {
    for (let at = start; at < end; ) {
      const count = libc.send(this.fd, from.subarray(at), end - at, libc.MSG_NOSIGNAL);
      if (count >= 0) at += count;
      else if (libc.errno() !== libc.EINTR) throw libc.lastError('send', this.fd);
    }
  }

  /** Discards received bytes, without waiting. True: the stream is at its end. */
  dropInput(): boolean {
    for (let count = 1; count !== -1; ) {
      count = libc.recv(this.fd, DROPPED, DROPPED.length, libc.MSG_DONTWAIT);
      if (count === 0) return true;
    }
    const errno = libc.errno();
    return errno !== libc.EAGAIN && errno !== libc.EINTR;
  }

  /** Shuts down both directions: the peer sees the end of the stream, and so does a thread that reads from it. */
  shutDown(): void {
    shutDownSocket(this.fd);
  }
}

/** Releases every thread that is blocked in accept, recv or send on this descriptor. Does nothing if the peer is already gone. */
export function shutDownSocket(fd: number): void {
  libc.shutdown(fd, libc.SHUT_RDWR);
}

/** True if the peer of a connection is gone, or has shut down its sending side without having sent anything. Does not wait. */
export function isOver(fd: number): boolean {
  const count = libc.recv(fd, PEEKED, 1, libc.MSG_PEEK | libc.MSG_DONTWAIT);
  return count === 0 || (count === -1 && libc.errno() !== libc.EAGAIN && libc.errno() !== libc.EINTR);
}

const PEEKED = Buffer.alloc(1);
const DROPPED = Buffer.alloc(4096);

export function closeSocket(fd: number): void {
  libc.close(fd);
}

/** True for errors that concern a single connection: its peer is gone. */
export const isPeerGone = (error: unknown): boolean => error instanceof SystemError && PEER_GONE.has(error.code);

const PEER_GONE: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTCONN', 'EHOSTUNREACH']);
