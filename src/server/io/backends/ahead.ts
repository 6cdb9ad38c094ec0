/**
 * Ahead: what has been read ahead from a stream (see ReadAhead), up to its next `read`. In a file of its own, so that nothing of io_uring is loaded where every
 * read is a call of its own.
 */
import type { Interest } from '../interest.js';
import type { Piece } from '../poll.js';
import type { Token } from '../token.js';
import { copyBytes } from './copy-bytes.js';

/**
 * Reads of fewer bytes are made ahead: 16 requests with values of a kilobyte. For larger ones a system call makes no difference, and the memory of all streams
 * together would not stay in the processor's cache until they are read.
 */
export const SLOT_BYTES = 32 * 1024;

/** The bytes that have not been taken are `buffer[start, end)`. */
export class Ahead implements Piece {
  /** As recv(2) returns it, or an errno below 0. */
  result = 0;
  start = 0;
  end = 0;

  /** @param slot where they begin in `buffer` */
  constructor(
    readonly buffer: Buffer,
    private readonly slot: number,
  ) {}

  fill(result: number): void {
    this.result = result;
    this.start = this.slot;
    this.end = this.slot + Math.max(result, 0);
  }

  /** Copies at most `end - start` bytes that have not been taken, and returns their number. */
  take(into: Buffer, start: number, end: number): number {
    const from = this.start;
    this.start = Math.min(from + end - start, this.end);
    copyBytes(this.buffer, from, this.start, into, start);
    return this.start - from;
  }

  /** Returns the same in memory of its own. */
  copy(): Ahead {
    const { buffer, start, end, result } = this;
    const copy = new Ahead(Buffer.from(buffer.subarray(start, end)), 0);
    copy.result = result;
    copy.end = end - start;
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
