/**
 * FrozenList: the elements of a List at one instant, while the list goes on changing: for a snapshot, which must not copy a long list at once.
 *
 *   list     [ a b ] ─▶ [ c x d ] ─▶ [ new ] ─▶ [ e f ]
 *   kept                [ c d ] ─────────────────▲          a chunk is copied, with what came next, just before it changes for the first time
 */
import type { Chunk } from './list-chunk.js';

/** Chunks refer to one by its number: they outlive it. */
let lastId = 0;

export class FrozenList {
  private readonly id = ++lastId;
  private readonly kept = new Map<Chunk, Chunk>();
  /** Where {@link slice} has ended, and how many elements are before that chunk. */
  private chunk: Chunk;
  private before = 0;

  /** The instant is now. The list must call {@link keep} from here on. */
  constructor(
    private readonly head: Chunk,
    readonly size: number,
  ) {
    this.chunk = head;
  }

  /** Called before a chunk changes, or what comes next to it. */
  keep(chunk: Chunk): void {
    if (chunk.keptBy === this.id) return;
    chunk.keptBy = this.id;
    const copy = chunk.clone();
    copy.next = chunk.next;
    this.kept.set(chunk, copy);
  }

  /** Returns `count` elements from `start` on; fast if it goes on where the last call ended. */
  slice(start: number, count: number): string[] {
    if (start < this.before) {
      this.chunk = this.head;
      this.before = 0;
    }
    const values: string[] = [];
    for (;;) {
      const link = this.kept.get(this.chunk) ?? this.chunk;
      const from = link.start + start + values.length - this.before;
      const to = Math.min(link.end, from + count - values.length);
      link.copyTo(values, values.length, from, to);
      if (values.length === count) return values;
      this.before += link.end - link.start;
      this.chunk = link.next!;
    }
  }
}
