/**
 * Writes members of a leaf (score-tree.ts) into a reply, and keeps a few leaves that are read again and again as they are in replies. Called by ScoreTreeReply.
 *
 *   leaf      [ ann bo carl … ]   stamp 37 ─┐
 *   slot 37 % SLOTS:              stamp 37 ◀┘   $3 ann $2 bo $4 carl …      any part of it is copied at once
 *                                              0      9     17
 *
 * To write ten members takes several times as long as to find them, and those asked for are often the same, such as the top of a leaderboard. To encode a leaf
 * takes as long as a few replies, hence only after many reads without a change. A change of the leaf resets its stamp, and the next leaf that is encoded into
 * the same slot overwrites the bytes: slots do not refer to leaves, which would keep whole trees in memory.
 */
import { type ByteSink, encodeTexts, HEADER_BYTES } from '../../resp/encoder.js';
import { type Leaf, LEAF_MOST } from './score-tree.js';

/** Upwards or downwards. */
export type Step = 1 | -1;

const SLOTS = 16;
const SLOT_BYTES = 4096;
/** A leaf is encoded when it has been read so often: if it is never read again, these reads took a fiftieth longer. */
const READS = 128;
/** Fewer members are encoded as fast as they are copied. */
const FEW = 4;

/** The members of a leaf as bulk strings, in one of the two directions. */
class Slot implements ByteSink {
  /** That of the leaf. */
  stamp = 0;
  position = 0;
  readonly buffer = Buffer.allocUnsafeSlow(SLOT_BYTES);
  /** Where each member begins, and the end of the last one. */
  private readonly starts = new Uint16Array(LEAF_MOST + 1);
  private step: Step = 1;
  /** What was copied last, since a part of a buffer takes longer to create than to copy. */
  private part: Buffer = this.buffer;
  private partStart = 0;

  /** There is room: see {@link fits}. */
  reserve(): void {}

  has({ stamp }: Leaf, step: Step): boolean {
    return stamp === this.stamp && step === this.step;
  }

  fill({ members, stamp }: Leaf, step: Step): void {
    const { starts } = this;
    this.stamp = stamp;
    this.step = step;
    this.position = 0;
    for (let at = 0; at < members.length; at++) {
      starts[at] = this.position;
      encodeTexts(this, members, step === 1 ? at : members.length - 1 - at, 1, step);
    }
    starts[members.length] = this.position;
  }

  copyTo(out: ByteSink, first: number, count: number): void {
    const start = this.starts[first]!;
    const end = this.starts[first + count]!;
    const bytes = end - start;
    if (this.partStart !== start || this.part.length !== bytes) {
      this.part = this.buffer.subarray(start, end);
      this.partStart = start;
    }
    out.reserve(bytes);
    out.buffer.set(this.part, out.position);
    out.position += bytes;
  }
}

const slots: Slot[] = [];
let lastStamp = 0;

/** Writes `count` members as bulk strings, from the one at `from` on; all must exist. */
export function writeMembers(out: ByteSink, leaf: Leaf, from: number, count: number, step: Step): void {
  const slot = count < FEW ? null : slotOf(leaf, step);
  if (slot === null) encodeTexts(out, leaf.members, from, count, step);
  else slot.copyTo(out, step === 1 ? from : leaf.width - 1 - from, count);
}

/** Returns the slot that has the leaf's members; null if there is none, and it is not yet worth one. */
function slotOf(leaf: Leaf, step: Step): Slot | null {
  if (leaf.stamp !== 0) {
    const slot = slots[leaf.stamp % SLOTS]!;
    if (slot.has(leaf, step)) return slot;
  }
  if (++leaf.reads < READS) return null;
  leaf.reads = 0;
  if (!fits(leaf.members)) return null;
  leaf.stamp = ++lastStamp;
  const slot = (slots[lastStamp % SLOTS] ??= new Slot());
  slot.fill(leaf, step);
  return slot;
}

function fits(members: readonly string[]): boolean {
  let bytes = 0;
  for (const member of members) bytes += HEADER_BYTES + member.length + 2;
  return bytes <= SLOT_BYTES;
}
