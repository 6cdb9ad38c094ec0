/**
 * ChunkWriter: collects bytes and passes them on in chunks. The ground of what writes a dataset: snapshots (encoder.ts) and commands (persistence/aof).
 */

/** @param strings three numbers for each string to be compressed: the position of its length, the bytes of the length, and its own bytes */
export type ChunkSink = (bytes: Buffer, strings: readonly number[]) => void;

/** Number of bytes that are collected before the sink gets them. */
const CHUNK_BYTES = 2 ** 16;

export class ChunkWriter {
  protected bytes: Buffer;
  protected at = 0;
  /** Strings of this chunk that the sink is to compress: see {@link ChunkSink}. */
  protected strings: number[] = [];

  /** @param sink receives what has been written, in chunks, which are overwritten after the call; null: {@link finish} returns all of it */
  constructor(private readonly sink: ChunkSink | null) {
    this.bytes = Buffer.alloc(sink === null ? 512 : CHUNK_BYTES);
  }

  finish(): string {
    return this.bytes.latin1Slice(0, this.at);
  }

  /** Passes collected bytes to the sink. */
  flush(): void {
    if (this.at > 0) this.sink!(this.bytes.subarray(0, this.at), this.strings);
    this.at = 0;
    if (this.strings.length > 0) this.strings = [];
  }

  raw(bytes: Buffer): void {
    this.room(bytes.length);
    this.at += bytes.copy(this.bytes, this.at);
  }

  byte(value: number): void {
    this.room(1);
    this.bytes[this.at++] = value;
  }

  /** Writes a text, one character a byte. */
  latin1(text: string): void {
    this.room(text.length);
    this.at += this.bytes.latin1Write(text, this.at);
  }

  protected room(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    if (this.sink !== null) this.flush();
    if (bytes <= this.bytes.length - this.at) return;
    const grown = Buffer.alloc((this.at + bytes) * 2);
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }
}
