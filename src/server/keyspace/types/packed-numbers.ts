/**
 * PackedNumbers: a short sequence of small numbers that seldom changes, kept as a text: a character for each number, or two if one of them needs more than
 * 16 bits. An array takes 8 bytes for each number; V8 keeps a text whose characters are all below 256 with one.
 */
const UNIT = 0x10000;
/** Most numbers of a sequence: they are passed to one function, each as an argument or two. */
const COUNT_MAX = 10_000;

export class PackedNumbers {
  private constructor(
    private readonly units: string,
    private readonly isWide: boolean,
  ) {}

  /** Returns null if one of the numbers is not an integer from 0 to 2^32 - 1, or if there are too many. */
  static of(numbers: readonly number[]): PackedNumbers | null {
    if (numbers.length > COUNT_MAX) return null;
    let isWide = false;
    for (const number of numbers) {
      if (number >>> 0 !== number) return null;
      if (number >= UNIT) isWide = true;
    }
    return new PackedNumbers(String.fromCharCode(...(isWide ? halvesOf(numbers) : numbers)), isWide);
  }

  get count(): number {
    return this.isWide ? this.units.length / 2 : this.units.length;
  }

  at(index: number): number {
    const { units } = this;
    return this.isWide ? units.charCodeAt(2 * index) + units.charCodeAt(2 * index + 1) * UNIT : units.charCodeAt(index);
  }

  /** Returns the same numbers with another one at `index`, of no more bits than the largest of the sequence may have. */
  with(index: number, value: number): PackedNumbers {
    const { units, isWide } = this;
    const width = isWide ? 2 : 1;
    const changed = isWide ? String.fromCharCode(value % UNIT, value >>> 16) : String.fromCharCode(value);
    return new PackedNumbers([units.slice(0, width * index), changed, units.slice(width * (index + 1))].join(''), isWide);
  }

  toArray(): number[] {
    const numbers = new Array<number>(this.count);
    for (let index = 0; index < numbers.length; index++) numbers[index] = this.at(index);
    return numbers;
  }
}

/** Returns the lower and the upper 16 bits of each number. */
function halvesOf(numbers: readonly number[]): number[] {
  const halves: number[] = [];
  for (let at = 0; at < numbers.length; at++) halves.push(numbers[at]! % UNIT, numbers[at]! >>> 16);
  return halves;
}
