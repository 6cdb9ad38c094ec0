/**
 * Interest: which kinds of readiness a source is registered for, and how these are reported. A bit set, as in mio and epoll.
 */

export type Interest = number;

/** There may be bytes to read, a connection to accept, or the peer has closed. */
export const READABLE: Interest = 1;

/** There is room in the send buffer. Asked for only after a short write, and dropped once everything is sent. */
export const WRITABLE: Interest = 2;

/** Readiness is reported once, when it begins; for a source that is to differ from what its poll does otherwise. */
export const EDGE: Interest = 4;

/** Readiness is reported for as long as it lasts; likewise. */
export const LEVEL: Interest = 8;

/** @param byDefault what its poll does with sources that say neither */
export function isEdgeTriggered(interest: Interest, byDefault: boolean): boolean {
  return (interest & EDGE) !== 0 || (byDefault && (interest & LEVEL) === 0);
}
