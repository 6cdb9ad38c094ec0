/**
 * LinkedMap: a Map whose first entry is found at once, however many have been deleted before it.
 *
 *   entries   b → ●   d → ●   e → ●
 *                 │ ⇄     │ ⇄     │
 *   first ────────┘       └ …     └──── last
 *
 * V8's Map keeps a gap for each deleted key until it grows or shrinks, and a lookup of the first key walks over all gaps: a queue made of
 * one costs more the longer it is.
 */

class Entry<K, V> {
  previous: Entry<K, V> | null = null;
  next: Entry<K, V> | null = null;
  isDeleted = false;

  constructor(
    readonly key: K,
    readonly value: V,
  ) {}
}

export class LinkedMap<K, V> {
  private readonly entries = new Map<K, Entry<K, V>>();
  private head: Entry<K, V> | null = null;
  private tail: Entry<K, V> | null = null;

  get size(): number {
    return this.entries.size;
  }

  /** The key that was added before all others; undefined if there is none. */
  get firstKey(): K | undefined {
    return this.head?.key;
  }

  get(key: K): V | undefined {
    return this.entries.get(key)?.value;
  }

  /** Adds an entry behind all others; the key must not be there yet. */
  add(key: K, value: V): void {
    const entry = new Entry(key, value);
    this.entries.set(key, entry);
    entry.previous = this.tail;
    if (this.tail === null) this.head = entry;
    else this.tail.next = entry;
    this.tail = entry;
  }

  /** True if the key was there. */
  delete(key: K): boolean {
    const entry = this.entries.get(key);
    if (entry === undefined) return false;
    this.entries.delete(key);
    const { previous, next } = entry;
    if (previous === null) this.head = next;
    else previous.next = next;
    if (next === null) this.tail = previous;
    else next.previous = previous;
    entry.isDeleted = true;
    return true;
  }

  clear(): void {
    this.entries.clear();
    this.head = null;
    this.tail = null;
  }

  /** In the order of adding. */
  *entriesInOrder(): Generator<readonly [K, V], void, undefined> {
    for (let entry = this.head; entry !== null; entry = entry.next) yield [entry.key, entry.value];
  }

  /** In the order of adding. Entries may be deleted meanwhile, the current one and others. */
  *values(): Generator<V, void, undefined> {
    // A deleted entry still knows what came behind it.
    for (let entry = this.head; entry !== null; entry = entry.next) if (!entry.isDeleted) yield entry.value;
  }
}
