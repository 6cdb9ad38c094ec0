/**
 * The scripted backend: a kernel made of plain objects, for tests and simulations.
 *
 *   test                                       simulated kernel                                  server
 *   connectClient() ─▶ ScriptedPeer  send ──▶  [ inbound  ]                            ──▶ stream.read
 *                                  receive ◀── [ outbound, at most `window` bytes ]    ◀── stream.write
 *   addRemote() ─▶ ScriptedRemote  accept() ◀────────────────────────────────────────────── poll.connect
 *
 * Nothing here takes time: a `wait` that finds nothing ready moves the clock by its timeout and returns. Every fault comes from the seed or from the test's
 * script, so the same seed and the same calls give the same run, byte by byte. Readiness, errors and their order are those of Linux; where Linux has a choice,
 * the seed chooses.
 */
import { isIP } from 'node:net';
import { Fifo } from '../../../shared/fifo.js';
import { type Events, READY_ERROR, READY_HUP, READY_READABLE, READY_READ_CLOSED, READY_WRITABLE, type Readiness } from '../event.js';
import type { Interest } from '../interest.js';
import {
  type Address, END_OF_FILE, type Flushed, formatAddress, MAX_BATCH, NOTHING_FLUSHED, type Poll, type Source, type TcpListener, type TcpStream, type Waker,
  WOULD_BLOCK, type WouldBlock,
} from '../poll.js';
import { type Token, WAKER } from '../token.js';
import { seededRandom } from '../../../shared/random.js';
import { ByteQueue } from './byte-queue.js';
import { type EmulatedSource, ReadyList, systemError } from './ready-list.js';

/** Probability of each fault at each opportunity, from 0 (never, the default) to below 1. */
export interface Faults {
  /** A read or a write moves fewer bytes than it could. */
  readonly partial: number;
  /** A read, write or accept returns WouldBlock although it could proceed; the source becomes ready again at once. */
  readonly wouldBlock: number;
  /** A source is reported READABLE whether it is or not. */
  readonly spurious: number;
  /** A signal ends a wait before anything is reported (EINTR). */
  readonly interrupt: number;
  /** A read or write fails because the peer has reset the connection. */
  readonly reset: number;
  /** accept fails with EMFILE; the connection stays in the backlog. */
  readonly acceptFails: number;
  /** A send is not queued, as when there is no room: it is left to its `write`. */
  readonly notQueued: number;
  /** A flush ends after some of its sends, or before the first one (io_uring_enter fails): the others are left to their `write`. */
  readonly cutBatch: number;
}

const NO_FAULTS: Faults = { partial: 0, wouldBlock: 0, spurious: 0, interrupt: 0, reset: 0, acceptFails: 0, notQueued: 0, cutBatch: 0 };

/** A clock that this backend can move. */
interface MovableClock {
  advance(ms: number): void;
}

export interface ScriptedOptions {
  readonly clock: MovableClock;
  readonly seed?: number;
  readonly edgeTriggered?: boolean;
  /** Several sends can be handed to this kernel in one call. */
  readonly batchesSends?: boolean;
  readonly faults?: Partial<Faults>;
  /** Maximum number of open descriptors; beyond it, accept fails with EMFILE (RLIMIT_NOFILE). */
  readonly descriptorLimit?: number;
}

/** 0, 1 and 2 are in use in every process. */
const FIRST_DESCRIPTOR = 3;
const FIRST_EPHEMERAL_PORT = 32768;
const DEFAULT_WINDOW = 1024 * 1024;

