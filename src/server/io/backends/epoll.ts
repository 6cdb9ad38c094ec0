/**
 * The epoll backend: Linux readiness, straight from the kernel.
 *
 * `wait` is epoll_wait(2) and blocks the thread; `read` and `write` are recv(2) and send(2) on non-blocking sockets,
 * so EAGAIN becomes WOULD_BLOCK and nothing in this file ever waits except `wait` itself.
 *
 * The traps: epoll_event is packed on x86-64 (12 bytes) and padded elsewhere (16); a signal ends epoll_wait with EINTR,
 * which is no error; EPOLLHUP and EPOLLERR are reported without being asked for; closing a descriptor deregisters it.
 */
import type { Events } from '../event.js';
import { MAX_EVENTS, READY_ERROR, READY_HUP, READY_READABLE, READY_READ_CLOSED, READY_WRITABLE } from '../event.js';
import { isEdgeTriggered, READABLE, WRITABLE, type Interest } from '../interest.js';
import {
  type Address, type Flushed, NOTHING_FLUSHED, type Piece, type Poll, type Source, SystemError, type TcpListener, type TcpStream, type Waker, WOULD_BLOCK,
  type WouldBlock,
} from '../poll.js';
import { FIRST_FREE, type Token, WAKER } from '../token.js';
import { type Ahead, type AheadStream, READS_REMEMBERED, SLOT_BYTES } from './ahead.js';
import type { Coalescing } from './coalescing.js';
import { ASK, EdgeReads, type EdgeState, type EdgeStream, EMPTY } from './edge-reads.js';
import { Gather } from './gather.js';
import * as libc from './libc.js';
import { NOT_SENT, type QueuedSend, SENT_LATER } from './queued-send.js';
import type { ReadAhead } from './read-ahead.js';
import type { SendRing } from './send-ring.js';
import { addressFamily, decodeAddress, encodeAddress, SOCKET_ADDRESS_BYTES } from './socket-address.js';
import { removeSocketFile, setSocketMode } from './unix-path.js';

/** In 32-bit words: events(1) data(2), and on everything but x86-64 one word of padding after events. */
const EVENT_WORDS = process.arch === 'x64' ? 3 : 4;
const DATA_WORD = process.arch === 'x64' ? 1 : 2;

const WORD = 0x1_0000_0000;

/** The longest wait that fits an int; Linux waits in whole milliseconds. */
const MAX_TIMEOUT_MS = 0x7fffffff;

/** The maximum that the kernel accepts (MAX_TCP_KEEPIDLE); the setting allows more. */
const MAX_KEEPALIVE_SECONDS = 32767;

export class EpollPoll implements Poll {
  readonly name = 'epoll';
  readonly emulated = false;
  readonly waker: Waker;
  private readonly epfd: number;
  private readonly eventWords = new Int32Array(MAX_EVENTS * EVENT_WORDS);
  /** The same memory: koffi passes a Buffer in half the time of an Int32Array. */
  private readonly eventBytes = Buffer.from(this.eventWords.buffer);
  private readonly controlWords = new Int32Array(EVENT_WORDS);
  private readonly edges = new EdgeReads();
  savesCalls: boolean | undefined = false;

  /**
   * @param ring sends for many streams in one call; null: each send is a call of its own. Closed with the poll
   * @param ahead reads from many streams in one call; null: each read is a call of its own
   * @param coalescing may sleep before a wait; null: never
   */
  constructor(
    readonly edgeTriggered = false,
    private readonly ring: SendRing | null = null,
    private readonly ahead: ReadAhead | null = null,
    private readonly coalescing: Coalescing | null = null,
  ) {
    this.epfd = check('epoll_create1', libc.epollCreate1(libc.EPOLL_CLOEXEC), -1);
    this.waker = new EventFdWaker();
    this.register(this.waker, WAKER, READABLE);
  }

  listen(address: Address, backlog: number): TcpListener {
    return new EpollListener(address, backlog);
  }

  connect(address: Address): TcpStream {
    return connectStream(address);
  }

  register(source: Source, token: Token, interest: Interest): void {
    this.control(libc.EPOLL_CTL_ADD, source.fd, token, interest);
    this.note(source, token, interest);
  }

