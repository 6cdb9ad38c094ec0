/**
 * SendRing: the sends of several sockets in one system call, by io_uring.
 *
 *   add(stream, bytes) ─▶ staging [ reply │ reply │ … ] + an entry of the ring
 *   submit()           ─▶ one system call: the kernel does all of them inside of the call, in their order
 *   stream.sent        ◀─ the length, or the result of the completion, which exists only for sends that were short or failed
 *
 * With MSG_DONTWAIT no send waits in the kernel, so staging is free again when the call returns. With MSG_WAITALL a short send counts as failed, so its result
 * is posted, while those of all others are left out. Entries that the kernel did not take are left to send(2).
 */
import { type Flushed, MAX_BATCH, NOTHING_FLUSHED } from '../poll.js';
import { copyBytes } from './copy-bytes.js';
import * as libc from './libc.js';
import { NOT_SENT, type QueuedSend, SENT_LATER } from './queued-send.js';
import { Ring, SEND } from './ring.js';

const STAGING_BYTES = 512 * 1024;

export class SendRing {
  readonly ring = new Ring();
  private readonly staging = Buffer.allocUnsafeSlow(STAGING_BYTES);
  private readonly stagingAddress = libc.addressOf(this.staging);
  private staged = 0;
  private readonly streams: QueuedSend[] = [];
  private readonly flushed = { sends: 0, bytes: 0, short: 0 };

  /** Queues a send. False if there is no room for it. */
  add(stream: QueuedSend, from: Buffer, start: number, end: number): boolean {
    const { ring } = this;
    const length = end - start;
    const at = this.staged;
    if (ring.pending === MAX_BATCH || at + length > STAGING_BYTES || ring.isClosed) return false;
    copyBytes(from, start, end, this.staging, at);
    this.staged += length;
    this.streams[ring.pending] = stream;
    ring.add(SEND, stream.fd, this.stagingAddress + at, length);
    stream.sent = SENT_LATER;
    return true;
  }

  /** Hands all queued sends to the kernel and sets each stream's result. A single one is left to send(2). */
  submit(): Flushed {
    const { streams, flushed, ring } = this;
    const queued = ring.pending;
    if (queued === 0) return NOTHING_FLUSHED;
    this.staged = 0;
    if (queued === 1) {
      ring.drop();
      streams[0]!.sent = NOT_SENT;
      return NOTHING_FLUSHED;
    }
    const taken = ring.submit();
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

  /** Queued sends are not sent. */
  close(): void {
    for (let i = 0; i < this.ring.pending; i++) this.streams[i]!.sent = NOT_SENT;
    this.ring.drop();
    this.ring.close();
  }
}
