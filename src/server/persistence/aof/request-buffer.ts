/**
 * RequestBuffer: requests that are still to be written to the append-only file, encoded.
 *
 *   [ piece │ piece ]  [ tail │ room ]      pieces are byte strings; the tail becomes one when it is full, and when all is taken
 */
import { type ByteSink, encode } from '../../resp/encoder.js';

const TAIL_BYTES = 64 * 1024;
const MOST_JOINED = 2 ** 20;

export class RequestBuffer implements ByteSink {
  /** The tail, of the encoder. */
  buffer = Buffer.allocUnsafeSlow(TAIL_BYTES);
  position = 0;
  private pieces: string[] = [];
  private pieceBytes = 0;

  /** Bytes. */
  get length(): number {
    return this.pieceBytes + this.position;
  }

  add(argv: readonly string[]): void {
    encode(this, argv, 2);
  }

  text(text: string): void {
    this.reserve(text.length);
    this.position += this.buffer.latin1Write(text, this.position);
  }

  reserve(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return;
    this.endPiece();
    if (bytes > this.buffer.length) this.buffer = Buffer.allocUnsafeSlow(bytes);
  }

  /** Returns all of it, and is empty afterwards. */
  take(): string[] {
    this.endPiece();
    const { pieces } = this;
    this.clear();
    return pieces;
  }

  /** Puts pieces before what has been added since. */
  putBack(pieces: readonly string[]): void {
    this.pieces = [...pieces, ...this.pieces];
    for (const { length } of pieces) this.pieceBytes += length;
  }

  clear(): void {
    this.pieces = [];
    this.pieceBytes = 0;
    this.position = 0;
    if (this.buffer.length > TAIL_BYTES) this.buffer = Buffer.allocUnsafeSlow(TAIL_BYTES);
  }

  capture(): readonly string[] {
    if (this.length === 0) return [];
    const pieces = [...this.pieces, this.buffer.latin1Slice(0, this.position)];
    // The same however it came to be divided.
    return this.length <= MOST_JOINED ? [pieces.join('')] : pieces;
  }

  private endPiece(): void {
    if (this.position === 0) return;
    this.pieces.push(this.buffer.latin1Slice(0, this.position));
    this.pieceBytes += this.position;
    this.position = 0;
  }
}
