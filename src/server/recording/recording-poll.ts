/**
 * RecordingPoll: a poll that wraps another one, and records its results on the tape; inputs.ts lists them.
 */
import type { Events } from '../io/event.js';
import type { Interest } from '../io/interest.js';
import {
  type Address, END_OF_FILE, type Flushed, type Poll, type Source, SystemError, type TcpListener, type TcpStream, WOULD_BLOCK, type WouldBlock,
} from '../io/poll.js';
import { PollDecorator } from '../io/poll-decorator.js';
import type { Token } from '../io/token.js';
import * as inputs from './inputs.js';
import { hashOf, putAddress, putError, putFlushed } from './inputs.js';
import type { TapeWriter } from './tape.js';

export class RecordingPoll extends PollDecorator implements Poll {
  /** The last wait returned nothing: it may have been interrupted, and continue. */
  wasInVain = false;
  /** The registered streams. */
  private readonly streams = new Map<Token, RecordingStream>();

  constructor(
    inner: Poll,
    private readonly tape: TapeWriter,
    /** Called before each wait, when everything before it is on the tape. */
    private readonly onWait: () => void,
  ) {
    super(inner);
  }

  listen(address: Address, backlog: number): TcpListener {
    const listener = recordFailure(this.tape, () => this.inner.listen(address, backlog));
    this.tape.byte(inputs.LISTEN);
    this.tape.number(listener.fd);
    putAddress(this.tape, listener.local);
    return new RecordingListener(listener, this.tape);
  }

  connect(address: Address): TcpStream {
    const stream = recordFailure(this.tape, () => this.inner.connect(address));
    this.tape.byte(inputs.CONNECT);
    this.tape.number(stream.fd);
    putAddress(this.tape, stream.local);
    return new RecordingStream(stream, this.tape, inputs.READ_OF_SERVER);
  }

  register(source: Source, token: Token, interest: Interest): void {
    if (source instanceof RecordingStream) this.streams.set(token, source.named(token));
    this.inner.register(innerOf(source), token, interest);
  }

  reregister(source: Source, token: Token, interest: Interest): void {
    this.inner.reregister(innerOf(source), token, interest);
  }

  deregister(source: Source): void {
    if (source instanceof RecordingStream) this.streams.delete(source.token);
    this.inner.deregister(innerOf(source));
  }

  /** The results of the sends are recorded by the writes that follow. */
  queue(stream: TcpStream, from: Buffer, start: number, end: number): boolean {
    const isQueued = stream instanceof RecordingStream && this.inner.queue(stream.stream, from, start, end);
    if (this.batchesSends) this.tape.byte(isQueued ? inputs.QUEUED : inputs.NOT_QUEUED);
    return isQueued;
  }

  override flush(): Flushed {
    const flushed = this.inner.flush();
    if (this.batchesSends) putFlushed(this.tape, flushed);
    return flushed;
  }

  /**
   * Called before a reply that shows a secret: the output of this client is recorded without a hash until it is sent. @param waitingBytes returns the size of
   * its output
   */
  hideOutput(token: Token, waitingBytes: () => number): void {
    this.streams.get(token)?.hide(waitingBytes);
  }

  wait(events: Events, timeoutMs: number): void {
    const { tape } = this;
    // Before the loop sleeps, everything so far is made readable.
    tape.publish();
    this.onWait();
    this.inner.wait(events, timeoutMs);
    tape.byte(inputs.WAIT);
    tape.number(events.length);
    this.wasInVain = events.length === 0;
    for (let i = 0; i < events.length; i++) {
      tape.number(events.tokens[i]!);
      tape.byte(events.readiness[i]!);
    }
  }

  override close(): void {
    super.close();
    this.tape.byte(inputs.END);
    this.tape.publish();
  }
}

abstract class RecordingSource implements Source {
  constructor(readonly inner: Source) {}

  get fd(): number {
    return this.inner.fd;
  }
}

class RecordingListener extends RecordingSource implements TcpListener {
  constructor(
    private readonly listener: TcpListener,
    private readonly tape: TapeWriter,
  ) {
    super(listener);
  }

  get local(): Address {
    return this.listener.local;
  }

  accept(): TcpStream | WouldBlock {
    const { tape } = this;
    const stream = recordFailure(tape, () => this.listener.accept());
    if (stream === WOULD_BLOCK) {
      tape.byte(inputs.ACCEPT_NOT_NOW);
      return stream;
    }
    tape.byte(inputs.ACCEPT);
    tape.number(stream.fd);
    putAddress(tape, stream.peer);
    putAddress(tape, stream.local);
    return new RecordingStream(stream, tape);
  }

  close(): void {
    this.listener.close();
  }
}

class RecordingStream extends RecordingSource implements TcpStream {
  readonly peer: Address;
  readonly local: Address;
  /** Set once it is registered. */
  token: Token = 0;
  /** Returns how many bytes of output wait; null unless there is output that shows a secret. */
  private waitingBytes: (() => number) | null = null;
  /** Bytes still to be written up to the end of that output; -1 until the first are written. */
  private hiddenBytes = -1;

  constructor(
    readonly stream: TcpStream,
    private readonly tape: TapeWriter,
    private readonly readTag: number = inputs.READ,
  ) {
    super(stream);
    this.peer = stream.peer;
    this.local = stream.local;
  }

  named(token: Token): this {
    this.token = token;
    return this;
  }

  hide(waitingBytes: () => number): void {
    this.waitingBytes = waitingBytes;
    this.hiddenBytes = -1;
  }

  read(into: Buffer, start: number, end: number): number {
    const { tape } = this;
    let count: number;
    try {
      count = this.stream.read(into, start, end);
    } catch (error) {
      throw recorded(tape, error);
    }
    if (count === WOULD_BLOCK) tape.byte(inputs.READ_NOT_NOW);
    else if (count === END_OF_FILE) tape.byte(inputs.READ_END);
    else {
      tape.byte(this.readTag);
      tape.number(this.token);
      tape.number(count);
      tape.bytes(into, start, start + count);
    }
    return count;
  }

  write(from: Buffer, start: number, end: number): number {
    const { tape } = this;
    if (this.waitingBytes !== null && this.hiddenBytes === -1) this.hiddenBytes = this.waitingBytes();
    let count: number;
    try {
      count = this.stream.write(from, start, end);
    } catch (error) {
      throw recorded(tape, error);
    }
    if (count === WOULD_BLOCK) {
      tape.byte(inputs.WRITE_NOT_NOW);
      return count;
    }
    if (this.waitingBytes !== null) return this.recordHidden(count);
    if (count === end - start) tape.byte(inputs.WRITE_ALL);
    else {
      tape.byte(inputs.WRITE);
      tape.number(count);
    }
    tape.word(hashOf(from, start, start + count));
    return count;
  }

  private recordHidden(count: number): number {
    this.tape.byte(inputs.WRITE_UNHASHED);
    this.tape.number(count);
    this.hiddenBytes -= count;
    if (this.hiddenBytes <= 0) this.waitingBytes = null;
    return count;
  }

  setKeepAlive(seconds: number): void {
    this.stream.setKeepAlive(seconds);
  }

  setNoDelay(isOn: boolean): void {
    this.stream.setNoDelay(isOn);
  }

  close(): void {
    this.stream.close();
  }
}

/** The waker is registered unwrapped. */
function innerOf(source: Source): Source {
  return source instanceof RecordingSource ? source.inner : source;
}

function recordFailure<T>(tape: TapeWriter, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw recorded(tape, error);
  }
}

function recorded(tape: TapeWriter, error: unknown): unknown {
  if (error instanceof SystemError) putError(tape, error);
  return error;
}
