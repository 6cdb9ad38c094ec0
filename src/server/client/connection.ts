/**
 * Connection: the path of bytes through the server, from readiness to reply.
 *
 *   ready(READABLE) → read() → decoder → dispatcher → ReplyWriter     (reply-writer.ts: the way out)
 *                       │         │
 *                       │         └ the rest, half a frame or the requests of a parked client → QueryBuffer
 *                       └ into one buffer shared by all connections, because nearly every read ends with a whole request;
 *                         while something waits in the query buffer: appended to it
 */
import { READY_ERROR, READY_HUP, READY_READ_CLOSED, READY_WRITABLE, type Readiness } from '../io/event.js';
import { type Address, END_OF_FILE, formatAddress, SystemError, type TcpStream, WOULD_BLOCK } from '../io/poll.js';
import { GhostStream } from '../io/ghost-stream.js';
import type { Interest } from '../io/interest.js';
import type { Token } from '../io/token.js';
import { DECODING } from '../loop/activity.js';
import type { EventHandler } from '../loop/event-loop.js';
import type { Argv } from '../command/command.js';
import { protocolError } from '../errors.js';
import { CLIENT_OVERHEAD } from '../command/client-info.js';
import { Session, type SessionState, type Transport } from '../command/session.js';
import type { RespVersion } from '../resp/encoder.js';
import { NO_REPLY, type Reply } from '../resp/reply.js';
import type { SharedOutput } from '../replication/replica.js';
import { type LentArgument, settle } from '../resp/lent-argument.js';
import { COMPLETE, type DecoderState, INCOMPLETE, RequestDecoder } from '../resp/request-decoder.js';
import type { DisconnectReason } from '../trace/events.js';
import type { ConnectionEnvironment } from './environment.js';
import { logOutputLimit, logProtocolError, logQueryLimit, logReplyToReplica } from './farewell.js';
import { FrameTrace } from './frame-trace.js';
import { READ_BYTES } from './input.js';
import type { OutputGate } from '../features/surroundings.js';
import { QueryBuffer, type QueryState } from './query-buffer.js';
import { Registration } from './registration.js';
import { ReplyWriter, type ReplyWriterState } from './reply-writer.js';

/** Maximum number of reads per event, whatever a rule says: a loop that reads one socket for ever would never learn that the rule was removed. */
const MOST_READS = 10_000;

/** The states of a connection: it only ever moves on to a later one. */
const OPEN = 0;
/** Executes nothing more; closes when its output has been written. */
const CLOSING = 1;
/** Reads and writes nothing more; closes before the loop sleeps. */
const DOOMED = 2;
const CLOSED = 3;
type ConnectionLife = typeof OPEN | typeof CLOSING | typeof DOOMED | typeof CLOSED;

/** A connection between two turns, as plain data. */
export interface ConnectionState {
  readonly token: Token;
  readonly fd: number;
  /** It has no socket any more: see GhostStream. */
  readonly isGhost: boolean;
  readonly peer: Address;
  readonly local: Address;
  readonly state: ConnectionLife;
  readonly interest: Interest;
  readonly session: SessionState;
  /** Received and not executed. */
  readonly query: QueryState | null;
  readonly decoder: DecoderState | null;
  readonly heldBytes: number;
  /** Unsent output. */
  readonly writer: ReplyWriterState;
  /** Only of a master's connection: bytes whose requests are executed, or begun, and not yet counted. */
  readonly unapplied?: Uint8Array;
}

export class Connection implements EventHandler, Transport {
  readonly session: Session;
  readonly fd: number;
  readonly peer: string;
  readonly peerAddress: Address;
  readonly local: string;
  protected readonly decoder = new RequestDecoder();
  private readonly query = new QueryBuffer();
  protected readonly registration: Registration;
  private readonly writer: ReplyWriter;
  private state: ConnectionLife = OPEN;
  private frameTrace: FrameTrace | null = null;
  /** What the memory account counts for requests that were received and not executed. */
  private heldBytes = 0;

  constructor(
    readonly token: Token,
    readonly stream: TcpStream,
    protected readonly env: ConnectionEnvironment,
  ) {
    this.fd = stream.fd;
    this.peerAddress = stream.peer;
    this.peer = clientAddress(stream.peer);
    this.local = clientAddress(stream.local);
    this.session = new Session(token, env.server, this);
    this.decoder.borrower = this.session;
    env.server.keyspace.memory.clients += CLIENT_OVERHEAD;
    this.registration = new Registration(stream, token, env.loop, env.tap, env.triggering);
    this.writer = new ReplyWriter(this, stream, this.registration, env);
  }