  /** Registers for READABLE with EPOLLEXCLUSIVE: where several polls wait for one source, the kernel wakes at least one of them, but not all. */
  registerExclusive(source: Source, token: Token): void {
    this.setEvent(libc.EPOLLIN | libc.EPOLLEXCLUSIVE, token);
    check('epoll_ctl', libc.epollCtl(this.epfd, libc.EPOLL_CTL_ADD, source.fd, this.controlWords), source.fd);
  }

  reregister(source: Source, token: Token, interest: Interest): void {
    this.control(libc.EPOLL_CTL_MOD, source.fd, token, interest);
    this.note(source, token, interest);
  }

  private note(source: Source, token: Token, interest: Interest): void {
    if (!(source instanceof EpollStream)) return;
    this.edges.register(source, token, interest, this.edgeTriggered);
    this.ahead?.register(source, token, interest, this.edgeTriggered);
  }

  deregister(source: Source): void {
    this.control(libc.EPOLL_CTL_DEL, source.fd, 0, 0);
    if (!(source instanceof EpollStream)) return;
    this.edges.deregister(source);
    this.ahead?.deregister(source);
  }

  get batchesSends(): boolean {
    return this.ring !== null;
  }

  queue(stream: TcpStream, from: Buffer, start: number, end: number): boolean {
    const { ring } = this;
    return ring !== null && stream instanceof EpollStream && stream.queue(ring, from, start, end);
  }

  queuePieces(stream: TcpStream, pieces: readonly Piece[], bytes: number): boolean {
    const { ring } = this;
    return ring !== null && stream instanceof EpollStream && stream.queuePieces(ring, pieces, bytes);
  }

  flush(): Flushed {
    return this.ring === null ? NOTHING_FLUSHED : this.ring.submit();
  }

  wait(events: Events, timeoutMs: number): void {
    const { ahead, coalescing } = this;
    const hasUnread = ahead !== null && ahead.keepUnread();
    // Rounded up: waking before the timer is due would only mean waiting again.
    const timeout = hasUnread ? 0 : timeoutMs < 0 ? -1 : Math.min(Math.ceil(timeoutMs), MAX_TIMEOUT_MS);
    // A timer that is due within a millisecond is not to run later.
    if (coalescing !== null && this.savesCalls === true && (timeout === -1 || timeout > 1)) coalescing.beforeWait();
    const count: number = libc.epollWait(this.epfd, this.eventBytes, MAX_EVENTS, timeout);
    events.clear();
    if (count === -1 && libc.errno() !== libc.EINTR) throw libc.lastError('epoll_wait', this.epfd);
    coalescing?.afterWait(count);
    for (let i = 0; i < count; i++) {
      const at = i * EVENT_WORDS;
      const token = toToken(this.eventWords[at + DATA_WORD]!, this.eventWords[at + DATA_WORD + 1]!);
      if (coalescing !== null && token >= FIRST_FREE) coalescing.note(token);
      events.push(token, toReadiness(this.eventWords[at]!));
    }
    this.edges.report(events, this.savesCalls === true);
    if (hasUnread) ahead.reportUnread(events);
    if (ahead !== null && count > 1 && this.savesCalls === true) this.readAhead(ahead, events, count);
  }

  private readAhead(ahead: ReadAhead, { tokens, readiness }: Events, count: number): void {
    // One whose peer has closed or failed is read to its end at once.
    for (let i = 0; i < count; i++) if (readiness[i] === READY_READABLE) ahead.add(tokens[i]!);
    ahead.submit();
  }

  close(): void {
    libc.close(this.epfd);
    this.ring?.close();
  }

  private control(operation: number, fd: number, token: Token, interest: Interest): void {
    this.setEvent(this.toEpoll(interest), token);
    check('epoll_ctl', libc.epollCtl(this.epfd, operation, fd, this.controlWords), fd);
  }

  private setEvent(events: number, token: Token): void {
    this.controlWords[0] = events;
    this.controlWords[DATA_WORD] = token;
    this.controlWords[DATA_WORD + 1] = Math.floor(token / WORD);
  }

