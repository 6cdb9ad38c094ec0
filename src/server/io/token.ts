/**
 * Token: the name under which a source of readiness is registered with a Poll.
 *
 * The kernel hands tokens back with every readiness event, so the loop never needs to know a socket, only a number.
 * Client tokens are handed out in rising order and never reused: an event that arrives late cannot be mistaken for an event of a newer connection. (Other
 * systems reuse numbers and add a generation; the seam `new-token` shows why.)
 */

export type Token = number;

/** The socket that accepts connections. Further listeners (a second address, a unix socket) follow from {@link FIRST_FREE}. */
export const LISTENER: Token = 0;

/** The eventfd through which another thread interrupts a blocked `poll.wait`. */
export const WAKER: Token = 1;

/** Tokens from here on are given to further listeners and to clients. */
export const FIRST_FREE: Token = 2;
