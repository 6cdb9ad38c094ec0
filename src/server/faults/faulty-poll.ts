/**
 * FaultyPoll: a poll that wraps another one, and injects the faults of the wire.
 *
 *   server ──▶ recorder ──▶ FaultyPoll ──▶ epoll, portable or scripted         so a recording holds what the faults have made of the wire,
 *                               │                                              and its replay needs none of them
 *                               └ while no fault is set: one comparison a call
 *
 * A connection that must not be reported for a while is held: it is deregistered from the inner poll, since a level-triggered kernel would report it again and
 * again, and registered again when its time has come, which reports its readiness then. The inner wait ends no later than that.
 */
import { systemError } from '../io/backends/ready-list.js';
import { type Events, READY_READABLE } from '../io/event.js';
import { type Interest, isEdgeTriggered } from '../io/interest.js';
import { type Address, END_OF_FILE, type Piece, type Poll, type Source, type TcpListener, type TcpStream, WOULD_BLOCK, type WouldBlock } from '../io/poll.js';
import { PollDecorator } from '../io/poll-decorator.js';
import type { Token } from '../io/token.js';
import type { FaultEffect } from './effects.js';
import { AcceptFailure, BROKEN, type Way, type WireFault } from './wire-fault.js';

/** Called for each injection. `effect` describes the result of the call in a few words. */
export type InjectionListener = (fault: WireFault, token: Token, effect: FaultEffect) => void;

export class FaultyPoll extends PollDecorator implements Poll {
  /** Null: no faults. */
  faults: readonly WireFault[] | null = null;
  onInjected: InjectionListener = () => {};
  private readonly streams = new Map<Token, FaultyStream>();
  /** Held connections, and until when, on the clock's µs. */
  private readonly held = new Map<FaultyStream, number>();
  /** Connections that the next wait reports READABLE, whatever the kernel says. */
  private readonly due = new Set<FaultyStream>();

  /** @param clock the loop's, below the recorder */
  constructor(
    inner: Poll,
    private readonly clock: { measureUs(): number },
  ) {
    super(inner);
  }

  add(fault: WireFault): void {
    this.faults = [...(this.faults ?? []), fault];
    for (const stream of this.streams.values()) this.checkDue(stream);
  }

  remove(id: number): void {
    const left = (this.faults ?? []).filter((fault) => fault.id !== id);
    this.faults = left.length === 0 ? null : left;
    // Connections held by it are reported by the next wait; those with other faults are held again.
    for (const stream of this.held.keys()) this.held.set(stream, -Infinity);
  }

  listen(address: Address, backlog: number): TcpListener {
    return new FaultyListener(this, this.inner.listen(address, backlog));
  }

  connect(address: Address): TcpStream {
    return new FaultyStream(this, this.inner.connect(address));
  }

  register(source: Source, token: Token, interest: Interest): void {
    this.inner.register(innerOf(source), token, interest);
    if (source instanceof FaultyListener) source.token = token;
    if (!(source instanceof FaultyStream)) return;
    source.registered(token, interest);
    this.streams.set(token, source);
    if (this.faults !== null) this.checkDue(source);
  }

  reregister(source: Source, token: Token, interest: Interest): void {
    if (source instanceof FaultyStream) {
      source.registered(token, interest);
      if (this.held.has(source)) return;
    }
    this.inner.reregister(innerOf(source), token, interest);
  }

  deregister(source: Source): void {
    if (source instanceof FaultyStream) {
      this.streams.delete(source.token);
      this.due.delete(source);
      if (this.held.delete(source)) return;
    }
    this.inner.deregister(innerOf(source));
  }

  /** While faults are set nothing is queued: they spoil single writes. */
  queue(stream: TcpStream, from: Buffer, start: number, end: number): boolean {
    return this.faults === null && stream instanceof FaultyStream && stream.queue(this.inner, from, start, end);
  }

  queuePieces(stream: TcpStream, pieces: readonly Piece[], bytes: number): boolean {
    return this.faults === null && stream instanceof FaultyStream && stream.queuePieces(this.inner, pieces, bytes);
  }

  wait(events: Events, timeoutMs: number): void {
    if (this.faults === null && this.held.size === 0) return this.inner.wait(events, timeoutMs);
    this.release();
    this.inner.wait(events, this.shortened(timeoutMs));
    // Connections whose time came meanwhile are polled again; if there are other events, by the next wait.
    if (this.release() && events.length === 0) this.inner.wait(events, 0);
    this.delay(events);
    for (const stream of this.due) events.push(stream.token, READY_READABLE);
    this.due.clear();
  }

