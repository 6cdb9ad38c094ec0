/**
 * Registration: for which readiness a connection is registered with the poll, and how that is reported. READABLE, unless a rule has it skipped; WRITABLE only
 * while output waits that the socket did not take.
 */
import { EDGE, type Interest, isEdgeTriggered, LEVEL, READABLE, WRITABLE } from '../io/interest.js';
import type { Source } from '../io/poll.js';
import type { Token } from '../io/token.js';
import type { EventLoop } from '../loop/event-loop.js';
import type { Tap } from '../trace/tap.js';

export class Registration {
  interest: Interest;

  /** @param triggering EDGE or LEVEL; 0: as the poll does it */
  constructor(
    private readonly source: Source,
    private readonly token: Token,
    private readonly loop: EventLoop,
    private readonly tap: Tap,
    triggering: Interest,
  ) {
    this.interest = READABLE | triggering;
  }

  get awaitsWritable(): boolean {
    return (this.interest & WRITABLE) !== 0;
  }

  get isEdgeTriggered(): boolean {
    return isEdgeTriggered(this.interest, this.loop.poll.edgeTriggered);
  }

  /** As the trace says it. */
  get told(): Interest {
    return toldInterest(this.interest, this.loop.poll.edgeTriggered);
  }

  awaitWritable(isAwaited: boolean): void {
    this.become(isAwaited ? this.interest | WRITABLE : this.interest & ~WRITABLE);
  }

  awaitReadable(isAwaited: boolean): void {
    this.become(isAwaited ? this.interest | READABLE : this.interest & ~READABLE);
  }

  /** From now on what is ready is reported so: EDGE, LEVEL, or 0. */
  trigger(triggering: Interest): void {
    this.change((this.interest & ~(EDGE | LEVEL)) | triggering);
  }

  private become(interest: Interest): void {
    if (interest !== this.interest) this.change(interest);
  }

  /** What is ready already becomes news by registering anew: for edges that were not followed to their end. */
  rearm(): void {
    if (this.isEdgeTriggered) this.loop.poll.reregister(this.source, this.token, this.interest);
  }

  end(): void {
    this.loop.deregister(this.source, this.token);
  }

  private change(interest: Interest): void {
    const { tap, token, told: before } = this;
    this.interest = interest;
    if (tap.sink !== null) tap.sink.emit({ kind: 'interest', token, before, after: this.told });
    this.loop.poll.reregister(this.source, token, interest);
  }
}

/** As the trace says it: EDGE if it is reported so for whichever reason, and never LEVEL. */
export function toldInterest(interest: Interest, byDefault: boolean): Interest {
  return (interest & (READABLE | WRITABLE)) | (isEdgeTriggered(interest, byDefault) ? EDGE : 0);
}
