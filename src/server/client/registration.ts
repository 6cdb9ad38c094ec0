/**
 * Registration: the readiness that a connection is registered for with the poll, and its triggering. READABLE, unless a rule skips the connection; WRITABLE
 * only while output waits that the socket did not take.
 */
import { EDGE, type Interest, isEdgeTriggered, LEVEL, READABLE, WRITABLE } from '../io/interest.js';
import type { Source } from '../io/poll.js';
import type { Token } from '../io/token.js';
import type { EventLoop } from '../loop/event-loop.js';
import type { Tap } from '../trace/tap.js';

export class Registration {
  interest: Interest;

  /** @param triggering EDGE or LEVEL; 0: the poll's default */
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

  /** The interest as shown in the trace. */
  get traced(): Interest {
    return tracedInterest(this.interest, this.loop.poll.edgeTriggered);
  }

  awaitWritable(isAwaited: boolean): void {
    this.become(isAwaited ? this.interest | WRITABLE : this.interest & ~WRITABLE);
  }

  awaitReadable(isAwaited: boolean): void {
    this.become(isAwaited ? this.interest | READABLE : this.interest & ~READABLE);
  }

  /** Sets how readiness is reported from now on: EDGE, LEVEL, or 0. */
  trigger(triggering: Interest): void {
    this.change((this.interest & ~(EDGE | LEVEL)) | triggering);
  }

  private become(interest: Interest): void {
    if (interest !== this.interest) this.change(interest);
  }

  /** Edge-triggered: re-registers, so that readiness that was not drained is reported again. */
  rearm(): void {
    if (this.isEdgeTriggered) this.loop.poll.reregister(this.source, this.token, this.interest);
  }

  end(): void {
    this.loop.deregister(this.source, this.token);
  }

  private change(interest: Interest): void {
    const { tap, token, traced: before } = this;
    this.interest = interest;
    if (tap.sink !== null) tap.sink.emit({ kind: 'interest', token, before, after: this.traced });
    this.loop.poll.reregister(this.source, token, interest);
  }
}

/** Returns the interest as shown in the trace: EDGE if edge-triggered for whatever reason, and never LEVEL. */
export function tracedInterest(interest: Interest, byDefault: boolean): Interest {
  return (interest & (READABLE | WRITABLE)) | (isEdgeTriggered(interest, byDefault) ? EDGE : 0);
}
