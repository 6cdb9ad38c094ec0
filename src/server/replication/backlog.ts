/**
 * Backlog: the newest bytes of the stream to replicas, kept once for all of them and for those that reconnect.
 *
 *   firstOffset                                                      end
 *   [ block │ block │ block │ block                │ tail  │ room ]
 *             ↑ a slow replica is here                ↑ the others
 *
 * A replica points into a block and moves from one to the next; blocks are never moved. The oldest is dropped once the others hold at least repl-backlog-size,
 * and no replica is in it or before it. A request may be spread over two blocks.
 */

import { RequestRun } from '../resp/request-run.js';

/** A longer string gets a block of its own (PROTO_REPLY_CHUNK_BYTES). */
const BLOCK_BYTES = 16 * 1024;

export interface Block {
  readonly buffer: Buffer;
  /** The offset of its first byte in the stream; the very first byte has offset 1. */
  readonly start: number;
  used: number;
  next: Block | null;
}

export interface BacklogState {
  readonly firstOffset: number;
  readonly blocks: readonly { readonly capacity: number; readonly bytes: Uint8Array }[];
}

export class Backlog extends RequestRun {
  /** Memory of all blocks. */
  capacity = 0;
  private head: Block;
  private tail: Block;
  /** The buffer of a block that was dropped, for the next one: the processor's cache may still hold it. */
  private spare: Buffer | null = null;

  /** @param firstOffset of the first byte to be appended */
  constructor(firstOffset: number) {
    super();
    this.head = this.tail = this.createBlock(firstOffset, BLOCK_BYTES);
  }

  /** The offset of the oldest byte. */
  get firstOffset(): number {
    return this.head.start;
  }

  /** The offset of the next byte. */
  get end(): number {
    return this.tail.start + this.tail.used + this.runBytes;
  }

  get length(): number {
    return this.end - this.firstOffset;
  }

  capture(): BacklogState {
    this.settle();
    const blocks: { capacity: number; bytes: Uint8Array }[] = [];
    for (let block: Block | null = this.head; block !== null; block = block.next) {
      blocks.push({ capacity: block.buffer.length, bytes: Buffer.from(block.buffer.subarray(0, block.used)) });
    }
    return { firstOffset: this.firstOffset, blocks };
  }

  static restore({ firstOffset, blocks }: BacklogState): Backlog {
    const backlog = new Backlog(firstOffset);
    for (const [index, { capacity, bytes }] of blocks.entries()) {
      if (index > 0) backlog.grow(capacity);
      else if (capacity !== BLOCK_BYTES) backlog.begin(firstOffset, capacity);
      backlog.tail.buffer.set(bytes);
      backlog.tail.used = bytes.length;
    }
    return backlog;
  }

  /** For the encoder: the block that is written to. */
  override get buffer(): Buffer {
    return this.tail.buffer;
  }

  override get position(): number {
    return this.tail.used;
  }

  override set position(used: number) {
    this.tail.used = used;
  }

  reserve(bytes: number): void {
    if (this.tail.used + bytes > this.tail.buffer.length) this.grow(Math.max(bytes, BLOCK_BYTES));
  }

  protected reserveSome(bytes: number): number {
    const room = this.tail.buffer.length - this.tail.used;
    if (room > 0) return Math.min(room, bytes);
    this.grow(Math.max(bytes, BLOCK_BYTES));
    return bytes;
  }

  appendBytes(bytes: Uint8Array): void {
    this.settle();
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.position);
    this.position += bytes.length;
  }

  /** Returns the block that contains a byte, or will contain it; null if it was dropped, or is beyond the next one. */
  find(offset: number): Block | null {
    this.settle();
    if (offset < this.firstOffset || offset > this.end) return null;
    let block = this.head;
    while (block.next !== null && offset >= block.next.start) block = block.next;
    return block;
  }

  /**
   * Drops what is too old.
   * @param isNeeded returns whether a replica still needs bytes before this offset
   */
  trim(size: number, isNeeded: (offset: number) => boolean): void {
    while (this.head.next !== null && this.length - this.head.used > size && !isNeeded(this.head.next.start)) {
      const { buffer } = this.head;
      this.capacity -= buffer.length;
      if (buffer.length === BLOCK_BYTES) this.spare = buffer;
      this.head = this.head.next;
    }
  }

  private grow(capacity: number): void {
    const block = this.createBlock(this.tail.start + this.tail.used, capacity);
    this.tail.next = block;
    this.tail = block;
  }

  private begin(start: number, capacity: number): void {
    this.capacity = 0;
    this.head = this.tail = this.createBlock(start, capacity);
  }

  private createBlock(start: number, capacity: number): Block {
    this.capacity += capacity;
    const { spare } = this;
    const isEnough = spare !== null && capacity === BLOCK_BYTES;
    if (isEnough) this.spare = null;
    return { buffer: isEnough ? spare : Buffer.allocUnsafeSlow(capacity), start, used: 0, next: null };
  }
}
