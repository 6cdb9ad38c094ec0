/**
 * StreamValue: the value of a stream. Reached from commands/stream.ts and commands/stream-groups.ts.
 *
 *   nodes   IdIndex   [ 1-0 ]──────────▶ node   id 1-0, the names of its first entry's fields
 *                     [ 9-3 ] …                 entries [ 1-0 | 1-1 ✗ | 4-0 | 8-2 ]   at most stream-node-max-entries, deleted ones included
 *
 * An ID is found by two binary searches, of its node and within it. Nodes are what Redis's are: there each is a listpack in a radix tree. An
 * approximate trim takes whole nodes, a deleted entry stays in its node as a mark until all entries of it are gone, and a node is full when
 * its listpack would be (its bytes are counted, though it exists only in a DUMP). So `~` trims here what it trims there.
 *
 * Counting rules (entriesAdded, lag) are those of Redis 7.0's consumer groups.
 */
import { elementBytes, integerElementBytes, LISTPACK_OVERHEAD } from '../rdb/listpack.js';
import type { Collection } from '../value.js';
import { countUpTo, IdIndex } from './id-index.js';
import { type Int64, oneMore } from './int64.js';
import { compareIds, distance, isZeroId, MAX_ID, nextId, type StreamId, type Uint64, ZERO_ID } from './stream-id.js';
import { type Group, UNKNOWN_COUNT } from './stream-group.js';

/** A node never has a larger listpack, whatever the settings (STREAM_LISTPACK_MAX_SIZE). */
const NODE_MAX_BYTES = 2 ** 30;
/** An approximate trim without a LIMIT removes the entries of so many nodes at most. */
const TRIM_NODES = 100;
const TRIM_LIMIT_DEFAULT = 10_000;
const TRIM_LIMIT_MAX = 1_000_000;

/** Estimated bytes besides the listpacks. */
const STREAM_OVERHEAD = 256;
const NODE_OVERHEAD = 128;
const ENTRY_OVERHEAD = 56;

/** The settings by which nodes are cut; the names are CONFIG's. */
export interface StreamLimits {
  readonly 'stream-node-max-entries': number;
  readonly 'stream-node-max-bytes': number;
}

export interface StreamEntry extends StreamId {
  /** Field, value, field, value … */
  readonly fields: readonly string[];
  /** Are the field names those of its node? Then its listpack leaves them out. */
  readonly sharesNames: boolean;
  isDeleted: boolean;
}

/** A run of entries; its ID is that of its first one, also when that is deleted. */
export class StreamNode implements StreamId {
  readonly entries: StreamEntry[] = [];
  live = 0;
  /** Size of the listpack that Redis would have. */
  bytes: number;
  /** XSETID may set a stream back behind deleted entries, and then an entry follows one with a higher ID. Such a node is searched from its start. */
  isSorted = true;
  /** The part of it that the counts of live and deleted entries take. */
  private countBytes = 4;

  constructor(
    readonly ms: Uint64,
    readonly seq: Uint64,
    readonly names: readonly string[],
  ) {
    // Counts of entries and of deleted ones, number of names, the names, and a zero.
    this.bytes = LISTPACK_OVERHEAD + this.countBytes + integerElementBytes(names.length) + names.reduce((sum, name) => sum + elementBytes(name), 0) + 2;
  }

  /** How many entries are marked as deleted. */
  get deleted(): number {
    return this.entries.length - this.live;
  }

  /** Puts an entry behind all others. */
  append(id: StreamId, fields: readonly string[]): void {
    const sharesNames = this.hasNamesOf(fields);
    const entry: StreamEntry = { ms: id.ms, seq: id.seq, fields: sharesNames ? this.withNames(fields) : fields, sharesNames, isDeleted: false };
    this.attach(entry);
  }

  attach(entry: StreamEntry): void {
    const last = this.entries.at(-1);
    if (last !== undefined && compareIds(entry, last) <= 0) this.isSorted = false;
    this.entries.push(entry);
    this.bytes += entryBytes(this, entry);
    this.count(entry.isDeleted ? 0 : 1);
  }

  delete(entry: StreamEntry): void {
    entry.isDeleted = true;
    this.count(-1);
  }

  /** The entry with this ID, unless it is deleted. */
  find(id: StreamId): StreamEntry | undefined {
    const { entries } = this;
    const entry = this.isSorted ? entries[countUpTo(entries, id) - 1] : entries.find((one) => !one.isDeleted && compareIds(one, id) >= 0);
    return entry !== undefined && !entry.isDeleted && compareIds(entry, id) === 0 ? entry : undefined;
  }

  /** Where to begin looking for entries from `id` on. */
  firstFrom(id: StreamId): number {
    return this.isSorted ? countBefore(this.entries, id) : 0;
  }

  /** Where to begin looking for entries up to `id`, backwards. */
  lastUpTo(id: StreamId): number {
    return (this.isSorted ? countUpTo(this.entries, id) : this.entries.length) - 1;
  }