export class ScriptedPoll implements Poll {
  readonly name = 'scripted';
  readonly emulated = true;
  readonly edgeTriggered: boolean;
  readonly batchesSends: boolean;
  readonly waker = new ScriptedWaker();
  /** The last wait found nothing ready and had no limit: a real loop would sleep until a peer acts. */
  sleepsForever = false;
  /** Sources that the last wait found ready, without spurious reports. */
  readyCount = 0;
  /** Milliseconds that all waits together may let pass from now on. */
  sleepLimitMs = Infinity;
  /** May be changed at any time. */
  faults: Faults;
  descriptorLimit: number;
  isClosed = false;
  /** Bytes that the server has read and written so far: tells a slow loop, which still moves some, from one that spins. */
  movedBytes = 0;
  /** Number of flushes that handed over several sends. */
  batches = 0;
  /** Number of queued sends that a flush did not reach. */
  leftOut = 0;
  private readonly queued: ScriptedStream[] = [];
  private readonly clock: MovableClock;
  private readonly random: () => number;
  private readonly readyList: ReadyList;
  private readonly listeners = new Map<string, ScriptedListener>();
  /** Other servers that this one may connect to. */
  private readonly remotes = new Map<string, ScriptedRemote>();
  private readonly openDescriptors = new Set<number>();
  private nextPort = FIRST_EPHEMERAL_PORT;
  private nextPeerPort = 50000;

  constructor(options: ScriptedOptions) {
    this.clock = options.clock;
    this.random = seededRandom(options.seed ?? 1);
    this.edgeTriggered = options.edgeTriggered ?? false;
    this.batchesSends = options.batchesSends ?? false;
    this.readyList = new ReadyList(this.edgeTriggered);
    this.faults = { ...NO_FAULTS, ...options.faults };
    this.descriptorLimit = options.descriptorLimit ?? Infinity;
  }

  listen(address: Address, backlog: number): TcpListener {
    const local = 'path' in address ? { path: address.path } : { host: address.host, port: address.port === 0 ? this.nextPort++ : address.port };
    const fd = this.openDescriptor('socket');
    if (this.listeners.has(formatAddress(local))) {
      this.closeDescriptor(fd);
      throw systemError('bind', 'EADDRINUSE', fd);
    }
    const listener = new ScriptedListener(this, fd, local, backlog);
    this.listeners.set(formatAddress(local), listener);
    return listener;
  }

  /**
   * Connects a client: to `address`, or to the only listener, and from an address of its choice. The connection waits in the backlog until it is accepted.
   * Throws SystemError ECONNREFUSED if nothing listens there or the backlog is full.
   */
  connectClient(address?: Address, from?: Address): ScriptedPeer {
    const listener = address === undefined ? [...this.listeners.values()][0] : this.listeners.get(formatAddress(address));
    if (listener === undefined || listener.isFull) throw systemError('connect', 'ECONNREFUSED', -1);
    const peerAddress = from ?? this.addressOfPeer(listener.local);
    const peer = new ScriptedPeer(this, peerAddress, listener.local);
    listener.enqueue(peer);
    return peer;
  }

  /** Adds another server that listens at this address from now on, controlled by the test. */
  addRemote(address: Address): ScriptedRemote {
    const remote = new ScriptedRemote(address);
    this.remotes.set(formatAddress(address), remote);
    return remote;
  }

  /** Connects the server to a remote. Refused if there is none at the address. */
  connect(address: Address): TcpStream {
    if (!('path' in address) && isIP(address.host) === 0) throw new RangeError(`not an IP address: ${address.host}`);
    const fd = this.openDescriptor('socket');
    const local = 'path' in address ? address : { host: '127.0.0.1', port: this.nextPort++ };
    const peer = new ScriptedPeer(this, address, local);
    const remote = this.remotes.get(formatAddress(address));
    const stream = new ScriptedStream(this, fd, peer);
    if (remote === undefined) peer.refuse();
    else remote.enqueue(peer);
    return stream;
  }

