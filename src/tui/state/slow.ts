/**
 * What counts as slow: a command, or a phase of a turn, that delays all other clients for this long. The model remembers it, and views highlight it.
 */
export const SLOW_US = 1000;

/** The default threshold of redis-server's slow log. */
export const VERY_SLOW_US = 10_000;
