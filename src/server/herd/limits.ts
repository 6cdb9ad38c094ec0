/** How many there may be at most, from 1 on: threads that wait, and connections. */
export const HERD_LIMITS = { waiters: 32, connections: 10_000 } as const;
