/**
 * The portable backend: readiness emulated over node:net, for every platform, and where koffi cannot load.
 *
 *   node:net             this file                                   the loop
 *   'connection' ─────▶ backlog of the listener ── READABLE ──▶ accept
 *   'data' ───────────▶ inbound, pause() above a mark ────────▶ read      resume() once drained
 *   writableLength ◀─── at most a mark, then WOULD_BLOCK ◀───── write     'drain' → WRITABLE
 *   'end' 'error' ────▶ EOF, ECONNRESET: the next read or write says so
 *
 * Node reports nothing about a connection between EOF and the next write; a reset in that time is seen only at that write. Node reads in advance, so what is
 * reported here is "has been read" and not "can be read": `emulated` says so. Nothing can block either: `wait` only looks, and `drive` runs a turn when a
 * callback has made something ready or the timeout is over.
 */
import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { Fifo } from '../../../shared/fifo.js';
import { type Events, READY_ERROR, READY_HUP, READY_READABLE, READY_READ_CLOSED, READY_WRITABLE, type Readiness } from '../event.js';
import type { Interest } from '../interest.js';
import {
  type Address, END_OF_FILE, type Poll, type Source, SystemError, type TcpListener, type TcpStream, type Waker, WOULD_BLOCK, type WouldBlock,
} from '../poll.js';
import { PlainSends } from '../plain-sends.js';
import { type Token, WAKER } from '../token.js';
import { ByteQueue } from './byte-queue.js';
import { type EmulatedSource, ReadyList, systemError } from './ready-list.js';
import { removeSocketFile, setSocketMode } from './unix-path.js';

/** Bytes that may wait in either direction before the sending side has to wait, in place of the kernel's socket buffers. */
const HIGH_WATER_BYTES = 64 * 1024;

/** How long a closed connection may take to deliver what was written to it; the kernel's own limit is of this order. */
const LINGER_MS = 60_000;

/** The longest timeout that setTimeout accepts. */
const MAX_TIMEOUT_MS = 0x7fffffff;

export class PortablePoll extends PlainSends implements Poll {
  readonly name = 'portable';
  readonly emulated = true;
  readonly waker: Waker;
  private readonly readyList: ReadyList;
  private readonly listeners = new Set<PortableListener>();
  /** Closed by the server, still delivering output. */
  private readonly lingering = new Set<Socket>();
  private isAwake = false;
  /** Runs the next turn; null unless `drive` is waiting for something to become ready. */
  private resumeDrive: (() => void) | null = null;
  /** Numbers in place of descriptors, which Node does not expose; never reused. */
  private nextDescriptor = 3;

  constructor(readonly edgeTriggered = false) {
    super();
    this.readyList = new ReadyList(edgeTriggered);
    this.waker = { fd: -1, wake: () => this.wake(), acknowledge: () => void (this.isAwake = false), close: () => {} };
  }

  /** Begins to listen; {@link opened} reports the result. */
  listen(address: Address, backlog: number): TcpListener {
    const listener = new PortableListener(this, address, backlog);
    this.listeners.add(listener);
    return listener;
  }

  connect(address: Address): TcpStream {
    const socket = connect({ ...targetOf(address), allowHalfOpen: true, noDelay: true });
    return new PortableStream(this, socket, 'path' in address ? { path: address.path } : UNKNOWN_LOCAL, address);
  }

  async opened(): Promise<void> {
    for (const listener of this.listeners) await listener.opened;
  }

  register(source: Source, token: Token, interest: Interest): void {
    this.readyList.register(source as EmulatedSource, token, interest);
  }

  reregister(source: Source, token: Token, interest: Interest): void {
    this.readyList.reregister(source as EmulatedSource, token, interest);
  }

  deregister(source: Source): void {
    this.readyList.deregister(source as EmulatedSource);
  }

  /** Looks and returns, whatever the timeout. */
  wait(events: Events, _timeoutMs: number): void {
    events.clear();
    if (this.isAwake) events.push(WAKER, READY_READABLE);
    this.readyList.collect(events);
  }