  private toEpoll(interest: Interest): number {
    // As in mio: a source that is not registered for reading is not told that the peer has sent its last byte.
    let events = (interest & READABLE) !== 0 ? libc.EPOLLIN | libc.EPOLLRDHUP : 0;
    if ((interest & WRITABLE) !== 0) events |= libc.EPOLLOUT;
    return isEdgeTriggered(interest, this.edgeTriggered) ? events | libc.EPOLLET : events;
  }
}

/** Combines both halves of the kernel's 64 bits: at 10,000 connections a second the lower one would be used up within three days. */
function toToken(low: number, high: number): Token {
  return high === 0 && low >= 0 ? low : (low >>> 0) + high * WORD;
}

function toReadiness(events: number): number {
  let readiness = 0;
  if ((events & libc.EPOLLIN) !== 0) readiness |= READY_READABLE;
  if ((events & libc.EPOLLOUT) !== 0) readiness |= READY_WRITABLE;
  if ((events & libc.EPOLLERR) !== 0) readiness |= READY_ERROR;
  if ((events & libc.EPOLLRDHUP) !== 0) readiness |= READY_READ_CLOSED;
  if ((events & libc.EPOLLHUP) !== 0) readiness |= READY_HUP;
  return readiness;
}

const ONE = new BigUint64Array([1n]);

/** Wakes a poll by its waker's descriptor, from any thread of the process. */
export function wakeEventFd(fd: number): void {
  libc.write(fd, ONE, 8);
}

/** An eventfd: a counter in the kernel that is readable while it is not zero. */
class EventFdWaker implements Waker {
  readonly fd = check('eventfd', libc.eventfd(0, libc.EFD_NONBLOCK | libc.EFD_CLOEXEC), -1);
  private readonly counter = new BigUint64Array(1);

  wake(): void {
    wakeEventFd(this.fd);
  }

  acknowledge(): void {
    libc.read(this.fd, this.counter, 8);
  }

  close(): void {
    libc.close(this.fd);
  }
}

/** A listening socket that other code, possibly another thread, has opened and will close. */
export class SharedListener implements TcpListener {
  private readonly peerBytes = Buffer.alloc(SOCKET_ADDRESS_BYTES);
  private readonly peerLength = new Uint32Array(1);

  constructor(
    readonly fd: number,
    readonly local: Address,
  ) {}

  accept(): TcpStream | WouldBlock {
    this.peerLength[0] = SOCKET_ADDRESS_BYTES;
    for (;;) {
      const fd: number = libc.accept4(this.fd, this.peerBytes, this.peerLength, libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC);
      if (fd !== -1) return new EpollStream(fd, this.peer(), this.local);
      if (!wasInterrupted('accept4', this.fd)) return WOULD_BLOCK;
    }
  }

  close(): void {}

  /** A unix client is usually unnamed; it is shown under the path of the socket it connected to, as Redis does. */
  private peer(): Address {
    return 'path' in this.local ? this.local : decodeAddress(this.peerBytes, this.peerLength[0]!);
  }
}

/** Opens a listening socket. Throws SystemError if the address cannot be bound. @param flags of the socket, besides SOCK_CLOEXEC */
export function openListener(address: Address, backlog: number, flags = libc.SOCK_NONBLOCK): { readonly fd: number; readonly local: Address } {
  const bytes = encodeAddress(address);
  const family = addressFamily(address);
  const fd = check('socket', libc.socket(family, libc.SOCK_STREAM | flags | libc.SOCK_CLOEXEC, 0), -1);
  try {
    if (family !== libc.AF_UNIX) setOption(fd, libc.SOL_SOCKET, libc.SO_REUSEADDR, 1);
    // Without this the wildcard :: would take the IPv4 port as well, and a second bind to 0.0.0.0 would fail.
    if (family === libc.AF_INET6) setOption(fd, libc.IPPROTO_IPV6, libc.IPV6_V6ONLY, 1);
    if ('path' in address) removeSocketFile(address.path);
    check('bind', libc.bind(fd, bytes, bytes.length), fd);
    check('listen', libc.listen(fd, backlog), fd);
    if ('path' in address) setSocketMode(address.path, address.mode ?? 0, fd);
    return { fd, local: 'path' in address ? { path: address.path } : localAddress(fd) };
  } catch (error) {
    libc.close(fd);
    throw error instanceof SystemError ? error.at(address) : error;
  }
}

