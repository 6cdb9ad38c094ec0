/**
 * Readers of untrusted bytes: every step checks that there are enough of them, and nothing is allocated for a length that the rest of the payload cannot
 * contain.
 */
import { constants } from 'node:buffer';
import { Crc64 } from './crc64.js';

/** A payload that is not what it claims to be; RESTORE answers `Bad data format`. Not an Error: it is expected, and needs no stack. */
export class CorruptDump {
  constructor(readonly what: string) {}
}

const NO_BYTES = Buffer.alloc(0);

/** Reads from a latin1 string, front to back. Throws {@link CorruptDump} beyond its end. */
export class ByteReader {
  at = 0;

  constructor(readonly source: string) {}

  get left(): number {
    return this.source.length - this.at;
  }

  /** True if a text that is read keeps all of the input in memory. */
  get lends(): boolean {
    return true;
  }

  need(bytes: number): void {
    if (bytes > this.left) throw new CorruptDump('end of payload');
  }

  skip(bytes: number): void {
    this.need(bytes);
    this.at += bytes;
  }

  peek(): number {
    this.need(1);
    return this.source.charCodeAt(this.at);
  }

  byte(): number {
    this.need(1);
    return this.source.charCodeAt(this.at++);
  }

  text(length: number): string {
    this.need(length);
    const text = this.source.slice(this.at, this.at + length);
    this.at += length;
    return text;
  }

  /** Where the bytes are that {@link span} has passed over; valid until the next one is read. */
  window: Buffer = NO_BYTES;

  /** Passes over bytes without making a text; returns where they begin in the window. */
  span(length: number): number {
    this.window = Buffer.from(this.text(length), 'latin1');
    return 0;
  }

  /** Unsigned, little-endian, up to 6 bytes. */
  uint(width: number): number {
    let value = 0;
    for (let i = 0; i < width; i++) value += this.byte() * 2 ** (8 * i);
    return value;
  }

  /** Signed, little-endian, up to 6 bytes. */
  int(width: number): number {
    const value = this.uint(width);
    const range = 2 ** (8 * width);
    return value >= range / 2 ? value - range : value;
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  uint64(): bigint {
    const low = BigInt(this.uint(4));
    return (BigInt(this.uint(4)) << 32n) | low;
  }

  uint64BigEndian(): bigint {
    let value = 0n;
    for (let i = 0; i < 8; i++) value = (value << 8n) | BigInt(this.byte());
    return value;
  }

  uint32BigEndian(): number {
    return ((this.byte() << 24) | (this.byte() << 16) | (this.byte() << 8) | this.byte()) >>> 0;
  }

  double(): number {
    return Buffer.from(this.text(8), 'latin1').readDoubleLE(0);
  }
}

/** Returns the next chunk of the input, which is valid until the next call; null: the end. */
export type NextChunk = () => Buffer | null;

export interface ChunkReaderState {
  readonly rest: Uint8Array;
  readonly offset: number;
  readonly crc: readonly [high: number, low: number];
}

/** The same for input in chunks, for example from a file. Unlike slices of a string, what is read does not keep the chunk in memory. */
export class ChunkReader extends ByteReader {
  private chunk: Buffer = NO_BYTES;
  private place = 0;
  private dropped = 0;
  /** True while what is read is added to the checksum. */
  sums = true;
  private readonly crc = new Crc64();

  constructor(private readonly next: NextChunk) {
    super('');
  }

  /** Captures the reader with all that is still to be read, as one chunk. */
  capture(): ChunkReaderState {
    this.drop();
    const rest: Buffer[] = [this.chunk];
    for (let chunk = this.next(); chunk !== null; chunk = this.next()) rest.push(Buffer.from(chunk));
    this.chunk = Buffer.concat(rest);
    return { rest: Buffer.from(this.chunk), offset: this.dropped, crc: this.crc.state };
  }

  restore({ rest, offset, crc }: ChunkReaderState): void {
    this.chunk = Buffer.from(rest);
    this.place = 0;
    this.dropped = offset;
    this.crc.state = crc;
  }

  override get lends(): boolean {
    return false;
  }

  /** Number of bytes read. */
  get offset(): number {
    return this.dropped + this.place;
  }

  /** CRC-64 of all bytes read. */
  get checksum(): string {
    this.drop();
    return this.crc.value;
  }

  /** False at the end of the input. */
  hasMore(): boolean {
    return this.place < this.chunk.length || this.advance();
  }

  override need(bytes: number): void {
    if (bytes > 0 && this.place === this.chunk.length) this.fetch();
  }

  override skip(bytes: number): void {
    this.text(bytes);
  }

  override peek(): number {
    if (this.place === this.chunk.length) this.fetch();
    return this.chunk[this.place]!;
  }

  override byte(): number {
    if (this.place === this.chunk.length) this.fetch();
    return this.chunk[this.place++]!;
  }

  override text(length: number): string {
    const end = this.place + length;
    if (end > this.chunk.length) return this.longText(length);
    const text = this.chunk.latin1Slice(this.place, end);
    this.place = end;
    return text;
  }

  override span(length: number): number {
    const start = this.place;
    if (start + length > this.chunk.length) return super.span(length);
    this.window = this.chunk;
    this.place = start + length;
    return start;
  }

  /** A text that is not in one chunk. Allocates only for bytes that exist, whatever a length claims. */
  private longText(length: number): string {
    const { offset } = this;
    const parts: string[] = [];
    for (let left = length; left > 0; ) {
      if (!this.hasMore()) return this.fail(offset);
      const end = Math.min(this.chunk.length, this.place + left);
      parts.push(this.chunk.latin1Slice(this.place, end));
      left -= end - this.place;
      this.place = end;
    }
    if (length > constants.MAX_STRING_LENGTH) throw new CorruptDump('length of a string');
    return parts.join('');
  }

  private fetch(): void {
    if (!this.advance()) this.fail(this.offset);
  }

  /** What could not be read began at this offset. */
  private fail(offset: number): never {
    this.chunk = this.chunk.subarray(0, 0);
    this.place = 0;
    this.dropped = offset;
    throw new CorruptDump('end of the file');
  }

  /** The next chunk that is not empty takes the place of one that has been read. False at the end. */
  private advance(): boolean {
    this.drop();
    for (let chunk = this.next(); chunk !== null; chunk = this.next()) {
      if (chunk.length === 0) continue;
      this.chunk = chunk;
      return true;
    }
    return false;
  }

  private drop(): void {
    if (this.place === 0) return;
    if (this.sums) this.crc.add(this.chunk.subarray(0, this.place));
    this.dropped += this.place;
    this.chunk = this.chunk.subarray(this.place);
    this.place = 0;
  }
}
