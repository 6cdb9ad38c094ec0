/**
 * OutputBuffer: encoded replies of one connection on their way to the kernel.
 *
 *   full chunks, oldest first           tail: the encoder writes here
 *   [ sent │ waiting     ] [ waiting ]  [ waiting │ room          ]
 *            ↑ head                                 ↑ position
 *
 * The first chunk comes from a pool shared by all connections and goes back once everything has been sent, so only
 * connections with unsent output hold memory: 10,000 idle ones hold none. Output that outgrows it moves to a larger chunk, as
 * each chunk is a system call. (Redis, whose blocks stay small, writes up to 64 KB of them at once by writev.)
 *
 * On a stream that can write several pieces at once, a large value is not copied: the output refers to it.
 *
 *   full:  [ $16384 CR LF ] → value   [ CR LF $16384 CR LF ] → value   tail: [ CR LF ]       pieces of one chunk, and of values
 */
import { Fifo } from '../../shared/fifo.js';
import { MAX_PIECES, type Piece, type Poll, type TcpStream } from '../io/poll.js';
import type { ByteSink } from '../resp/encoder.js';
import { LARGE_BYTES } from '../resp/lent-argument.js';
import type { Bytes } from '../resp/reply.js';
import * as pooled from './buffer-pool.js';

/** Size of a pooled chunk: PROTO_REPLY_CHUNK_BYTES of Redis. */
export const CHUNK_BYTES = 16 * 1024;

/** Beyond this many chunks in the pool, memory is left to the garbage collector. */
const MAX_POOLED = 1024;

const pool: Buffer[] = [];

/** Size of the chunks of output that has outgrown the first. Larger ones would not stay in the processor's cache until they are sent. */
export const LARGE_CHUNK_BYTES = 80 * 1024;
const NONE = Buffer.alloc(0);

/** The last part of a chunk, which in most cases is all of it; a part with others behind it; or a value. */
interface FullPart extends Piece {
  /** Bytes of memory that are no longer needed once it has been sent; those of a chunk are counted with its last part. */
  readonly capacity: number;
  /** The value that it is. */
  readonly value: Bytes | null;
}

/** Unsent bytes in their chunks: how they are offered to the socket depends on the chunks. */
export interface OutputState {
  /** Where the first chunk's unsent bytes begin. */
  readonly head: number;
  /** Oldest first; the last one is written to. `bytes` are those up to its end, for the first chunk only the unsent ones. */
  readonly chunks: readonly { readonly capacity: number; readonly bytes: Uint8Array }[];
}

export class OutputBuffer implements ByteSink {
  buffer: Buffer = NONE;
  position = 0;
  /** Where the part of the tail begins that is in no full part. */
  private start = 0;
  /** Sent bytes of the oldest part. */
  private head = 0;
  private readonly full = new Fifo<FullPart>();
  private fullBytes = 0;
  private fullCapacity = 0;
  /** How many of the full parts are values. */
  private values = 0;
  /** What the account counts for this buffer: all but one pooled chunk, which comes and goes with every reply. */
  private counted = 0;

  /**
   * @param account where the memory is counted
   * @param canRefer the stream has `writePieces`, so values need not be copied
   */
  constructor(
    private readonly account: { clients: number; onDrop: ((bytes: number) => void) | null } = { clients: 0, onDrop: null },
    readonly canRefer = false,
  ) {}

  /** Returns null if nothing is waiting. Values are captured as chunks: where states are restored, no stream has `writePieces`. */
  capture(): OutputState | null {
    if (this.buffer === NONE) return null;
    const { head } = this;
    const parts = [...this.full, { buffer: this.buffer, start: this.start, end: this.position, capacity: this.buffer.length }];
    const unsent = ({ buffer, start, end }: Piece, at: number): Buffer => buffer.subarray(at === 0 ? start + head : start, end);
    const chunks = parts.map((part, at) => ({ capacity: part.capacity, bytes: Buffer.from(unsent(part, at)) }));
    return { head, chunks };
  }

