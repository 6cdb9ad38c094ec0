/**
 * ListChain: the elements of a List in a chain of chunks, as Redis's quicklist is a chain of listpacks.
 *
 *   head                                                            tail
 *   ┌─────────────────────┐     ┌─────────────────────┐     ┌─────────────────────┐
 *   │ · · · a b c d e f g │ ◀─▶ │ h i j k l m n o p q │ ◀─▶ │ r s t · · · · · · · │
 *   └───────┴ start       ┘     └─────────────────────┘     └───────┴ end ────────┘
 *
 * Both ends are O(1): the head chunk has its room at the front, the tail chunk at the end. An index is found by walking chunks, not elements, from the nearer
 * end, or, if it is far, in a directory of the chunks. A short list has one small chunk; a chunk grows up to {@link CHUNK_MAX} elements.
 *
 * The first and the last chunk are open, arrays of elements that are cheap to change. A chunk is packed (see PackedTexts) as soon as there are two chunks on
 * either side of it, and opened again when it becomes the first or the last one, or for a change in it. So the middle of a long list takes as little memory
 * as in Redis, and the ends, where lists are used, cost what an array costs. Between an end and the packed chunks there may be an open one, so that pushing
 * and popping by turns where two chunks meet does not pack and open the same chunk again and again.
 */
import type { ColumnReader, ColumnWriter } from '../columns.js';
import { Chunk, CHUNK_MAX, CHUNK_MIN } from './list-chunk.js';
import { FrozenList } from './frozen-list.js';
import { ListDirectory } from './list-directory.js';

/** From this distance to both ends the directory is faster than walking, and worth making. */
const FAR = 32 * CHUNK_MAX;

/** At most this many elements are in open chunks, unless they are long: in two at either end. */
export const OPEN_MOST = 4 * CHUNK_MAX;

export class ListChain {
  size = 0;
  private head: Chunk | null = null;
  private tail: Chunk | null = null;
  /** Null until it is needed, and again after every change between the ends. */
  private directory: ListDirectory | null = null;
  /** Set while a snapshot reads the elements as they were: asked before a chunk changes. */
  private frozen: FrozenList | null = null;
  /** The place of the element that {@link locate} found, within the chunk that it returned. */
  private at = 0;

  static of(elements: readonly string[]): ListChain {
    const chain = new ListChain();
    for (let at = 0; at < elements.length; at++) chain.pushTail(elements[at]!);
    return chain;
  }

  clone(): ListChain {
    const copy = new ListChain();
    for (let chunk = this.head; chunk !== null; chunk = chunk.next) copy.linkAfter(copy.tail, chunk.clone());
    copy.size = this.size;
    return copy;
  }

  /** Returns the elements of this instant, until {@link thaw}; null if there are some already. */
  freeze(): FrozenList | null {
    if (this.head === null || this.frozen !== null) return null;
    return (this.frozen = new FrozenList(this.head, this.size));
  }

  thaw(): void {
    this.frozen = null;
  }

  pushTail(value: string): void {
    let chunk = this.tail;
    if (chunk === null || chunk.end === chunk.items.length) chunk = this.roomAtTail();
    if (this.frozen !== null) this.frozen.keep(chunk);
    chunk.items[chunk.end++] = value;
    this.size++;
  }

  pushHead(value: string): void {
    let chunk = this.head;
    if (chunk === null || chunk.start === 0) chunk = this.roomAtHead();
    if (this.frozen !== null) this.frozen.keep(chunk);
    chunk.items[--chunk.start] = value;
    this.size++;
  }

  /** The list must not be empty. */
  popHead(): string {
    const chunk = this.head!;
    if (this.frozen !== null) this.frozen.keep(chunk);
    const value = chunk.items[chunk.start]!;
    chunk.items[chunk.start++] = '';
    if (chunk.start === chunk.end) this.unlink(chunk);
    this.size--;
    return value;
  }

  /** The list must not be empty. */
  popTail(): string {
    const chunk = this.tail!;
    if (this.frozen !== null) this.frozen.keep(chunk);
    const value = chunk.items[--chunk.end]!;
    chunk.items[chunk.end] = '';
    if (chunk.start === chunk.end) this.unlink(chunk);
    this.size--;
    return value;
  }

  /** Returns the element at an index from 0 to size - 1. */
  get(index: number): string {
    return this.locate(index).at(this.at);
  }

  set(index: number, value: string): void {
    const chunk = this.locate(index);
    if (this.frozen !== null) this.frozen.keep(chunk);
    if (chunk.replace(this.at, value)) return;
    this.open(chunk);
    chunk.items[this.at] = value;
  }

