/**
 * TapedPoll: a poll whose every call goes through {@link Inputs}. While a program is run again, there is no poll below it.
 *
 *   program ──▶ Poll ──▶ TapedPoll ──▶ FaultyPoll ──▶ epoll            so the tape contains the effects of faults
 *   program ──▶ Poll ──▶ TapedPoll ──▶ tape
 */
import { crc32 } from 'node:zlib';
import type { Events } from '../../server/io/event.js';
import type { Interest } from '../../server/io/interest.js';
import {
  type Address, formatAddress, type Poll, type Source, type TcpListener, type TcpStream, type Waker, WOULD_BLOCK, type WouldBlock,
} from '../../server/io/poll.js';
import { PlainSends } from '../../server/io/plain-sends.js';
import { FIRST_FREE, type Token } from '../../server/io/token.js';
import type { Json } from '../tape.js';
import type { Inputs } from './inputs.js';

/** Number of quoted bytes of a write. */
const MOST_QUOTED = 24;

interface Facts {
  readonly name: Poll['name'];
  readonly emulated: boolean;
  readonly edgeTriggered: boolean;
}

export class TapedPoll extends PlainSends implements Poll {
  readonly name: Poll['name'];
  readonly emulated: boolean;
  readonly edgeTriggered: boolean;
  readonly waker: Waker;

  /** @param inner opens the real poll */
  static open(inputs: Inputs, inner: () => Poll): TapedPoll {
    let real: Poll | null = null;
    const facts = inputs.call('open', [], () => {
      real = inner();
      return { name: real.name, emulated: real.emulated, edgeTriggered: real.edgeTriggered };
    }) as unknown as Facts;
    return new TapedPoll(inputs, facts, real);
  }

  private constructor(
    private readonly inputs: Inputs,
    { name, emulated, edgeTriggered }: Facts,
    private readonly inner: Poll | null,
  ) {
    super();
    this.name = name;
    this.emulated = emulated;
    this.edgeTriggered = edgeTriggered;
    // Another thread wakes it, which does not run again; its wakes are part of the recorded waits.
    this.waker = inner?.waker ?? { fd: -1, wake: () => {}, acknowledge: () => {}, close: () => {} };
  }

  listen(address: Address, backlog: number): TcpListener {
    let real: TcpListener | null = null;
    const { fd, local } = this.inputs.call('listen', [formatAddress(address)], () => {
      real = this.inner!.listen(address, backlog);
      return { fd: real.fd, local: { ...real.local } };
    });
    return new TapedListener(this.inputs, fd, local as unknown as Address, real);
  }

  connect(address: Address): TcpStream {
    let real: TcpStream | null = null;
    const { fd, local } = this.inputs.call('connect', [formatAddress(address)], () => {
      real = this.inner!.connect(address);
      return { fd: real.fd, local: { ...real.local } };
    });
    return new TapedStream(this.inputs, fd, address, local as unknown as Address, real);
  }

  register(source: Source, token: Token, interest: Interest): void {
    this.control('register', source, token, interest, (poll) => poll.register(innerOf(source), token, interest));
    this.inputs.tokens.set(source.fd, token - FIRST_FREE);
  }

  reregister(source: Source, token: Token, interest: Interest): void {
    this.control('reregister', source, token, interest, (poll) => poll.reregister(innerOf(source), token, interest));
    this.inputs.tokens.set(source.fd, token - FIRST_FREE);
  }

  deregister(source: Source): void {
    this.inputs.call('deregister', [source.fd], () => done(() => this.inner!.deregister(innerOf(source))));
    this.inputs.tokens.delete(source.fd);
  }

  wait(events: Events, timeoutMs: number): void {
    const ready = this.inputs.call('wait', [timeoutMs], () => {
      this.inner!.wait(events, timeoutMs);
      return Array.from({ length: events.length * 2 }, (_, i) => (i % 2 === 0 ? events.tokens : events.readiness)[i >> 1]!);
    });
    if (!this.inputs.isAgain) return;
    events.clear();
    for (let i = 0; i < ready.length; i += 2) events.push(ready[i]!, ready[i + 1]!);
  }

  close(): void {
    this.inner?.close();
  }

  private control(name: string, { fd }: Source, token: Token, interest: Interest, act: (poll: Poll) => void): void {
    this.inputs.call(name, [fd, token - FIRST_FREE, interest], () => done(() => act(this.inner!)));
  }
}

/** For a call without a result. */
function done(act: () => void): null {
  act();
  return null;
}

class TapedListener implements TcpListener {
  constructor(
    private readonly inputs: Inputs,
    readonly fd: number,
    readonly local: Address,
    readonly inner: TcpListener | null,
  ) {}

  accept(): TcpStream | WouldBlock {
    let real: TcpStream | null = null;
    const accepted = this.inputs.call('accept', [this.fd], () => {
      const stream = this.inner!.accept();
      if (stream === WOULD_BLOCK) return null;
      real = stream;
      return { fd: stream.fd, peer: { ...stream.peer }, local: { ...stream.local } };
    }) as unknown as { readonly fd: number; readonly peer: Address; readonly local: Address } | null;
    return accepted === null ? WOULD_BLOCK : new TapedStream(this.inputs, accepted.fd, accepted.peer, accepted.local, real);
  }

  close(): void {
    closeSource(this.inputs, this.fd, () => this.inner!.close());
  }
}

class TapedStream implements TcpStream {
  constructor(
    private readonly inputs: Inputs,
    readonly fd: number,
    readonly peer: Address,
    readonly local: Address,
    readonly inner: TcpStream | null,
  ) {}

  read(into: Buffer, start: number, end: number): number {
    const got = this.inputs.call<string | number>('read', [this.fd, end - start], () => {
      const count = this.inner!.read(into, start, end);
      return count > 0 ? into.toString('base64', start, start + count) : count;
    });
    if (typeof got === 'number') return got;
    const bytes = Buffer.from(got, 'base64');
    if (this.inputs.isAgain) bytes.copy(into, start);
    return bytes.length;
  }

  write(from: Buffer, start: number, end: number): number {
    return this.inputs.call('write', writeArguments(this.fd, from.subarray(start, end)), () => this.inner!.write(from, start, end));
  }

  setKeepAlive(seconds: number): void {
    this.inner?.setKeepAlive(seconds);
  }

  setNoDelay(isOn: boolean): void {
    this.inner?.setNoDelay(isOn);
  }

  close(isAbortive?: boolean): void {
    closeSource(this.inputs, this.fd, () => this.inner!.close(isAbortive));
  }
}

/** What the tape has of a write: the bytes themselves follow from the rest. */
const writeArguments = (fd: number, bytes: Buffer): readonly Json[] => [fd, bytes.length, crc32(bytes), bytes.toString('latin1', 0, MOST_QUOTED)];

function closeSource(inputs: Inputs, fd: number, close: () => void): void {
  inputs.call('close', [fd], () => done(close));
  inputs.tokens.delete(fd);
}

/** The waker is registered unchanged. */
function innerOf(source: Source): Source {
  return (source instanceof TapedListener || source instanceof TapedStream ? source.inner : null) ?? source;
}
