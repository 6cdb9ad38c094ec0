/**
 * ReplyBytes: encoded replies in one growing buffer.
 */
import { type ByteSink, encode, type RespVersion } from '../resp/encoder.js';
import type { Reply } from '../resp/reply.js';

const KEPT_BYTES = 16 * 1024;

export class ReplyBytes implements ByteSink {
  buffer = Buffer.allocUnsafeSlow(KEPT_BYTES);
  position = 0;

  add(reply: Reply, version: RespVersion): void {
    encode(this, reply, version);
  }

  reserve(bytes: number): void {
    const needed = this.position + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.buffer.length));
    this.buffer.copy(larger, 0, 0, this.position);
    this.buffer = larger;
  }

  /** Memory for one large reply is not kept. */
  clear(): void {
    this.position = 0;
    if (this.buffer.length > 4 * KEPT_BYTES) this.buffer = Buffer.allocUnsafeSlow(KEPT_BYTES);
  }
}