  /** Returns `count` elements from `start` on, all of which must exist. */
  slice(start: number, count: number): string[] {
    if (count === 0) return [];
    let chunk = this.locate(start);
    let { at } = this;
    if (chunk.packed === null && at + count <= chunk.end) return chunk.items.slice(at, at + count);
    const values = new Array<string>(count);
    for (let filled = 0; ; at = chunk.start) {
      const stop = Math.min(chunk.end, at + count - filled);
      chunk.copyTo(values, filled, at, stop);
      filled += stop - at;
      if (filled === count) return values;
      chunk = chunk.next!;
    }
  }

  /** Inserts before or after the first element equal to `pivot`. False if there is none. */
  insert(pivot: string, value: string, after: boolean): boolean {
    for (let chunk = this.head; chunk !== null; chunk = chunk.next) {
      const found = chunk.find(pivot);
      if (found === -1) continue;
      this.insertAt(chunk, after ? found + 1 : found, value);
      return true;
    }
    return false;
  }

  /** Removes elements equal to `value`: the first `count`, for a negative count the last ones, for 0 all. Returns their number. */
  remove(value: string, count: number): number {
    const limit = count === 0 ? Infinity : Math.abs(count);
    const fromBack = count < 0;
    let removed = 0;
    for (let chunk = fromBack ? this.tail : this.head; chunk !== null && removed < limit; ) {
      const following: Chunk | null = fromBack ? chunk.previous : chunk.next;
      if (chunk.find(value) !== -1) {
        if (this.frozen !== null) this.frozen.keep(chunk);
        this.open(chunk);
        const here = fromBack ? chunk.removeFromBack(value, limit - removed) : chunk.removeFromFront(value, limit - removed);
        removed += here;
        this.directory = null;
        this.tidy(chunk);
      }
      chunk = following;
    }
    this.size -= removed;
    return removed;
  }

  /**
   * Returns indexes of elements equal to `value`, at most `limit`, after skipping the first `skip`; only the first `depth` elements are searched.
   * Backwards if `fromBack`, with indexes counted from the front.
   */
  indexesOf(value: string, skip: number, limit: number, depth: number, fromBack: boolean): number[] {
    const found: number[] = [];
    let matches = 0;
    let index = fromBack ? this.size - 1 : 0;
    const step = fromBack ? -1 : 1;
    let left = Math.min(depth, this.size);
    for (let chunk = fromBack ? this.tail : this.head; chunk !== null; chunk = fromBack ? chunk.previous : chunk.next) {
      const { length } = chunk;
      if (chunk.packed !== null && length <= left && chunk.find(value) === -1) {
        left -= length;
        index += step * length;
        continue;
      }
      const items = elementsOf(chunk);
      let at = fromBack ? length - 1 : 0;
      for (let inChunk = length; inChunk > 0; inChunk--, at += step, index += step) {
        if (left-- === 0) return found;
        if (items[at] !== value || matches++ < skip) continue;
        found.push(index);
        if (found.length === limit) return found;
      }
    }
    return found;
  }

  capture(to: ColumnWriter): void {
    to.number(this.size);
    for (let chunk = this.head; chunk !== null; chunk = chunk.next) to.texts(elementsOf(chunk));
  }

  static restore(from: ColumnReader): ListChain {
    const chain = new ListChain();
    for (let left = from.number(); left > 0; left--) chain.pushTail(from.text());
    return chain;
  }

  *[Symbol.iterator](): Generator<string, void, undefined> {
    for (let chunk = this.head; chunk !== null; chunk = chunk.next) yield* elementsOf(chunk);
  }

  /** Returns the chunk of an index, from the nearer end; the place in it is left in `at`. */
  private locate(index: number): Chunk {
    if (index >= FAR && this.size - index > FAR) return this.locateFar(index);
    if (index * 2 < this.size) return this.locateFromHead(index);
    let behind = this.size - index;
    let chunk = this.tail!;
    while (behind > chunk.length) {
      behind -= chunk.length;
      chunk = chunk.previous!;
    }
    this.at = chunk.end - behind;
    return chunk;
  }

  private locateFromHead(index: number): Chunk {
    let before = index;
    let chunk = this.head!;
    while (before >= chunk.length) {
      before -= chunk.length;
      chunk = chunk.next!;
    }
    this.at = chunk.start + before;
    return chunk;
  }

  private locateFar(index: number): Chunk {
    this.directory ??= new ListDirectory(this.head!);
    const chunk = this.directory.chunkOf(index);
    this.at = this.directory.at;
    return chunk;
  }

  /** Returns a tail chunk with room after its elements. */
  private roomAtTail(): Chunk {
    const { tail } = this;
    if (tail === null) return this.linkAfter(null, new Chunk(CHUNK_MIN));
    const capacity = roomyCapacity(tail);
    if (capacity === 0) {
      const chunk = this.linkAfter(tail, new Chunk(CHUNK_MAX));
      this.packIfFar(tail.previous);
      return chunk;
    }
    if (this.frozen !== null) this.frozen.keep(tail);
    tail.moveTo(0, capacity);
    return tail;
  }

