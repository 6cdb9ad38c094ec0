/**
 * LinkSocket: the connection to a master before it becomes a client's: sends requests, receives bytes, and is registered with the poll.
 *
 *   say(requests) ─▶ unsent ─▶ write          what is not taken at once is sent when the socket is WRITABLE
 *   ready(READABLE) ─▶ read ─▶ owner.took     until WouldBlock, or until it should yield to others
 */
import { READY_WRITABLE, type Readiness } from '../io/event.js';
import { type Interest, READABLE, WRITABLE } from '../io/interest.js';
import { type Address, END_OF_FILE, formatAddress, type Poll, type Source, SystemError, type TcpStream, WOULD_BLOCK } from '../io/poll.js';
import type { Token } from '../io/token.js';
import type { Tap } from '../trace/tap.js';

const READ_BYTES = 64 * 1024;
/** Maximum per event; then others are served. */
const MOST_READS = 16;
const NEWLINE = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);

export interface LinkSocketState {
  readonly token: Token;
  readonly fd: number;
  readonly peer: Address;
  readonly local: Address;
  readonly interest: Interest;
  readonly isRegistered: boolean;
  readonly isConnected: boolean;
  readonly unsent: string;
}

/** What it needs of the loop. */
export interface LinkLoop {
  readonly poll: Poll;
  register(source: Source, token: Token, interest: Interest, handler: { ready(readiness: Readiness): void }): void;
  deregister(source: Source, token: Token): void;
}

interface Surroundings {
  readonly loop: LinkLoop;
  readonly tap: Tap;
}

interface Owner {
  /** Called when the socket is WRITABLE for the first time: it is connected, or that has failed. */
  connected(): void;
  /** Called with received bytes, which are valid only during the call. */
  took(bytes: Buffer): void;
  /** Called once. The owner closes the socket. */
  failed(why: string): void;
}

export class LinkSocket {
  private interest: Interest = READABLE | WRITABLE;
  /** True while it is registered with the poll; not while a dataset is loaded, and not once another object has taken it over. */
  private isRegistered = false;
  private isConnected = false;
  private isOver = false;
  private input: Buffer | null = null;
  private unsent: Buffer = NOTHING;

  constructor(
    readonly stream: TcpStream,
    readonly token: Token,
    private readonly server: Surroundings,
    private readonly owner: Owner,
  ) {}

  /** Begins to wait for the connection. */
  begin(): this {
    const { tap } = this.server;
    const { token, stream } = this;
    this.register();
    if (tap.sink !== null) tap.sink.emit({ kind: 'connect', token, fd: stream.fd, peer: formatAddress(stream.peer), local: formatAddress(stream.local) });
    return this;
  }

  private register(): void {
    this.isRegistered = true;
    this.server.loop.register(this.stream, this.token, this.interest, this);
  }

  ready(readiness: Readiness): void {
    if (!this.isConnected) {
      if ((readiness & READY_WRITABLE) === 0) return;
      this.isConnected = true;
      return this.owner.connected();
    }
    if ((readiness & ~READY_WRITABLE) !== 0) this.read();
    if ((readiness & READY_WRITABLE) !== 0 && this.isRegistered) this.flush();
  }

  /** @param requests latin1 */
  say(requests: string): void {
    const bytes = Buffer.from(requests, 'latin1');
    this.unsent = this.unsent.length === 0 ? bytes : Buffer.concat([this.unsent, bytes]);
    this.flush();
  }

  /** Bytes still to be sent. */
  get unsentBytes(): number {
    return this.unsent.length;
  }

  /** Sends an empty line, which tells the master that its replica is busy and not gone. */
  keepAlive(): void {
    this.attempt('write', 1, () => this.stream.write(NEWLINE, 0, 1));
  }

  /** Stops reading: the stream can be registered by other objects, or again. */
  release(): void {
    if (!this.isRegistered) return;
    this.isRegistered = false;
    this.server.loop.deregister(this.stream, this.token);
  }

  close(why: string): void {
    const { tap } = this.server;
    this.isOver = true;
    this.release();
    this.stream.close();
    if (tap.sink !== null) tap.sink.emit({ kind: 'disconnect', token: this.token, why });
  }

  private flush(): void {
    const { unsent, stream } = this;
    if (unsent.length > 0) {
      const taken = this.attempt('write', unsent.length, () => stream.write(unsent, 0, unsent.length));
      if (taken === null) return;
      this.unsent = taken >= unsent.length ? NOTHING : unsent.subarray(Math.max(0, taken));
    }
    this.await(this.unsent.length === 0 ? READABLE : READABLE | WRITABLE);
  }

  private await(interest: Interest): void {
    if (interest === this.interest) return;
    const { loop, tap } = this.server;
    if (tap.sink !== null) tap.sink.emit({ kind: 'interest', token: this.token, before: this.interest, after: interest });
    this.interest = interest;
    loop.poll.reregister(this.stream, this.token, interest);
  }

  private read(): void {
    const buffer = (this.input ??= Buffer.allocUnsafeSlow(READ_BYTES));
    for (let reads = 0; reads < MOST_READS && this.isRegistered; reads++) {
      const count = this.attempt('read', buffer.length, () => this.stream.read(buffer, 0, buffer.length));
      if (count === null || count === WOULD_BLOCK) return;
      if (count === END_OF_FILE) return this.owner.failed('the master has closed the connection');
      this.owner.took(buffer.subarray(0, count));
    }
    // Edge-triggered: re-registering reports readiness that was not drained.
    if (this.isRegistered) this.server.loop.poll.reregister(this.stream, this.token, this.interest);
  }

  /** Makes one call of the stream, which may fail; returns null if it did. */
  private attempt(kind: 'read' | 'write', offered: number, call: () => number): number | null {
    const { tap } = this.server;
    const { token } = this;
    try {
      const count = call();
      if (tap.sink !== null) {
        if (kind === 'write') tap.sink.emit({ kind, token, result: count === WOULD_BLOCK ? 'WouldBlock' : count, of: offered });
        else tap.sink.emit({ kind, token, result: count === WOULD_BLOCK ? 'WouldBlock' : count === END_OF_FILE ? 'EOF' : count });
      }
      return count;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (!this.isOver) this.owner.failed(`Error condition on socket for SYNC: ${error.code}`);
      return null;
    }
  }

  capture(): LinkSocketState {
    const { token, stream, interest, isRegistered, isConnected, unsent } = this;
    return { token, fd: stream.fd, peer: stream.peer, local: stream.local, interest, isRegistered, isConnected, unsent: unsent.latin1Slice() };
  }

  restore({ interest, isRegistered, isConnected, unsent }: LinkSocketState): this {
    this.interest = interest;
    this.isConnected = isConnected;
    this.unsent = Buffer.from(unsent, 'latin1');
    if (isRegistered) this.register();
    return this;
  }
}
