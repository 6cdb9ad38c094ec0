/**
 * IdIndex: items in the order of their stream IDs: the nodes of a stream, the pending entries of a group and of a consumer.
 *
 *   firsts   [ 1                | 3                  | 9                 ]      the milliseconds of each chunk's first item
 *   chunks   [ 1-0 … 3-1        | 3-2 … 9-0          | 9-1 … 9-7         ]      sorted, of up to CHUNK_MAX items, none of them empty
 *              1    3    times    3     9                9     9                the milliseconds of each item
 *
 * Two binary searches find an ID: among the chunks by their first item, then within one. Both compare milliseconds, which are kept side by side in arrays of
 * numbers, and read an item only if its milliseconds are the same: a search through a million entries would otherwise wait for a line of memory at each step.
 * Items are nearly always added at the end, and often removed from the front; both touch only one chunk.
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

interface Chunk<T extends StreamId> {
  readonly items: T[];
  /** {@link timeOf} each of them. */
  readonly times: number[];
}

export class IdIndex<T extends StreamId> {
  size = 0;
  last: T | undefined = undefined;
  private chunks: Chunk<T>[] = [];
  /** {@link timeOf} the first item of each chunk. */
  private firsts: number[] = [];
  /** While chunks are shared: those that are not. Null: none is shared. */
  private owned: Owned | null = null;

  get first(): T | undefined {
    return this.chunks[0]?.items[0];
  }

  get(id: StreamId): T | undefined {
    const found = this.atOrBefore(id);
    return found !== undefined && compareIds(found, id) === 0 ? found : undefined;
  }

  /** Returns the last item whose ID is not after `id`. */
  atOrBefore(id: StreamId): T | undefined {
    const at = this.chunkOf(id);
    if (at === -1) return undefined;
    const chunk = this.chunks[at]!;
    return chunk.items[countUpTo(chunk, id) - 1];
  }

  /** Returns the first item whose ID is not before `id`. */
  atOrAfter(id: StreamId): T | undefined {
    const found = this.atOrBefore(id);
    return found !== undefined && compareIds(found, id) === 0 ? found : this.after(id);
  }

  after(id: StreamId): T | undefined {
    const at = this.chunkOf(id);
    if (at === -1) return this.first;
    const chunk = this.chunks[at]!;
    return chunk.items[countUpTo(chunk, id)] ?? this.chunks[at + 1]?.items[0];
  }

  before(id: StreamId): T | undefined {
    const at = this.chunkOf(id);
    if (at === -1) return undefined;
    const { items } = this.chunks[at]!;
    const place = countUpTo(this.chunks[at]!, id) - 1;
    if (compareIds(items[place]!, id) !== 0) return items[place];
    return items[place - 1] ?? this.chunks[at - 1]?.items.at(-1);
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
    if (at === -1) return undefined;
    const chunk = this.chunks[at]!;
    const place = countUpTo(chunk, id) - 1;
    const found = chunk.items[place]!;
    if (compareIds(found, id) !== 0) return undefined;
    if (chunk.items.length === 1) this.removeChunk(at);
    else this.removeItem(at, place);
    this.size--;
    if (found === this.last) this.last = this.chunks.at(-1)?.items.at(-1);
    return found;
  }

  /** Puts an item in the place of the one with its ID, which must exist. */
  replace(item: T): void {
    const chunk = this.ownChunk(this.chunkOf(item));
    const place = countUpTo(chunk, item) - 1;
    if (chunk.items[place] === this.last) this.last = item;
    chunk.items[place] = item;
  }

  /** Returns an index of the same items, which never changes. From here on chunks are copied before they change, and `owned` gets the copies. */
  share(owned: Owned): IdIndex<T> {
    const shared = new IdIndex<T>();
    shared.chunks = this.chunks.slice();
    shared.firsts = this.firsts.slice();
    shared.size = this.size;
    shared.last = this.last;
    this.owned = owned;
    return shared;
  }

  /** Called when nothing is shared any more. */
  unshare(): void {
    this.owned = null;
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const { items } of this.chunks) yield* items;
  }

  private append(item: T): void {
    const { length } = this.chunks;
    const time = timeOf(item);
    if (length === 0 || this.chunks[length - 1]!.items.length >= CHUNK_MAX) this.addChunk(length, { items: [item], times: [time] });
    else {
      const { items, times } = this.ownChunk(length - 1);
      items.push(item);
      times.push(time);
    }
    this.last = item;
  }

  /** Adds an item before the last one. */
  private insert(item: T): void {
    const at = Math.max(0, this.chunkOf(item));
    const chunk = this.ownChunk(at);
    const { items, times } = chunk;
    const place = countUpTo(chunk, item);
    items.splice(place, 0, item);
    times.splice(place, 0, timeOf(item));
    this.firsts[at] = times[0]!;
    if (items.length > CHUNK_MAX) this.addChunk(at + 1, { items: items.splice(CHUNK_MAX / 2), times: times.splice(CHUNK_MAX / 2) });
  }

  private removeItem(at: number, place: number): void {
    const { items, times } = this.ownChunk(at);
    removeAt(items, place);
    removeAt(times, place);
    this.firsts[at] = times[0]!;
  }

  private addChunk(at: number, chunk: Chunk<T>): void {
    this.chunks.splice(at, 0, chunk);
    this.firsts.splice(at, 0, chunk.times[0]!);
    if (this.owned !== null) this.owned.add(chunk);
  }

  private removeChunk(at: number): void {
    removeAt(this.chunks, at);
    removeAt(this.firsts, at);
  }

  /** Returns a chunk that may change. */
  private ownChunk(at: number): Chunk<T> {
    const chunk = this.chunks[at]!;
    if (this.owned === null || this.owned.has(chunk)) return chunk;
    const copy = { items: chunk.items.slice(), times: chunk.times.slice() };
    this.owned.add(copy);
    this.chunks[at] = copy;
    return copy;
  }

  /** Returns the last chunk that begins at or before `id`; -1 if all begin after it. */
  private chunkOf(id: StreamId): number {
    const { firsts, chunks } = this;
    const time = timeOf(id);
    let low = 0;
    let high = firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = firsts[middle]!;
      if (first < time || (first === time && compareIds(chunks[middle]!.items[0]!, id) <= 0)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Returns the milliseconds as a number, rounded beyond 2^53: never less for a later ID. */
function timeOf({ ms }: StreamId): number {
  return typeof ms === 'number' ? ms : Number(ms);
}

/** Returns how many items of a chunk are not after `id`. */
function countUpTo({ items, times }: Chunk<StreamId>, id: StreamId): number {
  const time = timeOf(id);
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = times[middle]!;
    if (other < time || (other === time && compareIds(items[middle]!, id) <= 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Removes one element. At the front V8 moves the beginning of the array instead of its content. */
function removeAt(array: unknown[], at: number): void {
  if (at === 0) array.shift();
  else if (at === array.length - 1) array.pop();
  else array.splice(at, 1);
}
