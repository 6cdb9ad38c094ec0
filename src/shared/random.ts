/**
 * Random numbers from a seed: the same seed gives the same sequence, in the server and in the simulated kernel.
 */

/** Gives the next number in [0, 1) at each call. */
export interface SeededRandom {
  (): number;
  /** The state, 32 bits. */
  capture(): number;
  /** Continues from a captured state. */
  restore(state: number): void;
}

/** Mulberry32: small, fast, and good enough for sampling keys; not for secrets. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  };
  return Object.assign(next, { capture: () => state, restore: (captured: number) => void (state = captured) });
}
