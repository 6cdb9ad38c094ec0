import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { ColumnWriter } from '../../../../src/server/keyspace/columns.js';
import { ScoreTree } from '../../../../src/server/keyspace/types/score-tree.js';

/** Pseudo-random numbers, the same in every run. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
}

type Entry = readonly [score: number, member: string];

const inOrder = (one: Entry, other: Entry): number => one[0] - other[0] || (one[1] < other[1] ? -1 : 1);

function contents(tree: ScoreTree, reverse = false): Entry[] {
  const entries: Entry[] = [];
  tree.visit(reverse ? tree.size - 1 : 0, tree.size, reverse, (member, score) => void entries.push([score, member]));
  return entries;
}

test.each([1, 2, 3])('it agrees with a sorted array through thousands of insertions and deletions (seed %i)', (seed) => {
  const next = sequence(seed);
  const tree = new ScoreTree();
  const model = new Map<string, number>();
  for (let step = 0; step < 12_000; step++) {
    const member = `m${next(3000)}`;
    const before = model.get(member);
    if (before !== undefined) {
      tree.delete(before, member);
      model.delete(member);
    }
    // Grows first and shrinks to nothing in the end.
    if (step < 6000 || (before === undefined && step < 9000 && next(3) === 0)) {
      const score = next(40);
      tree.insert(score, member);
      model.set(member, score);
    }
    if (step % 1500 !== 0) continue;
    const expected = [...model].map(([name, score]): Entry => [score, name]).toSorted(inOrder);
    // Thousands of pairs: toEqual takes much longer.
    expect(isDeepStrictEqual(contents(tree), expected)).toBe(true);
    expect(isDeepStrictEqual(contents(tree, true), expected.toReversed())).toBe(true);
    expected.forEach(([score, name], rank) => {
      if (rank % 37 === 0) expect(tree.rank(score, name)).toBe(rank);
    });
    const names = expected.map(([, name]) => name);
    const middle = names.length >> 1;
    for (const count of [0, 1, 100, names.length + 1]) {
      expect(tree.members(middle, count, false)).toEqual(names.slice(middle, middle + count));
      expect(tree.members(middle, count, true)).toEqual(names.slice(0, middle + 1).toReversed().slice(0, count));
    }
    for (const limit of [-Infinity, -1, 0, 6.5, 7, 20, 39, 100, Infinity]) {
      const below = expected.filter(([score]) => score < limit).length;
      const upTo = expected.filter(([score]) => score <= limit).length;
      expect([tree.countBefore((score) => score < limit), tree.countBelow(limit, false), tree.countBelow(limit, true)]).toEqual([below, below, upTo]);
    }
  }
});

test.each([
  ['by small steps, which mostly stay within a leaf', 3],
  ['by steps of any size', 400],
])('members that are moved %s are in the order of their new scores', (_, step) => {
  const next = sequence(step);
  const tree = new ScoreTree();
  const model = new Map<string, number>();
  for (let i = 0; i < 1000; i++) {
    model.set(`m${i}`, next(400));
    tree.insert(model.get(`m${i}`)!, `m${i}`);
  }
  for (let move = 1; move <= 8000; move++) {
    const member = `m${next(1000)}`;
    const before = model.get(member)!;
    const score = before + next(step) - (step >> 1);
    tree.move(before, score, member);
    model.set(member, score);
    if (move % 200 !== 0) continue;
    const expected = [...model].map(([name, there]): Entry => [there, name]).toSorted(inOrder);
    expect(isDeepStrictEqual(contents(tree), expected)).toBe(true);
    expected.forEach(([there, name], rank) => expect(tree.rank(there, name)).toBe(rank));
  }
});

test('the only member of a tree is moved', () => {
  const tree = new ScoreTree();
  tree.insert(5, 'a');
  for (const [before, score] of [[5, 9], [9, -1]] as const) tree.move(before, score, 'a');
  expect(contents(tree)).toEqual([[-1, 'a']]);
});

test.each([{ from: 'the front' }, { from: 'the back' }, { from: 'anywhere' }])('a member is removed from $from by its rank as by its score and text', ({ from }) => {
  const next = sequence(4);
  const trees = [new ScoreTree(), new ScoreTree()] as const;
  const captured = (tree: ScoreTree): unknown => {
    const to = new ColumnWriter();
    tree.capture(to);
    return to.finish();
  };
  for (let i = 0; i < 5000; i++) for (const tree of trees) tree.insert((i * 7) % 11, `m${(i * 619) % 5000}`);
  for (let size = 5000; size > 0; size--) {
    const rank = from === 'the front' ? 0 : from === 'the back' ? size - 1 : next(size);
    trees[0].visit(rank, 1, false, (member, score) => trees[0].delete(score, member));
    trees[1].deleteAt(rank);
    if (size % 500 === 0) expect(isDeepStrictEqual(captured(trees[1]), captured(trees[0]))).toBe(true);
  }
  expect(trees.map((tree) => contents(tree))).toEqual([[], []]);
});

test('members with equal scores are in the order of their bytes', () => {
  const tree = new ScoreTree();
  for (const member of ['b', '\xff', 'a', '', 'aa', 'B']) tree.insert(1, member);
  expect(contents(tree).map(([, member]) => member)).toEqual(['', 'B', 'a', 'aa', 'b', '\xff']);
});

test('infinite scores are counted beside infinite limits', () => {
  const tree = new ScoreTree();
  for (const score of [Infinity, 0, -Infinity, 1]) tree.insert(score, `m${score}`);
  expect([-Infinity, 0, Infinity].flatMap((limit) => [tree.countBelow(limit, false), tree.countBelow(limit, true)])).toEqual([0, 1, 1, 2, 3, 4]);
});

test('it is empty again after everything was removed from the front', () => {
  const tree = new ScoreTree();
  for (let score = 0; score < 5000; score++) tree.insert(score, 'm');
  for (let score = 0; score < 5000; score++) {
    tree.delete(score, 'm');
    expect(tree.size).toBe(4999 - score);
  }
  expect(contents(tree)).toEqual([]);
  tree.insert(1, 'again');
  expect(contents(tree)).toEqual([[1, 'again']]);
});
