/**
 * SlotSet: a set of slots of a table, one bit for each: the slots that a snapshot has written out of turn.
 */
const BITS_SHIFT = 5;

export class SlotSet {
  private readonly words: Int32Array;

  /** @param size of the table; slots beyond it are never in the set */
  constructor(size: number) {
    this.words = new Int32Array((size >> BITS_SHIFT) + 1);
  }

  has(slot: number): boolean {
    return (this.words[slot >> BITS_SHIFT]! & (1 << slot)) !== 0;
  }

  add(slot: number): void {
    this.words[slot >> BITS_SHIFT]! |= 1 << slot;
  }

  delete(slot: number): void {
    this.words[slot >> BITS_SHIFT]! &= ~(1 << slot);
  }
}