  capture(): ConnectionState {
    const { token, fd, stream, state, session, heldBytes } = this;
    return {
      token,
      fd,
      isGhost: this.isGhost,
      peer: stream.peer,
      local: stream.local,
      state,
      interest: this.registration.interest,
      session: session.capture(),
      query: this.query.capture(),
      decoder: this.decoder.capture(),
      heldBytes,
      writer: this.writer.capture(),
    };
  }

  /** The memory it uses is restored with all other memory counters. */
  restore({ state, interest, session, query, decoder, heldBytes, writer }: ConnectionState): void {
    this.state = state;
    this.registration.interest = interest;
    this.session.restore(session);
    if (query !== null) this.query.restore(query);
    if (decoder !== null) this.decoder.restore(decoder);
    this.decoder.feed(this.query.bytes, this.query.start, this.query.end);
    this.heldBytes = heldBytes;
    this.writer.restore(writer);
  }

  /**
   * Called between two requests of a read: forgets what was received and not executed, as if it had never been read. Returns how many bytes that is.
   * @param isDecoded a request, or its beginning, is decoded and not executed
   */
  dropUnread(isDecoded: boolean): number {
    const { decoder } = this;
    const bytes = decoder.unusedBytes + (isDecoded ? decoder.requestBytes : 0);
    decoder.drop();
    this.query.clear();
    this.countHeld();
    return bytes;
  }

  ready(readiness: Readiness): void {
    // Errors and hang-ups are reported by the next read, so anything but pure WRITABLE is a reason to read.
    if ((readiness & ~READY_WRITABLE) !== 0) {
      if (this.skips(readiness)) this.skip();
      else if ((readiness & READY_READ_CLOSED) !== 0 && this.session.parked) this.readToEnd();
      else this.readAsReported();
    }
    if ((readiness & READY_WRITABLE) !== 0) this.flushAsReported();
  }

  /** The seam `serve`. A broken connection is always handled: the kernel would report it again and again. */
  private skips(readiness: Readiness): boolean {
    return this.env.policy.current.serve(this.token, false) === 'skip' && (readiness & (READY_ERROR | READY_HUP)) === 0;
  }

  private skip(): void {
    this.registration.awaitReadable(false);
    this.env.pending.skipped.push(this);
  }

  /** True if it is still to be skipped. Otherwise it is registered for READABLE again, or has nothing left to read. */
  isStillSkipped(): boolean {
    if (this.state >= DOOMED) return false;
    const isSkipped = this.env.policy.current.serve(this.token, true) === 'skip';
    if (!isSkipped) this.registration.awaitReadable(true);
    return isSkipped;
  }

  /**
   * Level-triggered: reads once, since the rest is reported again. Edge-triggered: reads until WouldBlock, without which there is no next report, or until it
   * should yield to others. The seam `after-read`.
   */
  private readAsReported(): void {
    const { env, token, registration, query } = this;
    const { isEdgeTriggered } = registration;
    const { current } = env.policy;
    for (let reads = 1; this.state < DOOMED; reads++) {
      const size = current.readSize(token, query.length === 0 ? READ_BYTES : this.makeRoom());
      const result = this.read(size, reads > 1);
      // The read may have closed the connection; where a rule ignores EOF, nothing follows it.
      if (this.state >= DOOMED || result === END_OF_FILE) return;
      const next = current.afterRead(token, result, size, isEdgeTriggered, reads);
      if (next === 'wait') return;
      if (next === 'close') return this.close('rule after-read');
      if (next === 'yield' || reads === MOST_READS) return registration.rearm();
    }
  }

  /**
   * Reads everything at once: the peer has sent its last byte, and none of what it sent will be executed, so a parked client, and
   * its place in the queue for a key, need not be kept for another turn.
   */
  private readToEnd(): void {
    let count = 1;
    while (this.state < DOOMED && count > 0) count = this.read(this.query.length === 0 ? READ_BYTES : this.makeRoom());
    if (this.state < DOOMED && count !== END_OF_FILE) this.registration.rearm();
  }

  /** Makes room for the next read behind what waits in the query buffer. Returns how many bytes that read may bring. */
  private makeRoom(): number {
    const { query, env } = this;
    query.makeRoom(this.decoder.missing);
    return query.readEnd(env.settings['client-query-buffer-limit']) - query.end;
  }