  private addressOfPeer(local: Address): Address {
    return 'path' in local ? local : { host: '127.0.0.1', port: this.nextPeerPort++ };
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

  queue(stream: TcpStream, from: Buffer, start: number, end: number): boolean {
    if (!this.batchesSends || this.queued.length === MAX_BATCH || this.happens('notQueued')) return false;
    if (!(stream instanceof ScriptedStream) || !stream.queue(from, start, end)) return false;
    this.queued.push(stream);
    return true;
  }

  /** As with io_uring, a single send is left to `write`, and so are those that the call does not reach. */
  flush(): Flushed {
    const streams = this.queued.splice(0);
    if (streams.length === 1) streams[0]!.unqueue();
    if (streams.length < 2) return NOTHING_FLUSHED;
    this.batches++;
    const sends = this.happens('cutBatch') ? Math.floor(this.random() * streams.length) : streams.length;
    let bytes = 0;
    let short = 0;
    for (const [index, stream] of streams.entries()) {
      if (index >= sends) {
        stream.unqueue();
        continue;
      }
      const { offered, taken } = stream.sendQueued();
      bytes += taken;
      if (taken < offered) short++;
    }
    this.leftOut += streams.length - sends;
    return { sends, bytes, short };
  }

  wait(events: Events, timeoutMs: number): void {
    events.clear();
    this.sleepsForever = false;
    this.readyCount = 0;
    if (this.happens('interrupt')) {
      // Counts as ready, so that callers that wait until the kernel is idle go on.
      this.readyCount = 1;
      return;
    }
    this.collect(events);
    if (events.length === 0) this.sleep(timeoutMs);
  }

  close(): void {
    this.isClosed = true;
    this.readyList.clear();
  }

  /** Number of open descriptors; 0 when everything has been closed. */
  get descriptors(): number {
    return this.openDescriptors.size;
  }

  // What follows is called by the simulated sockets.

  openDescriptor(syscall: string): number {
    if (this.openDescriptors.size >= this.descriptorLimit) throw systemError(syscall, 'EMFILE', -1);
    let fd = FIRST_DESCRIPTOR;
    // The lowest free number, as on every unix: descriptors are reused, tokens never.
    while (this.openDescriptors.has(fd)) fd++;
    this.openDescriptors.add(fd);
    return fd;
  }

  closeDescriptor(fd: number): void {
    if (!this.openDescriptors.delete(fd)) throw systemError('close', 'EBADF', fd);
    this.readyList.forget(fd);
  }

  forget(listener: ScriptedListener): void {
    this.listeners.delete(formatAddress(listener.local));
  }

  /** Records that something has happened to a source. */
  touch(fd: number): void {
    this.readyList.touch(fd);
  }

  isEdgeTriggered(fd: number): boolean {
    return this.readyList.isEdgeTriggered(fd) ?? this.edgeTriggered;
  }

  happens(fault: keyof Faults): boolean {
    const probability = this.faults[fault];
    // Without faults no random number is drawn: then the script alone decides.
    return probability > 0 && this.random() < probability;
  }

  /** Returns a number from 1 to `limit`, small ones more often: these find most boundary errors. */
  portion(limit: number): number {
    return 1 + Math.floor(this.random() ** 3 * limit);
  }

  private collect(events: Events): void {
    if (this.waker.isAwake) events.push(WAKER, READY_READABLE);
    this.readyList.collect(events);
    this.readyCount = events.length;
    if (this.faults.spurious === 0) return;
    for (const token of this.readyList.readers()) if (this.happens('spurious')) events.push(token, READY_READABLE);
  }

  private sleep(timeoutMs: number): void {
    // Whole milliseconds, rounded up, as epoll_wait: a timer is never found slightly too early.
    const sleepMs = Math.min(timeoutMs < 0 ? Infinity : Math.ceil(timeoutMs), this.sleepLimitMs);
    if (sleepMs === Infinity) {
      this.sleepsForever = true;
      return;
    }
    this.sleepLimitMs -= sleepMs;
    if (sleepMs > 0) this.clock.advance(sleepMs);
  }
}

class ScriptedWaker implements Waker {
  readonly fd = -1;
  isAwake = false;

  wake(): void {
    this.isAwake = true;
  }

  acknowledge(): void {
    this.isAwake = false;
  }

  close(): void {}
}

class ScriptedListener implements TcpListener, EmulatedSource {
  private readonly waiting = new Fifo<ScriptedPeer>();

