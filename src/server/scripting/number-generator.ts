/**
 * The generator of math.random: that of drand48(3), which Redis includes so that a script gets the same numbers on every machine.
 *
 * 48 bits of state, x' = 25214903917 · x + 11; the upper 31 bits are the number. As in Redis the first
 * number after the start is always the same, and scripts and functions draw from one sequence.
 */
const MULTIPLIER = 0x5deece66dn;
const INCREMENT = 11n;
const STATE_MASK = (1n << 48n) - 1n;
/** The lower 16 bits after seeding. */
const SEED_TAIL = 0x330en;
const MAX = 0x7fffffff;

export class NumberGenerator {
  /** Initial state of drand48. */
  private state = 0x1234abcd330en;

  /** @param value the lower 32 bits of its integer part are used */
  seed(value: number): void {
    const whole = Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
    this.state = (BigInt.asUintN(32, whole) << 16n) | SEED_TAIL;
  }

  /** The state fits into a number. */
  capture(): number {
    return Number(this.state);
  }

  restore(state: number): void {
    this.state = BigInt(state);
  }

  /** Returns a number in [0, 1). */
  next(): number {
    this.state = (this.state * MULTIPLIER + INCREMENT) & STATE_MASK;
    return (Number(this.state >> 17n) % MAX) / MAX;
  }
}
