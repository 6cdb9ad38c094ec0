/**
 * ScoreTree: members in the order of their scores, and among equal scores in the order of their bytes. Used by SortedSetValue.
 *
 *   branch                    [ 130 │ 97 │ 180 ]             number of members below each child: ranks are sums of these
 *                              ╱      │      ╲
 *   leaf      [ a:1 b:1 c:2 … ] ⇄ [ k:5 … ] ⇄ [ x:9 … ]      scores and members in two arrays, linked to the neighbours
 *
 * A counted B+ tree. Insert, delete, rank and "the member of rank n" are O(log n), as in Redis's skip list with spans; it is wide
 * because arrays of a few dozen neighbours cost less memory and fewer cache misses than a node for each member.
 *
 * A branch keeps a lower bound for each child but the first: no member below the child is smaller, every one left of it is. Deleting
 * does not move the bounds, so a bound need not be a member.
 */
import type { ColumnReader, ColumnWriter } from '../columns.js';

export const LEAF_MOST = 64;
const BRANCH_MOST = 32;

export class Leaf {
  readonly isLeaf = true;
  scores: number[] = [];
  members: string[] = [];
  next: Leaf | null = null;
  previous: Leaf | null = null;
  /** Both are those of encoded-leaves.ts: how often it was read, and the number of its encoded form; 0 after a change. */
  reads = 0;
  stamp = 0;

  get count(): number {
    return this.members.length;
  }

  get width(): number {
    return this.members.length;
  }

