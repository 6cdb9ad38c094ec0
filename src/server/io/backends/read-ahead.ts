/**
 * ReadAhead: the first recv(2) of every stream that a wait has found readable, in one system call, by io_uring.
 *
 *   epoll_wait  ─▶ readable: 7 9 12    add(stream) each, then submit(): the kernel fills a slot for each
 *   slots          [ GET a │     ] [ SET b 1 │  ] [ PING │      ]
 *   read        ◀─ copies from the slot, takeRead lends it; a stream without one is read by recv(2)
 *
 * Readiness comes from epoll all the same: with MSG_DONTWAIT no operation stays in the ring. Only small requests are worth it: a stream that has filled its
 * slot is read by recv(2) until several reads have brought less than that.
 *
 * What the loop has not read by the next wait is kept by its stream, which is reported readable again: the kernel, which no longer has it, would not do so.
 */
import type { Events } from '../event.js';
import { READY_READABLE } from '../event.js';
import { isEdgeTriggered, READABLE, type Interest } from '../interest.js';
import { MAX_BATCH } from '../poll.js';
import type { Token } from '../token.js';
import { Ahead, type AheadStream, SLOT_BYTES } from './ahead.js';
import * as libc from './libc.js';
import { READ, type Ring } from './ring.js';

/** Slots begin at different cache lines of their pages: otherwise all would share the same few lines of the processor's cache. */
const STRIDE = SLOT_BYTES + 64;

export class ReadAhead {
  /** Those that are level-triggered and registered for READABLE, by token: what was read ahead is reported until it is taken, and an edge only once. */
  private readonly streams = new Map<Token, AheadStream>();
  private readonly bytes = Buffer.allocUnsafeSlow(MAX_BATCH * STRIDE);
  private readonly address = libc.addressOf(this.bytes);
  private readonly slots = Array.from({ length: MAX_BATCH }, (_, i) => new Ahead(this.bytes, i * STRIDE));
  /** The streams of the slots; of the last batch, once it is submitted. */
  private readonly batch: AheadStream[] = [];
  private added = 0;
  private filled = 0;
  /** Those with bytes of an earlier batch that have not been read. */
  private readonly unread = new Set<AheadStream>();

  /** @param ring may be used for other batches between two waits; closed by its owner, after which nothing is read ahead */
  constructor(private readonly ring: Ring) {}

  /** Called when a stream is registered, and when its interest changes. */
  register(stream: AheadStream, token: Token, interest: Interest, edgeTriggered: boolean): void {
    stream.token = token;
    stream.interest = interest;
    if ((interest & READABLE) !== 0 && !isEdgeTriggered(interest, edgeTriggered)) this.streams.set(token, stream);
    else this.streams.delete(token);
  }

  deregister(stream: AheadStream): void {
    stream.interest = 0;
    this.streams.delete(stream.token);
  }

  /** Called before a wait: the slots will be used again. Returns whether there is something to report at once. */
  keepUnread(): boolean {
    for (let i = 0; i < this.filled; i++) {
      const stream = this.batch[i]!;
      if (stream.ahead !== this.slots[i]) continue;
      stream.ahead = stream.ahead!.copy();
      this.unread.add(stream);
    }
    this.filled = 0;
    return this.unread.size > 0 && this.hasReadable();
  }

  private hasReadable(): boolean {
    let isReadable = false;
    for (const stream of this.unread) {
      if (stream.ahead === null) this.unread.delete(stream);
      else if ((stream.interest & READABLE) !== 0) isReadable = true;
    }
    return isReadable;
  }

  /** Called after a wait: adds the streams that the kernel has not reported, and that still have bytes. */
  reportUnread(events: Events): void {
    const reported = events.length;
    for (const stream of this.unread) {
      if ((stream.interest & READABLE) !== 0 && !includes(events, reported, stream.token)) events.push(stream.token, READY_READABLE);
    }
  }

  /** Adds the stream of a token that is readable, and nothing else, to the batch. */
  add(token: Token): void {
    const { ring } = this;
    // While sends are queued, the batch is theirs.
    if (this.added === MAX_BATCH || ring.pending !== this.added || ring.isClosed) return;
    const stream = this.streams.get(token);
    if (stream === undefined || stream.ahead !== null || stream.largeReads > 0) return;
    ring.add(READ, stream.fd, this.address + this.added * STRIDE, SLOT_BYTES);
    this.batch[this.added++] = stream;
  }

  /** Reads. A single stream is left to recv(2), and so are those that the kernel has not taken. */
  submit(): void {
    const { added, batch, slots, ring } = this;
    this.added = 0;
    if (added === 1) ring.drop();
    if (added < 2) return;
    const taken = ring.submit();
    for (let i = 0; i < taken; i++) {
      slots[i]!.fill(ring.result(i));
      batch[i]!.ahead = slots[i]!;
    }
    this.filled = taken;
  }
}

/** Returns whether a token is among the first `length` events and readable. */
function includes(events: Events, length: number, token: Token): boolean {
  for (let i = 0; i < length; i++) {
    if (events.tokens[i] !== token) continue;
    events.readiness[i]! |= READY_READABLE;
    return true;
  }
  return false;
}
