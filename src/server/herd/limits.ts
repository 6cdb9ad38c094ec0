/** The maximum numbers of waiting threads and of connections; the minimum is 1. */
export const HERD_LIMITS = { waiters: 32, connections: 10_000 } as const;