  /**
   * Does one read(2) of at most `size` bytes, and everything that follows from it. Returns the result of the read; {@link WOULD_BLOCK} after an error.
   * @param isDraining other reads of the same event came before: an end of file closes once their replies are sent, as where each read has a turn of its own
   */
  private read(size: number, isDraining = false): number {
    const { query, env } = this;
    const isQueryWaiting = query.length > 0;
    if (!isQueryWaiting && this.readsInPlace) {
      const piece = this.stream.takeRead!(size);
      if (piece !== null) return this.received(piece.buffer, piece.start, piece.start, piece.end);
    }
    const { input } = env;
    const buffer = isQueryWaiting ? query.bytes : input.bytes;
    const start = isQueryWaiting ? query.end : input.start;
    const count = this.tryRead(buffer, start, start + size);
    if (count === WOULD_BLOCK) return count;
    if (count === END_OF_FILE) {
      if (env.policy.current.onEof(this.token, this.outputBytes) !== 'close') return count;
      if (isDraining && this.outputBytes > 0) this.flushAsReported();
      this.close('EOF');
      return count;
    }
    return this.received(buffer, isQueryWaiting ? query.start : start, start, start + count);
  }

  /** What is propagated is copied from the input, where the requests of many connections are together. */
  private get readsInPlace(): boolean {
    const { env, stream } = this;
    return stream.takeRead !== undefined && env.tap.sink === null && env.server.keyspace.effects === null;
  }

  /** A read has brought `buffer[from, end)`. Executes all whole requests in `buffer[start, end)`, and returns the number of new bytes. */
  private received(buffer: Buffer, start: number, from: number, end: number): number {
    const { server } = this.env;
    const count = end - from;
    server.stats.bytesRead += count;
    server.stats.reads++;
    this.session.bytesRead += count;
    this.session.lastInteractionMs = server.clock.nowMs;
    this.process(buffer, start, end);
    return count;
  }

  private tryRead(buffer: Buffer, start: number, end: number): number {
    const { tap } = this.env;
    try {
      const count = this.stream.read(buffer, start, end);
      if (tap.sink !== null) {
        const result = count === WOULD_BLOCK ? 'WouldBlock' : count === END_OF_FILE ? 'EOF' : count;
        tap.sink.emit({ kind: 'read', token: this.token, result });
      }
      return count;
    } catch (error) {
      this.fail(error, 'read');
      return WOULD_BLOCK;
    }
  }

  /** Decodes and executes all whole requests in `buffer[start, end)`, and keeps the rest. */
  protected process(buffer: Buffer, start: number, end: number): void {
    const { decoder, session } = this;
    const { dispatcher, server, tap, settings, loop, policy } = this.env;
    const { current } = policy;
    decoder.maxBulkLength = settings['proto-max-bulk-len'];
    decoder.keys = session.db;
    decoder.feed(buffer, start, end);
    loop.activity.is(DECODING);
    dispatcher.beginRead();
    const { effects } = server.keyspace;
    const outer = effects === null ? null : effects.beginRequests(decoder);
    for (let frames = 1; this.state === OPEN && !session.parked; frames++) {
      // Set for each request: the one before may have been AUTH.
      decoder.authenticated = session.authenticated || !server.requiresPassword();
      const status = decoder.next();
      if (status === INCOMPLETE) {
        if (tap.sink !== null && end > start) this.traced().partial(tap.sink, session.frame + 1, decoder, buffer, start, end);
        const has = decoder.requestBytes + end - decoder.position;
        if (has > 0) this.endsWithin(has);
        break;
      }
      if (status !== COMPLETE) {
        if (effects !== null) this.env.input.start = effects.endRequests(outer, this.canKeep(buffer, end)) ? end : 0;
        dispatcher.endRead();
        return this.refuse(buffer, end);
      }
      session.frame++;
      if (tap.sink !== null) this.traced().whole(tap.sink, session.frame, decoder, buffer, start);
      this.execute(decoder.argv);
      if (current.afterFrame(this.token, frames) !== 'next frame') break;
    }
    if (effects !== null) this.env.input.start = effects.endRequests(outer, this.canKeep(buffer, end)) ? end : 0;
    dispatcher.endRead();
    this.keep(buffer, end);
  }

  /** True if these bytes may stay in the input: the next read fits behind them. */
  private canKeep(buffer: Buffer, end: number): boolean {
    const { input } = this.env;
    return buffer === input.bytes && input.canKeep(end);
  }

