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
 */
import { Fifo } from '../../shared/fifo.js';
import type { Poll, TcpStream } from '../io/poll.js';
import type { ByteSink } from '../resp/encoder.js';
import { LARGE_BYTES } from '../resp/lent-argument.js';
import * as pooled from './buffer-pool.js';

/** Size of a pooled chunk: PROTO_REPLY_CHUNK_BYTES of Redis. */
export const CHUNK_BYTES = 16 * 1024;

/** Beyond this many chunks in the pool, memory is left to the garbage collector. */
const MAX_POOLED = 1024;

const pool: Buffer[] = [];

/** Size of the chunks of output that has outgrown the first. Larger ones would not stay in the processor's cache until they are sent. */
export const LARGE_CHUNK_BYTES = 80 * 1024;
const NONE = Buffer.alloc(0);

interface Chunk {
  readonly buffer: Buffer;
  readonly end: number;
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
  /** Sent bytes of the oldest chunk. */
  private head = 0;
  private readonly full = new Fifo<Chunk>();
  private fullBytes = 0;
  private fullCapacity = 0;
  /** What the account counts for this buffer: all but one pooled chunk, which comes and goes with every reply. */
  private counted = 0;

  /** @param account where the memory is counted */
  constructor(private readonly account: { clients: number; onDrop: ((bytes: number) => void) | null } = { clients: 0, onDrop: null }) {}

  /** Returns null if nothing is waiting. */
  capture(): OutputState | null {
    if (this.buffer === NONE) return null;
    const { head } = this;
    const chunks = [...this.full, { buffer: this.buffer, end: this.position }];
    return { head, chunks: chunks.map(({ buffer, end }, at) => ({ capacity: buffer.length, bytes: Buffer.from(buffer.subarray(at === 0 ? head : 0, end)) })) };
  }

  restore({ head, chunks }: OutputState): void {
    const restored = chunks.map(({ capacity, bytes }, at) => chunkOf(capacity, bytes, at === 0 ? head : 0));
    const tail = restored.pop()!;
    for (const chunk of restored) {
      this.full.push(chunk);
      this.fullBytes += chunk.end;
      this.fullCapacity += chunk.buffer.length;
    }
    this.head = head;
    this.buffer = tail.buffer;
    this.position = tail.end;
    this.count();
  }

  /** Bytes waiting to be sent. */
  get length(): number {
    return this.fullBytes + this.position - this.head;
  }

  /** Chunks beyond the first: CLIENT LIST's oll. */
  get extraChunks(): number {
    return this.full.length;
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
    const { buffer, head, position } = this;
    const large = room(LARGE_CHUNK_BYTES);
    buffer.copy(large, 0, head, position);
    release(buffer);
    this.buffer = large;
    this.position = position - head;
    this.head = 0;
    this.count();
  }

  private addChunk(bytes: number): void {
    this.full.push({ buffer: this.buffer, end: this.position });
    this.fullBytes += this.position;
    this.fullCapacity += this.buffer.length;
    this.buffer = room(Math.max(bytes, LARGE_CHUNK_BYTES));
    this.position = 0;
    this.count();
  }

  /** Does one write(2) of the oldest bytes, at most those {@link offered}, which stay here. Returns the number taken, or WOULD_BLOCK; throws SystemError. */
  writeTo(stream: TcpStream, bytes: number): number {
    return stream.write(this.full.first?.buffer ?? this.buffer, this.head, this.head + bytes);
  }

  /** Before {@link writeTo}: offers at most `most` bytes to the next batch of sends. False: not queued. Of several chunks the oldest is too large for that. */
  queueTo(poll: Poll, stream: TcpStream, most: number): boolean {
    const { head, position } = this;
    const end = position - head > most ? head + most : position;
    return this.full.length === 0 && end > head && poll.queue(stream, this.buffer, head, end);
  }

  /** Drops sent bytes: the oldest ones, at most those that were {@link offered}. */
  drop(bytes: number): void {
    this.head += bytes;
    if (this.full.length > 0) this.dropOldest();
    else if (this.head === this.position) this.clear();
  }

  /** With several chunks: the oldest is no longer needed. */
  private dropOldest(): void {
    const { buffer, end } = this.full.first!;
    if (this.head !== end) return;
    this.full.shift();
    this.fullBytes -= end;
    this.fullCapacity -= buffer.length;
    this.head = 0;
    release(buffer);
    this.count();
  }

  /** Returns at most `count` of the waiting bytes, from the `offset`th on, as latin1. */
  peek(offset: number, count: number): string {
    const { full } = this;
    // Usually the newest reply is asked for, so the search begins at the end.
    let before = this.fullBytes;
    let chunk = full.length;
    const wanted = offset + this.head;
    while (wanted < before) before -= full.at(--chunk)!.end;
    const { buffer, end } = full.at(chunk) ?? { buffer: this.buffer, end: this.position };
    return buffer.latin1Slice(wanted - before, Math.min(end, wanted - before + count));
  }

  /** Bytes of memory held. */
  get capacity(): number {
    return this.fullCapacity + this.buffer.length;
  }

  /** How many bytes the next {@link writeTo} offers: the unsent ones of the oldest chunk. */
  get offered(): number {
    const oldest = this.full.first;
    return (oldest === undefined ? this.position : oldest.end) - this.head;
  }

  clear(): void {
    release(this.buffer);
    if (this.full.length > 0) {
      for (const chunk of this.full) release(chunk.buffer);
      this.full.clear();
    }
    this.fullBytes = 0;
    this.fullCapacity = 0;
    this.buffer = NONE;
    this.position = 0;
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

function chunkOf(capacity: number, bytes: Uint8Array, start: number): Chunk {
  const buffer = room(capacity);
  buffer.set(bytes, start);
  return { buffer, end: start + bytes.length };
}

function acquire(): Buffer {
  return pool.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
}

function release(buffer: Buffer): void {
  if (buffer.length !== CHUNK_BYTES) pooled.release(buffer);
  else if (pool.length < MAX_POOLED) pool.push(buffer);
}
