/**
 * QueryBuffer: what a client has sent and the server has not yet executed: half a frame, or everything that waits while the client is parked.
 *
 *   bytes  [ used │ waiting          │ room ]
 *                 ↑ start            ↑ end
 *
 * It exists only while something waits, so idle clients cost nothing. A client that announces a huge argument gets room for what it has actually sent, doubled
 * each time, until a small share of the argument has arrived; then it gets room for exactly the rest, so that a large value is not moved again and leaves no
 * large buffers behind. Redis makes that room at once, for 32 KB and more: there an announcement costs addresses and no memory, but here it would be counted,
 * and V8 would collect garbage for it. Bytes are moved only when at least as many have come in or gone out since the last move, so that a long queue costs no
 * more for each byte than a short one.
 */

import { acquire, release } from './buffer-pool.js';

/** Minimum size of a read. */
const MIN_ROOM = 1024;

/** What is missing gets its room at once if it is at most this many times what has arrived. */
const TRUST = 64;

/** Maximum room given for an announcement alone; also the maximum of unused memory in front of what waits. */
const MAX_ROOM_ON_TRUST = 64 * 1024;

const EMPTY = Buffer.alloc(0);

/** The waiting bytes and the room around them. */
export interface QueryState {
  readonly capacity: number;
  readonly start: number;
  readonly waiting: Uint8Array;
}

export class QueryBuffer {
  bytes: Buffer = EMPTY;
  start = 0;
  end = 0;

  get length(): number {
    return this.end - this.start;
  }

  /** Returns null if nothing waits. */
  capture(): QueryState | null {
    const { bytes, start, end } = this;
    return bytes === EMPTY ? null : { capacity: bytes.length, start, waiting: Buffer.from(bytes.subarray(start, end)) };
  }

  restore({ capacity, start, waiting }: QueryState): void {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
    this.bytes.set(waiting, start);
    this.start = start;
    this.end = start + waiting.length;
  }

  get capacity(): number {
    return this.bytes.length;
  }

  /** Takes over `buffer[start, end)`, which may be a part of its own bytes. @param missing how many more bytes the decoder needs */
  keep(buffer: Buffer, start: number, end: number, missing: number): void {
    if (start === end) return this.empty();
    const length = end - start;
    this.start = start;
    this.end = end;
    if (buffer !== this.bytes) this.moveTo(buffer, length + roomFor(missing, length));
    else if (start > MAX_ROOM_ON_TRUST && length < buffer.length / 4) this.moveTo(buffer, length + MIN_ROOM);
  }

  /** Makes room for the next read behind `end`. */
  makeRoom(missing: number): void {
    const { length, bytes } = this;
    if (bytes.length - this.end >= Math.min(missing, MIN_ROOM)) return;
    if (this.start >= length && this.start >= MIN_ROOM) this.moveWithin();
    else this.moveTo(bytes, length + growthFor(missing, length));
  }

  /** Returns how far the next read may fill `bytes`: to one byte beyond `limit`, which is enough to detect that it is exceeded. */
  readEnd(limit: number): number {
    return Math.min(this.bytes.length, Math.max(this.start + limit, this.end) + 1);
  }

  private moveTo(source: Buffer, capacity: number): void {
    const target = acquire(capacity);
    source.copy(target, 0, this.start, this.end);
    release(this.bytes);
    this.bytes = target;
    this.moved();
  }

  private moveWithin(): void {
    this.bytes.copy(this.bytes, 0, this.start, this.end);
    this.moved();
  }

  private moved(): void {
    this.end -= this.start;
    this.start = 0;
  }

  /** Called when a read has been processed, and nothing refers to the bytes any more. */
  private empty(): void {
    release(this.bytes);
    this.clear();
  }

  /** Called at any time: the bytes may be in use. */
  clear(): void {
    this.bytes = EMPTY;
    this.start = 0;
    this.end = 0;
  }
}

/** The bytes may be all that comes: no more room than the decoder needs. */
function roomFor(missing: number, length: number): number {
  if (length >= MAX_ROOM_ON_TRUST && missing <= length * TRUST) return Math.max(missing, MIN_ROOM);
  return Math.min(Math.max(missing, MIN_ROOM), Math.max(length, MAX_ROOM_ON_TRUST));
}

/** More has come than there was room for: doubles the room, or adds what is known to be missing. */
function growthFor(missing: number, length: number): number {
  return missing > 1 ? roomFor(missing, length) : Math.max(length, MIN_ROOM);
}
