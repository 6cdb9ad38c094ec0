/**
 * Registration: for which readiness a connection is registered with the poll. READABLE, unless a rule has it skipped; WRITABLE only while output waits
 * that the socket did not take.
 */
import { READABLE, WRITABLE, type Interest } from '../io/interest.js';
import type { Source } from '../io/poll.js';
import type { Token } from '../io/token.js';
import type { EventLoop } from '../loop/event-loop.js';
import type { Tap } from '../trace/tap.js';

export class Registration {
  interest: Interest = READABLE;

  constructor(
    private readonly source: Source,
    private readonly token: Token,
    private readonly loop: EventLoop,
    private readonly tap: Tap,
  ) {}

  get awaitsWritable(): boolean {
    return (this.interest & WRITABLE) !== 0;
  }

  awaitWritable(isAwaited: boolean): void {
    this.become((this.interest & READABLE) | (isAwaited ? WRITABLE : 0));
  }

  awaitReadable(isAwaited: boolean): void {
    this.become((this.interest & WRITABLE) | (isAwaited ? READABLE : 0));
  }

  private become(interest: Interest): void {
    if (interest === this.interest) return;
    if (this.tap.sink !== null) this.tap.sink.emit({ kind: 'interest', token: this.token, before: this.interest, after: interest });
    this.interest = interest;
    this.loop.poll.reregister(this.source, this.token, interest);
  }

  /** What is ready already becomes news by registering anew: for edges that were not followed to their end. */
  rearm(): void {
    const { poll } = this.loop;
    if (poll.edgeTriggered) poll.reregister(this.source, this.token, this.interest);
  }

  end(): void {
    this.loop.deregister(this.source, this.token);
  }
}