  /** Keeps the size up to date: the two counts stand in front, and large ones take more bytes. */
  private count(change: number): void {
    this.live += change;
    const countBytes = integerElementBytes(this.live) + integerElementBytes(this.deleted);
    this.bytes += countBytes - this.countBytes;
    this.countBytes = countBytes;
  }

  private hasNamesOf(fields: readonly string[]): boolean {
    const { names } = this;
    if (fields.length !== names.length * 2) return false;
    for (let at = 0; at < names.length; at++) if (fields[at * 2] !== names[at]) return false;
    return true;
  }

  /** The same fields with the node's own strings as names, so that those of the request need not be kept. */
  private withNames(fields: readonly string[]): readonly string[] {
    const shared = fields.slice();
    for (let at = 0; at < this.names.length; at++) shared[at * 2] = this.names[at]!;
    return shared;
  }
}

/** Flags, two distances from the node's ID, the number of fields and their names unless they are shared, the values, the number of all these. */
function entryBytes(node: StreamNode, { ms, seq, fields, sharesNames }: StreamEntry): number {
  const pairs = fields.length / 2;
  let bytes = 2 + integerElementBytes(distance(node.ms, ms)) + integerElementBytes(distance(node.seq, seq));
  for (let at = sharesNames ? 1 : 0; at < fields.length; at += sharesNames ? 2 : 1) bytes += elementBytes(fields[at]!);
  if (!sharesNames) bytes += integerElementBytes(pairs);
  return bytes + integerElementBytes(sharesNames ? pairs + 3 : pairs * 2 + 4);
}

/** What a trim is to leave: so many entries, or those from an ID on. */
export interface Trim {
  readonly keep: { readonly most: number } | { readonly from: StreamId };
  /** Whole nodes only. */
  readonly isApproximate: boolean;
  /** The most entries to remove; 0: no limit. Undefined: the one that Redis sets for an approximate trim. */
  readonly limit: number | undefined;
}

export class StreamValue implements Collection {
  readonly type = 'stream';
  readonly encoding = 'stream';
  readonly nodes = new IdIndex<StreamNode>();
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
  private nodeBytes = 0;

  get memoryBytes(): number {
    let bytes = STREAM_OVERHEAD + this.nodes.size * NODE_OVERHEAD + this.nodeBytes + this.size * ENTRY_OVERHEAD;
    for (const group of this.groups.values()) bytes += group.memoryBytes;
    return bytes;
  }

  /** The ID must be after lastId; `fields` must not change any more. */
  append(id: StreamId, fields: readonly string[], limits: StreamLimits): void {
    let node = this.nodes.last;
    if (node === undefined || isFull(node, fields, limits)) {
      node = new StreamNode(id.ms, id.seq, fields.filter((_, at) => at % 2 === 0));
      this.replaceNode(node);
    }
    this.nodeBytes -= node.bytes;
    node.append(id, fields);
    this.nodeBytes += node.bytes;
    this.size++;
    this.entriesAdded = oneMore(this.entriesAdded);
    this.lastId = id;
    if (this.size === 1) this.firstId = id;
  }

  /** Puts a node of a restored stream behind all others. False if there is one with its ID. */
  attach(node: StreamNode): boolean {
    if (!this.nodes.add(node)) return false;
    this.nodeBytes += node.bytes;
    return true;
  }

  has(id: StreamId): boolean {
    return this.find(id) !== undefined;
  }

  find(id: StreamId): StreamEntry | undefined {
    return this.nodeOf(id)?.find(id);
  }

  /** The first `count` entries from `start` to `end`; all for 0. */
  range(start: StreamId, end: StreamId, count: number): StreamEntry[] {
    const found: StreamEntry[] = [];
    const limit = count === 0 ? Infinity : count;
    let node = this.nodeOf(start);
    if (node === undefined) return found;
    let at = node.firstFrom(start);
    for (; node !== undefined; node = this.nodes.after(node), at = 0) {
      for (; at < node.entries.length; at++) {
        const entry = node.entries[at]!;
        if (entry.isDeleted || compareIds(entry, start) < 0) continue;
        if (compareIds(entry, end) > 0) return found;
        found.push(entry);
        if (found.length >= limit) return found;
      }
    }
    return found;
  }

