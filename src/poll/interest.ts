/**
 * Interest: the kinds of readiness that a source is registered for; joined by `|`.
 */
import { READABLE, WRITABLE } from '../server/io/interest.js';

export type Interest = number;

export const Interest = {
  /** Bytes to read, a connection to accept, or the end of the stream. */
  READABLE,
  /** Room for bytes to write. Ask for it only while there is something to write that was not taken. */
  WRITABLE,
} as const;

/** Throws a TypeError. */
export function checkInterest(interest: Interest): void {
  if (Number.isInteger(interest) && interest > 0 && (interest & ~(READABLE | WRITABLE)) === 0) return;
  throw new TypeError(`an interest is Interest.READABLE, Interest.WRITABLE, or both joined by |, and not ${String(interest)}`);
}
