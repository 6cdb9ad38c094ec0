/**
 * OrderedExpires: like Expires, and knows which key is due first. For a virtual clock (exact-expiry.ts).
 *
 *              t1 a            a heap of times and keys, the earliest at its root; equal times are ordered by the keys' bytes
 *             /    \
 *          t5 b    t2 c        An entry whose key is deleted or has another time is stale: it is dropped when it reaches the root.
 */
import { Expires, type ExpiresState } from './expires.js';
import type { KeyTable } from './key-table.js';
import type { Int64 } from './types/int64.js';

interface Entry {
  /** Unix time in ms. */
  readonly atMs: number;
  readonly key: string;
}

/** With more entries than twice the keys plus this number, stale ones are removed. */
const MOST_LEFT_BEHIND = 1024;

export class OrderedExpires extends Expires {
  private heap: Entry[] = [];

  /** @param onSet called when a key has got an expiry */
  constructor(
    table: KeyTable,
    private readonly onSet: () => void,
  ) {
    super(table);
  }

  override set(slot: number, atMs: Int64): void {
    super.set(slot, atMs);
    if (this.heap.length > 2 * this.size + MOST_LEFT_BEHIND) this.rebuild();
    else this.push({ atMs: Number(atMs), key: this.table.keyAt(slot) });
    this.onSet();
  }

  override restore(state: ExpiresState): void {
    super.restore(state);
    this.rebuild();
  }

  /** Returns the slot of the key that is due first, -1 if there is none. */
  get firstSlot(): number {
    for (let first = this.heap[0]; first !== undefined; first = this.heap[0]) {
      const slot = this.table.find(first.key);
      if (slot !== -1 && this.at(slot) === first.atMs) return slot;
      this.dropFirst();
    }
    return -1;
  }

  private rebuild(): void {
    this.heap = Array.from({ length: this.size }, (_, place) => ({ atMs: this.timeAt(place), key: this.table.keyAt(this.slotAt(place)) }));
    // A sorted array is a heap.
    this.heap.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(entry);
    for (let parent = (at - 1) >> 1; at > 0 && isBefore(entry, heap[parent]!); parent = (at - 1) >> 1) {
      heap[at] = heap[parent]!;
      heap[parent] = entry;
      at = parent;
    }
  }

  private dropFirst(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ; ) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (child >= heap.length || !isBefore(heap[child]!, last)) return;
      heap[at] = heap[child]!;
      heap[child] = last;
      at = child;
    }
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.key < b.key);
}
