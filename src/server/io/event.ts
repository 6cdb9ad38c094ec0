/**
 * Events: what one `poll.wait` brought back, as pairs of token and readiness.
 *
 * Filled by a Poll, read by the loop. The arrays are reused from turn to turn, so a wait allocates nothing.
 * Readiness is a hint, never a promise: code that acts on it must be prepared for WouldBlock.
 */
import type { Token } from './token.js';

/** A bit set: the two bits of Interest, and three that are reported without being asked for. */
export type Readiness = number;

export const READY_READABLE: Readiness = 1;
export const READY_WRITABLE: Readiness = 2;
/** EPOLLERR: an error is pending on the socket; the next read or write returns it. */
export const READY_ERROR: Readiness = 4;
/** EPOLLRDHUP: the peer has shut down its sending side. */
export const READY_READ_CLOSED: Readiness = 8;
/** EPOLLHUP: both halves are closed. */
export const READY_HUP: Readiness = 16;

/** How many events one wait can bring; what does not fit is reported by the next wait. */
export const MAX_EVENTS = 1024;

export class Events {
  readonly tokens = new Array<Token>(MAX_EVENTS).fill(0);
  readonly readiness = new Array<Readiness>(MAX_EVENTS).fill(0);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** Adds an event. False if the buffer is full. */
  push(token: Token, readiness: Readiness): boolean {
    if (this.length === MAX_EVENTS) return false;
    this.tokens[this.length] = token;
    this.readiness[this.length] = readiness;
    this.length++;
    return true;
  }
}
