/**
 * Chunk: one link of the chain that makes up a List.
 *
 *   open      items   [ '' | '' | a | b | c | '' ]
 *                                 └ start     └ end      room on either side; everything outside of [start, end) is ''
 *   packed    packed  abc                                start is 0; to be changed it is opened
 */
import { PackedTexts } from './packed-texts.js';

/** Elements in a full chunk. At this size an insertion in the middle takes less than a microsecond, and a million elements are a chain of 8,000 links. */
export const CHUNK_MAX = 128;
export const CHUNK_MIN = 4;

export class Chunk {
  previous: Chunk | null = null;
  next: Chunk | null = null;
  start = 0;
  end = 0;
  /** Empty while the chunk is packed. */
  items: string[];
  packed: PackedTexts | null = null;
  /** The number of the FrozenList that has kept what was here, or what came next, before it changed; 0: none has. */
  keptBy = 0;

  constructor(capacity: number) {
    this.items = emptySlots(capacity);
  }

  get length(): number {
    return this.end - this.start;
  }

  at(position: number): string {
    return this.packed === null ? this.items[position]! : this.packed.at(position);
  }

  /** Writes the elements at positions from `start` to `end` - 1 into an array, from `to` on. */
  copyTo(target: string[], to: number, start: number, end: number): void {
    if (this.packed !== null) this.packed.copyTo(target, to, start, end);
    else for (let at = start; at < end; at++) target[to++] = this.items[at]!;
  }

  /** Returns the first position of an element equal to `value`, or -1. */
  find(value: string): number {
    if (this.packed !== null) return this.packed.indexOf(value);
    // Everything outside of [start, end) is '', which may be the value: hence the bounds.
    const found = this.items.indexOf(value, this.start);
    return found < this.end ? found : -1;
  }

  /** Returns false if the chunk is packed and an element of this length does not fit. */
  replace(position: number, value: string): boolean {
    if (this.packed === null) {
      this.items[position] = value;
      return true;
    }
    const packed = this.packed.with(position, value);
    if (packed !== null) this.packed = packed;
    return packed !== null;
  }

  /** Returns whether the chunk is packed now: one with long elements is not. */
  pack(): boolean {
    this.packed = PackedTexts.of(this.items, this.start, this.end);
    if (this.packed === null) return false;
    this.items = NO_SLOTS;
    this.end -= this.start;
    this.start = 0;
    return true;
  }

  unpack(): void {
    this.items = emptySlots(CHUNK_MAX);
    this.copyTo(this.items, 0, 0, this.end);
    this.packed = null;
  }

  clone(): Chunk {
    const copy = new Chunk(0);
    copy.items = this.items.slice();
    copy.packed = this.packed;
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

const NO_SLOTS: string[] = [];

function emptySlots(count: number): string[] {
  return new Array<string>(count).fill('');
}
