/**
 * RequestRun: a place to which requests are appended as they were read, where that is what the encoder would write.
 *
 *   read      [ SET a 1 │ SET b 2 │ GET a │ SET c 3 ]     the input of a connection
 *               └───── run ──────┘         └─ run ─┘      each is copied at once
 *
 * Encoding a request again takes several times as long as copying its bytes, and requests that follow each other in the input are copied together, also those
 * of several connections that were read one behind the other. Until then the run refers to the input: it must be settled before that is overwritten.
 */
import { encode } from './encoder.js';

/** Shorter runs are copied byte by byte, because a call into native code costs more. */
const SHORT = 64;

/** A longer run is copied before it goes on. */
const LONGEST = 64 * 1024;

/** A request that was decoded, and the bytes of which are still in the buffer. */
export interface ReadRequest {
  readonly argv: readonly string[];
  readonly buffer: Buffer;
  /** The end of the request. */
  readonly position: number;
  /** Its beginning, if its bytes are those that the encoder would write, and all of them are in the buffer; else -1. */
  readonly exactStart: number;
}

export abstract class RequestRun {
  abstract buffer: Buffer;
  abstract position: number;
  private source: Buffer | null = null;
  private runStart = 0;
  private runEnd = 0;

  abstract reserve(bytes: number): void;

  /** How many of these bytes are to be written next; ensures that there is room for them. At least 1. */
  protected abstract reserveSome(bytes: number): number;

  /** Bytes that are still in the input. */
  get runBytes(): number {
    return this.runEnd - this.runStart;
  }

  /** Appends a request, in the format of clients. @param read where its bytes are; null: nowhere */
  append(argv: readonly string[], read: ReadRequest | null = null): void {
    const start = read === null ? -1 : read.exactStart;
    if (start === -1) {
      this.settle();
      encode(this, argv, 2);
    } else {
      this.extend(read!.buffer, start, read!.position);
    }
  }

  /** @param canKeep the input may stay as it is. Returns true if it must */
  readEnded(canKeep: boolean): boolean {
    if (!canKeep) this.settle();
    return this.runBytes > 0;
  }

  /** Copies what is still in the input. */
  settle(): void {
    if (this.source !== null) this.copy(this.source);
  }

  private extend(source: Buffer, start: number, end: number): void {
    if (source !== this.source || start !== this.runEnd || this.runBytes > LONGEST) {
      this.settle();
      this.source = source;
      this.runStart = start;
    }
    this.runEnd = end;
  }

  private copy(source: Buffer): void {
    this.source = null;
    while (this.runBytes > 0) {
      const bytes = this.reserveSome(this.runBytes);
      const { runStart, buffer, position } = this;
      if (bytes > SHORT) source.copy(buffer, position, runStart, runStart + bytes);
      else for (let i = 0; i < bytes; i++) buffer[position + i] = source[runStart + i]!;
      this.position = position + bytes;
      this.runStart += bytes;
    }
  }

  /** Forgets what is still in the input. */
  protected dropRun(): void {
    this.source = null;
    this.runStart = this.runEnd;
  }
}