  /** Returns a head chunk with room before its elements. */
  private roomAtHead(): Chunk {
    const { head } = this;
    if (head !== null) {
      const capacity = roomyCapacity(head);
      if (capacity > 0) {
        if (this.frozen !== null) this.frozen.keep(head);
        head.moveTo(capacity - head.length, capacity);
        return head;
      }
    }
    const chunk = this.linkBefore(head, new Chunk(head === null ? CHUNK_MIN : CHUNK_MAX));
    chunk.start = chunk.end = chunk.items.length;
    if (head !== null) this.packIfFar(head.next);
    return chunk;
  }

  private insertAt(chunk: Chunk, at: number, value: string): void {
    this.directory = null;
    if (this.frozen !== null) this.frozen.keep(chunk);
    this.open(chunk);
    let place = chunk.open(at);
    if (place === -1) {
      const half = this.makeRoomIn(chunk, at);
      place = half.open(this.at);
      half.items[place] = value;
      if (half !== chunk) this.packIfFar(half);
    } else {
      chunk.items[place] = value;
    }
    this.size++;
    this.packIfFar(chunk);
  }

  /** Grows a full chunk or splits it in two; returns the chunk that now has position `at`, with the place in it in `this.at`. */
  private makeRoomIn(chunk: Chunk, at: number): Chunk {
    this.at = at;
    if (chunk.items.length < CHUNK_MAX) {
      chunk.moveTo(0, chunk.items.length * 2);
      return chunk;
    }
    const middle = CHUNK_MAX / 2;
    const second = this.linkAfter(chunk, new Chunk(CHUNK_MAX));
    for (let from = middle; from < CHUNK_MAX; from++) second.items[second.end++] = chunk.items[from]!;
    chunk.items.fill('', middle, CHUNK_MAX);
    chunk.end = middle;
    if (at <= middle) return chunk;
    this.at = at - middle;
    return second;
  }

  /** Called after elements were removed from a chunk: removes an empty one, merges a small one with its neighbour, so that the chain stays short. */
  private tidy(chunk: Chunk): void {
    if (chunk.length === 0) {
      this.unlink(chunk);
      return;
    }
    const { previous } = chunk;
    if (previous === null || previous.length + chunk.length > CHUNK_MAX / 2) {
      this.packIfFar(chunk);
      return;
    }
    if (this.frozen !== null) this.frozen.keep(previous);
    this.open(previous);
    previous.moveTo(0, CHUNK_MAX);
    for (let at = chunk.start; at < chunk.end; at++) previous.items[previous.end++] = chunk.items[at]!;
    this.unlink(chunk);
    this.packIfFar(previous);
  }

  /** Packs an open chunk if there are two chunks on either side of it. */
  private packIfFar(chunk: Chunk | null): void {
    if (chunk === null || chunk.packed !== null) return;
    const { previous, next } = chunk;
    if (previous === null || next === null || previous.previous === null || next.next === null) return;
    chunk.pack();
  }

  private open(chunk: Chunk | null): void {
    if (chunk !== null && chunk.packed !== null) chunk.unpack();
  }

  private linkAfter(before: Chunk | null, chunk: Chunk): Chunk {
    chunk.previous = before;
    chunk.next = before === null ? null : before.next;
    this.attach(chunk);
    return chunk;
  }

  private linkBefore(after: Chunk | null, chunk: Chunk): Chunk {
    chunk.next = after;
    chunk.previous = after === null ? null : after.previous;
    this.attach(chunk);
    return chunk;
  }

  private attach(chunk: Chunk): void {
    this.directory = null;
    if (this.frozen !== null && chunk.previous !== null) this.frozen.keep(chunk.previous);
    if (chunk.previous === null) this.head = chunk;
    else chunk.previous.next = chunk;
    if (chunk.next === null) this.tail = chunk;
    else chunk.next.previous = chunk;
  }

  private unlink(chunk: Chunk): void {
    this.directory = null;
    if (this.frozen !== null && chunk.previous !== null) this.frozen.keep(chunk.previous);
    if (chunk.previous === null) this.head = chunk.next;
    else chunk.previous.next = chunk.next;
    if (chunk.next === null) this.tail = chunk.previous;
    else chunk.next.previous = chunk.previous;
    this.open(this.head);
    this.open(this.tail);
  }
}

/** Returns the elements of a chunk. */
function elementsOf(chunk: Chunk): string[] {
  const elements = new Array<string>(chunk.length);
  chunk.copyTo(elements, 0, chunk.start, chunk.end);
  return elements;
}

/**
 * Returns the new capacity of a chunk that is full at one end: the same if half of it is free at the other, else double; 0 if it
 * has the maximum size.
 */
function roomyCapacity(chunk: Chunk): number {
  const capacity = chunk.items.length;
  if (chunk.length * 2 <= capacity) return capacity;
  return capacity < CHUNK_MAX ? capacity * 2 : 0;
}