  drive(turn: () => number | null): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const schedule = (): void => {
        this.resumeDrive = null;
        clearTimeout(timer);
        // Not now: node:net delivers first what else is ready, and all of it is handled in one turn.
        setImmediate(run);
      };
      const run = (): void => {
        try {
          let timeoutMs = turn();
          // Replies are sent in the next turn, which a blocking loop begins at once.
          if (timeoutMs === 0) timeoutMs = turn();
          if (timeoutMs === null) return resolve();
          if (timeoutMs === 0 || this.isAwake || !this.readyList.isEmpty) return schedule();
          this.resumeDrive = schedule;
          if (timeoutMs > 0) timer = setTimeout(schedule, Math.min(Math.ceil(timeoutMs), MAX_TIMEOUT_MS));
        } catch (error) {
          reject(error as Error);
        }
      };
      schedule();
    });
  }

  close(): void {
    this.readyList.clear();
    for (const socket of this.lingering) socket.destroy();
  }

  // What follows is called by the emulated sockets.

  newDescriptor(): number {
    return this.nextDescriptor++;
  }

  touch(fd: number): void {
    if (this.readyList.touch(fd)) this.resumeDrive?.();
  }

  /** Called when a source is closed: whether it was deregistered or not, it is no longer reported. */
  forget(source: Source): void {
    this.readyList.forget(source.fd);
    this.listeners.delete(source as PortableListener);
  }

  linger(socket: Socket): void {
    this.lingering.add(socket);
    socket.once('close', () => this.lingering.delete(socket));
    socket.setTimeout(LINGER_MS, () => socket.destroy());
    socket.end(() => socket.destroy());
  }

  private wake(): void {
    this.isAwake = true;
    this.resumeDrive?.();
  }
}

/** Node knows the local address only once connected, and a stream's address may not change. */
const UNKNOWN_LOCAL: Address = { host: '0.0.0.0', port: 0 };

function targetOf(address: Address): { readonly path: string } | { readonly host: string; readonly port: number } {
  if ('path' in address) return { path: address.path };
  if (isIP(address.host) === 0) throw new RangeError(`not an IP address: ${address.host}`);
  return { host: address.host, port: address.port };
}

class PortableListener implements TcpListener, EmulatedSource {
  readonly fd: number;
  /** Until `opened`, the address asked for. */
  local: Address;
  /** Resolves once bound and listening, rejects with SystemError. */
  readonly opened: Promise<void>;
  private readonly server: Server;
  private readonly backlog = new Fifo<Socket>();

  constructor(
    private readonly poll: PortablePoll,
    private readonly address: Address,
    backlog: number,
  ) {
    this.fd = poll.newDescriptor();
    this.local = 'path' in address ? { path: address.path } : address;
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true, highWaterMark: HIGH_WATER_BYTES }, (socket) => this.enqueue(socket));
    this.opened = this.open(backlog);
    // The rejection is handled here, because it must not end the process if nothing awaits `opened`.
    this.opened.catch(() => {});
  }

  readiness(): Readiness {
    return this.backlog.length > 0 ? READY_READABLE : 0;
  }

  /** Never runs out of descriptors: Node has already accepted, and drops connections for which it has none. */
  accept(): TcpStream | WouldBlock {
    const socket = this.backlog.shift();
    return socket === undefined ? WOULD_BLOCK : new PortableStream(this.poll, socket, this.local);
  }

  close(): void {
    this.poll.forget(this);
    this.server.close();
    for (const socket of this.backlog) socket.resetAndDestroy();
    this.backlog.clear();
  }

  private open(backlog: number): Promise<void> {
    const { address, server } = this;
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(toSystemError(error, this.fd).at(address)));
      server.once('listening', () => {
        try {
          this.bound();
          resolve();
        } catch (error) {
          server.close();
          reject(error instanceof SystemError ? error.at(address) : (error as Error));
        }
      });
      if ('path' in address) {
        removeSocketFile(address.path);
        server.listen({ path: address.path, backlog });
      } else {
        server.listen({ host: address.host, port: address.port, backlog, ipv6Only: true });
      }
    });
  }

  private bound(): void {
    const { address } = this;
    // A connection that could not be accepted concerns the client only, not the listener.
    this.server.on('error', () => {});
    if ('path' in address) return setSocketMode(address.path, address.mode ?? 0, this.fd);
    const bound = this.server.address();
    if (bound !== null && typeof bound === 'object') this.local = { host: bound.address, port: bound.port };
  }

  private enqueue(socket: Socket): void {
    // It may fail while it waits; the stream that is made of it will find that out by itself.
    socket.on('error', ignore);
    this.backlog.push(socket);
    this.poll.touch(this.fd);
  }
}

class PortableStream implements TcpStream, EmulatedSource {
  readonly fd: number;
  readonly peer: Address;
  private readonly inbound = new ByteQueue();
  private isEnded = false;
  /** As many bytes wait as are allowed; there is room again at 'drain', not before. */
  private isFull = false;
  /** The error that the next call throws, once. */
  private error: SystemError | null = null;
  private isBroken = false;
  private isClosed = false;

