/**
 * StreamValue: the value of a stream. Reached from commands/stream.ts and commands/stream-groups.ts.
 *
 *   nodes   IdIndex   [ 1-0 ]──────────▶ node 1-0   [ 1-0 | 1-1 ✗ | 4-0 | 8-2 ]   at most stream-node-max-entries, deleted ones included
 *                     [ 9-3 ] …
 *
 * An ID is found by two binary searches, of its node and within it. Nodes correspond to Redis's, where each is a listpack in a radix tree. An approximate trim
 * removes whole nodes, a deleted entry stays in its node as a mark until all its entries are deleted, and a node is full when its listpack would be (its bytes
 * are counted, though it exists only in a DUMP). So `~` trims the same entries as in Redis.
 *
 * Counting rules (entriesAdded, lag) are those of Redis 7.0's consumer groups.
 *
 * A snapshot shares nodes and pending entries with the stream. While it does, each is replaced by a copy just before it changes, and so is the chunk of the
 * index that refers to it.
 */
import type { ColumnReader, ColumnWriter } from '../columns.js';
import type { Collection, Frozen } from '../value.js';
import { EntryPlaces } from './entry-places.js';
import { IdIndex, type Owned } from './id-index.js';
import { type Int64, oneMore } from './int64.js';
import { compareIds, distance, isZeroId, MAX_ID, nextId, type StreamId, ZERO_ID } from './stream-id.js';
import { Group, UNKNOWN_COUNT } from './stream-group.js';
import { type StreamEntry, StreamNode } from './stream-node.js';

/** Maximum size of a node's listpack, whatever the settings (STREAM_LISTPACK_MAX_SIZE). */
const NODE_MAX_BYTES = 2 ** 30;
/** Maximum number of nodes whose entries an approximate trim without a LIMIT removes. */
const TRIM_NODES = 100;
const TRIM_LIMIT_DEFAULT = 10_000;
const TRIM_LIMIT_MAX = 1_000_000;

/** Estimated bytes besides the nodes' own. */
const STREAM_OVERHEAD = 256;
const NODE_OVERHEAD = 128;

/** The settings that limit nodes; the names are CONFIG's. */
export interface StreamLimits {
  readonly 'stream-node-max-entries': number;
  readonly 'stream-node-max-bytes': number;
}

/** What a trim keeps: this many entries, or those from an ID on. */
export interface Trim {
  readonly keep: { readonly most: number } | { readonly from: StreamId };
  /** Whole nodes only. */
  readonly isApproximate: boolean;
  /** Maximum number of entries to remove; 0: no limit. Undefined: Redis's default for an approximate trim. */
  readonly limit: number | undefined;
}

export class StreamValue implements Collection {
  readonly type = 'stream';
  readonly encoding = 'stream';
  /** Entries that are not deleted. */
  size = 0;
  lastId: StreamId = ZERO_ID;
  /** The first entry; 0-0 if there is none. */
  firstId: StreamId = ZERO_ID;
  /** The highest ID that XDEL has removed. */
  maxDeletedId: StreamId = ZERO_ID;
  /** Entries ever added. */
  entriesAdded: Int64 = 0;
  readonly groups = new Map<string, Group>();
  /** Estimated bytes of all nodes. */
  private nodeBytes = 0;
  /** While snapshots share nodes: those that they do not share. Null: none is shared. */
  private owned: Owned | null = null;
  /** Number of snapshots. */
  private shares = 0;

  constructor(readonly nodes = new IdIndex<StreamNode>()) {}

  get memoryBytes(): number {
    const bytes = STREAM_OVERHEAD + this.nodes.size * NODE_OVERHEAD + this.nodeBytes;
    return this.groups.size === 0 ? bytes : bytes + this.groupBytes();
  }

