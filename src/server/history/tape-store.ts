/**
 * TapeStore: the tape of a history, in shared memory: it grows at its end and is dropped at its beginning.
 *
 *   segments   [ forgotten ] [░░░█████] [███████] [██░░░░░]
 *                               ↑ first              ↑ end          offsets count from the first byte ever recorded
 *
 * One thread appends; others read the part that was shared with them, which stays in memory for as long as they hold it.
 */
import type { TapeSource } from '../recording/tape.js';

const SEGMENT_BYTES = 2 ** 18;

/** The part of the tape that one thread shares with another. */
export interface TapeShare {
  readonly segments: readonly SharedArrayBuffer[];
  /** Offset of the first segment. */
  readonly start: number;
  readonly end: number;
}

export class TapeStore implements TapeSource {
  private segments: SharedArrayBuffer[];
  /** Offset of the first segment. */
  private start: number;
  end: number;

  constructor({ segments, start, end }: TapeShare = { segments: [], start: 0, end: 0 }) {
    this.segments = [...segments];
    this.start = start;
    this.end = end;
  }

  /** Memory used. */
  get bytes(): number {
    return this.segments.length * SEGMENT_BYTES;
  }

  append(bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length; ) {
      const at = (this.end - this.start) % SEGMENT_BYTES;
      if (at === 0 && this.end - this.start === this.bytes) this.segments.push(new SharedArrayBuffer(SEGMENT_BYTES));
      const count = Math.min(bytes.length - taken, SEGMENT_BYTES - at);
      new Uint8Array(this.segments.at(-1)!, at, count).set(bytes.subarray(taken, taken + count));
      taken += count;
      this.end += count;
    }
  }

  from(offset: number): Buffer | null {
    if (offset >= this.end) return null;
    if (offset < this.start) throw new RangeError(`byte ${offset} of the tape is forgotten`);
    const index = Math.floor((offset - this.start) / SEGMENT_BYTES);
    const segmentStart = this.start + index * SEGMENT_BYTES;
    const end = Math.min(this.end - segmentStart, SEGMENT_BYTES);
    return Buffer.from(this.segments[index]!, offset - segmentStart, end - (offset - segmentStart));
  }

  /** Drops whole segments before this offset. */
  forgetBefore(offset: number): void {
    const count = Math.floor((offset - this.start) / SEGMENT_BYTES);
    if (count <= 0) return;
    this.segments.splice(0, count);
    this.start += count * SEGMENT_BYTES;
  }

  /** Returns the tape from `offset` to its end, for another thread. */
  share(offset: number): TapeShare {
    const skipped = Math.floor((offset - this.start) / SEGMENT_BYTES);
    return { segments: this.segments.slice(skipped), start: this.start + skipped * SEGMENT_BYTES, end: this.end };
  }
}
