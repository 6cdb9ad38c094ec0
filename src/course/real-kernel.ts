/**
 * RealKernel: replaces the simulated kernel of a lesson's tests by real sockets and a real poller.
 *
 *   learner's loop ──▶ Poll ──▶ RealKernel ──▶ epoll or portable ──▶ TCP of this machine ──▶ Peers
 *                                   └ counts bytes, keeps a client's window small, cuts reads and writes
 *
 * Time is virtual: a wait without an event within a short while counts as its whole timeout. So a test gives the same result on both kernels.
 */
import { systemError } from '../server/io/backends/ready-list.js';
import { type Events, READY_READABLE, READY_WRITABLE } from '../server/io/event.js';
import type { Interest } from '../server/io/interest.js';
import { type Address, formatAddress, type Poll, type Source, type TcpListener, type TcpStream, WOULD_BLOCK, type WouldBlock } from '../server/io/poll.js';
import { PollDecorator } from '../server/io/poll-decorator.js';
import type { Token } from '../server/io/token.js';
import { seededRandom } from '../shared/random.js';
import type { Kernel, KernelFaults, Peer } from './kernel.js';
import type { Peers } from './peers.js';
import { sleepFor } from '../shared/sleep.js';

/** Everything sent is reported within this time: the loopback interface delivers at once, and the threads of the portable poller and the peers soon. */
const QUIET_MS = 40;
/** The same for a wait with a timeout of 0; tests have many such turns. */
const LOOK_MS = 1;

/** After this number of polls without an event the next one lasts as long as a wait: on a busy machine threads are late. */
const LOOKS = 16;
/** After this number of polls in a row without an event, a loop counts as spinning. */
const MOST_IN_VAIN = 64;

const DEFAULT_WINDOW = 1024 * 1024;

export class RealKernel extends PollDecorator implements Poll, Kernel {
  readonly backend = this;
  nowMs = 0;
  /** Number of waits in a row without an event. */
  private inVain = 0;
  private readonly random: () => number;
  private readonly open = new Set<RealSource>();
  private readonly byToken = new Map<Token, RealSource>();
  /** Sources that are to be reported again. */
  private readonly touched = new Set<RealSource>();
  /** The requested address → the bound one: any free port. */
  private readonly bound = new Map<string, { readonly host: string; readonly port: number }>();
  private readonly clients = new Map<number, RealPeer>();
  /** Clients that are connected and that no accept has returned yet. */
  private readonly arriving = new Set<RealPeer>();

  constructor(
    inner: Poll,
    readonly peers: Peers,
    seed: number,
    private readonly faults: Partial<KernelFaults>,
  ) {
    super(inner);
    this.random = seededRandom(seed);
  }

  /** Its streams modify each write. */
  queue(): boolean {
    return false;
  }

  connect(address: string): Peer;
  /** The programs of the lessons make no outgoing connections. */
  connect(address: Address): never;
  connect(address: string | Address): Peer {
    if (typeof address !== 'string') throw systemError('connect', 'ENETUNREACH', -1);
    const bound = this.bound.get(address);
    if (bound === undefined) throw systemError('connect', 'ECONNREFUSED', -1);
    const port = this.peers.connect(bound.host, bound.port);
    const peer = new RealPeer(this, port);
    this.clients.set(port, peer);
    this.arriving.add(peer);
    return peer;
  }

  /** Closes what the previous test has left open. */
  dispose(): void {
    for (const source of this.open) source.close();
  }

  listen(address: Address, backlog: number): TcpListener {
    if ('path' in address) throw systemError('bind', 'EINVAL', -1);
    const listener = new RealListener(this, this.inner.listen({ host: address.host, port: 0 }, backlog), address);
    this.bound.set(formatAddress(address), listener.inner.local as { host: string; port: number });
    this.open.add(listener);
    return listener;
  }

  register(source: Source, token: Token, interest: Interest): void {
    const real = source as RealSource;
    this.inner.register(real.inner, token, interest);
    this.registered(real, token, interest);
  }

  reregister(source: Source, token: Token, interest: Interest): void {
    const real = source as RealSource;
    this.inner.reregister(real.inner, token, interest);
    this.registered(real, token, interest);
  }