  constructor(
    private readonly poll: PortablePoll,
    private readonly socket: Socket,
    readonly local: Address,
    peer: Address | null = null,
  ) {
    this.fd = poll.newDescriptor();
    const { remoteAddress, remotePort } = socket;
    // A unix client is unnamed; it is shown under the path of the socket it connected to, as Redis does.
    this.peer = peer ?? ('path' in local ? local : { host: withoutMapping(remoteAddress ?? ''), port: remotePort ?? 0 });
    if (socket.connecting) socket.once('connect', () => this.poll.touch(this.fd));
    socket.on('data', (bytes: Buffer) => this.arrived(bytes));
    socket.on('end', () => this.ended());
    socket.on('drain', () => this.drained());
    socket.on('error', (error: NodeJS.ErrnoException) => this.broke(error));
    // It failed while it waited in the backlog, and its error event came before this stream existed.
    if (socket.destroyed) this.broke(Object.assign(new Error(), { code: 'ECONNRESET' }));
    else socket.resume();
  }

  readiness(): Readiness {
    if (this.isBroken) return READY_READABLE | READY_WRITABLE | READY_READ_CLOSED | READY_HUP | (this.error === null ? 0 : READY_ERROR);
    if (this.socket.connecting) return 0;
    const readable = this.inbound.length > 0 || this.isEnded ? READY_READABLE : 0;
    return readable | (this.isFull ? 0 : READY_WRITABLE) | (this.isEnded ? READY_READ_CLOSED : 0);
  }

  read(into: Buffer, start: number, end: number): number {
    const count = Math.min(this.inbound.length, end - start);
    if (count === 0) return this.readNothing();
    this.inbound.take(into, start, count);
    if (this.inbound.length < HIGH_WATER_BYTES && this.socket.isPaused()) this.socket.resume();
    return count;
  }

  write(from: Buffer, start: number, end: number): number {
    const { socket } = this;
    if (this.isBroken) throw this.takeError() ?? systemError('send', 'EPIPE', this.fd);
    if (socket.connecting) return WOULD_BLOCK;
    let at = start;
    // What the kernel takes at once makes room at once, hence the loop.
    while (at < end && !this.isFull) {
      const count = Math.min(HIGH_WATER_BYTES - socket.writableLength, end - at);
      // A copy, since Node may keep it and the caller will use its buffer again.
      socket.write(Buffer.from(from.subarray(at, at + count)));
      at += count;
      this.isFull = socket.writableLength >= HIGH_WATER_BYTES;
    }
    return at > start ? at - start : WOULD_BLOCK;
  }

  setKeepAlive(seconds: number): void {
    if ('path' in this.peer) return;
    this.socket.setKeepAlive(seconds > 0, seconds * 1000);
  }

  setNoDelay(isOn: boolean): void {
    if (!('path' in this.peer)) this.socket.setNoDelay(isOn);
  }

  close(isAbortive = false): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.poll.forget(this);
    this.inbound.clear();
    if (isAbortive && !('path' in this.peer)) this.socket.resetAndDestroy();
    else if (this.socket.writableLength > 0 && !this.isBroken) this.poll.linger(this.socket);
    else this.socket.destroy();
  }

  private readNothing(): number {
    if (this.isEnded) return END_OF_FILE;
    const error = this.takeError();
    if (error !== null) throw error;
    return this.isBroken ? END_OF_FILE : WOULD_BLOCK;
  }

  private takeError(): SystemError | null {
    const { error } = this;
    this.error = null;
    return error;
  }

  private arrived(bytes: Buffer): void {
    // While it lingers after close, incoming bytes are dropped, as the kernel does.
    if (this.isClosed) return;
    this.inbound.push(bytes);
    if (this.inbound.length >= HIGH_WATER_BYTES) this.socket.pause();
    this.poll.touch(this.fd);
  }

  private ended(): void {
    this.isEnded = true;
    this.poll.touch(this.fd);
  }

  private drained(): void {
    this.isFull = false;
    this.poll.touch(this.fd);
  }

  private broke(error: NodeJS.ErrnoException): void {
    this.isBroken = true;
    this.error = toSystemError(error, this.fd);
    this.poll.touch(this.fd);
  }
}

function ignore(): void {}

/** Maps Node's names to those of the epoll backend: what Node calls `listen` is bind(2) as well, `read` is recv(2), `write` is send(2). */
const SYSCALLS: { readonly [name: string]: string } = { listen: 'bind', read: 'recv', write: 'send' };

function toSystemError({ code, syscall = 'read' }: NodeJS.ErrnoException, fd: number): SystemError {
  // Node's own errors, ERR_…, have no errno; all that is known is that the connection is gone.
  const name = code === undefined || code.startsWith('ERR_') ? 'ECONNRESET' : code;
  return systemError(SYSCALLS[syscall] ?? syscall, name, fd);
}

/** Strips the prefix of `::ffff:127.0.0.1`, which is an IPv4 client of a listener for both families. */
function withoutMapping(host: string): string {
  return host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host;
}
