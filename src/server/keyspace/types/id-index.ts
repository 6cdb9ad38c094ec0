/**
 * IdIndex: items in the order of their stream IDs: the nodes of a stream, the pending entries of a group and of a consumer.
 *
 *   chunks   [ 1-0 … 3-1 | 3-2 … 9-0 | 9-1 … 9-7 ]      sorted arrays of up to CHUNK_MAX, none of them empty
 *
 * Two binary searches find an ID: among the chunks by their first item, then within one. Items are nearly always added at the end, and often removed from the
 * front; both touch only one chunk.
 *
 * A snapshot may share the chunks (see {@link IdIndex.share}): then one is copied just before it changes for the first time.
 *
 *   shared   [ a ─▶ chunk 1 | b ─▶ chunk 2 ]
 *   live     [ a ─▶ chunk 1 | b ─▶ copy of 2, changed | chunk 3 ]       owned: the copy, chunk 3
 */
import { compareIds, type StreamId } from './stream-id.js';

const CHUNK_MAX = 256;

/** What a snapshot does not share with the value that it was taken of, so that it may change in place: chunks, nodes and pending entries. */
export type Owned = Set<object>;

export class IdIndex<T extends StreamId> {
  size = 0;
  private chunks: T[][] = [];
  /** While chunks are shared: those that are not. Null: none is shared. */
  private owned: Owned | null = null;

  get first(): T | undefined {
    return this.chunks[0]?.[0];
  }

  get last(): T | undefined {
    const chunk = this.chunks[this.chunks.length - 1];
    return chunk === undefined ? undefined : chunk[chunk.length - 1];
  }

  get(id: StreamId): T | undefined {
    const found = this.atOrBefore(id);
    return found !== undefined && compareIds(found, id) === 0 ? found : undefined;
  }

  /** Returns the last item whose ID is not after `id`. */
  atOrBefore(id: StreamId): T | undefined {
    const chunk = this.chunks[this.chunkOf(id)];
    return chunk === undefined ? undefined : chunk[countUpTo(chunk, id) - 1];
  }

  /** Returns the first item whose ID is not before `id`. */
  atOrAfter(id: StreamId): T | undefined {
    const found = this.atOrBefore(id);
    return found !== undefined && compareIds(found, id) === 0 ? found : this.after(id);
  }

  after(id: StreamId): T | undefined {
    const at = this.chunkOf(id);
    const chunk = this.chunks[at];
    if (chunk === undefined) return this.first;
    return chunk[countUpTo(chunk, id)] ?? this.chunks[at + 1]?.[0];
  }

  before(id: StreamId): T | undefined {
    const found = this.atOrBefore(id);
    if (found === undefined || compareIds(found, id) !== 0) return found;
    const at = this.chunkOf(id);
    const chunk = this.chunks[at]!;
    return chunk[countUpTo(chunk, id) - 2] ?? this.chunks[at - 1]?.at(-1);
  }

  /** Adds an item. False, with nothing changed, if its ID exists already. */
  add(item: T): boolean {
    const { last } = this;
    if (last === undefined || compareIds(item, last) > 0) this.append(item);
    else if (this.get(item) !== undefined) return false;
    else this.insert(item);
    this.size++;
    return true;
  }

  /** Removes and returns an item; undefined if there is none with this ID. */
  delete(id: StreamId): T | undefined {
    const at = this.chunkOf(id);
    const chunk = this.chunks[at];
    if (chunk === undefined) return undefined;
    const place = countUpTo(chunk, id) - 1;
    const found = chunk[place]!;
    if (compareIds(found, id) !== 0) return undefined;
    if (chunk.length === 1) this.chunks.splice(at, 1);
    else this.ownChunk(at).splice(place, 1);
    this.size--;
    return found;
  }

  /** Puts an item in the place of the one with its ID, which must exist. */
  replace(item: T): void {
    const chunk = this.ownChunk(this.chunkOf(item));
    chunk[countUpTo(chunk, item) - 1] = item;
  }

  /** Returns an index of the same items, which never changes. From here on chunks are copied before they change, and `owned` gets the copies. */
  share(owned: Owned): IdIndex<T> {
    const shared = new IdIndex<T>();
    shared.chunks = this.chunks.slice();
    shared.size = this.size;
    this.owned = owned;
    return shared;
  }

  /** Called when nothing is shared any more. */
  unshare(): void {
    this.owned = null;
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const chunk of this.chunks) yield* chunk;
  }

  private append(item: T): void {
    const { length } = this.chunks;
    if (length === 0 || this.chunks[length - 1]!.length >= CHUNK_MAX) this.addChunk(length, [item]);
    else this.ownChunk(length - 1).push(item);
  }

  private insert(item: T): void {
    const at = Math.max(0, this.chunkOf(item));
    const chunk = this.ownChunk(at);
    chunk.splice(countUpTo(chunk, item), 0, item);
    if (chunk.length > CHUNK_MAX) this.addChunk(at + 1, chunk.splice(CHUNK_MAX / 2));
  }

  private addChunk(at: number, chunk: T[]): void {
    if (at === this.chunks.length) this.chunks.push(chunk);
    else this.chunks.splice(at, 0, chunk);
    if (this.owned !== null) this.owned.add(chunk);
  }

  /** Returns a chunk that may change. */
  private ownChunk(at: number): T[] {
    const chunk = this.chunks[at]!;
    if (this.owned === null || this.owned.has(chunk)) return chunk;
    const copy = chunk.slice();
    this.owned.add(copy);
    this.chunks[at] = copy;
    return copy;
  }

  /** Returns the last chunk that begins at or before `id`; -1 if all begin after it. */
  private chunkOf(id: StreamId): number {
    let low = 0;
    let high = this.chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareIds(this.chunks[middle]![0]!, id) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Returns how many items of a sorted array are not after `id`. */
export function countUpTo(items: readonly StreamId[], id: StreamId): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareIds(items[middle]!, id) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