  /** The ID must be after lastId. Fields and values are `texts[first …]`. */
  append(id: StreamId, texts: readonly string[], first: number, limits: StreamLimits): void {
    let node = this.nodes.last;
    if (node === undefined || isFull(node, texts, first, limits)) {
      node = new StreamNode(id.ms, id.seq, texts.filter((_, at) => at >= first && (at - first) % 2 === 0));
      if (this.owned !== null) this.owned.add(node);
      this.replaceNode(node);
    } else node = this.ownNode(node);
    this.nodeBytes -= node.memoryBytes;
    node.append(id, texts, first);
    this.nodeBytes += node.memoryBytes;
    this.size++;
    this.entriesAdded = oneMore(this.entriesAdded);
    this.lastId = id;
    if (this.size === 1) this.firstId = id;
  }

  /** Appends a node of a restored stream. False if there is one with its ID. */
  attach(node: StreamNode): boolean {
    const { last } = this.nodes;
    if (!this.nodes.add(node)) return false;
    this.nodeBytes += node.memoryBytes;
    if (last !== undefined && this.nodes.last === node) {
      this.nodeBytes -= last.memoryBytes;
      last.seal();
      this.nodeBytes += last.memoryBytes;
    }
    return true;
  }

  has(id: StreamId): boolean {
    const node = this.nodeOf(id);
    return node !== undefined && node.find(id) !== -1;
  }

  find(id: StreamId): StreamEntry | undefined {
    const node = this.nodeOf(id);
    const at = node === undefined ? -1 : node.find(id);
    return at === -1 ? undefined : node!.entryAt(at);
  }

  /** Returns the first `count` entries from `start` to `end`; all for 0. */
  range(start: StreamId, end: StreamId, count: number): StreamEntry[] {
    return this.places(start, end, count).entries();
  }

  /** Returns the last `count` entries from `end` back to `start`; all for 0. */
  rangeBackwards(start: StreamId, end: StreamId, count: number): StreamEntry[] {
    return this.placesBackwards(start, end, count).entries();
  }

  /** Returns where the first `count` entries from `start` to `end` are; all for 0. */
  places(start: StreamId, end: StreamId, count: number): EntryPlaces {
    const found = new EntryPlaces();
    const limit = count === 0 ? Infinity : count;
    let node = this.nodeOf(start);
    if (node === undefined) return found;
    let at = node.firstFrom(start);
    for (; node !== undefined; node = this.nodes.after(node), at = 0) {
      const { isSorted } = node;
      const behind = node.lastUpTo(end) + 1;
      for (; at < behind; at++) {
        if (node.isDeletedAt(at)) continue;
        if (!isSorted && node.compareAt(at, start) < 0) continue;
        if (!isSorted && node.compareAt(at, end) > 0) return found;
        found.add(node, at);
        if (found.length >= limit) return found;
      }
      if (node.hasLiveFrom(behind)) return found;
    }
    return found;
  }

  /** Returns where the last `count` entries from `end` back to `start` are; all for 0. */
  placesBackwards(start: StreamId, end: StreamId, count: number): EntryPlaces {
    const found = new EntryPlaces();
    const limit = count === 0 ? Infinity : count;
    for (let node = this.nodes.atOrBefore(end); node !== undefined; node = this.nodes.before(node)) {
      for (let at = node.lastUpTo(end); at >= 0; at--) {
        if (node.isDeletedAt(at) || node.compareAt(at, end) > 0) continue;
        if (node.compareAt(at, start) < 0) return found;
        found.add(node, at);
        if (found.length >= limit) return found;
      }
    }
    return found;
  }

  get firstEntry(): StreamEntry | undefined {
    return this.range(ZERO_ID, MAX_ID, 1)[0];
  }

  get lastEntry(): StreamEntry | undefined {
    return this.rangeBackwards(ZERO_ID, MAX_ID, 1)[0];
  }

  /** False if there is no such entry. The caller updates {@link firstId}, once for all that it deletes, and {@link maxDeletedId}. */
  delete(id: StreamId): boolean {
    const node = this.nodeOf(id);
    const at = node === undefined ? -1 : node.find(id);
    if (at === -1) return false;
    if (node!.live === 1) this.dropNode(node!);
    else this.deleteIn(node!, at);
    return true;
  }

