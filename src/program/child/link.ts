/**
 * Link: the program's side of its pipes to the lab (protocol.ts). Every poll of the process tells it what happens.
 */
import { readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { PollObserver } from '../../poll/observer.js';
import type { Poll as Backend } from '../../server/io/poll.js';
import type { TraceBody } from '../../server/trace/events.js';
import { type ChildMessage, GO_FD, MOST_BYTES_TOLD, TRACE_FD, type Wish, WISH_FD } from '../protocol.js';
import type { CallSites } from './call-sites.js';
import { Faulty } from './faulty.js';

/** What the pipe has not taken waits here; more is dropped. */
const MOST_WAITING_BYTES = 256 * 1024;

/** A loop that turns without rest looks for another mode so often. */
const LOOK_MS = 5;

export class Link implements PollObserver {
  /** The first poll that is opened is the one that is shown. */
  private poll: object | null = null;
  private isAsked = false;
  private lookedAtMs = 0;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private dropped = { messages: 0, waits: 0 };
  private readonly buffer = Buffer.alloc(4096);
  /** A wish that has not come whole. */
  private half = '';
  private faulty: Faulty | null = null;

  constructor(private readonly sites: CallSites) {
    sites.onFile = (file, path) => this.send({ kind: 'file', file, path });
    // These two set their descriptors to non-blocking; nothing is done with them otherwise, and they keep no process alive.
    for (const fd of [TRACE_FD, WISH_FD]) new Socket({ fd, readable: false, writable: false }).unref();
  }

  get hasPoll(): boolean {
    return this.poll !== null;
  }

  opened(poll: object, backend: Backend): Backend {
    if (this.poll !== null) return backend;
    this.poll = poll;
    this.faulty = new Faulty(backend, (body) => this.happened(poll, body, -1, null));
    this.look();
    this.send({ kind: 'opened', poller: backend.name, trigger: backend.edgeTriggered ? 'edge' : 'level' });
    return this.faulty.backend;
  }

  bound(poll: object, fd: number, address: string): void {
    if (poll === this.poll) this.send({ kind: 'bound', fd, address });
  }

  registered(poll: object, fd: number, token: number, interest: number): void {
    if (poll === this.poll) this.send({ kind: 'registered', fd, token, interest });
  }

  deregistered(poll: object, fd: number): void {
    if (poll === this.poll) this.send({ kind: 'deregistered', fd });
  }

  closed(poll: object, fd: number): void {
    if (poll === this.poll) this.send({ kind: 'closed', fd });
  }

  happened(poll: object, body: TraceBody, fd: number, bytes: Buffer | null): void {
    if (poll !== this.poll) return;
    const nowMs = performance.now();
    if (body.kind === 'wait' || body.kind === 'poll' || nowMs - this.lookedAtMs >= LOOK_MS) this.look(nowMs);
    const at = body.kind === 'ready' ? null : this.sites.find();
    this.send({
      kind: 'event', body, fd, atUs: Math.round(Number(process.hrtime.bigint()) / 1000),
      ...(at !== null && { at }),
      ...(bytes !== null && { bytes: bytes.toString('base64', 0, MOST_BYTES_TOLD) }),
      ...(this.isAsked && { waits: true }),
    });
    if (this.isAsked) this.awaitGo();
  }

  /** Does the lab wish something? */
  private look(nowMs = performance.now()): void {
    this.lookedAtMs = nowMs;
    for (let bytes = take(WISH_FD, this.buffer); bytes !== null && bytes !== ''; bytes = take(WISH_FD, this.buffer)) {
      const lines = (this.half + bytes).split('\n');
      this.half = lines.pop()!;
      for (const line of lines) this.obey(JSON.parse(Buffer.from(line, 'latin1').toString()) as Wish);
    }
  }

  private obey(wish: Wish): void {
    if ('asks' in wish) this.isAsked = wish.asks;
    else if ('addFault' in wish) this.faulty?.add(wish);
    else this.faulty?.remove(wish.removeFault);
  }

  /** Blocks until the lab lets the program go on. */
  private awaitGo(): void {
    while (!this.flush()) rest();
    while (take(GO_FD, this.buffer.subarray(0, 1)) === null) rest();
    this.look();
  }

  private send(message: ChildMessage): void {
    const isDue = this.flush();
    if (!isDue && this.waitingBytes > MOST_WAITING_BYTES && !this.isAsked) {
      this.dropped.messages++;
      if (message.kind === 'event' && message.body.kind === 'wait') this.dropped.waits++;
      return;
    }
    if (this.dropped.messages > 0) {
      this.queue({ kind: 'dropped', ...this.dropped });
      this.dropped = { messages: 0, waits: 0 };
    }
    this.queue(message);
    this.flush();
  }

  private queue(message: ChildMessage): void {
    const line = Buffer.from(`${JSON.stringify(message)}\n`);
    this.waiting.push(line);
    this.waitingBytes += line.length;
  }

  /** True if nothing waits any more. */
  private flush(): boolean {
    while (this.waiting.length > 0) {
      const bytes = this.waiting.length === 1 ? this.waiting[0]! : Buffer.concat(this.waiting);
      const written = put(TRACE_FD, bytes);
      this.waiting = written === bytes.length ? [] : [bytes.subarray(written)];
      this.waitingBytes = bytes.length - written;
      if (written < bytes.length) return false;
    }
    return true;
  }
}

/** What there is to read; empty: nothing for now; null: nothing for now, on a descriptor that should have blocked. Without the lab the program ends. */
function take(fd: number, into: Buffer): string | null {
  try {
    const count = readSync(fd, into, 0, into.length, null);
    if (count === 0) process.exit(1);
    return into.latin1Slice(0, count);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.exit(1);
    return fd === GO_FD ? null : '';
  }
}

function put(fd: number, bytes: Buffer): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.exit(1);
    return 0;
  }
}

const nobody = new Int32Array(new SharedArrayBuffer(4));
const rest = (): void => void Atomics.wait(nobody, 0, 0, 2);
