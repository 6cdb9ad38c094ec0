/**
 * SortedSetValue: the value of a sorted set. Reached from commands/sorted-set*.ts and commands/geo.ts.
 *
 *   listpack    ScoreTree                             a member is searched for from the start
 *       │ more members than zset-max-listpack-entries, or one longer than zset-max-listpack-value
 *       ▼
 *   skiplist    ScoreTree + Dict: member → score      O(1) by member, O(log n) by rank and score
 *
 * The encodings are Redis's; the tree is in both (Redis has a flat list for the first, a skip list for the second).
 */
import type { ColumnReader, ColumnWriter } from '../columns.js';
import { Dict } from '../dict.js';
import { freezeDict, type FrozenDict } from '../frozen-dict.js';
import type { HashSeed } from '../hash.js';
import type { Collection, Frozen } from '../value.js';
import type { EncodingLimits } from './limits.js';
import { ScoreTree } from './score-tree.js';

/** Estimated bytes of a sorted set besides its members. */
const SORTED_SET_OVERHEAD = 240;
/** Estimated bytes of a member besides its text: entry in the tree, string header; with slot, hash and index entry in the dict. */
const LIST_ENTRY_OVERHEAD = 40;
const DICT_ENTRY_OVERHEAD = 84;

export class SortedSetValue implements Collection {
  readonly type = 'zset';
  private readonly tree = new ScoreTree();
  private dict: Dict<number> | null = null;
  private textBytes = 0;
  /** The slot of the last member that was looked up in the dict, -1 if it does not exist: the lookup of a score is often followed by its change. */
  private recentSlot = -1;

  /** @param indexed starts as skiplist, for a result of unknown size; see {@link settle} */
  constructor(
    private readonly seed: HashSeed,
    indexed = false,
  ) {
    if (indexed) this.dict = new Dict(seed);
  }

  /** Its hash table, as {@link Dict.chains} counts it; null while it has none. */
  get chains(): number[] | null {
    return this.dict?.chains() ?? null;
  }

  get encoding(): 'listpack' | 'skiplist' {
    return this.dict === null ? 'listpack' : 'skiplist';
  }

  get size(): number {
    return this.tree.size;
  }

  get memoryBytes(): number {
    return SORTED_SET_OVERHEAD + this.textBytes + this.tree.size * (this.dict === null ? LIST_ENTRY_OVERHEAD : DICT_ENTRY_OVERHEAD);
  }

  score(member: string): number | undefined {
    if (this.dict === null) return this.tree.findScore(member);
    this.recentSlot = this.dict.find(member);
    return this.recentSlot === -1 ? undefined : this.dict.valueAt(this.recentSlot);
  }

  has(member: string): boolean {
    return this.score(member) !== undefined;
  }

  /** Adds a member that is known to be absent. The score must not be NaN. */
  add(member: string, score: number, limits: EncodingLimits): void {
    if (this.dict === null && (this.size >= limits['zset-max-listpack-entries'] || member.length > limits['zset-max-listpack-value'])) this.toDict();
    this.dict?.add(member, score);
    this.tree.insert(this.stored(score), member);
    this.textBytes += member.length;
  }

  /** Changes the score of an existing member to a different one. */
  move(member: string, before: number, score: number): void {
    this.tree.delete(before, member);
    this.tree.insert(this.stored(score), member);
    if (this.dict !== null) this.dict.setValue(this.slotOf(this.dict, member), score);
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
    const score = this.score(member);
    return score === undefined ? undefined : this.tree.rank(score, member);
  }

  /** Returns how many members come before a boundary; see {@link ScoreTree.countBefore}. */
  countBefore(isBefore: (score: number, member: string) => boolean): number {
    return this.tree.countBefore(isBefore);
  }

  /** Visits `count` members from the one of rank `start` on, up or down. The set must not change meanwhile. */
  visit(start: number, count: number, reverse: boolean, visit: (member: string, score: number) => void): void {
    this.tree.visit(start, count, reverse, visit);
  }

  /** Returns the members that {@link visit} visits. */
  members(start: number, count: number, reverse: boolean): string[] {
    return this.tree.members(start, count, reverse);
  }

  /** Removes and returns `count` members from the one of rank `start` on, alternating member and score. */
  removeRange(start: number, count: number, reverse = false): (string | number)[] {
    const removed: (string | number)[] = [];
    this.visit(start, count, reverse, (member, score) => void removed.push(member, score));
    for (let at = 0; at < removed.length; at += 2) this.remove(removed[at] as string, removed[at + 1] as number);
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
    if (this.dict === null || this.size > limits['zset-max-listpack-entries']) return;
    const { dict } = this;
    for (let slot = 0; slot < dict.size; slot++) if (dict.keyAt(slot).length > limits['zset-max-listpack-value']) return;
    this.dict = null;
    for (let slot = 0; slot < dict.size; slot++) {
      if (Object.is(dict.valueAt(slot), -0)) this.move(dict.keyAt(slot), -0, 0);
    }
  }

  /** Becomes a skiplist, however few members there are. */
  toSkiplist(): void {
    if (this.dict === null) this.toDict();
  }

  clone(): SortedSetValue {
    const copy = new SortedSetValue(this.seed, false);
    copy.textBytes = this.textBytes;
    copy.dict = this.dict?.clone() ?? null;
    copy.tree.copy(this.tree);
    return copy;
  }

  /** The tree is not frozen: without the order of scores the dict has all that there is. */
  freeze(keepsOrder: boolean): Frozen {
    return freezeDict(this, keepsOrder ? null : this.dict, (frozen) => new FrozenSortedSet(this.seed, frozen));
  }

  capture(to: ColumnWriter): void {
    const { dict, tree } = this;
    to.number(this.textBytes);
    to.number(dict === null ? 0 : 1);
    dict?.capture(to);
    if (dict !== null) for (let slot = 0; slot < dict.size; slot++) to.number(dict.valueAt(slot));
    tree.capture(to);
  }

  restore(from: ColumnReader): void {
    this.textBytes = from.number();
    if (from.number() === 1) {
      const dict = (this.dict = new Dict<number>(this.seed));
      dict.restore(from);
      for (let slot = 0; slot < dict.size; slot++) dict.setValue(slot, from.number());
    }
    this.tree.restore(from);
  }

  private remove(member: string, score: number): void {
    this.tree.delete(score, member);
    this.dict?.removeSlot(this.slotOf(this.dict, member));
    this.textBytes -= member.length;
  }

  /** Returns the slot of an existing member. */
  private slotOf(dict: Dict<number>, member: string): number {
    const slot = this.recentSlot;
    return slot >= 0 && slot < dict.size && dict.keyAt(slot) === member ? slot : dict.find(member);
  }

  /** A listpack stores whole scores as integers, and has no negative zero; clients can see that. */
  private stored(score: number): number {
    return score === 0 && this.dict === null ? 0 : score;
  }

  private toDict(): void {
    const dict = new Dict<number>(this.seed);
    this.visit(0, this.size, false, (member, score) => void dict.add(member, score));
    this.dict = dict;
  }
}

/** Its members have the order of their slots. */
class FrozenSortedSet extends SortedSetValue {
  constructor(
    seed: HashSeed,
    private readonly frozen: FrozenDict<number>,
  ) {
    super(seed);
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
