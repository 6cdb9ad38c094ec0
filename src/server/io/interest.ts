/**
 * Interest: which kinds of readiness a source is registered for, and how these are reported. A bit set, as in mio and epoll.
 */

export type Interest = number;

/** There may be bytes to read or a connection to accept, or the peer has closed. */
export const READABLE: Interest = 1;

/** There is room in the send buffer. Requested only after a short write, and dropped once everything is sent. */
export const WRITABLE: Interest = 2;

/** Edge-triggered: readiness is reported once, when it begins. Set for a source that is to differ from its poll's default. */
export const EDGE: Interest = 4;

/** Level-triggered: readiness is reported for as long as it lasts. Set for a source that is to differ from its poll's default. */
export const LEVEL: Interest = 8;

/** Returns whether an interest is edge-triggered. @param byDefault what the poll does with sources that set neither EDGE nor LEVEL */
export function isEdgeTriggered(interest: Interest, byDefault: boolean): boolean {
  return (interest & EDGE) !== 0 || (byDefault && (interest & LEVEL) === 0);
}
