/**
 * PollObserver: watches the polls of a process from within it. The lab is one, in a program that it has started (src/program); otherwise there is none,
 * and a poll does nothing for it.
 */
import type { Poll as Backend } from '../server/io/poll.js';
import type { TraceBody } from '../server/trace/events.js';

export interface PollObserver {
  /** @param open opens the backend of the poll. @returns what the poll uses in its place */
  opened(poll: object, open: () => Backend): Backend;
  /** A listener listens. */
  bound(poll: object, fd: number, address: string): void;
  registered(poll: object, fd: number, token: number, interest: number): void;
  deregistered(poll: object, fd: number): void;
  closed(poll: object, fd: number): void;
  /**
   * Called right after something has happened; may hold the thread there.
   *
   * @param fd of the source; -1: none
   * @param bytes that were read or written, valid during the call only; null: none
   */
  happened(poll: object, body: TraceBody, fd: number, bytes: Buffer | null): void;
}

/** Where a process keeps its observer: a registered symbol, so that every copy of this package finds it. */
export const OBSERVER: unique symbol = Symbol.for('redis-lab.poll-observer') as never;

/** Null: nobody watches. */
export function observerOfProcess(): PollObserver | null {
  return (globalThis as { [OBSERVER]?: PollObserver })[OBSERVER] ?? null;
}
