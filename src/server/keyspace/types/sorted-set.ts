/**
 * SortedSetValue: the value of a sorted set. Reached from commands/sorted-set*.ts and commands/geo.ts.
 *
 *   listpack    one text of Redis's bytes (score-listpack.ts)     a member is searched for from the start
 *       │       ScoreIndex without a table, if it is large or is changed again and again
 *       │ more members than zset-max-listpack-entries, or one longer than zset-max-listpack-value
 *       ▼
 *   skiplist    ScoreIndex: a tree by score, and a table          O(1) by member, O(log n) by rank and score
 *
 * The encodings are Redis's; instead of its skip list there is a tree.
 */
import { ownText } from '../../../shared/own-text.js';
import type { ColumnReader, ColumnWriter } from '../columns.js';
import { ScoreDict } from '../dict.js';
import { freezeDict, type FrozenDict } from '../frozen-dict.js';
import type { HashSeed } from '../hash.js';
import type { Collection, Frozen } from '../value.js';
import { LastChanged } from './last-changed.js';
import type { EncodingLimits } from './limits.js';
import { elementTextBytes, EMPTY_LISTPACK } from './listpack-text.js';
import { ScoreIndex } from './score-index.js';
import {
  findMember, fractionCount, insertPacked, isWhole, movePacked, packedCountBefore, packedCountBelow, packedMembers, packedScore, packedSize,
  packScores, rankOf, removePacked, visitPacked,
} from './score-listpack.js';
import type { ScoreTree } from './score-tree.js';

/** Bytes of a sorted set besides its members: its fields, and the header of the text; with a tree and a table. */
const SORTED_SET_OVERHEAD = 72;
const INDEX_OVERHEAD = 240;
/** Estimated bytes of a member besides its text: in a listpack; in the tree and the table; more for a score that is not whole. */
const LIST_ENTRY_OVERHEAD = 6;
const DICT_ENTRY_OVERHEAD = 84;
const FRACTION_OVERHEAD = 16;

/** More members or bytes are not packed into one text, which each change would copy. */
const PACKED_MEMBERS = 256;
const PACKED_BYTES = 16_384;
/** So few bytes are copied for each change as fast as a tree is changed. */
const SHORT_LISTPACK = 48;

/** In captured state, instead of a listpack. */
const IN_INDEX = 'index';

const lastChanged = new LastChanged();

export class SortedSetValue implements Collection {
  /** One field, because there are many small sorted sets. */
  private content: string | ScoreIndex;
  /** Bytes of the members, and {@link FRACTION_OVERHEAD} for scores. */
  private textBytes = 0;

  /** @param indexed starts as skiplist, for a result of unknown size; see {@link settle} */
  constructor(
    private readonly seed: HashSeed,
    indexed = false,
  ) {
    this.content = indexed ? new ScoreIndex(new ScoreDict(seed)) : EMPTY_LISTPACK;
  }

  /** @param listpack whose members are in order, none twice */
  static ofListpack(listpack: string, seed: HashSeed): SortedSetValue {
    const set = new SortedSetValue(seed);
    set.setListpack(listpack);
    set.textBytes = elementTextBytes(listpack, 2) + fractionCount(listpack) * FRACTION_OVERHEAD;
    return set;
  }

  get type(): 'zset' {
    return 'zset';
  }

  /** Its hash table, as {@link ScoreDict.chains} counts it; null while it has none. */
  get chains(): number[] | null {
    return this.dict?.chains() ?? null;
  }

  get table(): ScoreDict | null {
    return this.dict;
  }

  get encoding(): 'listpack' | 'skiplist' {
    return this.dict === null ? 'listpack' : 'skiplist';
  }

  get size(): number {
    const { content } = this;
    return typeof content === 'string' ? packedSize(content) : content.tree.size;
  }

  get memoryBytes(): number {
    if (this.dict === null) return SORTED_SET_OVERHEAD + this.textBytes + this.size * LIST_ENTRY_OVERHEAD;
    return INDEX_OVERHEAD + this.textBytes + this.size * DICT_ENTRY_OVERHEAD;
  }

  /** The listpack; null if the set is a skiplist. */
  get listpack(): string | null {
    const { content } = this;
    if (typeof content === 'string') return content;
    return content.dict === null ? packScores((visit) => content.tree.visit(0, content.tree.size, false, visit)) : null;
  }

  /** The listpack, if the set is kept as one. */
  get packed(): string | null {
    return typeof this.content === 'string' ? this.content : null;
  }