  /** The last `count` entries from `end` back to `start`; all for 0. */
  rangeBackwards(start: StreamId, end: StreamId, count: number): StreamEntry[] {
    const found: StreamEntry[] = [];
    const limit = count === 0 ? Infinity : count;
    for (let node = this.nodes.atOrBefore(end); node !== undefined; node = this.nodes.before(node)) {
      for (let at = node.lastUpTo(end); at >= 0; at--) {
        const entry = node.entries[at]!;
        if (entry.isDeleted || compareIds(entry, end) > 0) continue;
        if (compareIds(entry, start) < 0) return found;
        found.push(entry);
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

  /** False if there is no such entry. The caller updates {@link firstId} and {@link maxDeletedId}, once for all that it deletes. */
  delete(id: StreamId): boolean {
    const node = this.nodeOf(id);
    const entry = node?.find(id);
    if (node === undefined || entry === undefined) return false;
    if (node.live === 1) this.dropNode(node);
    else this.deleteIn(node, entry);
    return true;
  }

  /** Removes entries from the front. Returns how many. */
  trim(trim: Trim, limits: StreamLimits): number {
    const limit = trim.limit ?? (trim.isApproximate ? defaultLimit(limits) : 0);
    let removed = 0;
    for (let node = this.nodes.first; node !== undefined; node = this.nodes.first) {
      if ('most' in trim.keep && this.size <= trim.keep.most) break;
      if (limit > 0 && removed + node.live > limit) break;
      const isWhole = 'most' in trim.keep ? this.size - node.live >= trim.keep.most : compareIds(node.entries.at(-1)!, trim.keep.from) < 0;
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

  /** After deletions: the first entry may be another. */
  updateFirst(): void {
    this.firstId = idOf(this.firstEntry);
  }

  /** Might entries from `start` on have been deleted by XDEL? */
  hasDeletedFrom(start: StreamId): boolean {
    const { maxDeletedId } = this;
    if (this.size === 0 || isZeroId(maxDeletedId) || compareIds(this.firstId, maxDeletedId) > 0) return false;
    return compareIds(start, maxDeletedId) <= 0;
  }

  /** How many entries, from the first ever, come before and include `id`, as far as that can be told (streamEstimateDistanceFromFirstEverEntry). */
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

  /** Entries that a group has not got yet; null if that can not be told. */
  lagOf(group: Group): Int64 | null {
    if (this.entriesAdded === 0) return 0;
    const isCounted = group.entriesRead !== UNKNOWN_COUNT && !this.hasDeletedFrom(group.lastId);
    const read = isCounted ? group.entriesRead : this.countUpTo(group.lastId);
    return read === UNKNOWN_COUNT ? null : distance(read, this.entriesAdded);
  }

  clone(): StreamValue {
    const copy = new StreamValue();
    for (const node of this.nodes) copy.attach(cloneOfNode(node));
    copy.size = this.size;
    copy.lastId = this.lastId;
    copy.firstId = this.firstId;
    copy.maxDeletedId = this.maxDeletedId;
    copy.entriesAdded = this.entriesAdded;
    for (const group of this.groups.values()) copy.groups.set(group.name, group.clone());
    return copy;
  }

  /** Where `id` is or would be. Behind XSETID the first node may hold entries that come before its own ID. */
  private nodeOf(id: StreamId): StreamNode | undefined {
    return this.nodes.atOrBefore(id) ?? this.nodes.first;
  }

  /** Behind XSETID there may be a node with this ID already; then all entries of it are deleted. */
  private replaceNode(node: StreamNode): void {
    const before = this.nodes.get(node);
    if (before !== undefined) this.dropNode(before);
    this.attach(node);
  }

  private deleteIn(node: StreamNode, entry: StreamEntry): void {
    this.nodeBytes -= node.bytes;
    node.delete(entry);
    this.nodeBytes += node.bytes;
    this.size--;
  }

  private dropNode(node: StreamNode): void {
    this.nodes.delete(node);
    this.nodeBytes -= node.bytes;
    this.size -= node.live;
  }

  private trimIn(node: StreamNode, keep: Trim['keep']): number {
    let removed = 0;
    for (const entry of node.entries) {
      if ('most' in keep ? this.size <= keep.most : compareIds(entry, keep.from) >= 0) break;
      if (entry.isDeleted) continue;
      this.deleteIn(node, entry);
      removed++;
    }
    return removed;
  }
}

function isFull(node: StreamNode, fields: readonly string[], limits: StreamLimits): boolean {
  const maxBytes = limits['stream-node-max-bytes'];
  const maxEntries = limits['stream-node-max-entries'];
  if (maxEntries > 0 && node.entries.length >= maxEntries) return true;
  let bytes = node.bytes;
  for (let at = 0; at < fields.length; at++) bytes += fields[at]!.length;
  return bytes >= (maxBytes === 0 ? NODE_MAX_BYTES : Math.min(maxBytes, NODE_MAX_BYTES));
}

function defaultLimit(limits: StreamLimits): number {
  const entries = TRIM_NODES * limits['stream-node-max-entries'];
  return entries <= 0 ? TRIM_LIMIT_DEFAULT : Math.min(entries, TRIM_LIMIT_MAX);
}

function countBefore(entries: readonly StreamEntry[], id: StreamId): number {
  const upTo = countUpTo(entries, id);
  return upTo > 0 && compareIds(entries[upTo - 1]!, id) === 0 ? upTo - 1 : upTo;
}

function idOf(entry: StreamEntry | undefined): StreamId {
  return entry === undefined ? ZERO_ID : { ms: entry.ms, seq: entry.seq };
}

/** Deleting marks entries, so a copy needs its own. */
function cloneOfNode(node: StreamNode): StreamNode {
  const copy = new StreamNode(node.ms, node.seq, node.names);
  for (const entry of node.entries) copy.attach({ ...entry });
  return copy;
}

/** The ID of an entry that is added now; null if there can be none any more. */
export function generateId(lastId: StreamId, nowMs: number): StreamId | null {
  return nowMs > lastId.ms ? { ms: nowMs, seq: 0 } : nextId(lastId);
}
