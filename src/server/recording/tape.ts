/**
 * Tape: the stream of recorded inputs, between the loop that writes it and its reader (a file, a replay).
 *
 *   loop thread   put… put… put…  publish (once a turn)             the ring is in shared memory: neither side waits for the other,
 *                     ▼                                             and no message is sent
 *   ring          [ free │ taken … │ published │ being written │ free ]
 *                          ▲ take, at any time
 *   other side    chunks of bytes, in order
 *
 * A writer that would overtake the reader stops, and both sides can see that (`hasOverflowed`). Numbers are LEB128 varints, signed ones in zigzag form.
 */

/** 32-bit words in front of the ring: bytes published and bytes taken, both modulo 2^32, and whether the writer has given up. */
const PUBLISHED = 0;
const TAKEN = 1;
const OVERFLOWED = 2;
const HEAD_BYTES = 12;

/** Creates a ring with room for `bytes`, a power of two below 2^31. */
export function createRing(bytes: number): SharedArrayBuffer {
  if (bytes < 16 || (bytes & (bytes - 1)) !== 0) throw new RangeError(`a ring's size must be a power of two, and not ${bytes}`);
  return new SharedArrayBuffer(HEAD_BYTES + bytes);
}

export class TapeWriter {
  /** The reader was too slow: the tape ends with what was published before. */
  hasOverflowed = false;
  private readonly words: Int32Array;
  private readonly ring: Buffer;
  private readonly mask: number;
  /** Position of the next byte, modulo 2^32. */
  private at = 0;
  /** Bytes that may be written before the reader's position must be read again. */
  private room: number;

  constructor(shared: SharedArrayBuffer) {
    this.words = new Int32Array(shared, 0, HEAD_BYTES / 4);
    this.ring = Buffer.from(shared, HEAD_BYTES);
    this.mask = this.ring.length - 1;
    this.room = this.ring.length;
  }

  byte(value: number): void {
    if (this.room < 1 && !this.hasRoom(1)) return;
    this.ring[this.at & this.mask] = value;
    this.at = (this.at + 1) | 0;
    this.room--;
  }

  /** Writes a whole number from 0 to 2^53 - 1. */
  number(value: number): void {
    while (value > 0x7f) {
      this.byte((value & 0x7f) | 0x80);
      value = value <= 0x7fffffff ? value >>> 7 : Math.floor(value / 128);
    }
    this.byte(value);
  }

