/**
 * ReplyWriter: the way out of a connection.
 *
 *   write(reply) → output buffer → pending writes
 *                                        │ before the loop sleeps
 *   ready(WRITABLE) → flush() ◀── flush() ┘    the rest of a short write is sent when the socket is WRITABLE
 */
import type { TcpStream } from '../io/poll.js';
import { WOULD_BLOCK } from '../io/poll.js';
import { encode, type RespVersion } from '../resp/encoder.js';
import type { Reply } from '../resp/reply.js';
import type { Connection } from './connection.js';
import type { ConnectionEnvironment } from './environment.js';
import type { SharedOutput } from '../replication/replica.js';
import { CHUNK_BYTES, OutputBuffer, type OutputState } from './output-buffer.js';
import { clientClass, type Limits, OutputLimit, type OutputLimitState } from './output-limit.js';
import type { Registration } from './registration.js';

/** Maximum number of bytes that one connection writes per turn before the others are served (NET_MAX_WRITES_PER_EVENT). */
const WRITE_BYTES_PER_TURN = 64 * 1024 * 16;

export interface ReplyWriterState {
  readonly output: OutputState | null;
  readonly limit: OutputLimitState | null;
}

export class ReplyWriter {
  readonly output: OutputBuffer;
  /** Output shared with other connections and sent after this one's own; null for all but replicas. */
  shared: SharedOutput | null = null;
  private isQueued = false;
  private isClosed = false;
  private limit: OutputLimit | null = null;

  constructor(
    private readonly connection: Connection,
    private readonly stream: TcpStream,
    private readonly registration: Registration,
    private readonly env: ConnectionEnvironment,
  ) {
    this.output = new OutputBuffer(env.server.keyspace.memory);
  }

  /** Whether it is queued for flushing is known to PendingWork, which is restored after all connections. */
  capture(): ReplyWriterState {
    return { output: this.output.capture(), limit: this.limit?.capture() ?? null };
  }

  restore({ output, limit }: ReplyWriterState): void {
    if (output !== null) this.output.restore(output);
    if (limit !== null) (this.limit = this.createLimit()).restore(limit);
  }

  private createLimit(): OutputLimit {
    const { scheduler, clock } = this.env.server;
    return new OutputLimit(scheduler, clock, () => this.checkLimit());
  }

  /** Encodes a reply, which is sent before the loop sleeps. Returns its size in bytes. */
  write(reply: Reply, version: RespVersion): number {
    const { output } = this;
    const before = output.length;
    encode(output, reply, version);
    const bytes = output.length - before;
    if (output.extraChunks > 0) this.checkLimit();
    this.queueFlush();
    return bytes;
  }

  queueFlush(): void {
    if (this.isQueued) return;
    this.isQueued = true;
    this.env.pending.writes.push(this.connection);
    if (this.env.eviction !== null) this.env.eviction.touch(this.connection.session);
  }

  /** Hands waiting output to the kernel. True if nothing is left. */
  flush(): boolean {
    this.isQueued = false;
    const { output, registration } = this;
    let budget = WRITE_BYTES_PER_TURN;
    while (output.length > 0 && budget > 0) {
      const { offered } = output;
      const taken = this.tryWrite(output, offered);
      budget -= taken;
      if (taken < offered) break;
    }
    if (this.shared !== null) this.flushShared(this.shared, budget);
    if (this.isClosed) return false;
    const left = output.length + (this.shared === null ? 0 : this.shared.length);
    const isWritten = left === 0;
    if (isWritten && this.limit !== null) this.limit.cancel();
    const awaitsMore = this.env.policy.current.interest(this.connection.token, left) === 'read and write';
    if (budget <= 0 && awaitsMore && registration.awaitsWritable) registration.rearm();
    else registration.awaitWritable(awaitsMore);
    return isWritten;
  }

  /** Sends shared output, once this connection's own has been sent. */
  private flushShared(shared: SharedOutput, budget: number): void {
    let left = budget;
    while (this.output.length === 0 && shared.length > 0 && left > 0 && !this.isClosed) {
      const { offered } = shared;
      const taken = this.tryWrite(shared, offered);
      left -= taken;
      if (taken < offered) return;
    }
  }

  /** Called when there is more shared output to send. */
  sharedGrew(): void {
    const { shared } = this;
    if (shared!.waiting > CHUNK_BYTES) this.checkLimit();
    if (shared!.length > 0) this.queueFlush();
  }

  close(): void {
    this.isClosed = true;
    this.shared = null;
    this.output.clear();
    if (this.limit !== null) this.limit.cancel();
  }

  /** Returns the number of bytes that the socket took: 0 for WouldBlock, and after an error, which has closed the connection. */
  private tryWrite(from: OutputBuffer | SharedOutput, offered: number): number {
    const { connection, env } = this;
    try {
      const taken = from.writeTo(this.stream);
      if (env.tap.sink !== null) {
        env.tap.sink.emit({ kind: 'write', token: connection.token, result: taken === WOULD_BLOCK ? 'WouldBlock' : taken, of: offered });
      }
      if (taken !== WOULD_BLOCK) this.count(taken);
      const bytes = taken === WOULD_BLOCK ? 0 : taken;
      from.drop(env.policy.current.afterWrite(connection.token, bytes, offered));
      return bytes;
    } catch (error) {
      connection.fail(error, 'write', offered);
      return 0;
    }
  }

  private count(bytes: number): void {
    const { server } = this.env;
    server.stats.bytesWritten += bytes;
    server.stats.writes++;
    if (this.shared !== null) server.stats.bytesReplicated += bytes;
    const { session } = this.connection;
    session.bytesWritten += bytes;
    // Only input shows that a master is alive.
    if (!session.isMaster) session.lastInteractionMs = server.clock.nowMs;
  }

  private checkLimit(): void {
    const { env, connection } = this;
    this.limit ??= this.createLimit();
    const { shared } = this;
    const limits = env.settings['client-output-buffer-limit'][clientClass(connection.session)];
    if (shared === null) {
      if (this.limit.isExceeded(this.output.length, limits)) connection.doom();
    } else if (this.limit.isExceeded(this.output.length + shared.waiting, atLeast(env.settings['repl-backlog-size'], limits))) connection.doom();
  }
}

/** What the backlog keeps anyway is no reason to disconnect a replica that has not received it. */
function atLeast(bytes: number, limits: Limits): Limits {
  return limits.hard > 0 && limits.hard < bytes ? { ...limits, hard: bytes } : limits;
}
