/**
 * ReplyReader: takes chunks as a socket delivers them, returns whole replies, and keeps the rest of an incomplete one.
 *
 *     socket.on('data', (chunk) => reader.read(chunk, (reply) => show(reply)));
 */
import { ReplyDecoder } from './reply-decoder.js';
import type { Reply } from './reply.js';
import { BROKEN, COMPLETE, INCOMPLETE } from './request-decoder.js';

export class ReplyReader {
  private readonly decoder = new ReplyDecoder();
  /** The incomplete reply: `kept[start, end)`. */
  private kept: Buffer = EMPTY;
  private start = 0;
  private end = 0;

  /** Why the bytes are not RESP; null if they are. After an error `read` does nothing. */
  get error(): string | null {
    return this.decoder.error === '' ? null : this.decoder.error;
  }

  /** Calls `take` for every reply that is now complete. */
  read(chunk: Buffer, take: (reply: Reply) => void): void {
    const usesKept = this.end > this.start;
    if (usesKept) this.append(chunk);
    const buffer = usesKept ? this.kept : chunk;
    const { decoder } = this;
    decoder.feed(buffer, usesKept ? this.start : 0, usesKept ? this.end : chunk.length);
    let status = decoder.next();
    for (; status === COMPLETE; status = decoder.next()) take(decoder.reply);
    if (status === BROKEN) this.drop();
    else if (status === INCOMPLETE) this.keep(buffer, decoder.position, usesKept ? this.end : chunk.length);
  }

  private keep(buffer: Buffer, start: number, end: number): void {
    if (start === end) return this.drop();
    if (buffer !== this.kept) {
      // Room for the rest, but not for any length that a server claims.
      this.kept = Buffer.allocUnsafeSlow(end - start + Math.min(this.decoder.missing, MAX_ROOM));
      buffer.copy(this.kept, 0, start, end);
      end -= start;
      start = 0;
    }
    this.start = start;
    this.end = end;
  }

  /** Appends to what is kept; the room doubles, so that a long reply is not copied again with every chunk. */
  private append(chunk: Buffer): void {
    const length = this.end - this.start;
    if (this.end + chunk.length > this.kept.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length + chunk.length, 2 * length));
      this.kept.copy(larger, 0, this.start, this.end);
      this.kept = larger;
      this.start = 0;
      this.end = length;
    }
    chunk.copy(this.kept, this.end);
    this.end += chunk.length;
  }

  private drop(): void {
    this.kept = EMPTY;
    this.start = 0;
    this.end = 0;
  }
}

const EMPTY = Buffer.alloc(0);
const MAX_ROOM = 64 * 1024;
