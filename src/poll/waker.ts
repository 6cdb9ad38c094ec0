/**
 * Waker: makes a poll return from another thread. Several wakes before one poll are one event.
 *
 *     const waker = new Waker(poll, Token(1));
 *     new Worker(file, { workerData: waker.handle });        // there: Waker.wake(workerData)
 */
import { broadcast } from '../server/io/backends/blocking/poll.js';
import type { Waker as RawWaker } from '../server/io/poll.js';
import { wakeDescriptor } from './backend.js';
import type { Poll } from './poll.js';
import type { Token } from './token.js';

/** What another thread needs to wake the poll: a plain value. */
export type WakerHandle = number | string;

export class Waker {
  readonly handle: WakerHandle;
  private readonly raw: RawWaker & { readonly channel?: string };

  /** Makes the waker of a poll; there can be only one. Its events have this token. */
  constructor(poll: Poll, token: Token) {
    this.raw = poll.takeWaker(token);
    this.handle = this.raw.channel ?? this.raw.fd;
  }

  wake(): void {
    this.raw.wake();
  }

  /** Wakes the poll of a waker in another thread of this process. */
  static wake(handle: WakerHandle): void {
    if (typeof handle === 'string') broadcast(handle);
    else wakeDescriptor(handle);
  }
}
