/**
 * math.random's numbers: the generator of drand48(3), which Redis brings along so that a script sees the same numbers on every machine.
 *
 * 48 bits of state, x' = 25214903917 · x + 11; the upper 31 bits are the number. As in Redis the first
 * number after the start is always the same, and scripts and functions draw from one sequence.
 */
const MULTIPLIER = 0x5deece66dn;
const INCREMENT = 11n;
const STATE_MASK = (1n << 48n) - 1n;
/** What seeding puts into the lower 16 bits. */
const SEED_TAIL = 0x330en;
const MAX = 0x7fffffff;

export class NumberGenerator {
  /** drand48's own beginning. */
  private state = 0x1234abcd330en;

  /** @param value its integer part counts, of that the lower 32 bits */
  seed(value: number): void {
    const whole = Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
    this.state = (BigInt.asUintN(32, whole) << 16n) | SEED_TAIL;
  }

  /** It fits into a number. */
  capture(): number {
    return Number(this.state);
  }

  restore(state: number): void {
    this.state = BigInt(state);
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state * MULTIPLIER + INCREMENT) & STATE_MASK;
    return (Number(this.state >> 17n) % MAX) / MAX;
  }
}