  /** When the first held connection is reported again, on the clock's µs; Infinity: none is held. */
  get heldUntilUs(): number {
    return Math.min(...this.held.values());
  }

  // What follows is called by the streams and listeners.

  get nowUs(): number {
    return this.clock.measureUs();
  }

  /** Does not report the connection before that time. One that was refused right after it was accepted is never reported. */
  hold(stream: FaultyStream, untilUs: number): void {
    if (!this.isRegistered(stream)) return;
    const before = this.held.get(stream);
    if (before === undefined) this.inner.deregister(stream.inner);
    this.held.set(stream, Math.min(before ?? Infinity, untilUs));
  }

  checkDue(stream: FaultyStream): void {
    if (this.isRegistered(stream) && this.faults!.some((fault) => fault.concerns(stream) && fault.isDue(stream))) this.due.add(stream);
  }

  /** Edge-triggered: re-registers, so that readiness that a fault has left undrained is reported again. */
  rearm(stream: FaultyStream): void {
    if (isEdgeTriggered(stream.interest, this.edgeTriggered) && this.isRegistered(stream)) this.reregister(stream, stream.token, stream.interest);
  }

  private isRegistered(stream: FaultyStream): boolean {
    return this.streams.get(stream.token) === stream;
  }

  /** Registers again the connections whose time has come. False if there were none. */
  private release(): boolean {
    if (this.held.size === 0) return false;
    const { nowUs } = this;
    const released = [...this.held].filter(([, untilUs]) => untilUs <= nowUs);
    for (const [stream] of released) {
      this.held.delete(stream);
      stream.isReleased = true;
      this.inner.register(stream.inner, stream.token, stream.interest);
    }
    return released.length > 0;
  }

  protected override timeoutAfter(timeoutMs: number | null): number | null {
    return timeoutMs === null ? null : this.shortened(timeoutMs);
  }

  /** Returns the maximum timeout of a wait. */
  private shortened(timeoutMs: number): number {
    if (this.due.size > 0) return 0;
    if (this.held.size === 0) return timeoutMs;
    const heldMs = Math.max(0, (this.heldUntilUs - this.nowUs) / 1000);
    return timeoutMs === -1 ? heldMs : Math.min(timeoutMs, heldMs);
  }

  /** Removes from the events those that must be reported later. */
  private delay(events: Events): void {
    if (this.faults === null) return;
    let kept = 0;
    for (let i = 0; i < events.length; i++) {
      const token = events.tokens[i]!;
      const stream = this.streams.get(token);
      if (stream !== undefined && this.isDelayed(stream)) continue;
      events.tokens[kept] = token;
      events.readiness[kept++] = events.readiness[i]!;
    }
    events.length = kept;
  }

  private isDelayed(stream: FaultyStream): boolean {
    const { isReleased } = stream;
    stream.isReleased = false;
    const fault = isReleased ? undefined : this.faults?.find((each) => each.delayMs > 0 && each.concerns(stream));
    if (fault === undefined) return false;
    // Reported first: the delay is counted from this event.
    this.onInjected(fault, stream.token, `reported ${fault.delayMs} ms later`);
    this.hold(stream, this.nowUs + fault.delayMs * 1000);
    return true;
  }
}

class FaultyListener implements TcpListener {
  /** Set once it is registered. */
  token: Token = -1;

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
    const fault = this.poll.faults?.find((each) => each instanceof AcceptFailure);
    if (fault !== undefined) return this.fail(fault);
    const stream = this.inner.accept();
    return stream === WOULD_BLOCK ? stream : new FaultyStream(this.poll, stream);
  }

  close(): void {
    this.inner.close();
  }

  /** A connection that was aborted is no longer in the backlog; all other failures leave it there. */
  private fail(fault: AcceptFailure): WouldBlock {
    if (fault.code === 'ECONNABORTED') {
      const lost = this.inner.accept();
      if (lost === WOULD_BLOCK) return lost;
      lost.close(true);
    }
    this.poll.onInjected(fault, this.token, `accept: ${fault.code}`);
    throw systemError('accept4', fault.code, this.fd);
  }
}

export class FaultyStream implements TcpStream {
  readonly peer: Address;
  readonly local: Address;
  /** Set once it is registered. */
  token: Token = -1;
  interest: Interest = 0;
  /** It was held until now: its readiness is reported without being held again. */
  isReleased = false;
  private isBroken = false;
  /** It has queued a send whose result no write has returned yet. */
  private isQueued = false;
  readonly writePieces?: (pieces: readonly Piece[], bytes: number) => number;
  readonly takeRead?: (most: number) => Piece | null;

