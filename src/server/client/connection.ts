/**
 * Connection: the path of bytes through the server, from readiness to reply.
 *
 *   ready(READABLE) → read() until WouldBlock → decoder → dispatcher → output buffer → pending writes
 *                                                                                        │ before the loop sleeps
 *   ready(WRITABLE) → flush() ◀──────────────── only after a short write ◀── flush() ◀───┘
 *
 * Bytes are read into one buffer shared by all connections, because nearly every read ends with a whole request; only what
 * is left of a half frame is copied into a buffer of the connection's own, and read on there.
 */
import { READY_READABLE, READY_WRITABLE, type Readiness } from '../io/event.js';
import { READABLE, WRITABLE, type Interest } from '../io/interest.js';
import { END_OF_FILE, formatAddress, SystemError, type TcpStream, WOULD_BLOCK } from '../io/poll.js';
import type { Token } from '../io/token.js';
import type { EventHandler, EventLoop } from '../loop/event-loop.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { protocolError } from '../dispatch/errors.js';
import { Session, type Transport } from '../dispatch/session.js';
import type { ServerContext } from '../dispatch/context.js';
import { encode, type RespVersion } from '../resp/encoder.js';
import type { Reply } from '../resp/reply.js';
import { COMPLETE, INCOMPLETE, RequestDecoder } from '../resp/request-decoder.js';
import type { Tap } from '../trace/tap.js';
import { OutputBuffer } from './output-buffer.js';

/** One read brings at most this much; then the others have their turn. */
const READ_BYTES = 64 * 1024;

/** How much one connection may write in a turn before the others have theirs (NET_MAX_WRITES_PER_EVENT). */
const WRITE_BYTES_PER_TURN = 64 * 1024 * 16;

/** The most bytes of a frame that an event carries. */
const RAW_BYTES = 512;

const EMPTY = Buffer.alloc(0);

/** What all connections share. */
export interface ConnectionEnvironment {
  readonly loop: EventLoop;
  readonly dispatcher: Dispatcher;
  readonly server: ServerContext;
  readonly tap: Tap;
  /** Flushed at the start of the next turn. */
  readonly pendingWrites: Connection[];
  /** Where reads land. */
  readonly input: Buffer;
  /** The connection is closed, deregistered and may be forgotten. */
  readonly closed: (connection: Connection, why: string) => void;
}

export function createInput(): Buffer {
  return Buffer.allocUnsafeSlow(READ_BYTES);
}

export class Connection implements EventHandler, Transport {
  readonly session: Session;
  readonly fd: number;
  readonly peer: string;
  readonly local: string;
  private readonly decoder = new RequestDecoder();
  private readonly output = new OutputBuffer();
  /** The beginning of a half frame, or what waits while the client is parked: `own[ownStart, ownEnd)`. */
  private own: Buffer = EMPTY;
  private ownStart = 0;
  private ownEnd = 0;
  private interest: Interest = READABLE;
  private isPendingWrite = false;
  private isClosed = false;
  private closesAfterReply = false;
  /** Requests decoded so far; the number of a frame in the trace. */
  private frames = 0;

  constructor(
    readonly token: Token,
    readonly stream: TcpStream,
    private readonly env: ConnectionEnvironment,
  ) {
    this.fd = stream.fd;
    this.peer = formatAddress(stream.peer);
    this.local = formatAddress(stream.local);
    this.session = new Session(token, env.server, this);
    this.decoder.authenticated = this.session.authenticated;
  }

  get queryBytes(): number {
    return this.ownEnd - this.ownStart;
  }

  get queryCapacity(): number {
    return this.own.length;
  }

  get outputBytes(): number {
    return this.output.length;
  }

  ready(readiness: Readiness): void {
    // Errors and hang-ups show themselves in the next read, so anything but pure WRITABLE is a reason to read.
    if ((readiness & ~READY_WRITABLE) !== 0 || (readiness & READY_READABLE) !== 0) this.readUntilWouldBlock();
    if ((readiness & READY_WRITABLE) !== 0 && !this.isClosed) this.flush();
  }

