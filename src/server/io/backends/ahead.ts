/**
 * Ahead: what has been read ahead from a stream (see ReadAhead), up to its next `read`. In a file of its own, so that nothing of io_uring is loaded where every
 * read is a call of its own.
 */
import type { Interest } from '../interest.js';
import type { Token } from '../token.js';
import { copyBytes } from './copy-bytes.js';

/** Reads of fewer bytes are worth being made ahead: larger ones would cost a copy that is dearer than a system call. */
export const SLOT_BYTES = 4096;

export class Ahead {
  /** As recv(2) returns it, or an errno below 0. */
  result = 0;
  /** How many bytes have been taken. */
  taken = 0;

  /** @param start where they begin in `bytes` */
  constructor(
    private readonly bytes: Buffer,
    private readonly start: number,
  ) {}

  fill(result: number): void {
    this.result = result;
    this.taken = 0;
  }

  /** Copies at most `end - start` bytes that have not been taken, and returns their number. */
  take(into: Buffer, start: number, end: number): number {
    const count = Math.min(end - start, this.result - this.taken);
    const from = this.start + this.taken;
    this.taken += count;
    copyBytes(this.bytes, from, from + count, into, start);
    return count;
  }

  /** Returns the same in memory of its own. */
  copy(): Ahead {
    const { bytes, start, result, taken } = this;
    const copy = new Ahead(Buffer.from(bytes.subarray(start, start + Math.max(result, 0))), 0);
    copy.result = result;
    copy.taken = taken;
    return copy;
  }
}

/** A stream that can be read ahead. */
export interface AheadStream {
  readonly fd: number;
  /** Under which it is registered, and for what. */
  token: Token;
  interest: Interest;
  /** Null: its next `read` is a recv(2). */
  ahead: Ahead | null;
  /** Above 0: one of its last reads brought more than is read ahead; see {@link READS_REMEMBERED}. */
  readonly largeReads: number;
}

/** Number of small reads that must follow a large one before a stream is read ahead again: the ends of large requests are small as well. */
export const READS_REMEMBERED = 8;
