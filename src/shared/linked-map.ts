/**
 * LinkedMap: a Map whose first entry is found in constant time, even after many deletions.
 *
 *   entries   b → ●   d → ●   e → ●
 *                 │ ⇄     │ ⇄     │
 *   first ────────┘       └ …     └──── last
 *
 * V8's Map keeps a gap for each deleted key until it grows or shrinks, and finding the first key walks over all gaps: as a queue it gets slower with its
 * length.
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

  /** Adds an entry after all others; the key must not exist yet. */
  add(key: K, value: V): void {
    const entry = new Entry(key, value);
    this.entries.set(key, entry);
    entry.previous = this.tail;
    if (this.tail === null) this.head = entry;
    else this.tail.next = entry;
    this.tail = entry;
  }

  /** Deletes an entry. True if the key existed. */
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

  /** Keys in the order of insertion. */
  *entriesInOrder(): Generator<readonly [K, V], void, undefined> {
    for (let entry = this.head; entry !== null; entry = entry.next) yield [entry.key, entry.value];
  }

  /** Entries in the order of insertion. Entries may be deleted meanwhile, including the current one. */
  *values(): Generator<V, void, undefined> {
    // A deleted entry still has its link to the next one.
    for (let entry = this.head; entry !== null; entry = entry.next) if (!entry.isDeleted) yield entry.value;
  }
}
