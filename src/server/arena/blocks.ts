/**
 * Blocks: an allocator by the buddy method over a fixed range of shared memory (Knuth, The Art of Computer Programming, volume 1, 2.5).
 *
 *   taken   [ order  | what it is for …                          ]      2^order bytes
 *   free    [ -order | next free block | previous free block | … ]
 *
 * Two halves of the same block are buddies: when both are free they are merged, so nothing stays fragmented once everything is freed. The cost is that a block
 * is up to twice as large as requested. Not thread-safe by itself: its callers hold the lock.
 */
import { BLOCKS_END, BLOCKS_START, FIRST_ORDER, FREE_LISTS, LAST_ORDER, USED } from './layout.js';

/** Words of a free block after its order. */
const NEXT = 1;
const PREVIOUS = 2;

export class Blocks {
  constructor(private readonly words: Int32Array) {}

  /** Makes the whole range free, in as few blocks as its size allows. */
  initialize(): void {
    const start = this.words[BLOCKS_START]!;
    const bytes = this.words[BLOCKS_END]! - start;
    for (let at = 0; at + 2 ** FIRST_ORDER <= bytes; ) {
      let order = FIRST_ORDER;
      while (order < LAST_ORDER && at % 2 ** (order + 1) === 0 && at + 2 ** (order + 1) <= bytes) order++;
      this.pushFree(start + at, order);
      at += 2 ** order;
    }
  }

  /** Returns the offset of a block of at least `bytes`, its first word included; 0 if there is none. */
  allocate(bytes: number): number {
    const { words } = this;
    const order = orderFor(bytes);
    let found = order;
    while (found <= LAST_ORDER && words[listOf(found)] === 0) found++;
    if (found > LAST_ORDER) return 0;
    const block = words[listOf(found)]!;
    this.removeFree(block, found);
    // The upper halves of a block that is too large are freed, until the rest has the right size.
    while (found > order) this.pushFree(block + 2 ** --found, found);
    words[block >> 2] = order;
    words[USED]! += 2 ** order;
    return block;
  }

  free(block: number): void {
    const { words } = this;
    const start = words[BLOCKS_START]!;
    const end = words[BLOCKS_END]!;
    let order = words[block >> 2]!;
    let merged = block;
    words[USED]! -= 2 ** order;
    while (order < LAST_ORDER) {
      const buddy = start + ((merged - start) ^ (2 ** order));
      if (buddy + 2 ** order > end || words[buddy >> 2] !== -order) break;
      this.removeFree(buddy, order);
      merged = Math.min(merged, buddy);
      order++;
    }
    this.pushFree(merged, order);
  }

  /** Returns the size of a taken block. */
  sizeOf(block: number): number {
    return 2 ** this.words[block >> 2]!;
  }

  private pushFree(block: number, order: number): void {
    const { words } = this;
    const list = listOf(order);
    const next = words[list]!;
    words[block >> 2] = -order;
    words[(block >> 2) + NEXT] = next;
    words[(block >> 2) + PREVIOUS] = 0;
    if (next !== 0) words[(next >> 2) + PREVIOUS] = block;
    words[list] = block;
  }

  private removeFree(block: number, order: number): void {
    const { words } = this;
    const next = words[(block >> 2) + NEXT]!;
    const previous = words[(block >> 2) + PREVIOUS]!;
    if (previous === 0) words[listOf(order)] = next;
    else words[(previous >> 2) + NEXT] = next;
    if (next !== 0) words[(next >> 2) + PREVIOUS] = previous;
  }
}

const listOf = (order: number): number => FREE_LISTS + order - FIRST_ORDER;

function orderFor(bytes: number): number {
  return bytes <= 2 ** FIRST_ORDER ? FIRST_ORDER : 32 - Math.clz32(bytes - 1);
}
