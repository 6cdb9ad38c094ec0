/**
 * OpenIntset: sorted integers in an array. Used by SetValue where an intset in one text (intset.ts) would take too long to change: for more integers than
 * PACKED_MOST, and while one set is changed again and again.
 */
import type { Int64 } from './int64.js';
import { intsetIntegers, intsetOf, unitsOf } from './intset.js';

/** More integers are not packed into one text, which each change would copy. */
export const PACKED_MOST = 512;

export class OpenIntset {
  private constructor(
    readonly integers: Int64[],
    /** Of an integer in the text. */
    private units: number,
  ) {}

  static of(text: string): OpenIntset {
    return new OpenIntset(intsetIntegers(text), text.charCodeAt(0));
  }

  /** Returns the intset as one text. */
  pack(): string {
    return intsetOf(this.integers, this.units);
  }

  get dataBytes(): number {
    const { length } = this.integers;
    return length * (length > PACKED_MOST ? 8 : this.units * 2);
  }

  /** Returns the position of an integer, or -1 minus the position where it belongs. */
  find(value: Int64): number {
    const { integers } = this;
    let low = 0;
    let high = integers.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const there = integers[middle]!;
      if (there === value) return middle;
      if (there < value) low = middle + 1;
      else high = middle - 1;
    }
    return -low - 1;
  }

  /** Inserts another integer, at the position where it belongs. */
  insert(position: number, value: Int64): void {
    this.units = Math.max(this.units, unitsOf(value));
    if (position === this.integers.length) this.integers.push(value);
    else this.integers.splice(position, 0, value);
  }

  removeAt(position: number): void {
    this.integers.splice(position, 1);
  }
}
