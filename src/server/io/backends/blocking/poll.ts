/**
 * BlockingPoll: the portable backend on a thread of its own, so that `wait` blocks as the kernel's does. For programs that run their own loop on systems
 * without epoll.
 *
 *   the program's thread                      thread of the poll
 *   poll.wait(events, timeout) ── message ──▶ PortablePoll over node:net
 *        │ sleeps (Atomics.wait)                  │ something becomes ready, or the time is over
 *        ◀──────────── answer, notify ────────────┘
 *
 * Each call is one message and one answer, about 20 µs: for learning, not for speed.
 */
import { randomUUID } from 'node:crypto';
import { BroadcastChannel, MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Events } from '../../event.js';
import type { Interest } from '../../interest.js';
import {
  type Address, type Poll, type Source, SystemError, type TcpListener, type TcpStream, type Waker, WOULD_BLOCK, type WouldBlock,
} from '../../poll.js';
import { PlainSends } from '../../plain-sends.js';
import type { Token } from '../../token.js';
import type { AcceptedStream, Answer, BlockingThreadData, Call, Calls, Failure } from './protocol.js';

/** Bundles of programs are one folder below dist, and so are chunks of the library; when run from source, tests use the built thread. */
const THREAD_URL = new URL(import.meta.url.endsWith('.ts') ? '../../../../../dist/poll/worker.js' : '../poll/worker.js', import.meta.url);

export class BlockingPoll extends PlainSends implements Poll {
  readonly name = 'portable';
  readonly emulated = true;
  readonly waker: BlockingWaker;
  private readonly port: MessagePort;
  private readonly control = new Int32Array(new SharedArrayBuffer(4));
  private readonly worker: Worker;
  private isClosed = false;

  constructor(readonly edgeTriggered = false) {
    super();
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const wakes = `redis-lab poll ${randomUUID()}`;
    this.waker = new BlockingWaker(this, wakes);
    const workerData: BlockingThreadData = { port: port2, control: this.control, edgeTriggered, wakes };
    this.worker = new Worker(THREAD_URL, { workerData, transferList: [port2] });
    // The thread and its port do not keep the process alive after the program has left its loop.
    this.worker.unref();
    this.port.unref();
  }

  listen(address: Address, backlog: number): TcpListener {
    const { fd, local } = this.call('listen', { address, backlog });
    return new BlockingListener(this, fd, local);
  }

  connect(address: Address): TcpStream {
    return new BlockingStream(this, this.call('connect', { address }));
  }

  register({ fd }: Source, token: Token, interest: Interest): void {
    this.call('register', { fd, token, interest });
  }

  reregister({ fd }: Source, token: Token, interest: Interest): void {
    this.call('reregister', { fd, token, interest });
  }

  deregister({ fd }: Source): void {
    this.call('deregister', { fd });
  }

  wait(events: Events, timeoutMs: number): void {
    const ready = this.call('wait', { timeoutMs });
    events.clear();
    for (const [token, readiness] of ready) events.push(token, readiness);
  }

  /** Closes the thread, and all sources with it. */
  close(): void {
    if (this.isClosed) return;
    this.call('end', null);
    this.isClosed = true;
    this.port.close();
    void this.worker.terminate();
  }

  /** Sends a call and sleeps until the thread has answered. Throws the error it has failed with. */
  call<M extends keyof Calls>(method: M, argument: Calls[M]['argument']): Calls[M]['result'] {
    if (this.isClosed) throw new Error('the poll is closed');
    const { port, control } = this;
    const before = Atomics.load(control, 0);
    port.postMessage({ method, argument } satisfies Call);
    // The thread may still be about to notify for the previous answer, so one wake is not enough.
    while (Atomics.load(control, 0) === before) Atomics.wait(control, 0, before);
    const { message } = receiveMessageOnPort(port) as { message: Answer };
    if ('failure' in message) throw toError(message.failure);
    return message.value as Calls[M]['result'];
  }
}

function toError({ message, system }: Failure): Error {
  if (system === undefined) return new Error(message);
  const error = new SystemError(system.syscall, system.errno, system.code, system.fd);
  return system.address === null ? error : error.at(system.address);
}

class BlockingListener implements TcpListener {
  constructor(
    private readonly poll: BlockingPoll,
    readonly fd: number,
    readonly local: Address,
  ) {}

  accept(): TcpStream | WouldBlock {
    const accepted = this.poll.call('accept', { fd: this.fd });
    return accepted === null ? WOULD_BLOCK : new BlockingStream(this.poll, accepted);
  }

  close(): void {
    this.poll.call('close', { fd: this.fd, isAbortive: false });
  }
}

class BlockingStream implements TcpStream {
  readonly fd: number;
  readonly peer: Address;
  readonly local: Address;

  constructor(
    private readonly poll: BlockingPoll,
    { fd, peer, local }: AcceptedStream,
  ) {
    this.fd = fd;
    this.peer = peer;
    this.local = local;
  }

  read(into: Buffer, start: number, end: number): number {
    const bytes = this.poll.call('read', { fd: this.fd, most: end - start });
    if (bytes === null) return WOULD_BLOCK;
    into.set(bytes, start);
    return bytes.length;
  }

  write(from: Buffer, start: number, end: number): number {
    return this.poll.call('write', { fd: this.fd, bytes: new Uint8Array(from.subarray(start, end)) });
  }

  setKeepAlive(seconds: number): void {
    this.poll.call('keepAlive', { fd: this.fd, seconds });
  }

  setNoDelay(isOn: boolean): void {
    this.poll.call('noDelay', { fd: this.fd, isOn });
  }

  close(isAbortive = false): void {
    this.poll.call('close', { fd: this.fd, isAbortive });
  }
}

class BlockingWaker implements Waker {
  readonly fd = -1;

  constructor(
    private readonly poll: BlockingPoll,
    private readonly name: string,
  ) {}

  /** The channel of {@link broadcast}, by which any thread of the process wakes the poll. */
  get channel(): string {
    this.poll.call('ready', null);
    return this.name;
  }

  wake(): void {
    this.poll.call('wake', null);
  }

  acknowledge(): void {
    this.poll.call('acknowledge', null);
  }

  close(): void {}
}

/** Wakes the poll whose waker uses this channel. */
export function broadcast(name: string): void {
  const channel = new BroadcastChannel(name);
  channel.postMessage(null);
  channel.close();
}