export class EpollListener extends SharedListener {
  constructor(address: Address, backlog: number) {
    const { fd, local } = openListener(address, backlog);
    super(fd, local);
  }

  override close(): void {
    libc.close(this.fd);
    // bind(2) created the file; nothing else removes it.
    if ('path' in this.local) removeSocketFile(this.local.path);
  }
}

/** Begins to connect: WRITABLE reports that it is done, or that it has failed; the first read or write then throws the error. Throws SystemError. */
export function connectStream(address: Address): TcpStream {
  const bytes = encodeAddress(address);
  const fd = check('socket', libc.socket(addressFamily(address), libc.SOCK_STREAM | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC, 0), -1);
  if (libc.connect(fd, bytes, bytes.length) === -1 && libc.errno() !== libc.EINPROGRESS) {
    const error = libc.lastError('connect', fd);
    libc.close(fd);
    throw error;
  }
  return new EpollStream(fd, address, localAddress(fd));
}

/** After a call that returned -1: true if a signal interrupted it, so that it is made again; false if it would block. Throws a SystemError otherwise. */
function wasInterrupted(call: string, fd: number): boolean {
  const errno = libc.errno();
  if (errno !== libc.EAGAIN && errno !== libc.EINTR) throw libc.lastError(call, fd);
  return errno === libc.EINTR;
}

/** Shared by all streams of the thread; made when it is first needed. */
let gather: Gather | null = null;

class EpollStream implements TcpStream, QueuedSend, AheadStream, EdgeStream {
  readonly local: Address;
  sent = NOT_SENT;
  ahead: Ahead | null = null;
  edge: EdgeState = ASK;
  token: Token = 0;
  interest: Interest = 0;
  largeReads = 0;
  /** Set from the time a send is queued until a `write` has returned its result. */
  private ring: SendRing | null = null;

  constructor(
    readonly fd: number,
    readonly peer: Address,
    listener: Address,
  ) {
    this.local = listener;
    // Replies are written whole; waiting for more bytes to fill a segment would only add latency.
    if (!('path' in peer)) setOption(fd, libc.IPPROTO_TCP, libc.TCP_NODELAY, 1);
  }

  read(into: Buffer, start: number, end: number): number {
    if (this.ahead !== null) return this.takeAhead(this.ahead, into, start, end);
    return this.edge === ASK ? this.recv(into, start, end) : this.readEdge(into, start, end);
  }

  private readEdge(into: Buffer, start: number, end: number): number {
    if (this.edge === EMPTY) {
      this.edge = ASK;
      return WOULD_BLOCK;
    }
    const count = this.recv(into, start, end);
    if (count <= 0) this.edge = ASK;
    else if (count < end - start) this.edge = EMPTY;
    return count;
  }

  takeRead(most: number): Piece | null {
    const { ahead } = this;
    if (ahead === null || ahead.result <= 0 || ahead.end - ahead.start > most) return null;
    this.noteRead(ahead.result);
    this.ahead = null;
    return ahead;
  }

  /** Returns what has been read ahead, as `recv` does. */
  private takeAhead(ahead: Ahead, into: Buffer, start: number, end: number): number {
    const { result } = ahead;
    if (result > 0) {
      const count = ahead.take(into, start, end);
      if (ahead.start < ahead.end) return count;
      this.noteRead(result);
      this.ahead = null;
      return count;
    }
    this.ahead = null;
    if (result === 0) return result;
    const errno = -result;
    if (errno === libc.EAGAIN) return WOULD_BLOCK;
    if (errno === libc.EINTR) return this.recv(into, start, end);
    throw libc.errorOf(errno, 'recv', this.fd);
  }

  private recv(into: Buffer, start: number, end: number): number {
    const target = start === 0 ? into : into.subarray(start);
    for (;;) {
      const count: number = libc.recv(this.fd, target, end - start, 0);
      if (count >= 0) {
        this.noteRead(count);
        return count;
      }
      if (!wasInterrupted('recv', this.fd)) return WOULD_BLOCK;
    }
  }

  /** @param count bytes that the kernel has given at once */
  private noteRead(count: number): void {
    if (count >= SLOT_BYTES) this.largeReads = READS_REMEMBERED;
    else if (this.largeReads > 0) this.largeReads--;
  }

