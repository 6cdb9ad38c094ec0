/**
 * Trail: a persistent list that grows at its end and drops items at its beginning, for slices: each change returns a new trail that shares almost everything.
 *
 *   first = 64          64 … 95      96 … 127     128 … 140          absolute positions, which an item keeps
 *   blocks           [ full block ][ full block ][ last block ]
 *
 * Appending or replacing copies one block and the list of blocks.
 */
const BLOCK = 32;

export class Trail<T> {
  private constructor(
    private readonly blocks: readonly (readonly T[])[],
    private readonly limit: number,
    /** Absolute position of the oldest item that is still there. */
    readonly first: number,
    /** Absolute position of the next item. */
    readonly end: number,
  ) {}

  /** @param limit number of items; up to a block more are kept */
  static empty<T>(limit: number): Trail<T> {
    return new Trail<T>([], limit, 0, 0);
  }

  get length(): number {
    return this.end - this.first;
  }

  /** Undefined if the item has been dropped or does not exist yet. */
  get(position: number): T | undefined {
    return position < this.first ? undefined : this.blocks[Math.floor((position - this.first) / BLOCK)]?.[position % BLOCK];
  }

  get newest(): T | undefined {
    return this.get(this.end - 1);
  }

  append(item: T): Trail<T> {
    const { blocks, limit, first, end } = this;
    if (end % BLOCK !== 0) return new Trail([...blocks.slice(0, -1), [...blocks[blocks.length - 1]!, item]], limit, first, end + 1);
    const isFull = end - first >= limit;
    return new Trail([...(isFull ? blocks.slice(1) : blocks), [item]], limit, isFull ? first + BLOCK : first, end + 1);
  }

  /** The same trail if the item has been dropped. */
  replace(position: number, item: T): Trail<T> {
    if (this.get(position) === undefined) return this;
    const at = Math.floor((position - this.first) / BLOCK);
    const blocks = this.blocks.slice();
    const block = blocks[at]!.slice();
    block[position % BLOCK] = item;
    blocks[at] = block;
    return new Trail(blocks, this.limit, this.first, this.end);
  }

  /** Items [from, to), as absolute positions; missing ones are left out. */
  slice(from: number, to: number): T[] {
    const items: T[] = [];
    for (let position = Math.max(from, this.first); position < Math.min(to, this.end); position++) items.push(this.get(position)!);
    return items;
  }

  /** All items, oldest first. */
  items(): T[] {
    return this.blocks.flat();
  }
}