  constructor(
    private readonly poll: ScriptedPoll,
    readonly fd: number,
    readonly local: Address,
    private readonly backlog: number,
  ) {}

  get isFull(): boolean {
    return this.waiting.length > this.backlog;
  }

  enqueue(peer: ScriptedPeer): void {
    this.waiting.push(peer);
    this.poll.touch(this.fd);
  }

  readiness(): Readiness {
    return this.waiting.length > 0 ? READY_READABLE : 0;
  }

  accept(): TcpStream | WouldBlock {
    const peer = this.waiting.first;
    if (peer === undefined) return WOULD_BLOCK;
    if (this.poll.happens('wouldBlock')) {
      this.poll.touch(this.fd);
      return WOULD_BLOCK;
    }
    if (this.poll.happens('acceptFails')) throw systemError('accept4', 'EMFILE', this.fd);
    const stream = new ScriptedStream(this.poll, this.poll.openDescriptor('accept4'), peer);
    this.waiting.shift();
    return stream;
  }

  close(): void {
    this.poll.closeDescriptor(this.fd);
    this.poll.forget(this);
    for (const peer of this.waiting) peer.serverClosed(true);
    this.waiting.clear();
  }
}

/** Another server that the server under test can connect to. */
export class ScriptedRemote {
  /** What happens to incoming connections: established at once; refused; or left pending until the test establishes or refuses each. */
  answer: 'establish' | 'refuse' | 'wait' = 'establish';
  private readonly waiting = new Fifo<ScriptedPeer>();

  constructor(readonly address: Address) {}

  /** Returns the next incoming connection, or undefined. */
  accept(): ScriptedPeer | undefined {
    return this.waiting.shift();
  }

  enqueue(peer: ScriptedPeer): void {
    if (this.answer === 'refuse') return peer.refuse();
    if (this.answer === 'wait') peer.isConnecting = true;
    this.waiting.push(peer);
  }
}

/** The server's end of a connection. Its whole state is in the peer: the two ends share it. */
class ScriptedStream implements TcpStream, EmulatedSource {
  readonly peer: Address;
  readonly local: Address;
  private queuedBytes: Buffer | null = null;
  /** The result of a queued send, for the next write; null: there is none. */
  private sent: number | Error | null = null;

  constructor(
    private readonly poll: ScriptedPoll,
    readonly fd: number,
    private readonly other: ScriptedPeer,
  ) {
    this.peer = other.address;
    this.local = other.server;
    other.fd = fd;
  }

  readiness(): Readiness {
    return this.other.readiness();
  }

  read(into: Buffer, start: number, end: number): number {
    const { other, poll } = this;
    if (poll.happens('reset')) other.reset();
    const available = Math.min(other.inbound.length, end - start);
    if (available === 0 || other.isConnecting) return this.readNothing();
    const count = this.portionOf(available, other.readSizes);
    if (count === 0) return this.refuse();
    poll.movedBytes += count;
    return other.inbound.take(into, start, count);
  }

  /** False if there is a send whose result no write has returned yet. */
  queue(from: Buffer, start: number, end: number): boolean {
    if (this.queuedBytes !== null || this.sent !== null) return false;
    this.queuedBytes = Buffer.from(from.subarray(start, end));
    return true;
  }

  unqueue(): void {
    this.queuedBytes = null;
  }

  sendQueued(): { readonly offered: number; readonly taken: number } {
    const bytes = this.queuedBytes!;
    this.queuedBytes = null;
    try {
      this.sent = this.send(bytes, 0, bytes.length);
    } catch (error) {
      this.sent = error as Error;
    }
    return { offered: bytes.length, taken: typeof this.sent === 'number' ? Math.max(0, this.sent) : 0 };
  }

  write(from: Buffer, start: number, end: number): number {
    if (this.queuedBytes !== null) this.poll.flush();
    const { sent } = this;
    if (sent === null) return this.send(from, start, end);
    this.sent = null;
    if (typeof sent !== 'number') throw sent;
    return sent;
  }

