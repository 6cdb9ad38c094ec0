/**
 * What counts as slow: a command, or a phase of a turn, that keeps all other clients waiting for so long. The model remembers what was slow,
 * and views let it stand out.
 */
export const SLOW_US = 1000;

/** Where redis-server's slow log begins, unless it is told otherwise. */
export const VERY_SLOW_US = 10_000;
