/**
 * Fifo: a queue of any length, first in, first out, with constant cost per item.
 *
 *   items   [ · │ · │ c │ d │ e ]          a b have been taken; the array is compacted once half of it is free
 *                     ↑ head   ← push
 *
 * Array.shift would move all items: an array of more than about 16,000 items is in V8's large-object space, where its beginning cannot be cut off.
 */

/** An array shorter than this is not worth compacting. */
const MIN_COMPACTED = 64;

export class Fifo<T> {
  private items: (T | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  /** The item that {@link shift} would take; undefined if there is none. */
  get first(): T | undefined {
    return this.items[this.head];
  }

  /** The item that was pushed last; undefined if there is none. */
  get last(): T | undefined {
    return this.length === 0 ? undefined : this.items.at(-1);
  }

  /** The item at a position counted from the first, which is 0; undefined if there is none. */
  at(position: number): T | undefined {
    return this.items[this.head + position];
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** Takes the first item; undefined if there is none. */
  shift(): T | undefined {
    const { items } = this;
    if (this.head === items.length) return undefined;
    const item = items[this.head];
    items[this.head++] = undefined;
    if (this.head === items.length) this.clear();
    else if (this.head >= MIN_COMPACTED && this.head * 2 >= items.length) this.compact();
    return item;
  }

  /** Takes back the item that was pushed last; undefined if there is none. */
  pop(): T | undefined {
    return this.length === 0 ? undefined : this.items.pop();
  }

  clear(): void {
    this.items.length = 0;
    this.head = 0;
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let at = this.head; at < this.items.length; at++) yield this.items[at]!;
  }

  private compact(): void {
    this.items = this.items.slice(this.head);
    this.head = 0;
  }
}
