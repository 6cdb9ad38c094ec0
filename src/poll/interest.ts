/**
 * Interest: the kinds of readiness for which a source is registered; combined with `|`.
 */
import { READABLE, WRITABLE } from '../server/io/interest.js';

export type Interest = number;

export const Interest = {
  /** Bytes to read, a connection to accept, or the end of the stream. */
  READABLE,
  /** Room for bytes to write. Register for it only while there is output that was not taken. */
  WRITABLE,
} as const;

/** Checks an interest. Throws a TypeError. */
export function checkInterest(interest: Interest): void {
  if (Number.isInteger(interest) && interest > 0 && (interest & ~(READABLE | WRITABLE)) === 0) return;
  throw new TypeError(`an interest is Interest.READABLE, Interest.WRITABLE, or both joined by |, and not ${String(interest)}`);
}
