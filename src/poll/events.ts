/**
 * Events: the results of a poll, one for each ready source.
 */
import { Events as RawEvents, READY_ERROR, READY_HUP, READY_READABLE, READY_READ_CLOSED, READY_WRITABLE, type Readiness } from '../server/io/event.js';
import type { Token } from './token.js';

/** A ready source. A hint, not a promise: a call may still return WouldBlock. */
export class Event {
  constructor(
    /** The token under which the source is registered. */
    readonly token: Token,
    private readonly readiness: Readiness,
  ) {}

  /** There may be bytes to read, a connection to accept, or the end of the stream. */
  get isReadable(): boolean {
    return (this.readiness & READY_READABLE) !== 0;
  }

  /** There may be room for bytes to write. */
  get isWritable(): boolean {
    return (this.readiness & READY_WRITABLE) !== 0;
  }

  /** The peer sends nothing more: it has shut down its direction, or closed (EPOLLRDHUP, EPOLLHUP). */
  get isReadClosed(): boolean {
    return (this.readiness & (READY_READ_CLOSED | READY_HUP)) !== 0;
  }

  /** An error is pending; the next read or write will throw it (EPOLLERR). */
  get isError(): boolean {
    return (this.readiness & READY_ERROR) !== 0;
  }
}

/** Filled by `poll.poll`, and iterated by `for (const event of events)`. */
export class Events implements Iterable<Event> {
  /** Filled by the backend: at most 1024; further ones are reported by the next poll. */
  readonly raw = new RawEvents();

  get length(): number {
    return this.raw.length;
  }

  get isEmpty(): boolean {
    return this.raw.length === 0;
  }

  *[Symbol.iterator](): Iterator<Event> {
    const { raw } = this;
    // A copy of this poll's events, in case the loop that iterates them polls again.
    const found = raw.tokens.slice(0, raw.length).map((token, at) => new Event(token, raw.readiness[at]!));
    yield* found;
  }
}