  deregister(source: Source): void {
    const real = source as RealSource;
    this.inner.deregister(real.inner);
    this.forget(real);
  }

  wait(events: Events, timeoutMs: number): void {
    for (const source of this.touched) this.inner.reregister(source.inner, source.token!, source.interest);
    this.touched.clear();
    this.inner.wait(events, this.patienceMs(timeoutMs));
    // Before events without reason come in: a loop that only waits shall not wait long each time.
    this.inVain = events.length === 0 ? this.inVain + 1 : 0;
    this.spoil(events);
    if (events.length === 0 && timeoutMs > 0) this.nowMs += Math.ceil(timeoutMs);
  }

  // What follows is for sockets.

  /** Makes the source be reported at the next wait, if it is ready: registering again reports existing readiness. */
  touch(source: RealSource): void {
    if (source.token !== null) this.touched.add(source);
  }

  /** Accepts a client that is connected also if the thread of the portable poller does not know it yet: it has a while to tell. */
  accept(listener: TcpListener): RealStream | WouldBlock {
    const endMs = performance.now() + QUIET_MS;
    for (;;) {
      const stream = listener.accept();
      if (stream !== WOULD_BLOCK) return this.accepted(stream);
      if (this.arriving.size === 0) return WOULD_BLOCK;
      if (performance.now() >= endMs) this.arriving.clear();
      else sleepFor(1);
    }
  }

  private accepted(inner: TcpStream): RealStream {
    const peer = this.clients.get((inner.peer as { port: number }).port)!;
    const stream = new RealStream(this, inner, peer);
    peer.stream = stream;
    this.arriving.delete(peer);
    this.open.add(stream);
    return stream;
  }

  closed(source: RealSource): void {
    this.forget(source);
    this.open.delete(source);
  }

  happens(fault: keyof KernelFaults): boolean {
    const probability = this.faults[fault] ?? 0;
    return probability > 0 && this.random() < probability;
  }

  /** How many of these bytes a call moves: by the test's script, or at random. 0 stands for WouldBlock. */
  portionOf(available: number, script: number[]): number {
    const chance = this.happens('wouldBlock') ? 0 : this.happens('partial') ? 1 + Math.floor(this.random() ** 3 * available) : available;
    return Math.min(script.shift() ?? chance, available);
  }

  private registered(source: RealSource, token: Token, interest: Interest): void {
    source.token = token;
    source.interest = interest;
    this.byToken.set(token, source);
  }

  private forget(source: RealSource): void {
    this.touched.delete(source);
    if (source.token !== null && this.byToken.get(source.token) === source) this.byToken.delete(source.token);
    source.token = null;
  }

  private patienceMs(timeoutMs: number): number {
    if (this.inVain > MOST_IN_VAIN) return 0;
    return timeoutMs !== 0 || this.inVain % LOOKS === LOOKS - 1 ? QUIET_MS : LOOK_MS;
  }

  /** A socket whose client's window is full is not writable, although the kernel's buffer is not full; and some are reported without reason. */
  private spoil(events: Events): void {
    const found = events.tokens.slice(0, events.length).map((token, at) => [token, events.readiness[at]!] as const);
    events.clear();
    for (const [token, readiness] of found) {
      const source = this.byToken.get(token);
      const left = source instanceof RealStream && source.other.isFull ? readiness & ~READY_WRITABLE : readiness;
      if (left !== 0) events.push(token, left);
    }
    for (const [token, { interest }] of this.byToken) if ((interest & READY_READABLE) !== 0 && this.happens('spurious')) events.push(token, READY_READABLE);
  }
}

abstract class RealSource implements Source {
  token: Token | null = null;
  interest: Interest = 0;
  private isClosed = false;

  constructor(
    protected readonly kernel: RealKernel,
    readonly inner: TcpListener | TcpStream,
  ) {}

  get fd(): number {
    return this.inner.fd;
  }

  close(): void {
    if (this.isClosed) throw systemError('close', 'EBADF', this.fd);
    this.isClosed = true;
    this.kernel.closed(this);
    this.inner.close();
  }
}

