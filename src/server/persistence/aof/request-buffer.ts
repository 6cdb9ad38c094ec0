/**
 * RequestBuffer: requests that are still to be written to the append-only file, encoded.
 *
 *   [ full tail │ full tail ]  [ tail │ room ]      taken as one piece
 */
import { RequestRun } from '../../resp/request-run.js';

const TAIL_BYTES = 64 * 1024;

export class RequestBuffer extends RequestRun {
  /** The tail, of the encoder. */
  buffer = Buffer.allocUnsafeSlow(TAIL_BYTES);
  position = 0;
  private full: Uint8Array[] = [];
  private fullBytes = 0;

  /** Bytes. */
  get length(): number {
    return this.fullBytes + this.position + this.runBytes;
  }

  text(text: string): void {
    this.settle();
    this.reserve(text.length);
    this.position += this.buffer.latin1Write(text, this.position);
  }

  reserve(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return;
    if (this.position > 0) this.full.push(this.buffer.subarray(0, this.position));
    this.fullBytes += this.position;
    this.position = 0;
    this.buffer = Buffer.allocUnsafeSlow(Math.max(bytes, TAIL_BYTES));
  }

  protected reserveSome(bytes: number): number {
    if (this.position === this.buffer.length) this.reserve(bytes);
    return Math.min(bytes, this.buffer.length - this.position);
  }

  /** Returns all of it, and is empty afterwards. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.capture();
    this.clear();
    return bytes;
  }

  /** Puts bytes before what has been added since. */
  putBack(bytes: Uint8Array): void {
    this.full.unshift(bytes);
    this.fullBytes += bytes.length;
  }

  clear(): void {
    this.dropRun();
    this.full = [];
    this.fullBytes = 0;
    this.position = 0;
    if (this.buffer.length > TAIL_BYTES) this.buffer = Buffer.allocUnsafeSlow(TAIL_BYTES);
  }

  capture(): Uint8Array<ArrayBuffer> {
    this.settle();
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.full) {
      bytes.set(piece, at);
      at += piece.length;
    }
    bytes.set(this.buffer.subarray(0, this.position), at);
    return bytes;
  }
}