  private send(from: Buffer, start: number, end: number): number {
    const { other, poll } = this;
    if (poll.happens('reset')) other.reset();
    if (other.error !== null) throw systemError('send', other.takeError('send'), this.fd);
    if (other.isConnecting) return WOULD_BLOCK;
    const room = Math.min(other.window - other.outbound.length, end - start);
    if (room < end - start) other.isStarved = true;
    if (room <= 0) return WOULD_BLOCK;
    const count = this.portionOf(room, other.writeSizes);
    if (count === 0) return this.refuse();
    poll.movedBytes += count;
    other.written(from.subarray(start, start + count));
    return count;
  }

  setKeepAlive(seconds: number): void {
    this.other.keepAliveSeconds = seconds;
  }

  setNoDelay(isOn: boolean): void {
    this.other.hasNoDelay = isOn;
  }

  close(isAbortive = false): void {
    if (this.queuedBytes !== null) this.poll.flush();
    this.poll.closeDescriptor(this.fd);
    this.other.serverClosed(isAbortive || this.other.inbound.length > 0);
  }

  private readNothing(): number {
    const { other } = this;
    if (other.error !== null && other.error !== 'EPIPE') throw systemError('recv', other.takeError('recv'), this.fd);
    return other.isShutDown ? END_OF_FILE : WOULD_BLOCK;
  }

  /** Returns how many bytes a call may move, first by the script, then by chance. 0 stands for WouldBlock. */
  private portionOf(available: number, script: number[]): number {
    const limit = script.shift() ?? (this.poll.happens('wouldBlock') ? 0 : this.poll.happens('partial') ? this.poll.portion(available) : available);
    // What a short transfer leaves is ready again; an edge-triggered reader would otherwise wait in vain.
    if (limit < available) this.poll.touch(this.fd);
    return Math.min(limit, available);
  }

  /** Returns WouldBlock as a fault: the next wait reports the source as ready again. */
  private refuse(): WouldBlock {
    this.poll.touch(this.fd);
    return WOULD_BLOCK;
  }
}

/**
 * The client's end of a simulated connection, controlled by the test.
 *
 *   open ──shutdown()──▶ half closed: the server reads EOF, and can still write
 *     ├────close()─────▶ gone: the server reads EOF; its first write is lost, the next one fails with EPIPE
 *     └────reset()─────▶ broken: the server reads what has arrived, then ECONNRESET, then EOF; it writes ECONNRESET, then EPIPE
 */
export class ScriptedPeer {
  /** Bytes on their way to the server. */
  readonly inbound = new ByteQueue();
  /** Bytes that the server has written and the test has not yet received. */
  readonly outbound = new ByteQueue();
  /** Maximum number of bytes in `outbound`: beyond it the server's writes are short. Changed by {@link setWindow}. */
  window = DEFAULT_WINDOW;
  /** Maximum number of bytes for each of the server's next reads; 0 is WouldBlock. Empty: as many as there are. */
  readonly readSizes: number[] = [];
  /** The same for the server's next writes. */
  readonly writeSizes: number[] = [];
  /** The server's descriptor; -1 while the connection waits in the backlog. */
  fd = -1;
  /** This end has shut down its sending side. */
  isShutDown = false;
  /** The server has closed its end. */
  isClosedByServer = false;
  /** The server closed without having read everything: this end sees a reset instead of an EOF. */
  wasResetByServer = false;
  /** The error with which the server's next call fails. */
  error: 'ECONNRESET' | 'ECONNREFUSED' | 'EPIPE' | null = null;
  /** The server is connecting, and not connected yet. */
  isConnecting = false;
  /** There was no room, for a write or when the poll looked: only then is room, when there is some again, an edge (SOCK_NOSPACE in Linux). */
  isStarved = false;
  keepAliveSeconds = 0;
  hasNoDelay = true;
  private isGone = false;
  private isBroken = false;