class RealListener extends RealSource implements TcpListener {
  constructor(
    kernel: RealKernel,
    override readonly inner: TcpListener,
    readonly local: Address,
  ) {
    super(kernel, inner);
  }

  accept(): TcpStream | WouldBlock {
    return this.kernel.happens('wouldBlock') ? this.refuse() : this.kernel.accept(this.inner);
  }

  private refuse(): WouldBlock {
    this.kernel.touch(this);
    return WOULD_BLOCK;
  }
}

class RealStream extends RealSource implements TcpStream {
  constructor(
    kernel: RealKernel,
    override readonly inner: TcpStream,
    readonly other: RealPeer,
  ) {
    super(kernel, inner);
  }

  get peer(): Address {
    return this.inner.peer;
  }

  get local(): Address {
    return this.inner.local;
  }

  read(into: Buffer, start: number, end: number): number {
    const { inner, kernel, other } = this;
    const available = Math.min(other.inbound.length, end - start);
    if (available === 0) return inner.read(into, start, end);
    const limit = kernel.portionOf(available, other.readSizes);
    // The rest is ready again, and must be reported.
    if (limit < available) kernel.touch(this);
    if (limit === 0) return WOULD_BLOCK;
    const count = inner.read(into, start, start + limit);
    if (count > 0) other.inbound.length -= count;
    return count;
  }

  write(from: Buffer, start: number, end: number): number {
    const { inner, kernel, other } = this;
    if (other.isGone) return inner.write(from, start, end);
    const room = Math.min(other.window - other.outbound.length, end - start);
    if (room < end - start) other.isStarved = true;
    if (room <= 0) return WOULD_BLOCK;
    const limit = kernel.portionOf(room, []);
    if (limit < room) kernel.touch(this);
    if (limit === 0) return WOULD_BLOCK;
    const count = inner.write(from, start, start + limit);
    if (count > 0) other.outbound.length += count;
    return count;
  }

  setKeepAlive(seconds: number): void {
    this.inner.setKeepAlive(seconds);
  }

  setNoDelay(isOn: boolean): void {
    this.inner.setNoDelay(isOn);
  }

  override close(): void {
    this.other.stream = null;
    this.other.isClosedByServer = true;
    this.other.inbound.length = 0;
    super.close();
  }
}

class RealPeer implements Peer {
  /** Bytes on their way to the server. */
  readonly inbound = { length: 0 };
  /** Bytes that the server has written and the test has not yet received. */
  readonly outbound = { length: 0 };
  readonly readSizes: number[] = [];
  window = DEFAULT_WINDOW;
  stream: RealStream | null = null;
  isClosedByServer = false;
  isStarved = false;
  /** It has closed or reset its end. */
  isGone = false;

  constructor(
    private readonly kernel: RealKernel,
    private readonly port: number,
  ) {}

  get fd(): number {
    return this.stream?.fd ?? -1;
  }

  get isFull(): boolean {
    return !this.isGone && this.outbound.length >= this.window;
  }

  send(bytes: string): void {
    if (this.isClosedByServer) return;
    this.inbound.length += bytes.length;
    this.kernel.peers.call({ verb: 'send', client: this.port, bytes: Buffer.from(bytes, 'latin1') });
  }

  receive(): string {
    const bytes = Buffer.from(this.kernel.peers.take(this.port, this.outbound.length)).toString('latin1');
    this.outbound.length -= bytes.length;
    this.roomChanged();
    return bytes;
  }

  setWindow(bytes: number): void {
    this.window = bytes;
    this.roomChanged();
  }

  shutdown(): void {
    this.kernel.peers.call({ verb: 'shutdown', client: this.port });
  }

  close(): void {
    this.leave('close');
  }

  reset(): void {
    this.leave('reset');
  }

  private leave(verb: 'close' | 'reset'): void {
    this.isGone = true;
    this.outbound.length = 0;
    this.kernel.peers.call({ verb, client: this.port });
  }

  private roomChanged(): void {
    if (this.stream === null || !this.isStarved || this.isFull) return;
    this.isStarved = false;
    this.kernel.touch(this.stream);
  }
}
