/**
 * PollDecorator: base class of polls that wrap another poll: passes on its properties, and opens and drives it.
 */
import type { Flushed, Poll, TcpStream, Waker } from './poll.js';

export abstract class PollDecorator {
  readonly name: Poll['name'];
  readonly emulated: boolean;
  readonly edgeTriggered: boolean;
  readonly batchesSends: boolean;
  readonly waker: Waker;
  readonly opened?: () => Promise<void>;
  readonly drive?: (turn: () => number | null) => Promise<void>;

  constructor(readonly inner: Poll) {
    this.name = inner.name;
    this.emulated = inner.emulated;
    this.edgeTriggered = inner.edgeTriggered;
    this.batchesSends = inner.batchesSends;
    this.waker = inner.waker;
    if (inner.opened !== undefined) this.opened = () => inner.opened!();
    if (inner.drive !== undefined) this.drive = (turn) => inner.drive!(() => this.timeoutAfter(turn()));
  }

  get savesCalls(): boolean | undefined {
    return this.inner.savesCalls;
  }

  set savesCalls(isOn: boolean | undefined) {
    this.inner.savesCalls = isOn;
  }

  abstract queue(stream: TcpStream, from: Buffer, start: number, end: number): boolean;

  flush(): Flushed {
    return this.inner.flush();
  }

  close(): void {
    this.inner.close();
  }

  /** Of a driven poll: maps the timeout that a turn has returned to the one to wait for; null: the loop has stopped. */
  protected timeoutAfter(timeoutMs: number | null): number | null {
    return timeoutMs;
  }
}
