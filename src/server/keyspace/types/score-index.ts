/**
 * ScoreIndex: members and their scores in a tree by score, and, for the encoding skiplist, in a table by member. The form of a SortedSetValue that is large, or
 * changed again and again.
 */
import type { ColumnReader, ColumnWriter } from '../columns.js';
import { ScoreDict } from '../dict.js';
import type { HashSeed } from '../hash.js';
import { ScoreTree } from './score-tree.js';

export class ScoreIndex {
  readonly tree = new ScoreTree();
  /** The slot of the last member that was looked up in the dict, -1 if it does not exist: the lookup of a score is often followed by its change. */
  private recentSlot = -1;

  /** @param dict null: members are searched for in the tree, one after the other */
  constructor(public dict: ScoreDict | null) {}

  score(member: string): number | undefined {
    if (this.dict === null) return this.tree.findScore(member);
    this.recentSlot = this.dict.find(member);
    return this.recentSlot === -1 ? undefined : this.dict.valueAt(this.recentSlot);
  }

  /** Adds a member that is known to be absent. */
  add(member: string, score: number): void {
    this.dict?.add(member, score);
    this.tree.insert(score, member);
  }

  /** Changes the score of an existing member to a different one. */
  move(member: string, before: number, score: number): void {
    this.tree.move(before, score, member);
    if (this.dict !== null) this.dict.setValue(this.slotOf(this.dict, member), score);
  }

  remove(member: string, score: number): void {
    this.tree.delete(score, member);
    this.dict?.removeSlot(this.slotOf(this.dict, member));
  }

  /** Removes the member of this rank. */
  removeRanked(member: string, rank: number): void {
    this.tree.deleteAt(rank);
    this.dict?.delete(member);
  }

  /** Builds the table by member. */
  fill(seed: HashSeed): void {
    const dict = new ScoreDict(seed);
    this.tree.visit(0, this.tree.size, false, (member, score) => void dict.add(member, score));
    this.dict = dict;
  }

  clone(): ScoreIndex {
    const copy = new ScoreIndex(this.dict?.clone() ?? null);
    copy.tree.copy(this.tree);
    return copy;
  }

  /** Only with a dict. */
  capture(to: ColumnWriter): void {
    const dict = this.dict!;
    dict.capture(to);
    for (let slot = 0; slot < dict.size; slot++) to.number(dict.valueAt(slot));
    this.tree.capture(to);
  }

  static restore(from: ColumnReader, seed: HashSeed): ScoreIndex {
    const dict = new ScoreDict(seed);
    dict.restore(from);
    for (let slot = 0; slot < dict.size; slot++) dict.setValue(slot, from.number());
    const index = new ScoreIndex(dict);
    index.tree.restore(from);
    return index;
  }

  /** Returns the slot of an existing member. */
  private slotOf(dict: ScoreDict, member: string): number {
    const slot = this.recentSlot;
    return slot >= 0 && slot < dict.size && dict.keyAt(slot) === member ? slot : dict.find(member);
  }
}