  queue(ring: SendRing, from: Buffer, start: number, end: number): boolean {
    if (this.ring !== null || !ring.add(this, from, start, end)) return false;
    this.ring = ring;
    return true;
  }

  queuePieces(ring: SendRing, pieces: readonly Piece[], bytes: number): boolean {
    if (this.ring !== null || !ring.addPieces(this, pieces, bytes)) return false;
    this.ring = ring;
    return true;
  }

  write(from: Buffer, start: number, end: number): number {
    if (this.ring !== null) {
      const sent = this.takeSent(this.ring);
      if (sent !== NOT_SENT) return sent;
    }
    const source = start === 0 ? from : from.subarray(start);
    for (;;) {
      // MSG_NOSIGNAL: a closed peer gives EPIPE, which is handled, and not a signal, which would end the process.
      const count: number = libc.send(this.fd, source, end - start, libc.MSG_NOSIGNAL);
      if (count >= 0) return count;
      if (!wasInterrupted('send', this.fd)) return WOULD_BLOCK;
    }
  }

  writePieces(pieces: readonly Piece[], bytes: number): number {
    if (this.ring !== null) {
      const sent = this.takeSent(this.ring);
      if (sent !== NOT_SENT) return sent;
    }
    gather ??= new Gather();
    for (;;) {
      const count = gather.send(this.fd, pieces, bytes, libc.MSG_NOSIGNAL);
      if (count >= 0) return count;
      if (!wasInterrupted('sendmsg', this.fd)) return WOULD_BLOCK;
    }
  }

  /** Returns the result of the queued send as `write` does, or NOT_SENT if it was not tried. */
  private takeSent(ring: SendRing): number {
    if (this.sent === SENT_LATER) ring.submit();
    const { sent } = this;
    this.ring = null;
    this.sent = NOT_SENT;
    if (sent >= 0 || sent === NOT_SENT) return sent;
    const errno = -sent;
    if (errno === libc.EAGAIN) return WOULD_BLOCK;
    if (errno === libc.EINTR) return NOT_SENT;
    throw libc.errorOf(errno, 'send', this.fd);
  }

  setKeepAlive(seconds: number): void {
    if ('path' in this.peer) return;
    setOption(this.fd, libc.SOL_SOCKET, libc.SO_KEEPALIVE, seconds > 0 ? 1 : 0);
    if (seconds <= 0) return;
    // As anetKeepAlive: probe again after a third of the interval, and give up after three unanswered probes.
    const idle = Math.min(seconds, MAX_KEEPALIVE_SECONDS);
    setOption(this.fd, libc.IPPROTO_TCP, libc.TCP_KEEPIDLE, idle);
    setOption(this.fd, libc.IPPROTO_TCP, libc.TCP_KEEPINTVL, Math.max(1, Math.floor(idle / 3)));
    setOption(this.fd, libc.IPPROTO_TCP, libc.TCP_KEEPCNT, 3);
  }

  setNoDelay(isOn: boolean): void {
    if (!('path' in this.peer)) setOption(this.fd, libc.IPPROTO_TCP, libc.TCP_NODELAY, isOn ? 1 : 0);
  }

  close(isAbortive = false): void {
    this.ahead = null;
    // By the next flush the descriptor may belong to another connection.
    if (this.sent === SENT_LATER) this.ring!.submit();
    if (isAbortive && !('path' in this.peer)) check('setsockopt', libc.setsockopt(this.fd, libc.SOL_SOCKET, libc.SO_LINGER, LINGER_OFF, 8), this.fd);
    libc.close(this.fd);
  }
}

/** struct linger: on, for 0 seconds. */
const LINGER_OFF = new Int32Array([1, 0]);

function check(syscall: string, result: number, fd: number): number {
  if (result === -1) throw libc.lastError(syscall, fd);
  return result;
}

export function setOption(fd: number, level: number, name: number, value: number): void {
  check('setsockopt', libc.setsockopt(fd, level, name, new Int32Array([value]), 4), fd);
}

function localAddress(fd: number): Address {
  const bytes = Buffer.alloc(SOCKET_ADDRESS_BYTES);
  const length = new Uint32Array([SOCKET_ADDRESS_BYTES]);
  check('getsockname', libc.getsockname(fd, bytes, length), fd);
  return decodeAddress(bytes, length[0]!);
}