  constructor(
    private readonly poll: FaultyPoll,
    readonly inner: TcpStream,
  ) {
    this.peer = inner.peer;
    this.local = inner.local;
    // While faults are set they may spoil each read.
    if (inner.takeRead !== undefined) this.takeRead = (most) => (this.poll.faults === null ? inner.takeRead!(most) : null);
    if (inner.writePieces !== undefined) this.writePieces = (pieces, bytes) => this.passPieces(pieces, bytes);
  }

  get fd(): number {
    return this.inner.fd;
  }

  registered(token: Token, interest: Interest): void {
    this.token = token;
    this.interest = interest;
  }

  read(into: Buffer, start: number, end: number): number {
    return this.poll.faults === null ? this.inner.read(into, start, end) : this.faultyRead(into, start, end);
  }

  queue(inner: Poll, from: Buffer, start: number, end: number): boolean {
    return (this.isQueued = inner.queue(this.inner, from, start, end));
  }

  queuePieces(inner: Poll, pieces: readonly Piece[], bytes: number): boolean {
    return (this.isQueued = inner.queuePieces?.(this.inner, pieces, bytes) === true);
  }

  /** A fault that is set while the loop is held, between a flush and the writes, comes too late for what has been sent. */
  write(from: Buffer, start: number, end: number): number {
    const isSent = this.isQueued;
    this.isQueued = false;
    return isSent || this.poll.faults === null ? this.inner.write(from, start, end) : this.faultyWrite(from, start, end);
  }

  private passPieces(pieces: readonly Piece[], bytes: number): number {
    const { inner } = this;
    const isSent = this.isQueued;
    this.isQueued = false;
    if (isSent || this.poll.faults === null) return inner.writePieces!(pieces, bytes);
    return this.transfer('write', bytes, (allowed) => inner.writePieces!(pieces, allowed));
  }

  setKeepAlive(seconds: number): void {
    this.inner.setKeepAlive(seconds);
  }

  setNoDelay(isOn: boolean): void {
    this.inner.setNoDelay(isOn);
  }

  close(): void {
    this.inner.close(this.isBroken);
  }

  // What follows is called by the faults.

  get nowUs(): number {
    return this.poll.nowUs;
  }

  holdUntil(untilUs: number): void {
    this.poll.hold(this, untilUs);
  }

  // A method with a closure allocates at each call: these are separate from those that are called while there are no faults.

  private faultyRead(into: Buffer, start: number, end: number): number {
    return this.transfer('read', end - start, (bytes) => this.inner.read(into, start, start + bytes));
  }

  private faultyWrite(from: Buffer, start: number, end: number): number {
    return this.transfer('write', end - start, (bytes) => this.inner.write(from, start, start + bytes));
  }

  /** Makes one call of the server: moves as many of `bytes` as the faults allow, or returns what they make of it. */
  private transfer(way: Way, bytes: number, move: (bytes: number) => number): number {
    const faults = this.poll.faults!.filter((fault) => fault.concerns(this));
    let allowed = bytes;
    let limiting: WireFault | null = null;
    for (const fault of faults) {
      const less = allowed > 0 ? fault.allow(this, way, allowed) : allowed;
      if (less < allowed) [allowed, limiting] = [less, fault];
    }
    const count = allowed > 0 ? move(allowed) : allowed;
    if (count > 0) {
      for (const fault of faults) fault.moved(this, way, count);
      this.poll.checkDue(this);
    }
    if (limiting !== null && count === allowed && (count <= 0 || limiting.countsCuts)) this.injected(limiting, way, count);
    return count;
  }

  private injected(fault: WireFault, way: Way, outcome: number): void {
    this.poll.onInjected(fault, this.token, outcome > 0 ? `${way} of ${outcome} B` : `${way}: ${OUTCOMES[outcome]}`);
    // As without a fault: edge-triggered, a reader that has not read until WouldBlock is told of the rest with the next byte.
    if (way === 'read' && outcome > 0) return;
    if (outcome !== BROKEN) return this.poll.rearm(this);
    this.isBroken = true;
    throw systemError(way === 'read' ? 'recv' : 'send', 'ECONNRESET', this.fd);
  }
}

const OUTCOMES: { readonly [outcome: number]: string } = { [WOULD_BLOCK]: 'WouldBlock', [END_OF_FILE]: 'EOF', [BROKEN]: 'ECONNRESET' };

/** The waker is registered unwrapped. */
function innerOf(source: Source): Source {
  return source instanceof FaultyStream || source instanceof FaultyListener ? source.inner : source;
}