  /** The members in order, if they are not kept as a listpack. */
  get tree(): ScoreTree | null {
    const { content } = this;
    return typeof content === 'string' ? null : content.tree;
  }

  score(member: string): number | undefined {
    const { content } = this;
    if (typeof content !== 'string') return content.score(member);
    const place = findMember(content, member);
    return place === -1 ? undefined : packedScore(content, place);
  }

  has(member: string): boolean {
    return this.score(member) !== undefined;
  }

  /** Adds a member that is known to be absent. The score must not be NaN. */
  add(member: string, score: number, limits: EncodingLimits): void {
    if (this.dict === null && (this.size >= limits['zset-max-listpack-entries'] || member.length > limits['zset-max-listpack-value'])) this.toSkiplist();
    const content = this.changing();
    if (typeof content === 'string') this.setListpack(insertPacked(content, score, member));
    else content.add(member, stored(content, score));
    this.textBytes += member.length + fractionBytes(score);
  }

  /** Changes the score of an existing member to a different one. */
  move(member: string, before: number, score: number): void {
    const content = this.changing();
    if (typeof content === 'string') this.setListpack(movePacked(content, findMember(content, member), score));
    else content.move(member, before, stored(content, score));
    this.textBytes += fractionBytes(score) - fractionBytes(before);
  }

  /** Adds a member or changes its score. */
  set(member: string, score: number, limits: EncodingLimits): void {
    const before = this.score(member);
    if (before === undefined) this.add(member, score, limits);
    else if (before !== score) this.move(member, before, score);
  }

  /** False if the member did not exist. */
  delete(member: string): boolean {
    const score = this.score(member);
    if (score === undefined) return false;
    this.remove(member, score);
    return true;
  }

  /** Returns how many members come before this one; undefined if it does not exist. */
  rank(member: string): number | undefined {
    const { content } = this;
    if (typeof content === 'string') {
      const place = findMember(content, member);
      return place === -1 ? undefined : rankOf(content, place);
    }
    const score = content.score(member);
    return score === undefined ? undefined : content.tree.rank(score, member);
  }

  /** Returns how many members come before a boundary; see {@link ScoreTree.countBefore}. */
  countBefore(isBefore: (score: number, member: string) => boolean): number {
    const { content } = this;
    return typeof content === 'string' ? packedCountBefore(content, isBefore) : content.tree.countBefore(isBefore);
  }

  /** Returns how many members have a score below `limit`, or `orEqual` to it. */
  countBelow(limit: number, orEqual = false): number {
    const { content } = this;
    if (typeof content === 'string') return packedCountBelow(content, limit, orEqual);
    return content.tree.countBelow(limit, orEqual);
  }

  /**
   * Visits `count` members from the one of rank `start` on, up or down. The set must not change meanwhile. A member that is stored elsewhere needs memory of
   * its own: see {@link ownText}.
   */
  visit(start: number, count: number, reverse: boolean, visit: (member: string, score: number) => void): void {
    const { content } = this;
    if (typeof content !== 'string') content.tree.visit(start, count, reverse, visit);
    else if (start >= 0 && start < packedSize(content)) visitPacked(content, start, count, reverse, visit);
  }

  /** Returns the members that {@link visit} visits. */
  members(start: number, count: number, reverse: boolean): string[] {
    const { content } = this;
    if (typeof content !== 'string') return content.tree.members(start, count, reverse);
    return start >= 0 && start < packedSize(content) ? packedMembers(content, start, count, reverse) : [];
  }

  /** Removes and returns `count` members from the one of rank `start` on, alternating member and score. */
  removeRange(start: number, count: number, reverse = false): (string | number)[] {
    const removed: (string | number)[] = [];
    this.visit(start, count, reverse, (member, score) => void removed.push(member, score));
    // Those behind a removed one come one rank further to the front.
    let rank = start;
    for (let at = 0; at < removed.length; at += 2) this.remove(removed[at] as string, removed[at + 1] as number, reverse ? rank-- : rank);
    return removed;
  }

  /** One step of ZSCAN; returns the next cursor. A small set is returned whole, as in Redis. */
  scan(cursor: number, count: number, visit: (member: string, score: number) => void): number {
    const { dict } = this;
    if (dict !== null) return dict.scan(cursor, count, (slot) => visit(dict.keyAt(slot), dict.valueAt(slot)));
    this.visit(0, this.size, false, visit);
    return 0;
  }