  /** Removes entries from the front. Returns their number. */
  trim(trim: Trim, limits: StreamLimits): number {
    const limit = trim.limit ?? (trim.isApproximate ? defaultLimit(limits) : 0);
    let removed = 0;
    for (let node = this.nodes.first; node !== undefined; node = this.nodes.first) {
      if ('most' in trim.keep && this.size <= trim.keep.most) break;
      if (limit > 0 && removed + node.live > limit) break;
      const isWhole = 'most' in trim.keep ? this.size - node.live >= trim.keep.most : node.compareAt(node.length - 1, trim.keep.from) < 0;
      if (!isWhole) {
        if (!trim.isApproximate) removed += this.trimIn(node, trim.keep);
        break;
      }
      removed += node.live;
      this.dropNode(node);
    }
    if (removed > 0) this.updateFirst();
    return removed;
  }

  /** Called after the first entry was deleted, or the only one. */
  updateFirst(): void {
    this.firstId = idOf(this.firstEntry);
  }

  /** True if entries from `start` on may have been deleted by XDEL. */
  hasDeletedFrom(start: StreamId): boolean {
    const { maxDeletedId } = this;
    if (this.size === 0 || isZeroId(maxDeletedId) || compareIds(this.firstId, maxDeletedId) > 0) return false;
    return compareIds(start, maxDeletedId) <= 0;
  }

  /** Returns how many entries, from the first ever, precede and include `id`, as far as that is known (streamEstimateDistanceFromFirstEverEntry). */
  countUpTo(id: StreamId): Int64 {
    const { entriesAdded, size, maxDeletedId, firstId } = this;
    if (entriesAdded === 0) return 0;
    const toLast = compareIds(id, this.lastId);
    if (size === 0 && toLast <= 0) return entriesAdded;
    if (toLast === 0) return entriesAdded;
    if (toLast > 0) return UNKNOWN_COUNT;
    if (!isZeroId(maxDeletedId) && compareIds(maxDeletedId, firstId) >= 0) return UNKNOWN_COUNT;
    const toFirst = compareIds(id, firstId);
    if (toFirst > 0) return UNKNOWN_COUNT;
    const before = distance(size, entriesAdded);
    return toFirst < 0 ? before : distance(-1, before);
  }

  /** Returns the number of entries not yet delivered to a group; null if it is unknown. */
  lagOf(group: Group): Int64 | null {
    if (this.entriesAdded === 0) return 0;
    const isCounted = group.entriesRead !== UNKNOWN_COUNT && !this.hasDeletedFrom(group.lastId);
    const read = isCounted ? group.entriesRead : this.countUpTo(group.lastId);
    return read === UNKNOWN_COUNT ? null : distance(read, this.entriesAdded);
  }

  freeze(): Frozen {
    const owned: Owned = new Set();
    const value = new StreamValue(this.nodes.share(owned));
    value.nodeBytes = this.nodeBytes;
    value.copyFacts(this);
    for (const group of this.groups.values()) value.groups.set(group.name, group.share(owned));
    this.owned = owned;
    this.shares++;
    return { value, thaw: () => this.thaw() };
  }

  private thaw(): void {
    if (--this.shares > 0) return;
    this.owned = null;
    this.nodes.unshare();
    for (const group of this.groups.values()) group.unshare();
  }

  clone(): StreamValue {
    const copy = new StreamValue();
    for (const node of this.nodes) copy.attach(node.clone());
    copy.copyFacts(this);
    for (const group of this.groups.values()) copy.groups.set(group.name, group.clone());
    return copy;
  }

  private copyFacts({ size, lastId, firstId, maxDeletedId, entriesAdded }: StreamValue): void {
    Object.assign(this, { size, lastId, firstId, maxDeletedId, entriesAdded });
  }

