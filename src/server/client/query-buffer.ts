/**
 * QueryBuffer: what a client has sent and the server has not yet executed: half a frame, or all that waits while the client is parked.
 *
 *   bytes  [ used │ waiting          │ room ]
 *                 ↑ start            ↑ end
 *
 * It exists only while something waits, so idle clients cost nothing. A client that announces a huge argument gets room for what it
 * has really sent, doubled each time, and not for what it says it will send. Bytes are moved only when at least as many have come in or
 * gone out since the last move, so that a long queue costs no more for each byte than a short one.
 */

/** A read is never asked for less than this. */
const MIN_ROOM = 1024;

/** Room that an announcement alone is good for; also how much memory may lie idle in front of what waits. */
const MAX_ROOM_ON_TRUST = 64 * 1024;

const EMPTY = Buffer.alloc(0);

/** What waits, and the room around it. */
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

  /** Null if nothing waits. */
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

  /** Takes over `buffer[start, end)`, which may be a part of its own bytes; `missing` is how many more the decoder asks for. */
  keep(buffer: Buffer, start: number, end: number, missing: number): void {
    if (start === end) return this.clear();
    const length = end - start;
    this.start = start;
    this.end = end;
    if (buffer !== this.bytes) this.moveTo(buffer, length + roomFor(missing, length));
    else if (start > MAX_ROOM_ON_TRUST && length < buffer.length / 4) this.moveTo(buffer, length + MIN_ROOM);
  }

  /** Makes sure that the next read has room behind `end`. */
  makeRoom(missing: number): void {
    const { length, bytes } = this;
    if (bytes.length - this.end >= Math.min(missing, MIN_ROOM)) return;
    if (this.start >= length && this.start >= MIN_ROOM) this.moveWithin();
    else this.moveTo(bytes, length + growthFor(missing, length));
  }

  /** How far the next read may fill `bytes`: to one byte beyond `limit`, which is enough to know that it is exceeded. */
  readEnd(limit: number): number {
    return Math.min(this.bytes.length, Math.max(this.start + limit, this.end) + 1);
  }

  private moveTo(source: Buffer, capacity: number): void {
    const target = Buffer.allocUnsafeSlow(capacity);
    source.copy(target, 0, this.start, this.end);
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

  clear(): void {
    this.bytes = EMPTY;
    this.start = 0;
    this.end = 0;
  }
}

/** What has come in pieces may be all there is: no more room than the decoder asks for. */
function roomFor(missing: number, length: number): number {
  return Math.min(Math.max(missing, MIN_ROOM), Math.max(length, MAX_ROOM_ON_TRUST));
}

/** More has come than there was room for: as much again, or as much as is known to be missing. */
function growthFor(missing: number, length: number): number {
  return missing > 1 ? roomFor(missing, length) : Math.max(length, MIN_ROOM);
}