  /** Becomes a listpack if the set is within its limits, as the result of a union does before it is stored. */
  settle(limits: EncodingLimits): void {
    const { dict } = this;
    if (dict === null || this.size > limits['zset-max-listpack-entries']) return;
    for (let slot = 0; slot < dict.size; slot++) if (dict.keyAt(slot).length > limits['zset-max-listpack-value']) return;
    this.setListpack(packScores((visit) => this.visit(0, this.size, false, visit)));
  }

  /** Becomes a skiplist, however few members there are. */
  toSkiplist(): void {
    if (this.dict !== null) return;
    lastChanged.forget(this);
    const index = typeof this.content === 'string' ? opened(this.content) : this.content;
    index.fill(this.seed);
    this.content = index;
  }

  clone(): SortedSetValue {
    const copy = new SortedSetValue(this.seed);
    copy.textBytes = this.textBytes;
    copy.content = typeof this.content === 'string' ? this.content : this.content.clone();
    copy.close();
    return copy;
  }

  /** The tree is not frozen: without the order of scores the dict has all that there is. */
  freeze(keepsOrder: boolean): Frozen {
    return freezeDict(this, keepsOrder ? null : this.dict, (frozen) => new FrozenSortedSet(this.seed, frozen));
  }

  capture(to: ColumnWriter): void {
    const { content, listpack } = this;
    to.number(this.textBytes);
    to.text(listpack ?? IN_INDEX);
    if (listpack === null) (content as ScoreIndex).capture(to);
  }

  restore(from: ColumnReader): void {
    this.textBytes = from.number();
    const listpack = from.text();
    if (listpack === IN_INDEX) this.content = ScoreIndex.restore(from, this.seed);
    else this.setListpack(listpack);
  }

  /** Packs the members if they are few enough: called when another set is changed. */
  close(): void {
    const { content } = this;
    if (typeof content !== 'string' && content.dict === null && content.tree.size <= PACKED_MEMBERS) this.setListpack(this.listpack!);
  }

  private get dict(): ScoreDict | null {
    const { content } = this;
    return typeof content === 'string' ? null : content.dict;
  }

  /** @param rank of the member; -1: not known */
  private remove(member: string, score: number, rank = -1): void {
    const content = this.changing();
    if (typeof content === 'string') this.content = removePacked(content, findMember(content, member));
    else if (rank === -1) content.remove(member, score);
    else content.removeRanked(member, rank);
    this.textBytes -= member.length + fractionBytes(score);
  }

  /** Returns the members in the form in which they are to be changed. */
  private changing(): string | ScoreIndex {
    const { content } = this;
    if (typeof content === 'string' ? content.length <= SHORT_LISTPACK : content.dict !== null) return content;
    const isOpen = lastChanged.note(this);
    if (typeof content !== 'string' || !isOpen) return content;
    return (this.content = opened(content));
  }

  /** Takes over a listpack, in the form that fits its size. */
  private setListpack(listpack: string): void {
    this.content = listpack.length > PACKED_BYTES || packedSize(listpack) > PACKED_MEMBERS ? opened(listpack) : listpack;
  }
}

function fractionBytes(score: number): number {
  return isWhole(score) ? 0 : FRACTION_OVERHEAD;
}

/** A listpack stores whole scores as integers, and has no negative zero; clients can see that. */
function stored({ dict }: ScoreIndex, score: number): number {
  return score === 0 && dict === null ? 0 : score;
}

function opened(listpack: string): ScoreIndex {
  const index = new ScoreIndex(null);
  visitPacked(listpack, 0, Infinity, false, (member, score) => index.add(ownText(member), score));
  return index;
}

/** Its members have the order of their slots. */
class FrozenSortedSet extends SortedSetValue {
  constructor(
    seed: HashSeed,
    private readonly frozen: FrozenDict<number>,
  ) {
    super(seed);
  }

  override get listpack(): null {
    return null;
  }

  override visit(start: number, count: number, reverse: boolean, visit: (member: string, score: number) => void): void {
    const step = reverse ? -1 : 1;
    for (let slot = start, left = count; left > 0; slot += step, left--) visit(this.frozen.keyAt(slot), this.frozen.valueAt(slot));
  }

  override members(start: number, count: number, reverse: boolean): string[] {
    const found: string[] = [];
    this.visit(start, count, reverse, (member) => void found.push(member));
    return found;
  }
}
