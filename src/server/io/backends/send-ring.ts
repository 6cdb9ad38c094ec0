/**
 * SendRing: the sends of several sockets in one system call, by io_uring.
 *
 *   add(stream, bytes) ─▶ staging [ reply │ reply │ … ] + an entry of the ring; large replies stay where they are
 *   submit()           ─▶ one system call: the kernel does all of them inside of the call, in their order
 *   stream.sent        ◀─ the length, or the result of the completion, which exists only for sends that were short or failed
 *
 * With MSG_DONTWAIT no send waits in the kernel, so staging is free again when the call returns. With MSG_WAITALL a short send counts as failed, so its result
 * is posted, while those of all others are left out. Entries that the kernel did not take are left to send(2).
 */
import { type Flushed, MAX_BATCH, NOTHING_FLUSHED, type Piece } from '../poll.js';
import { copyBytes } from './copy-bytes.js';
import { Gather } from './gather.js';
import * as libc from './libc.js';
import { NOT_SENT, type QueuedSend, SENT_LATER } from './queued-send.js';
import { type Operation, Ring, SEND, SEND_MESSAGE } from './ring.js';

/** Up to this many bytes are copied to memory whose address is known, which takes less time than to ask for the address of another buffer. */
const STAGED_BYTES = 4096;
const STAGING_BYTES = MAX_BATCH * STAGED_BYTES;
/** Pieces of all sends of a batch. */
const MOST_PIECES = 1024;

export class SendRing {
  readonly ring = new Ring();
  private readonly staging = Buffer.allocUnsafeSlow(STAGING_BYTES);
  private readonly stagingAddress = libc.addressOf(this.staging);
  private staged = 0;
  private readonly gather = new Gather(MAX_BATCH, MOST_PIECES);
  /** What the entries refer to: not to be collected before the kernel has read it. */
  private readonly lent: Buffer[] = [];
  private readonly streams: QueuedSend[] = [];
  private readonly flushed = { sends: 0, bytes: 0, short: 0 };

  /** Queues a send of `from[start, end)`, which stays as it is until it is submitted. False if there is no room for it. */
  add(stream: QueuedSend, from: Buffer, start: number, end: number): boolean {
    if (!this.hasRoom) return false;
    const length = end - start;
    this.enter(stream, SEND, length <= STAGED_BYTES ? this.stage(from, start, end) : this.lend(from) + start, length, length);
    return true;
  }

  /** Queues a send of the first `bytes` bytes of these pieces, which stay as they are until it is submitted. False if there is no room for it. */
  addPieces(stream: QueuedSend, pieces: readonly Piece[], bytes: number): boolean {
    if (!this.hasRoom) return false;
    const message = this.gather.describe(pieces, bytes);
    if (message === 0) return false;
    for (const { buffer } of pieces) this.lent.push(buffer);
    this.enter(stream, SEND_MESSAGE, message, bytes, 1);
    return true;
  }

  private get hasRoom(): boolean {
    return this.ring.pending < MAX_BATCH && !this.ring.isClosed;
  }

  private stage(from: Buffer, start: number, end: number): number {
    const at = this.staged;
    copyBytes(from, start, end, this.staging, at);
    this.staged += end - start;
    return this.stagingAddress + at;
  }

  private lend(buffer: Buffer): number {
    this.lent.push(buffer);
    return libc.addressOf(buffer);
  }

  private enter(stream: QueuedSend, operation: Operation, address: number, bytes: number, length: number): void {
    this.streams[this.ring.pending] = stream;
    this.ring.add(operation, stream.fd, address, bytes, length);
    stream.sent = SENT_LATER;
  }

  /** Hands all queued sends to the kernel and sets each stream's result. A single one is left to send(2). */
  submit(): Flushed {
    const { streams, flushed, ring } = this;
    const queued = ring.pending;
    if (queued === 0) return NOTHING_FLUSHED;
    if (queued === 1) {
      ring.drop();
      streams[0]!.sent = NOT_SENT;
      this.rewind();
      return NOTHING_FLUSHED;
    }
    const taken = ring.submit();
    this.rewind();
    flushed.sends = taken;
    flushed.short = ring.completed;
    let bytes = 0;
    for (let i = 0; i < taken; i++) {
      const sent = ring.result(i);
      streams[i]!.sent = sent;
      if (sent > 0) bytes += sent;
    }
    flushed.bytes = bytes;
    for (let i = taken; i < queued; i++) streams[i]!.sent = NOT_SENT;
    return flushed;
  }

  /** The kernel has read everything. */
  private rewind(): void {
    this.staged = 0;
    if (this.lent.length === 0) return;
    while (this.lent.length > 0) this.lent.pop();
    this.gather.clear();
  }

  /** Queued sends are not sent. */
  close(): void {
    for (let i = 0; i < this.ring.pending; i++) this.streams[i]!.sent = NOT_SENT;
    this.ring.drop();
    this.rewind();
    this.ring.close();
  }
}
