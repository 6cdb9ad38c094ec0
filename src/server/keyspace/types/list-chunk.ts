/**
 * Chunk: one link of the chain that makes up a List.
 *
 *   items   [ '' | '' | a | b | c | '' ]
 *                       └ start     └ end      room on either side; everything outside of [start, end) is ''
 */

/** Elements in a full chunk. At this size an insertion in the middle takes less than a microsecond, and a million elements are a chain of 8,000 links. */
export const CHUNK_MAX = 128;
export const CHUNK_MIN = 4;

export class Chunk {
  previous: Chunk | null = null;
  next: Chunk | null = null;
  start = 0;
  end = 0;
  items: string[];
  /** The number of the FrozenList that has kept what was here, or what came next, before it changed; 0: none has. */
  keptBy = 0;

  constructor(capacity: number) {
    this.items = emptySlots(capacity);
  }

  get length(): number {
    return this.end - this.start;
  }

  clone(): Chunk {
    const copy = new Chunk(0);
    copy.items = this.items.slice();
    copy.start = this.start;
    copy.end = this.end;
    return copy;
  }

  /** Moves the elements so that they begin at `start`, in an array of `capacity` slots. */
  moveTo(start: number, capacity: number): void {
    const items = emptySlots(capacity);
    const { length } = this;
    for (let i = 0; i < length; i++) items[start + i] = this.items[this.start + i]!;
    this.items = items;
    this.start = start;
    this.end = start + length;
  }

  /** Makes room for one more at `at`, a position in [start, end]: returns its place, or -1 if the chunk is full. */
  open(at: number): number {
    const { items, start, end } = this;
    if (end < items.length) {
      items.copyWithin(at + 1, at, end);
      this.end++;
      return at;
    }
    if (start === 0) return -1;
    items.copyWithin(start - 1, start, at);
    this.start--;
    return at - 1;
  }

  /** Removes elements equal to `value`, at most `limit`, from the front on. Returns their number. */
  removeFromFront(value: string, limit: number): number {
    const { items, start, end } = this;
    let kept = start;
    for (let at = start; at < end; at++) {
      if (at - kept < limit && items[at] === value) continue;
      items[kept++] = items[at]!;
    }
    items.fill('', kept, end);
    this.end = kept;
    return end - kept;
  }

  /** The same from the back. */
  removeFromBack(value: string, limit: number): number {
    const { items, start, end } = this;
    let kept = end;
    for (let at = end - 1; at >= start; at--) {
      if (kept - 1 - at < limit && items[at] === value) continue;
      items[--kept] = items[at]!;
    }
    items.fill('', start, kept);
    this.start = kept;
    return kept - start;
  }
}

function emptySlots(count: number): string[] {
  return new Array<string>(count).fill('');
}