  /**
   * A read that does not fill the buffer has emptied the socket; the one more read that would prove it by WouldBlock is made
   * only where readiness is edge-triggered and would otherwise not be reported again.
   */
  private readUntilWouldBlock(): void {
    const { edgeTriggered } = this.env.loop.poll;
    do {
      if (!this.read()) return;
    } while (edgeTriggered && !this.isClosed);
  }

  /** One read(2) and everything that follows from it. False once there is nothing more to read. */
  private read(): boolean {
    const usesOwn = this.ownEnd > this.ownStart;
    if (usesOwn) this.makeRoom();
    const buffer = usesOwn ? this.own : this.env.input;
    const start = usesOwn ? this.ownEnd : 0;
    const count = this.tryRead(buffer, start, buffer.length);
    if (count === WOULD_BLOCK) return false;
    if (count === END_OF_FILE) {
      this.close('EOF');
      return false;
    }
    const { server } = this.env;
    server.stats.bytesRead += count;
    this.session.lastInteractionMs = server.clock.nowMs;
    if (usesOwn) this.ownEnd += count;
    this.process(buffer, usesOwn ? this.ownStart : 0, start + count);
    return true;
  }

  private tryRead(buffer: Buffer, start: number, end: number): number {
    const { tap } = this.env;
    try {
      const count = this.stream.read(buffer, start, end);
      if (tap.sink !== null) tap.sink.emit({ kind: 'read', token: this.token, result: count === WOULD_BLOCK ? 'WouldBlock' : count === END_OF_FILE ? 'EOF' : count });
      return count;
    } catch (error) {
      this.fail(error, 'read');
      return WOULD_BLOCK;
    }
  }

  /** Decodes and executes as many whole requests as there are in `buffer[start, end)`, and keeps the rest. */
  private process(buffer: Buffer, start: number, end: number): void {
    const { decoder, session } = this;
    const { dispatcher, tap, loop } = this.env;
    decoder.feed(buffer, start, end);
    while (!session.parked && !this.closesAfterReply) {
      const status = decoder.next();
      if (status === INCOMPLETE) break;
      if (status !== COMPLETE) {
        this.send(protocolError(decoder.error), 2);
        this.closeAfterReply();
        break;
      }
      this.frames++;
      if (tap.sink !== null) this.traceFrame(tap.sink.emit.bind(tap.sink), buffer);
      loop.commandsThisTurn++;
      const reply = dispatcher.dispatch(session, decoder.argv);
      if (this.isClosed) return;
      this.send(reply, session.version);
    }
    this.keep(buffer, decoder.position, end);
  }

  private traceFrame(emit: (event: { kind: 'frame'; token: number; frame: number; bytes: number; argv: string[]; raw: string }) => void, buffer: Buffer): void {
    const { decoder } = this;
    const bytes = decoder.requestBytes;
    const start = Math.max(0, decoder.position - bytes);
    emit({ kind: 'frame', token: this.token, frame: this.frames, bytes, argv: decoder.argv, raw: buffer.latin1Slice(start, Math.min(decoder.position, start + RAW_BYTES)) });
  }

  /** What is left of a range becomes the beginning of the connection's own buffer. */
  private keep(buffer: Buffer, start: number, end: number): void {
    const length = end - start;
    if (length === 0) {
      this.own = EMPTY;
      this.ownStart = 0;
      this.ownEnd = 0;
      return;
    }
    const { tap } = this.env;
    if (tap.sink !== null) tap.sink.emit({ kind: 'frame-partial', token: this.token, have: this.decoder.requestBytes + length, need: this.decoder.requestBytes + length + this.decoder.missing });
    if (buffer === this.own) {
      this.ownStart = start;
      this.ownEnd = end;
      return;
    }
    this.own = Buffer.allocUnsafeSlow(length + Math.max(this.decoder.missing, 1024));
    buffer.copy(this.own, 0, start, end);
    this.ownStart = 0;
    this.ownEnd = length;
  }

