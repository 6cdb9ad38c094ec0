/**
 * ScoreTreeReply: a range of a sorted set's members as a reply that is encoded from the leaves of its tree (score-tree.ts). No list of the members is made, as
 * they are read a leaf at a time. Returned by the commands on ranges; only for a reply that is encoded at once.
 */
import { type ByteSink, encodeArray } from '../../resp/encoder.js';
import type { InPlace } from '../../resp/reply.js';
import { writeMembers } from './encoded-leaves.js';
import type { Place, ScoreTree } from './score-tree.js';

export class ScoreTreeReply implements InPlace {
  readonly type = 'in-place';

  /** `count` members from the one of rank `start` on, up or down; all of them must exist, and at least one. */
  constructor(
    private readonly tree: ScoreTree,
    private readonly start: number,
    private readonly count: number,
    private readonly reverse: boolean,
  ) {}

  writeTo(out: ByteSink): void {
    const { count, reverse } = this;
    encodeArray(out, count);
    let { leaf, position }: Place = this.tree.place(this.start);
    for (let left = count; leaf !== null && left > 0; ) {
      const here = Math.min(left, reverse ? position + 1 : leaf.width - position);
      writeMembers(out, leaf, position, here, reverse ? -1 : 1);
      left -= here;
      leaf = reverse ? leaf.previous : leaf.next;
      position = reverse && leaf !== null ? leaf.width - 1 : 0;
    }
  }
}