  /** The read ends within a request, of which `has` bytes have arrived. The seam `on-partial`. */
  private endsWithin(has: number): void {
    const next = this.env.policy.current.onPartial(this.token, has, has + this.decoder.missing);
    if (next === 'keep') return;
    this.decoder.drop();
    if (next === 'answer') this.send(protocolError('incomplete request'), 2);
  }

  protected execute(argv: Argv): void {
    const { loop, dispatcher } = this.env;
    const { session } = this;
    loop.commandsThisTurn++;
    const reply = dispatcher.dispatch(session, argv);
    if (session.lent !== null) this.endLoan(session.lent);
    if (session.replyMode === 'on') {
      if (reply !== NO_REPLY) this.send(reply, session.version);
    } else if (!session.parked) {
      session.answer(reply);
    }
    if (dispatcher.hasUnfinished) dispatcher.finish();
  }

  /** Called before what was read is overwritten. A request that is queued or postponed keeps its arguments. */
  protected endLoan(lent: LentArgument): void {
    const { session } = this;
    session.lent = null;
    if (session.transaction !== null || session.postponed !== null) settle(lent);
  }

  /** Keeps the rest of a range in the query buffer. */
  private keep(buffer: Buffer, end: number): void {
    const { decoder, query, session } = this;
    if (this.state !== OPEN) {
      query.clear();
      return this.countHeld();
    }
    query.keep(buffer, decoder.position, end, decoder.missing);
    if (query.length === 0 && session.transaction === null && decoder.heldBytes === 0 && this.heldBytes === 0) return;
    this.countHeld();
    const waiting = query.length + (session.transaction?.queuedBytes ?? 0);
    if (waiting <= this.env.settings['client-query-buffer-limit']) return;
    logQueryLimit(session, query);
    this.close('query buffer limit');
  }

  /** Counts the memory of half a request, of those that wait while the client is parked, and of those that are queued for EXEC. */
  private countHeld(): void {
    const { decoder, query, session, env } = this;
    const bytes = this.state === CLOSED ? 0 : query.capacity + decoder.heldBytes + (session.transaction === null ? 0 : session.transaction.queuedBytes);
    if (bytes === this.heldBytes) return;
    env.server.keyspace.memory.clients += bytes - this.heldBytes;
    this.heldBytes = bytes;
    if (env.eviction !== null) env.eviction.touch(session);
  }

  /** After a protocol error, what follows cannot be understood. */
  protected refuse(buffer: Buffer, end: number): void {
    const { decoder, session } = this;
    logProtocolError(session, decoder.error, buffer.subarray(decoder.position, end));
    session.frame++;
    this.send(protocolError(decoder.error), 2);
    this.closeAfterReply();
    this.query.clear();
    this.countHeld();
  }

  send(reply: Reply, version: RespVersion): void {
    if (this.state >= DOOMED) return;
    const { tap } = this.env;
    if (this.writer.shared !== null) return this.refuseReply(reply);
    const bytes = this.writer.write(reply, version);
    if (tap.sink !== null) this.traced().reply(tap.sink, this.session.frame, this.writer.output, bytes);
  }

  /** A replica reads the stream of changes from this connection: a reply in it would corrupt it. */
  private refuseReply(reply: Reply): void {
    logReplyToReplica(this.session, reply);
    this.state = DOOMED;
    this.env.pending.doomed.push(this);
  }

  /** The socket takes more: this may include replies of this turn. */
  private flushAsReported(): void {
    const { beforeWrites } = this.env.pending;
    if (beforeWrites !== null) beforeWrites();
    this.flush();
  }

  /** Called before {@link flush}, where the sends of several connections can be handed to the kernel in one call. False: it is in none. */
  queueSend(): boolean {
    return this.state < DOOMED && this.writer.queueSend();
  }

  /** Writes output. Called before the loop sleeps if there is some, and when the socket is WRITABLE. */
  flush(): void {
    if (this.state >= DOOMED) return;
    const isWritten = this.writer.flush();
    const { eviction } = this.env;
    if (eviction !== null && this.state !== CLOSED) eviction.touch(this.session);
    if (isWritten && this.state === CLOSING) this.close('closed by server');
  }

  /** The output exceeds its limit. Closing at once could disturb a sender that is iterating over a list of receivers. */
  doom(): void {
    if (this.state >= DOOMED) return;
    logOutputLimit(this.session);
    this.state = DOOMED;
    if (this.env.eviction !== null) this.env.eviction.touch(this.session);
    this.env.pending.doomed.push(this);
  }

