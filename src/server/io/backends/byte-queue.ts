/**
 * ByteQueue: bytes that wait in a simulated or emulated socket, in the chunks in which they arrived.
 *
 * [ used │ waiting ] [ waiting ] [ waiting ]
 * ↑ head ← push
 */
import { Fifo } from '../../../shared/fifo.js';

export class ByteQueue {
  length = 0;
  private readonly pieces = new Fifo<Buffer>();
  /** Used bytes of the first chunk. */
  private head = 0;

  /** Appends `bytes`: the buffer itself, not a copy. */
  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.pieces.push(bytes);
    this.length += bytes.length;
  }

  /** Moves the first `count` bytes to `into[start…]`; at least `count` must be waiting. Returns `count`. */
  take(into: Buffer, start: number, count: number): number {
    const end = start + count;
    for (let at = start; at < end; ) at += this.takeFromFirst(into, at, end);
    this.length -= count;
    return count;
  }

  clear(): void {
    this.pieces.clear();
    this.head = 0;
    this.length = 0;
  }

  private takeFromFirst(into: Buffer, at: number, end: number): number {
    const piece = this.pieces.first!;
    const copied = piece.copy(into, at, this.head, Math.min(piece.length, this.head + end - at));
    this.head += copied;
    if (this.head === piece.length) {
      this.pieces.shift();
      this.head = 0;
    }
    return copied;
  }
}