  restore({ head, chunks }: OutputState): void {
    const restored = chunks.map(({ capacity, bytes }, at) => chunkOf(capacity, bytes, at === 0 ? head : 0));
    const tail = restored.pop()!;
    for (const part of restored) this.addPart(part);
    this.head = head;
    this.buffer = tail.buffer;
    this.position = tail.end;
    this.count();
  }

  /** Bytes waiting to be sent. */
  get length(): number {
    return this.fullBytes + this.position - this.start - this.head;
  }

  /** Chunks, and values, beyond the first: CLIENT LIST's oll. */
  get extraChunks(): number {
    let count = 0;
    for (const { capacity } of this.full) if (capacity > 0) count++;
    return count;
  }

  /** True if it has outgrown the first chunk: from then on Redis checks its limits (reply list). */
  get isLarge(): boolean {
    return this.counted > 0;
  }

  reserve(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return;
    if (this.position === 0) this.begin(bytes);
    else if (this.full.length === 0 && this.buffer.length < LARGE_CHUNK_BYTES && this.length + bytes <= LARGE_CHUNK_BYTES) this.moveToLarge();
    else this.addChunk(bytes);
  }

  private begin(bytes: number): void {
    if (this.buffer.length === CHUNK_BYTES) release(this.buffer);
    this.buffer = room(bytes);
    if (bytes > CHUNK_BYTES || this.counted !== 0) this.count();
  }

  private moveToLarge(): void {
    const { buffer, position } = this;
    const sent = this.start + this.head;
    const large = room(LARGE_CHUNK_BYTES);
    buffer.copy(large, 0, sent, position);
    release(buffer);
    this.buffer = large;
    this.position = position - sent;
    this.start = 0;
    this.head = 0;
    this.count();
  }

  private addChunk(bytes: number): void {
    const { buffer, start, position } = this;
    this.addPart({ buffer, start, end: position, capacity: buffer.length, value: null });
    this.buffer = room(Math.max(bytes, LARGE_CHUNK_BYTES));
    this.start = 0;
    this.position = 0;
    this.count();
  }

  private addPart(part: FullPart): void {
    this.full.push(part);
    this.fullBytes += sizeOf(part);
    this.fullCapacity += part.capacity;
  }

  /** Appends a value without copying it. Its memory is counted as if it were copied. */
  refer(value: Bytes): void {
    const { buffer, start, position } = this;
    const { bytes } = value;
    if (position > start) this.addPart({ buffer, start, end: position, capacity: 0, value: null });
    this.addPart({ buffer: bytes, start: 0, end: bytes.length, capacity: bytes.length, value });
    this.start = position;
    this.values++;
    value.readers++;
    this.count();
  }

  /** Does one write of the oldest bytes, at most those {@link offered}, which stay here. Returns the number taken, or WOULD_BLOCK; throws SystemError. */
  writeTo(stream: TcpStream, bytes: number): number {
    const { first } = this.full;
    const buffer = first?.buffer ?? this.buffer;
    const start = (first?.start ?? this.start) + this.head;
    const end = first?.end ?? this.position;
    if (start + bytes <= end) return stream.write(buffer, start, start + bytes);
    return stream.writePieces!(this.piecesOf({ buffer, start, end }, bytes), bytes);
  }

  /** Returns what `bytes` of the oldest bytes are in. */
  private piecesOf(first: Piece, bytes: number): Piece[] {
    const pieces = [first];
    let left = bytes - sizeOf(first);
    for (let at = 1; left > 0; at++) {
      const piece = this.full.at(at) ?? { buffer: this.buffer, start: this.start, end: this.position };
      pieces.push(piece);
      left -= sizeOf(piece);
    }
    return pieces;
  }

  /** Before a {@link writeTo} of the same bytes: queues a send of them. False: not queued. */
  queueTo(poll: Poll, stream: TcpStream, bytes: number): boolean {
    const { first } = this.full;
    const buffer = first?.buffer ?? this.buffer;
    const start = (first?.start ?? this.start) + this.head;
    const end = first?.end ?? this.position;
    if (start + bytes <= end) return bytes > 0 && poll.queue(stream, buffer, start, start + bytes);
    return poll.queuePieces !== undefined && poll.queuePieces(stream, this.piecesOf({ buffer, start, end }, bytes), bytes);
  }

