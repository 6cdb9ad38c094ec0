/**
 * PollObserver: watches the polls of a process from inside. The lab installs one in a program that it has started (src/program); without one, a poll does no
 * extra work.
 */
import type { Poll as Backend } from '../server/io/poll.js';
import type { TraceBody } from '../server/trace/events.js';

export interface PollObserver {
  /** Called when a poll is made. @param open opens the backend of the poll. @returns the backend to use instead */
  opened(poll: object, open: () => Backend): Backend;
  /** A listener listens. */
  bound(poll: object, fd: number, address: string): void;
  registered(poll: object, fd: number, token: number, interest: number): void;
  deregistered(poll: object, fd: number): void;
  closed(poll: object, fd: number): void;
  /**
   * Called right after an event; may hold the thread.
   *
   * @param fd of the source; -1: none
   * @param bytes that were read or written, valid only during the call; null: none
   */
  happened(poll: object, body: TraceBody, fd: number, bytes: Buffer | null): void;
}

/** The property of globalThis that holds the process's observer: a registered symbol, so that every copy of this package finds it. */
export const OBSERVER: unique symbol = Symbol.for('redis-lab.poll-observer') as never;

/** The observer; null: there is none. */
export function observerOfProcess(): PollObserver | null {
  return (globalThis as { [OBSERVER]?: PollObserver })[OBSERVER] ?? null;
}