  /** Returns how many entries come before (score, member), which is its position if it exists. */
  lowerBound(score: number, member: string): number {
    const { scores, members } = this;
    let low = 0;
    let high = members.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = scores[middle]!;
      if (there < score || (there === score && members[middle]! < member)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  insertAt(position: number, score: number, member: string): void {
    const { scores, members } = this;
    this.changes();
    scores.push(score);
    members.push(member);
    for (let at = members.length - 1; at > position; at--) {
      scores[at] = scores[at - 1]!;
      members[at] = members[at - 1]!;
    }
    scores[position] = score;
    members[position] = member;
  }

  removeAt(position: number): void {
    const { scores, members } = this;
    this.changes();
    if (position === 0) {
      // As pops do, from one leaf again and again.
      scores.shift();
      members.shift();
      return;
    }
    const last = members.length - 1;
    for (let at = position; at < last; at++) {
      scores[at] = scores[at + 1]!;
      members[at] = members[at + 1]!;
    }
    scores.pop();
    members.pop();
  }

  /** Moves the entry at `from` to before the one at `to`, with another score. */
  moveWithin(from: number, to: number, score: number, member: string): void {
    const { scores, members } = this;
    this.changes();
    let at = from;
    for (; at < to - 1; at++) {
      scores[at] = scores[at + 1]!;
      members[at] = members[at + 1]!;
    }
    for (; at > to; at--) {
      scores[at] = scores[at - 1]!;
      members[at] = members[at - 1]!;
    }
    scores[at] = score;
    members[at] = member;
  }

  /** True if an entry that is new at this position cannot belong into another leaf. */
  owns(position: number): boolean {
    return (position > 0 || this.previous === null) && (position < this.width || this.next === null);
  }

  /** Moves everything from `position` on into a new leaf on the right. */
  splitAt(position: number): Leaf {
    const right = new Leaf();
    this.changes();
    right.scores = this.scores.splice(position);
    right.members = this.members.splice(position);
    right.next = this.next;
    right.previous = this;
    if (this.next !== null) this.next.previous = right;
    this.next = right;
    return right;
  }

  /** Takes over all entries of the leaf on the right, and its place in the chain. */
  absorb(right: Leaf): void {
    this.changes();
    this.scores.push(...right.scores);
    this.members.push(...right.members);
    right.unlink();
  }

  private changes(): void {
    this.reads = 0;
    this.stamp = 0;
  }

  unlink(): void {
    if (this.previous !== null) this.previous.next = this.next;
    if (this.next !== null) this.next.previous = this.previous;
  }
}

class Branch {
  readonly isLeaf = false;
  children: Node[] = [];
  counts: number[] = [];
  /** Lower bound of each child; that of the first is not used. */
  scores: number[] = [];
  members: string[] = [];

  get count(): number {
    let sum = 0;
    for (const count of this.counts) sum += count;
    return sum;
  }

  get width(): number {
    return this.children.length;
  }

  /** Returns the child that contains (score, member) or would contain it. */
  childFor(score: number, member: string): number {
    const { scores, members } = this;
    let low = 1;
    let high = scores.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = scores[middle]!;
      if (there < score || (there === score && members[middle]! <= member)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  insertChild(at: number, child: Node, score: number, member: string): void {
    this.children.splice(at, 0, child);
    this.counts.splice(at, 0, child.count);
    this.scores.splice(at, 0, score);
    this.members.splice(at, 0, member);
  }

  removeChild(at: number): void {
    this.children.splice(at, 1);
    this.counts.splice(at, 1);
    this.scores.splice(at, 1);
    this.members.splice(at, 1);
  }

  splitAt(position: number): Branch {
    const right = new Branch();
    right.children = this.children.splice(position);
    right.counts = this.counts.splice(position);
    right.scores = this.scores.splice(position);
    right.members = this.members.splice(position);
    return right;
  }

  absorb(right: Branch): void {
    this.children.push(...right.children);
    this.counts.push(...right.counts);
    this.scores.push(...right.scores);
    this.members.push(...right.members);
  }
}

type Node = Leaf | Branch;

/** A member in a leaf; null behind the last one. */
export interface Place {
  leaf: Leaf | null;
  position: number;
}

export class ScoreTree {
  size = 0;
  private root: Node = new Leaf();
  private first: Leaf = this.root as Leaf;

  /** Adds a member that is known to be absent. */
  insert(score: number, member: string): void {
    const right = this.insertBelow(this.root, score, member);
    this.size++;
    if (right === null) return;
    const root = new Branch();
    root.insertChild(0, this.root, 0, '');
    root.insertChild(1, right.node, right.score, right.member);
    this.root = root;
  }

  /** Removes a member that is known to exist with this score. */
  delete(score: number, member: string): void {
    this.deleteBelow(this.root, score, member);
    this.shrunk();
  }

  /** Gives a member that is known to exist with the score `before` another one. Within its leaf it is moved without a second descent. */
  move(before: number, score: number, member: string): void {
    if (this.moveOrDelete(this.root, before, score, member)) return;
    this.shrunk();
    this.insert(score, member);
  }

  /** Removes the member of a rank that exists. Compares no members: at the ends, where pops remove, hardly any counts are added either. */
  deleteAt(rank: number): void {
    this.deleteRankBelow(this.root, rank);
    this.shrunk();
  }

  private shrunk(): void {
    this.size--;
    while (!this.root.isLeaf && this.root.children.length === 1) this.root = this.root.children[0]!;
    if (this.size === 0) this.clear();
  }

  clear(): void {
    this.size = 0;
    this.first = new Leaf();
    this.root = this.first;
  }

  /** Returns how many members come before one that is known to exist. */
  rank(score: number, member: string): number {
    let node = this.root;
    let before = 0;
    while (!node.isLeaf) {
      const at = node.childFor(score, member);
      for (let left = 0; left < at; left++) before += node.counts[left]!;
      node = node.children[at]!;
    }
    return before + node.lowerBound(score, member);
  }

  /**
   * Returns how many members come before a boundary. `isBefore` must be true for the first ones and false for all others; it is called O(log n) times,
   * also for bounds that are no members.
   */
  countBefore(isBefore: (score: number, member: string) => boolean): number {
    let node = this.root;
    let before = 0;
    while (!node.isLeaf) {
      const at = partition(1, node.width, node, isBefore) - 1;
      for (let left = 0; left < at; left++) before += node.counts[left]!;
      node = node.children[at]!;
    }
    return before + partition(0, node.width, node, isBefore);
  }

  /** Returns how many members have a score below `limit`, or `orEqual` to it. Reads no members, which would be in other cache lines. */
  countBelow(limit: number, orEqual: boolean): number {
    // Open ends: +inf included, -inf excluded.
    if (limit === (orEqual ? Infinity : -Infinity)) return orEqual ? this.size : 0;
    let node = this.root;
    let before = 0;
    while (!node.isLeaf) {
      const at = scoresBelow(node.scores, 1, limit, orEqual) - 1;
      for (let left = 0; left < at; left++) before += node.counts[left]!;
      node = node.children[at]!;
    }
    return before + scoresBelow(node.scores, 0, limit, orEqual);
  }

  /** Visits `count` members from the one of rank `start` on, up or down; stops at the end of the tree. */
  visit(start: number, count: number, reverse: boolean, visit: (member: string, score: number) => void): void {
    if (start < 0 || start >= this.size) return;
    let { leaf, position }: Place = this.place(start);
    for (let left = count; leaf !== null && left > 0; left--) {
      visit(leaf.members[position]!, leaf.scores[position]!);
      position += reverse ? -1 : 1;
      if (position >= 0 && position < leaf.width) continue;
      leaf = reverse ? leaf.previous : leaf.next;
      position = reverse && leaf !== null ? leaf.width - 1 : 0;
    }
  }

  /** Returns the members that {@link visit} visits. Faster, since it reads no scores, for each of which V8 may have to make an object. */
  members(start: number, count: number, reverse: boolean): string[] {
    const found: string[] = [];
    if (start < 0 || start >= this.size) return found;
    let { leaf, position }: Place = this.place(start);
    while (leaf !== null && found.length < count) {
      found.push(leaf.members[position]!);
      position += reverse ? -1 : 1;
      if (position >= 0 && position < leaf.width) continue;
      leaf = reverse ? leaf.previous : leaf.next;
      position = reverse && leaf !== null ? leaf.width - 1 : 0;
    }
    return found;
  }

  /** Returns where the member of an existing rank is. */
  place(rank: number): Place {
    let node = this.root;
    let position = rank;
    while (!node.isLeaf) {
      let at = 0;
      while (position >= node.counts[at]!) position -= node.counts[at++]!;
      node = node.children[at]!;
    }
    return { leaf: node, position };
  }

  /** Returns the score of a member by searching all of them: for small sets without an index by member. */
  findScore(member: string): number | undefined {
    for (let leaf: Leaf | null = this.first; leaf !== null; leaf = leaf.next) {
      const at = leaf.members.indexOf(member);
      if (at !== -1) return leaf.scores[at];
    }
    return undefined;
  }

  /** Becomes a copy of another tree, node by node. Only for a new one. */
  copy({ root, size }: ScoreTree): void {
    // The first leaf exists already.
    this.root = copyNode(root, { last: null, first: this.first });
    this.size = size;
  }

  /** Writes the nodes as they are, because the result of a range by text among members of different scores depends on them. */
  capture(to: ColumnWriter): void {
    captureNode(this.root, to);
  }

  /** Becomes the captured tree. Only for a new one. */
  restore(from: ColumnReader): void {
    // The first leaf exists already.
    this.root = restoreNode(from, { last: null, first: this.first });
    this.size = this.root.count;
  }

  /** Returns the new right neighbour if the node had to be split. */
  private insertBelow(node: Node, score: number, member: string): Split | null {
    if (node.isLeaf) return insertIntoLeaf(node, score, member);
    const at = node.childFor(score, member);
    const child = node.children[at]!;
    const right = this.insertBelow(child, score, member);
    if (right === null) {
      node.counts[at]!++;
      return null;
    }
    node.counts[at] = child.count;
    node.insertChild(at + 1, right.node, right.score, right.member);
    return node.width > BRANCH_MOST ? splitBranch(node) : null;
  }

  private deleteBelow(node: Node, score: number, member: string): void {
    if (node.isLeaf) return node.removeAt(node.lowerBound(score, member));
    const at = node.childFor(score, member);
    this.deleteBelow(node.children[at]!, score, member);
    this.shrunkChild(node, at);
  }

  /** Returns whether the member could be moved within its leaf; if not, it was removed. */
  private moveOrDelete(node: Node, before: number, score: number, member: string): boolean {
    if (node.isLeaf) {
      const from = node.lowerBound(before, member);
      const to = node.lowerBound(score, member);
      if (!node.owns(to)) {
        node.removeAt(from);
        return false;
      }
      node.moveWithin(from, to, score, member);
      return true;
    }
    const at = node.childFor(before, member);
    if (this.moveOrDelete(node.children[at]!, before, score, member)) return true;
    this.shrunkChild(node, at);
    return false;
  }

  private deleteRankBelow(node: Node, rank: number): void {
    if (node.isLeaf) return node.removeAt(rank);
    const { counts } = node;
    let at = 0;
    let position = rank;
    while (position >= counts[at]!) position -= counts[at++]!;
    this.deleteRankBelow(node.children[at]!, position);
    this.shrunkChild(node, at);
  }

  /** A member below the child was removed. */
  private shrunkChild(node: Branch, at: number): void {
    const child = node.children[at]!;
    if (--node.counts[at]! === 0) this.dropChild(node, at);
    else if (child.width < (child.isLeaf ? LEAF_MOST : BRANCH_MOST) / 4) mergeChild(node, at);
  }

  private dropChild(node: Branch, at: number): void {
    const child = node.children[at]!;
    if (child.isLeaf) {
      if (child === this.first) this.first = child.next ?? child;
      child.unlink();
    }
    node.removeChild(at);
  }
}

/** A leaf begins with its width, a branch with minus its width. */
function captureNode(node: Node, to: ColumnWriter): void {
  to.number(node.isLeaf ? node.width : -node.width);
  to.numbers(node.scores);
  to.texts(node.members);
  if (!node.isLeaf) for (const child of node.children) captureNode(child, to);
}

/** The chain of leaves so far, and the leaf that is to be its first. */
interface Chain {
  readonly first: Leaf;
  last: Leaf | null;
}

function restoreNode(from: ColumnReader, chain: Chain): Node {
  const width = from.number();
  const node = width >= 0 ? nextLeaf(chain) : new Branch();
  node.scores = from.numbers(Math.abs(width));
  node.members = from.texts(Math.abs(width));
  if (node.isLeaf) return node;
  for (let left = -width; left > 0; left--) {
    const child = restoreNode(from, chain);
    node.children.push(child);
    node.counts.push(child.count);
  }
  return node;
}

function copyNode(node: Node, chain: Chain): Node {
  const copy = node.isLeaf ? nextLeaf(chain) : new Branch();
  copy.scores = node.scores.slice();
  copy.members = node.members.slice();
  if (node.isLeaf || copy.isLeaf) return copy;
  copy.counts = node.counts.slice();
  copy.children = node.children.map((child) => copyNode(child, chain));
  return copy;
}

function nextLeaf(chain: Chain): Leaf {
  const { last } = chain;
  const leaf = last === null ? chain.first : new Leaf();
  leaf.previous = last;
  if (last !== null) last.next = leaf;
  return (chain.last = leaf);
}

interface Split {
  readonly node: Node;
  readonly score: number;
  readonly member: string;
}

function insertIntoLeaf(leaf: Leaf, score: number, member: string): Split | null {
  const position = leaf.lowerBound(score, member);
  leaf.insertAt(position, score, member);
  if (leaf.width <= LEAF_MOST) return null;
  // Adding in ascending order gives full leaves, not half-full ones that nothing will ever fill.
  const isAppended = leaf.next === null && position === LEAF_MOST;
  const right = leaf.splitAt(isAppended ? LEAF_MOST : LEAF_MOST / 2);
  return { node: right, score: right.scores[0]!, member: right.members[0]! };
}

function splitBranch(branch: Branch): Split {
  const right = branch.splitAt(branch.width / 2);
  return { node: right, score: right.scores[0]!, member: right.members[0]! };
}

/** Merges an underfull child with a neighbour, if both together leave room to grow. */
function mergeChild(node: Branch, at: number): void {
  const left = at + 1 < node.width ? at : at - 1;
  if (left < 0) return;
  const one = node.children[left]!;
  const other = node.children[left + 1]!;
  if (one.width + other.width > ((one.isLeaf ? LEAF_MOST : BRANCH_MOST) * 3) / 4) return;
  if (one.isLeaf) one.absorb(other as Leaf);
  else {
    // The first bound of a branch is not maintained; that of its parent is the same.
    (other as Branch).scores[0] = node.scores[left + 1]!;
    (other as Branch).members[0] = node.members[left + 1]!;
    one.absorb(other as Branch);
  }
  node.counts[left] = node.counts[left]! + node.counts[left + 1]!;
  node.removeChild(left + 1);
}

/** Returns the first place from `from` on whose score is not below the limit. */
function scoresBelow(scores: readonly number[], from: number, limit: number, orEqual: boolean): number {
  let low = from;
  let high = scores.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = scores[middle]!;
    if (there < limit || (orEqual && there === limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns the first place in [low, high) that is not before the boundary. */
function partition(low: number, high: number, node: Node, isBefore: (score: number, member: string) => boolean): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(node.scores[middle]!, node.members[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
