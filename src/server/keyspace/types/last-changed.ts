/**
 * LastChanged: which value was changed last, for values in a packed form, of which each change makes a copy. One that is changed again and again is opened: it
 * takes a form that is faster to change, until another value is changed. Used by SetValue, SortedSetValue and List.
 *
 *   A A A A A A A B B …      A is opened at its fifth change, and packed at the first one of B
 *
 * Only the time that a change takes depends on it: an open value has the size, the order, the estimated memory and the captured state of a packed one.
 */

/** After this number of changes in succession a value is opened for the next ones: opening and packing cost about as much as two of them. */
const CHANGES_UNTIL_OPEN = 4;

export interface Packable {
  /** Packs the value if it is open. */
  close(): void;
}

export class LastChanged {
  private last: Packable | null = null;
  private changes = 0;

  /** Notes that a value is about to be changed, and packs the one before. Returns whether the value should be open. */
  note(value: Packable): boolean {
    if (this.last !== value) {
      this.last?.close();
      this.last = value;
      this.changes = 0;
    }
    return ++this.changes > CHANGES_UNTIL_OPEN;
  }

  /** Called for a value that has no packed form any more, so that it is not kept in memory once it is deleted. */
  forget(value: Packable): void {
    if (this.last === value) this.last = null;
  }
}