  /** Writes a whole number of either sign. */
  signed(value: number): void {
    this.number(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Writes 32 bits. */
  word(value: number): void {
    this.byte(value & 0xff);
    this.byte((value >>> 8) & 0xff);
    this.byte((value >>> 16) & 0xff);
    this.byte(value >>> 24);
  }

  /** Writes the bytes of `from[start, end)`, without their number. */
  bytes(from: Buffer, start: number, end: number): void {
    const count = end - start;
    if (this.room < count && !this.hasRoom(count)) return;
    const to = this.at & this.mask;
    const first = Math.min(count, this.ring.length - to);
    if (count <= SHORT) for (let i = 0; i < count; i++) this.ring[(to + i) & this.mask] = from[start + i]!;
    else {
      from.copy(this.ring, to, start, start + first);
      if (first < count) from.copy(this.ring, 0, start + first, end);
    }
    this.at = (this.at + count) | 0;
    this.room -= count;
  }

  text(value: string): void {
    const bytes = Buffer.from(value);
    this.number(bytes.length);
    this.bytes(bytes, 0, bytes.length);
  }

  /** Makes what was written so far available to the reader. */
  publish(): void {
    if (!this.hasOverflowed) Atomics.store(this.words, PUBLISHED, this.at);
  }

  /** Returns a place for {@link rewind}, valid until the next publish. */
  mark(): number {
    return this.at;
  }

  /** Discards what was written since a mark. */
  rewind(mark: number): void {
    this.room += (this.at - mark) | 0;
    this.at = mark;
  }

  private hasRoom(count: number): boolean {
    if (this.hasOverflowed) return false;
    const used = (this.at - Atomics.load(this.words, TAKEN)) >>> 0;
    this.room = this.ring.length - used;
    if (this.room >= count) return true;
    this.hasOverflowed = true;
    Atomics.store(this.words, OVERFLOWED, 1);
    return false;
  }
}

/** Up to this length a loop copies faster than a call into native code. */
const SHORT = 48;

export class TapeReader {
  private readonly words: Int32Array;
  private readonly ring: Buffer;

  constructor(shared: SharedArrayBuffer) {
    this.words = new Int32Array(shared, 0, HEAD_BYTES / 4);
    this.ring = Buffer.from(shared, HEAD_BYTES);
  }

  /** True if the writer found no room: nothing follows what was published before. */
  get hasOverflowed(): boolean {
    return Atomics.load(this.words, OVERFLOWED) === 1;
  }

  /** Returns all that was published and not yet taken, as a copy; null if there is nothing. */
  take(): Buffer | null {
    const taken = this.words[TAKEN]!;
    const count = (Atomics.load(this.words, PUBLISHED) - taken) >>> 0;
    if (count === 0) return null;
    const from = taken & (this.ring.length - 1);
    const first = this.ring.subarray(from, from + Math.min(count, this.ring.length - from));
    const copy = Buffer.concat([first, this.ring.subarray(0, count - first.length)]);
    Atomics.store(this.words, TAKEN, (taken + count) | 0);
    return copy;
  }
}

/** The end of the tape: what follows was not recorded, or is cut off. */
export class TapeEnd extends Error {
  override readonly name = 'TapeEnd';

  constructor() {
    super('the tape ends here');
  }
}

/** A tape in several chunks, or one that is still growing. */
export interface TapeSource {
  /**
   * Returns the bytes from `offset` on that are in one chunk: at least one. Null if there are none.
   * @param mayWait the reader cannot continue without them: a source that knows that more will come may wait here
   */
  from(offset: number, mayWait: boolean): Buffer | null;
}

/**
 * Reads what a {@link TapeWriter} has written. Every method throws {@link TapeEnd} where the bytes end before the value does, and so does
 * every later call.
 */
export class TapeCursor {
  private source: TapeSource | null;
  /** The current chunk, where on the tape it begins, and the position in it. */
  private piece: Buffer;
  private pieceStart: number;
  private at = 0;

  /** @param start where on the tape to begin */
  constructor(tape: Buffer | TapeSource, start = 0) {
    this.source = 'from' in tape ? tape : null;
    this.piece = 'from' in tape ? NOTHING : tape.subarray(start);
    this.pieceStart = start;
  }

  /** Number of bytes of the tape before the next one to be read. */
  get position(): number {
    return this.pieceStart + this.at;
  }

  get isAtEnd(): boolean {
    return this.peek(false) === -1;
  }

  /** Returns the next byte without consuming it; -1 at the end. @param mayWait the reader cannot continue without it */
  peek(mayWait: boolean): number {
    return this.at < this.piece.length || this.takePiece(mayWait) ? this.piece[this.at]! : -1;
  }

  byte(): number {
    if (this.at >= this.piece.length) this.expectPiece();
    return this.piece[this.at++]!;
  }

  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte <= 0x7f) return value;
    }
  }

  signed(): number {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  word(): number {
    if (this.at + 4 > this.piece.length) return this.take(4).readUInt32LE(0);
    this.at += 4;
    return this.piece.readUInt32LE(this.at - 4);
  }

  /** Copies the next `count` bytes to `into[start, …)`. */
  bytes(into: Buffer, start: number, count: number): void {
    while (count > 0) {
      if (this.at >= this.piece.length) this.expectPiece();
      const copied = this.piece.copy(into, start, this.at, Math.min(this.at + count, this.piece.length));
      this.at += copied;
      start += copied;
      count -= copied;
    }
  }

  text(): string {
    return this.blob().toString('utf8');
  }

  /** Reads bytes after their number. A view of the tape: not to be kept or changed. */
  blob(): Buffer {
    return this.take(this.number());
  }

  /** Skips `count` bytes. Returns the position of the first of them. */
  skip(count: number): number {
    this.take(count);
    return this.position - count;
  }

  private take(count: number): Buffer {
    if (this.at + count <= this.piece.length) {
      this.at += count;
      return this.piece.subarray(this.at - count, this.at);
    }
    // Checked before memory is allocated: the number may come from a damaged file.
    if (this.source === null) this.cut();
    const taken = Buffer.allocUnsafe(count);
    this.bytes(taken, 0, count);
    return taken;
  }

  private takePiece(mayWait: boolean): boolean {
    const piece = this.source?.from(this.position, mayWait) ?? null;
    if (piece === null) return false;
    this.pieceStart = this.position;
    this.piece = piece;
    this.at = 0;
    return true;
  }

  private expectPiece(): void {
    if (!this.takePiece(true)) throw new TapeEnd();
  }

  /** Nothing more is read from here on: the rest of a value that is cut off must not be read as another value, even if the error is caught. */
  cut(): never {
    this.pieceStart = this.position;
    this.source = null;
    this.piece = NOTHING;
    this.at = 0;
    throw new TapeEnd();
  }
}

const NOTHING = Buffer.alloc(0);
