/**
 * Events: what a poll has brought, one for each source that is ready.
 */
import { Events as RawEvents, READY_ERROR, READY_HUP, READY_READABLE, READY_READ_CLOSED, READY_WRITABLE, type Readiness } from '../server/io/event.js';
import type { Token } from './token.js';

/** A source is ready: a hint, never a promise. What is tried may still be WouldBlock. */
export class Event {
  constructor(
    /** Under which the source is registered. */
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

/** Filled by `poll.poll`, and gone through by `for (const event of events)`. */
export class Events implements Iterable<Event> {
  /** What the backend fills: at most 1024; what does not fit comes with the next poll. */
  readonly raw = new RawEvents();

  get length(): number {
    return this.raw.length;
  }

  get isEmpty(): boolean {
    return this.raw.length === 0;
  }

  *[Symbol.iterator](): Iterator<Event> {
    const { raw } = this;
    // Those of this poll, also if the loop that goes through them polls again.
    const found = raw.tokens.slice(0, raw.length).map((token, at) => new Event(token, raw.readiness[at]!));
    yield* found;
  }
}
