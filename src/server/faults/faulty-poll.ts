/**
 * FaultyPoll: a poll that hands everything on to another one, and spoils what it is told to: the faults of the wire.
 *
 *   server ──▶ recorder ──▶ FaultyPoll ──▶ epoll, portable or scripted         so a recording holds what the faults have made of the wire,
 *                               │                                              and its replay needs none of them
 *                               └ null while no fault is set: one comparison a call
 */
import type { Events } from '../io/event.js';
import type { Interest } from '../io/interest.js';
import { type Address, type Poll, type Source, type TcpListener, type TcpStream, type Waker, WOULD_BLOCK, type WouldBlock } from '../io/poll.js';
import type { Token } from '../io/token.js';
import type { Way, WireFault } from './wire-fault.js';

/** Told of each spoiled call. `effect` says in a few words what it has come to. */
export type InjectionListener = (fault: WireFault, token: Token, effect: string) => void;

export class FaultyPoll implements Poll {
  readonly name: Poll['name'];
  readonly emulated: boolean;
  readonly edgeTriggered: boolean;
  readonly waker: Waker;
  readonly opened?: () => Promise<void>;
  readonly drive?: (turn: () => number | null) => Promise<void>;
  /** Null: none is set. */
  faults: readonly WireFault[] | null = null;
  onInjected: InjectionListener = () => {};

  constructor(readonly inner: Poll) {
    this.name = inner.name;
    this.emulated = inner.emulated;
    this.edgeTriggered = inner.edgeTriggered;
    this.waker = inner.waker;
    if (inner.opened !== undefined) this.opened = () => inner.opened!();
    if (inner.drive !== undefined) this.drive = (turn) => inner.drive!(turn);
  }

  add(fault: WireFault): void {
    this.faults = [...(this.faults ?? []), fault];
  }

  /** False if it is not set. */
  remove(id: number): boolean {
    const left = (this.faults ?? []).filter((fault) => fault.id !== id);
    const isKnown = left.length < (this.faults ?? []).length;
    this.faults = left.length === 0 ? null : left;
    return isKnown;
  }

  listen(address: Address, backlog: number): TcpListener {
    return new FaultyListener(this, this.inner.listen(address, backlog));
  }

  register(source: Source, token: Token, interest: Interest): void {
    this.inner.register(innerOf(source), token, interest);
    if (source instanceof FaultyStream) source.registered(token, interest);
  }

  reregister(source: Source, token: Token, interest: Interest): void {
    this.inner.reregister(innerOf(source), token, interest);
    if (source instanceof FaultyStream) source.registered(token, interest);
  }

  deregister(source: Source): void {
    this.inner.deregister(innerOf(source));
  }

  wait(events: Events, timeoutMs: number): void {
    this.inner.wait(events, timeoutMs);
  }

  close(): void {
    this.inner.close();
  }
}

class FaultyListener implements TcpListener {
  constructor(
    private readonly poll: FaultyPoll,
    readonly inner: TcpListener,
  ) {}

  get fd(): number {
    return this.inner.fd;
  }

  get local(): Address {
    return this.inner.local;
  }

  accept(): TcpStream | WouldBlock {
    const stream = this.inner.accept();
    return stream === WOULD_BLOCK ? stream : new FaultyStream(this.poll, stream);
  }

  close(): void {
    this.inner.close();
  }
}

export class FaultyStream implements TcpStream {
  readonly peer: Address;
  readonly local: Address;
  /** Once it is registered. */
  token: Token = -1;
  private interest: Interest = 0;

  constructor(
    private readonly poll: FaultyPoll,
    readonly inner: TcpStream,
  ) {
    this.peer = inner.peer;
    this.local = inner.local;
  }

  get fd(): number {
    return this.inner.fd;
  }

  registered(token: Token, interest: Interest): void {
    this.token = token;
    this.interest = interest;
  }

  read(into: Buffer, start: number, end: number): number {
    if (this.poll.faults === null) return this.inner.read(into, start, end);
    return this.transfer('read', end - start, (bytes) => this.inner.read(into, start, start + bytes));
  }

  write(from: Buffer, start: number, end: number): number {
    if (this.poll.faults === null) return this.inner.write(from, start, end);
    return this.transfer('write', end - start, (bytes) => this.inner.write(from, start, start + bytes));
  }

  setKeepAlive(seconds: number): void {
    this.inner.setKeepAlive(seconds);
  }

  close(): void {
    this.inner.close();
  }

  /** One call of the server: as many of `bytes` as the faults allow, or what they make of it. */
  private transfer(way: Way, bytes: number, move: (bytes: number) => number): number {
    let allowed = bytes;
    let limiting: WireFault | null = null;
    for (const fault of this.poll.faults!) {
      if (!fault.concerns(this)) continue;
      const less = fault.allow(this, way, allowed);
      if (less < allowed) [allowed, limiting] = [less, fault];
    }
    const moved = move(allowed);
    // What a fault has left behind is ready: where that is no news any more, it is made news again.
    if (limiting !== null && moved === allowed) {
      this.poll.onInjected(limiting, this.token, `${way} of ${moved} B`);
      if (this.poll.edgeTriggered) this.poll.reregister(this, this.token, this.interest);
    }
    return moved;
  }
}

/** The waker is registered as it is. */
function innerOf(source: Source): Source {
  return source instanceof FaultyStream || source instanceof FaultyListener ? source.inner : source;
}