  queueFlush(): void {
    this.writer.queueFlush();
  }

  /** See {@link ReplyWriter.pass}. */
  pass(gate: OutputGate): void {
    if (this.state < DOOMED) this.writer.pass(gate);
  }

  listHeld(): void {
    this.writer.list();
  }

  unlistHeld(letsGo: boolean): void {
    if (this.state < DOOMED) this.writer.unlist(letsGo);
  }

  follow(output: SharedOutput): void {
    this.writer.shared = output;
  }

  setNoDelay(isOn: boolean): void {
    this.stream.setNoDelay(isOn);
  }

  sharedGrew(): void {
    if (this.state < DOOMED) this.writer.sharedGrew();
  }

  resume(): void {
    this.env.pending.resumed.push(this);
  }

  /** Continues after a park or a pause: first the postponed request, then those that arrived meanwhile. Called before the loop sleeps. */
  proceed(): void {
    const { session, query } = this;
    if (this.state !== OPEN || session.parked) return;
    this.env.loop.activity.handles(this.token);
    const { postponed } = session;
    session.postponed = null;
    if (postponed !== null) this.executePostponed(postponed);
    if (query.length > 0) this.process(query.bytes, query.start, query.end);
  }

  /** Timed like the requests of a read, of which it was the last one. */
  private executePostponed(argv: Argv): void {
    const { dispatcher } = this.env;
    dispatcher.beginRead();
    this.execute(argv);
    dispatcher.endRead();
  }

  closeAfterReply(): void {
    if (this.state !== OPEN) return;
    this.state = CLOSING;
    // Even if there is nothing to write, because flush also closes.
    this.writer.queueFlush();
  }

  close(why: DisconnectReason | `E${string}`): void {
    if (this.state === CLOSED) return;
    this.state = CLOSED;
    this.session.closing = true;
    this.registration.end();
    this.stream.close();
    this.writer.close();
    this.query.clear();
    this.countHeld();
    this.env.server.keyspace.memory.clients -= CLIENT_OVERHEAD;
    const { tap } = this.env;
    if (tap.sink !== null) tap.sink.emit({ kind: 'disconnect', token: this.token, why });
    this.env.closed(this, why);
  }

  /** A broken connection is an ordinary event; anything but a system error is a defect and is thrown on. */
  fail(error: unknown, kind: 'read' | 'write', offered = 0): void {
    if (!(error instanceof SystemError)) throw error;
    const { tap } = this.env;
    if (tap.sink !== null) {
      if (kind === 'read') tap.sink.emit({ kind, token: this.token, result: error.code });
      else tap.sink.emit({ kind, token: this.token, result: error.code, of: offered });
    }
    this.close(error.code as `E${string}`);
  }

  private traced(): FrameTrace {
    this.frameTrace ??= new FrameTrace(this.token);
    return this.frameTrace;
  }

  get queryBytes(): number {
    return this.query.length;
  }

  get queryCapacity(): number {
    return this.query.capacity;
  }

  get decodedBytes(): number {
    return this.decoder.heldBytes;
  }

  get outputBytes(): number {
    return this.writer.output.length + (this.writer.shared?.waiting ?? 0);
  }

  get outputHeld(): number {
    return this.writer.heldBytes;
  }

  get outputCapacity(): number {
    return this.writer.output.capacity;
  }

  get outputChunks(): number {
    return this.writer.output.extraChunks + (this.writer.shared?.blocks ?? 0);
  }

  get isClosing(): boolean {
    return this.state === CLOSING;
  }

  get isDoomed(): boolean {
    return this.state === DOOMED;
  }

  get awaitsWritable(): boolean {
    return this.registration.awaitsWritable;
  }

  /** As shown in the trace. */
  get interest(): Interest {
    return this.registration.traced;
  }

  /** The interest with its triggering, if that differs from the poll's default. */
  get registeredInterest(): Interest {
    return this.registration.interest;
  }

  /** Sets how readiness is reported from now on: EDGE, LEVEL, or 0 for the poll's default. */
  trigger(triggering: Interest): void {
    // A connection restored without its socket is not registered.
    if (!this.isGhost) this.registration.trigger(triggering);
  }

  get isGhost(): boolean {
    return this.stream instanceof GhostStream;
  }
}

/** Formats an address as Redis does: a unix socket's path has port 0. */
function clientAddress(address: Address): string {
  return 'path' in address ? `${address.path}:0` : formatAddress(address);
}