  /** Room for the rest of the argument that is being read, so that a big one arrives without being copied again and again. */
  private makeRoom(): void {
    const length = this.ownEnd - this.ownStart;
    const wanted = Math.max(this.decoder.missing, 1024);
    if (this.own.length - this.ownEnd >= wanted) return;
    const target = this.own.length >= length + wanted ? this.own : Buffer.allocUnsafeSlow(length + Math.max(wanted, Math.min(length, READ_BYTES)));
    this.own.copy(target, 0, this.ownStart, this.ownEnd);
    this.own = target;
    this.ownStart = 0;
    this.ownEnd = length;
  }

  send(reply: Reply, version: RespVersion): void {
    if (this.isClosed) return;
    const { tap } = this.env;
    const before = this.output.length;
    encode(this.output, reply, version);
    if (tap.sink !== null) this.traceReply(before);
    if (!this.isPendingWrite && this.output.length > 0) {
      this.isPendingWrite = true;
      this.env.pendingWrites.push(this);
    }
  }

  private traceReply(before: number): void {
    const bytes = this.output.length - before;
    const start = Math.max(0, this.output.position - bytes);
    const raw = this.output.buffer.latin1Slice(start, Math.min(this.output.position, start + RAW_BYTES));
    this.env.tap.sink!.emit({ kind: 'reply', token: this.token, frame: this.frames, bytes, raw });
  }

  /** Hands queued output to the kernel; what it does not take now goes when the socket is WRITABLE. */
  flush(): void {
    this.isPendingWrite = false;
    if (this.isClosed) return;
    let budget = WRITE_BYTES_PER_TURN;
    while (this.output.length > 0 && budget > 0) {
      const { offered } = this.output;
      const taken = this.tryWrite(offered);
      if (this.isClosed) return;
      if (taken === WOULD_BLOCK) break;
      this.env.server.stats.bytesWritten += taken;
      budget -= taken;
      if (taken < offered) break;
    }
    if (this.output.length > 0) this.setInterest(this.interest | WRITABLE);
    else if (this.closesAfterReply) this.close('closed by server');
    else this.setInterest(this.interest & ~WRITABLE);
  }

  private tryWrite(offered: number): number {
    const { tap } = this.env;
    try {
      const taken = this.output.writeTo(this.stream);
      if (tap.sink !== null) tap.sink.emit({ kind: 'write', token: this.token, result: taken === WOULD_BLOCK ? 'WouldBlock' : taken, of: offered });
      return taken;
    } catch (error) {
      this.fail(error, 'write');
      return WOULD_BLOCK;
    }
  }

  private setInterest(interest: Interest): void {
    if (interest === this.interest) return;
    const { tap } = this.env;
    if (tap.sink !== null) tap.sink.emit({ kind: 'interest', token: this.token, before: this.interest, after: interest });
    this.interest = interest;
    this.env.loop.poll.reregister(this.stream, this.token, interest);
  }

  closeAfterReply(): void {
    this.closesAfterReply = true;
  }

  /** Goes on with what arrived while the client was parked. */
  resume(): void {
    if (this.isClosed || this.session.parked) return;
    if (this.ownEnd > this.ownStart) this.process(this.own, this.ownStart, this.ownEnd);
  }

  close(why: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.session.closing = true;
    this.env.loop.deregister(this.stream, this.token);
    this.stream.close();
    this.output.clear();
    this.own = EMPTY;
    const { tap } = this.env;
    if (tap.sink !== null) tap.sink.emit({ kind: 'disconnect', token: this.token, why });
    this.env.closed(this, why);
  }

  /** A connection that breaks is an ordinary event; anything but a system error is a defect and goes up. */
  private fail(error: unknown, kind: 'read' | 'write'): void {
    if (!(error instanceof SystemError)) throw error;
    const { tap } = this.env;
    if (tap.sink !== null) {
      if (kind === 'read') tap.sink.emit({ kind, token: this.token, result: error.code });
      else tap.sink.emit({ kind, token: this.token, result: error.code, of: this.output.length });
    }
    this.close(error.code);
  }
}