  constructor(
    private readonly poll: ScriptedPoll,
    readonly address: Address,
    /** The address connected to. */
    readonly server: Address,
  ) {}

  /** Sends bytes (latin1) to the server; they arrive at once. Lost if the server has closed. */
  send(bytes: string): void {
    if (this.isShutDown) throw systemError('send', 'EPIPE', -1);
    if (this.isClosedByServer) return;
    this.inbound.push(Buffer.from(bytes, 'latin1'));
    this.poll.touch(this.fd);
  }

  /** Takes up to `limit` bytes of what the server has written, as latin1, which makes room for more. */
  receive(limit = Infinity): string {
    const bytes = Buffer.allocUnsafe(Math.min(limit, this.outbound.length));
    this.outbound.take(bytes, 0, bytes.length);
    if (bytes.length > 0) this.roomChanged();
    return bytes.latin1Slice();
  }

  /** Sets how many unread bytes this end accepts; 0: the server cannot write at all. */
  setWindow(bytes: number): void {
    this.window = bytes;
    this.roomChanged();
  }

  /** Shuts down the sending side; the server reads EOF after the last byte. */
  shutdown(): void {
    this.isShutDown = true;
    this.poll.touch(this.fd);
  }

  /** Closes both directions; what the server still sends is lost. */
  close(): void {
    this.shutdown();
    this.isGone = true;
    this.outbound.clear();
  }

  /** Resets the connection. Bytes that have arrived can still be read, as on Linux. */
  reset(): void {
    if (this.isBroken) return;
    this.isBroken = true;
    this.error = this.isShutDown ? 'EPIPE' : 'ECONNRESET';
    this.isShutDown = true;
    this.isGone = true;
    this.outbound.clear();
    this.poll.touch(this.fd);
  }

  /** True if this end, or a fault, has reset the connection. */
  get wasReset(): boolean {
    return this.isBroken;
  }

  /** Establishes a pending connection. */
  establish(): void {
    this.isConnecting = false;
    this.poll.touch(this.fd);
  }

  /** Refuses a pending connection: nothing listens there. */
  refuse(): void {
    this.isConnecting = false;
    this.reset();
    this.error = 'ECONNREFUSED';
  }

  // What follows is called by the server's end.

  readiness(): Readiness {
    if (this.isConnecting) return 0;
    if (this.isBroken) {
      const hasError = this.error === 'ECONNRESET' || this.error === 'ECONNREFUSED';
      return READY_READABLE | READY_WRITABLE | READY_READ_CLOSED | READY_HUP | (hasError ? READY_ERROR : 0);
    }
    const readable = this.inbound.length > 0 || this.isShutDown ? READY_READABLE : 0;
    const writable = this.outbound.length < this.window ? READY_WRITABLE : 0;
    // As tcp_poll does: otherwise an edge would be lost if the room that caused it was gone again when the poll looked.
    if (writable === 0) this.isStarved = true;
    return readable | writable | (this.isShutDown ? READY_READ_CLOSED : 0);
  }

  written(bytes: Buffer): void {
    // A closed peer answers the first bytes with a reset.
    if (this.isGone) this.reset();
    else this.outbound.push(Buffer.from(bytes));
  }

  /** A pending error is returned once, by whichever call comes first; after that a write returns EPIPE, every time. */
  takeError(syscall: 'recv' | 'send'): string {
    const { error } = this;
    this.error = 'EPIPE';
    return error ?? (syscall === 'send' ? 'EPIPE' : 'ECONNRESET');
  }

  serverClosed(lostBytes: boolean): void {
    this.isClosedByServer = true;
    this.fd = -1;
    this.inbound.clear();
    this.wasResetByServer = lostBytes;
  }

  private roomChanged(): void {
    if (this.outbound.length >= this.window) return;
    if (this.isStarved || !this.poll.isEdgeTriggered(this.fd)) this.poll.touch(this.fd);
    this.isStarved = false;
  }
}
