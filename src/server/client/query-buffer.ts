/**
 * QueryBuffer: what a client has sent and the server has not yet executed: half a frame, or all that waits while the client is parked.
 *
 *   bytes  [ used │ waiting          │ room ]
 *                 ↑ start            ↑ end
 *
 * It exists only while something waits, so idle clients cost nothing. A client that announces a huge argument gets room for what it
 * has really sent, doubled each time, and not for what it says it will send.
 */

/** A read is never asked for less than this. */
const MIN_ROOM = 1024;

/** Room that an announcement alone is good for. */
const MAX_ROOM_ON_TRUST = 64 * 1024;

const EMPTY = Buffer.alloc(0);

export class QueryBuffer {
  bytes: Buffer = EMPTY;
  start = 0;
  end = 0;

  get length(): number {
    return this.end - this.start;
  }

  get capacity(): number {
    return this.bytes.length;
  }

  /** Takes over `buffer[start, end)`, which may be a part of its own bytes; `missing` is how many more the decoder asks for. */
  keep(buffer: Buffer, start: number, end: number, missing: number): void {
    if (start === end) return this.clear();
    if (buffer !== this.bytes) {
      const length = end - start;
      this.bytes = Buffer.allocUnsafeSlow(length + roomFor(missing, length));
      buffer.copy(this.bytes, 0, start, end);
      start = 0;
      end = length;
    }
    this.start = start;
    this.end = end;
  }

  /** Makes sure that the next read has room behind `end`. */
  makeRoom(missing: number): void {
    const { length } = this;
    const wanted = roomFor(missing, length);
    if (this.bytes.length - this.end >= wanted) return;
    const target = this.bytes.length >= length + wanted ? this.bytes : Buffer.allocUnsafeSlow(length + wanted);
    this.bytes.copy(target, 0, this.start, this.end);
    this.bytes = target;
    this.start = 0;
    this.end = length;
  }

  clear(): void {
    this.bytes = EMPTY;
    this.start = 0;
    this.end = 0;
  }
}

function roomFor(missing: number, length: number): number {
  return Math.min(Math.max(missing, MIN_ROOM), Math.max(length, MAX_ROOM_ON_TRUST));
}
