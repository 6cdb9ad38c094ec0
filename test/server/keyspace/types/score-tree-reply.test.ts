import { expect, test } from 'vitest';
import { OutputBuffer } from '../../../../src/server/client/output-buffer.js';
import { ScoreTreeReply } from '../../../../src/server/keyspace/types/score-tree-reply.js';
import { ScoreTree } from '../../../../src/server/keyspace/types/score-tree.js';
import { encode } from '../../../../src/server/resp/encoder.js';
import type { Reply } from '../../../../src/server/resp/reply.js';
import { seededRandom } from '../../../../src/shared/random.js';

/** More reads than it takes until a leaf is encoded (encoded-leaves.ts). */
const MANY = 140;

function encoded(reply: Reply): string {
  const out = new OutputBuffer();
  encode(out, reply, 2);
  return out.peek(0, out.length);
}

/** Compares the reply with that of an array of the same members, at every one of many reads. */
function check(tree: ScoreTree, start: number, count: number, reverse: boolean): void {
  const expected = encoded(tree.members(start, count, reverse));
  for (let read = 0; read < MANY; read++) expect(encoded(new ScoreTreeReply(tree, start, count, reverse))).toBe(expected);
}

test.each([
  ['short members', 'm'],
  ['members of which a leaf is never encoded', 'long'.repeat(30)],
])('ranges that are read again and again have the members of the tree through all changes: %s', (_, prefix) => {
  const random = seededRandom(prefix.length);
  const below = (limit: number): number => Math.floor(random() * limit);
  const tree = new ScoreTree();
  const scores = new Map<string, number>();
  const change = (): void => {
    const member = `${prefix}${below(400)}`;
    const before = scores.get(member);
    if (before !== undefined && below(2) === 0) {
      tree.move(before, before + 1, member);
      return void scores.set(member, before + 1);
    }
    if (before !== undefined) tree.delete(before, member);
    if (before !== undefined && below(3) === 0) return void scores.delete(member);
    const score = below(50);
    tree.insert(score, member);
    scores.set(member, score);
  };
  for (let i = 0; i < 300; i++) change();
  for (let round = 0; round < 40; round++) {
    // A few changes meet some of the leaves that were encoded; many split and merge leaves.
    for (let changes = round % 10 === 9 ? 300 : 1 + below(3); changes > 0; changes--) change();
    const start = below(tree.size - 30);
    check(tree, start, 4 + below(26), false);
    check(tree, start + 29, 4 + below(26), true);
    if (round % 16 === 0) check(tree, 0, tree.size, false);
    if (round % 16 === 8) check(tree, tree.size - 1, tree.size, true);
    if (round % 5 === 0 && tree.size > 200) tree.deleteAt(below(2) === 0 ? 0 : start);
    scores.clear();
    tree.visit(0, tree.size, false, (member, score) => void scores.set(member, score));
  }
});

test('a leaf that is read again and again has the members of the neighbour that it absorbs', () => {
  const tree = new ScoreTree();
  for (let i = 0; i < 128; i++) tree.insert(i, `m${i}`);
  for (let i = 0; i < 40; i++) tree.delete(i, `m${i}`);
  check(tree, 0, 24, false);
  // Only 15 of the leaf on the right remain: fewer than a quarter.
  for (let i = 79; i < 128; i++) tree.delete(i, `m${i}`);
  check(tree, 0, tree.size, false);
});

test('a leaf that is read again and again shows that a member was moved within it', () => {
  const tree = new ScoreTree();
  for (let i = 0; i < 20; i++) tree.insert(i, `m${i}`);
  check(tree, 0, 20, false);
  tree.move(12, 3.5, 'm12');
  check(tree, 0, 20, false);
  tree.move(3.5, 18.5, 'm12');
  check(tree, 0, 20, false);
});

test('more leaves than are kept encoded do not get in each other\'s way', () => {
  const trees = Array.from({ length: 40 }, (_, number) => {
    const tree = new ScoreTree();
    for (let i = 0; i < 20; i++) tree.insert(i, `${number}:${i}`);
    return tree;
  });
  for (const tree of [...trees, ...trees]) check(tree, 3, 10, false);
  for (const tree of trees) expect(encoded(new ScoreTreeReply(tree, 3, 10, false))).toBe(encoded(tree.members(3, 10, false)));
});