  capture(to: ColumnWriter): void {
    to.number(this.size);
    to.id(this.lastId);
    to.id(this.firstId);
    to.id(this.maxDeletedId);
    to.integer(this.entriesAdded);
    to.number(this.nodes.size);
    for (const node of this.nodes) node.capture(to);
    to.number(this.groups.size);
    for (const group of this.groups.values()) group.capture(to);
  }

  restore(from: ColumnReader): void {
    this.size = from.number();
    this.lastId = from.id();
    this.firstId = from.id();
    this.maxDeletedId = from.id();
    this.entriesAdded = from.integer();
    for (let left = from.number(); left > 0; left--) this.attach(StreamNode.restored(from));
    for (let left = from.number(); left > 0; left--) {
      const group = Group.restored(from);
      this.groups.set(group.name, group);
    }
  }

  private groupBytes(): number {
    let bytes = 0;
    for (const group of this.groups.values()) bytes += group.memoryBytes;
    return bytes;
  }

  /** Returns the node in which `id` is or would be. After XSETID the first node may contain entries before its own ID. */
  private nodeOf(id: StreamId): StreamNode | undefined {
    return this.nodes.atOrBefore(id) ?? this.nodes.first;
  }

  /** After XSETID there may already be a node with this ID; then all its entries are deleted. */
  private replaceNode(node: StreamNode): void {
    const before = this.nodes.get(node);
    if (before !== undefined) this.dropNode(before);
    this.attach(node);
  }

  /** Marks an entry as deleted. Returns its node, which may be a copy. */
  private deleteIn(node: StreamNode, at: number): StreamNode {
    const own = this.ownNode(node);
    this.nodeBytes -= own.memoryBytes;
    own.delete(at);
    this.nodeBytes += own.memoryBytes;
    this.size--;
    return own;
  }

  /** Returns a node that may change. */
  private ownNode(node: StreamNode): StreamNode {
    if (this.owned === null || this.owned.has(node)) return node;
    const copy = node.clone();
    this.owned.add(copy);
    this.nodes.replace(copy);
    return copy;
  }

  private dropNode(node: StreamNode): void {
    this.nodes.delete(node);
    this.nodeBytes -= node.memoryBytes;
    this.size -= node.live;
  }

  private trimIn(first: StreamNode, keep: Trim['keep']): number {
    let node = first;
    let removed = 0;
    for (let at = 0; at < node.length; at++) {
      if ('most' in keep ? this.size <= keep.most : node.compareAt(at, keep.from) >= 0) break;
      if (node.isDeletedAt(at)) continue;
      node = this.deleteIn(node, at);
      removed++;
    }
    return removed;
  }
}

function isFull(node: StreamNode, texts: readonly string[], first: number, limits: StreamLimits): boolean {
  const maxBytes = limits['stream-node-max-bytes'];
  const maxEntries = limits['stream-node-max-entries'];
  if (maxEntries > 0 && node.length >= maxEntries) return true;
  let bytes = node.bytes;
  for (let at = first; at < texts.length; at++) bytes += texts[at]!.length;
  return bytes >= (maxBytes === 0 ? NODE_MAX_BYTES : Math.min(maxBytes, NODE_MAX_BYTES));
}

function defaultLimit(limits: StreamLimits): number {
  const entries = TRIM_NODES * limits['stream-node-max-entries'];
  return entries <= 0 ? TRIM_LIMIT_DEFAULT : Math.min(entries, TRIM_LIMIT_MAX);
}

function idOf(entry: StreamEntry | undefined): StreamId {
  return entry === undefined ? ZERO_ID : { ms: entry.ms, seq: entry.seq };
}

/** Returns the ID of an entry that is added now; null if there are no more IDs. */
export function generateId(lastId: StreamId, nowMs: number): StreamId | null {
  return nowMs > lastId.ms ? { ms: nowMs, seq: 0 } : nextId(lastId);
}