  /** Drops sent bytes: the oldest ones, at most those that were {@link offered}. */
  drop(bytes: number): void {
    this.head += bytes;
    if (this.full.length > 0) this.dropFull();
    if (this.full.length === 0 && this.start + this.head === this.position) this.clear();
  }

  /** Drops the full parts that have been sent. */
  private dropFull(): void {
    let capacity = 0;
    for (let { first } = this.full; first !== undefined && this.head >= sizeOf(first); { first } = this.full) {
      this.full.shift();
      this.fullBytes -= sizeOf(first);
      this.head -= sizeOf(first);
      capacity += first.capacity;
      this.end(first);
    }
    this.fullCapacity -= capacity;
    if (capacity > 0) this.count();
  }

  /** A full part is no longer needed. */
  private end({ buffer, capacity, value }: FullPart): void {
    if (value !== null) {
      value.readers--;
      this.values--;
    } else if (capacity > 0) release(buffer);
  }

  /** Returns at most `count` of the waiting bytes, from the `offset`th on, as latin1: those of one chunk, and of the values in it. */
  peek(offset: number, count: number): string {
    const { full } = this;
    // Usually the newest reply is asked for, so the search begins at the end.
    let before = this.fullBytes;
    let at = full.length;
    const wanted = offset + this.head;
    while (wanted < before) before -= sizeOf(full.at(--at)!);
    let text = '';
    for (let from = wanted - before; text.length < count; from = 0, at++) {
      const { buffer, start, end } = full.at(at) ?? { buffer: this.buffer, start: this.start, end: this.position };
      text += buffer.latin1Slice(start + from, Math.min(end, start + from + count - text.length));
      if (this.values === 0 || at >= full.length) break;
    }
    return text;
  }

  /** Bytes of memory held. */
  get capacity(): number {
    return this.fullCapacity + this.buffer.length;
  }

  /** How many bytes the next {@link writeTo} offers: the unsent ones of the oldest chunk, and of the values in it. */
  get offered(): number {
    const { full } = this;
    if (full.length === 0) return this.position - this.start - this.head;
    let bytes = -this.head;
    for (let at = 0; at < MAX_PIECES; at++) {
      const part = full.at(at);
      if (part === undefined) return bytes + this.position - this.start;
      bytes += sizeOf(part);
      if (part.capacity > 0 && part.value === null) break;
    }
    return bytes;
  }

  clear(): void {
    release(this.buffer);
    if (this.full.length > 0) {
      for (const part of this.full) this.end(part);
      this.full.clear();
    }
    this.fullBytes = 0;
    this.fullCapacity = 0;
    this.buffer = NONE;
    this.position = 0;
    this.start = 0;
    this.head = 0;
    if (this.counted !== 0) this.count();
  }

  private count(): void {
    const bytes = this.fullCapacity + (this.buffer.length > CHUNK_BYTES ? this.buffer.length : 0);
    const dropped = this.counted - bytes;
    this.account.clients -= dropped;
    this.counted = bytes;
    if (dropped >= LARGE_BYTES) this.account.onDrop?.(dropped);
  }
}

/** Returns a buffer for at least this number of bytes; for exactly this number if that is more than a pooled chunk has. */
function room(bytes: number): Buffer {
  return bytes <= CHUNK_BYTES ? acquire() : pooled.acquire(bytes);
}

const sizeOf = ({ start, end }: Piece): number => end - start;

function chunkOf(capacity: number, bytes: Uint8Array, head: number): FullPart {
  const buffer = room(Math.max(capacity, head + bytes.length));
  buffer.set(bytes, head);
  return { buffer, start: 0, end: head + bytes.length, capacity: buffer.length, value: null };
}

function acquire(): Buffer {
  return pool.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
}

function release(buffer: Buffer): void {
  if (buffer.length !== CHUNK_BYTES) pooled.release(buffer);
  else if (pool.length < MAX_POOLED) pool.push(buffer);
}
