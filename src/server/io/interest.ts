/**
 * Interest: which kinds of readiness a source is registered for. A bit set, as in mio and epoll.
 */

export type Interest = number;

/** There may be bytes to read, a connection to accept, or the peer has closed. */
export const READABLE: Interest = 1;

/** There is room in the send buffer. Asked for only after a short write, and dropped once everything is sent. */
export const WRITABLE: Interest = 2;
