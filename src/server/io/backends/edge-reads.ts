/**
 * EdgeReads: a read that brings less than it asks for has emptied the socket, so the next one needs not ask the kernel.
 *
 *   wait   ─▶ READABLE
 *   read   ─▶ 40 of 65,536 bytes      recv(2)
 *   read   ─▶ WOULD_BLOCK             no system call
 *
 * An edge-triggered stream must be read until WOULD_BLOCK, which costs a second recv(2) for each request. That it is not needed after a short read is said by
 * epoll(7), "Questions and answers"; Tokio relies on it as well. Bytes that arrive after the wait are another edge, which the next wait reports. But an end or
 * an error that was there before, behind the bytes, is reported by no other edge: so only where the wait has reported READABLE alone, and in the same turn.
 */
import { READY_READABLE, type Events } from '../event.js';
import { isEdgeTriggered, READABLE, type Interest } from '../interest.js';
import type { Token } from '../token.js';

/** The kernel must be asked. */
export const ASK = 0;
/** The last wait has reported READABLE and nothing else. */
export const REPORTED = 1;
/** And a read has brought less than it asked for: the next one returns WOULD_BLOCK. */
export const EMPTY = 2;
export type EdgeState = typeof ASK | typeof REPORTED | typeof EMPTY;

export interface EdgeStream {
  /** Under which it is registered. */
  token: Token;
  edge: EdgeState;
}

export class EdgeReads {
  /** Those that are edge-triggered and registered for READABLE, by token. */
  private readonly streams = new Map<Token, EdgeStream>();
  private readonly reported: EdgeStream[] = [];

  /** Called when a stream is registered, and when its interest changes. */
  register(stream: EdgeStream, token: Token, interest: Interest, edgeTriggered: boolean): void {
    stream.token = token;
    if ((interest & READABLE) !== 0 && isEdgeTriggered(interest, edgeTriggered)) this.streams.set(token, stream);
    else this.deregister(stream);
  }

  deregister({ token }: EdgeStream): void {
    if (this.streams.size > 0) this.streams.delete(token);
  }

  /** Called after a wait. @param isAllowed false: each read asks the kernel */
  report({ tokens, readiness, length }: Events, isAllowed: boolean): void {
    const { streams, reported } = this;
    // Setting the length, even of an empty array, is a call into the runtime.
    while (reported.length > 0) reported.pop()!.edge = ASK;
    if (!isAllowed || streams.size === 0) return;
    for (let i = 0; i < length; i++) {
      const stream = readiness[i] === READY_READABLE ? streams.get(tokens[i]!) : undefined;
      if (stream === undefined) continue;
      stream.edge = REPORTED;
      reported.push(stream);
    }
  }
}
