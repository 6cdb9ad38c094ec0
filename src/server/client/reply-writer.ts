/**
 * ReplyWriter: the way out of a connection.
 *
 *   write(reply) → output buffer → pending writes
 *                                        │ before the loop sleeps
 *   ready(WRITABLE) → flush() ◀── flush() ┘    the rest of a short write is sent when the socket is WRITABLE
 *
 * With `appendfsync always` there is a gate: output that may report a change is sent when that change is on the disk (held-output.ts).
 */
import type { TcpStream } from '../io/poll.js';
import { WOULD_BLOCK } from '../io/poll.js';
import { encode, type RespVersion } from '../resp/encoder.js';
import type { Reply } from '../resp/reply.js';
import type { Connection } from './connection.js';
import type { ConnectionEnvironment } from './environment.js';
import type { SharedOutput } from '../replication/replica.js';
import type { OutputGate } from '../features/surroundings.js';
import { HeldOutput, type HeldOutputState } from './held-output.js';
import { CHUNK_BYTES, OutputBuffer, type OutputState } from './output-buffer.js';
import { clientClass, type Limits, OutputLimit, type OutputLimitState } from './output-limit.js';
import type { Registration } from './registration.js';

/** Maximum number of bytes that one connection writes per turn before the others are served (NET_MAX_WRITES_PER_EVENT). */
const WRITE_BYTES_PER_TURN = 64 * 1024 * 16;
const NO_LIMIT = 2 ** 30;

export interface ReplyWriterState {
  readonly output: OutputState | null;
  readonly limit: OutputLimitState | null;
  /** What waits for the disk, and how much output there was at the last check. */
  readonly held: { readonly marks: HeldOutputState; readonly seen: number } | null;
}

export class ReplyWriter {
  readonly output: OutputBuffer;
  /** Output shared with other connections and sent after this one's own; null for all but replicas. */
  shared: SharedOutput | null = null;
  private isQueued = false;
  private isClosed = false;
  private limit: OutputLimit | null = null;
  /** Null: nothing waits for the disk. */
  private held: HeldOutput | null = null;
  private isListed = false;
  /** Output left by the last flush. What was added since is new. */
  private seen = 0;

  constructor(
    private readonly connection: Connection,
    private readonly stream: TcpStream,
    private readonly registration: Registration,
    private readonly env: ConnectionEnvironment,
  ) {
    this.output = new OutputBuffer(env.server.keyspace.memory, stream.writePieces !== undefined);
  }

  /** Whether it is queued for flushing is known to PendingWork, which is restored after all connections. */
  capture(): ReplyWriterState {
    const { output, limit, held, seen } = this;
    return {
      output: output.capture(),
      limit: limit?.capture() ?? null,
      held: held === null && seen === 0 ? null : { marks: held?.capture() ?? [], seen },
    };
  }

  restore({ output, limit, held }: ReplyWriterState): void {
    if (output !== null) this.output.restore(output);
    if (held !== null) {
      this.seen = held.seen;
      if (held.marks.length > 0) (this.held = new HeldOutput()).restore(held.marks);
    }
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
    if (output.isLarge) this.checkLimit();
    this.queueFlush();
    return bytes;
  }

  queueFlush(): void {
    if (this.isQueued) return;
    this.isQueued = true;
    this.env.pending.writes.push(this.connection);
    if (this.env.eviction !== null) this.env.eviction.touch(this.connection.session);
  }

  /** Before {@link flush}, which finds the same at the gate: offers the output to the next batch of sends. False: not queued. */
  queueSend(): boolean {
    const { output, env } = this;
    const { gate } = env.pending;
    return output.queueTo(env.loop.poll, this.stream, Math.min(output.offered, gate === null ? NO_LIMIT : this.pass(gate)));
  }

  /** Hands waiting output to the kernel. True if nothing is left. */
  flush(): boolean {
    this.isQueued = false;
    const { output, registration } = this;
    const { gate } = this.env.pending;
    let most = gate === null ? NO_LIMIT : this.pass(gate);
    let budget = WRITE_BYTES_PER_TURN;
    while (output.length > 0 && budget > 0 && most > 0) {
      const offered = Math.min(output.offered, most);
      const taken = this.tryWrite(output, offered);
      budget -= taken;
      most -= taken;
      if (taken < offered) break;
    }
    if (this.shared !== null) this.flushShared(this.shared, budget, most);
    if (this.isClosed) return false;
    const left = this.totalBytes;
    this.seen = left;
    const isWritten = left === 0;
    if (isWritten && this.limit !== null) this.limit.cancel();
    const awaitsMore = this.env.policy.current.interest(this.connection.token, left - this.heldBytes) === 'read and write';
    if (budget <= 0 && awaitsMore && registration.awaitsWritable) registration.rearm();
    else registration.awaitWritable(awaitsMore);
    return isWritten;
  }

  private get totalBytes(): number {
    return this.output.length + (this.shared === null ? 0 : this.shared.length);
  }

  /** Output that waits for the disk. */
  get heldBytes(): number {
    return this.held === null ? 0 : this.held.bytes;
  }

  /** Holds new output until everything that it may report is on the disk. Returns how much may be sent. */
  pass(gate: OutputGate): number {
    const { offset, safeOffset } = gate;
    const total = this.totalBytes;
    const before = this.heldBytes;
    this.held?.release(safeOffset);
    if (offset > safeOffset && total > this.seen) (this.held ??= new HeldOutput()).hold(total - this.seen, offset);
    this.seen = total;
    const { heldBytes } = this;
    if (heldBytes > 0 && !this.isListed) this.list();
    if (heldBytes !== before) this.tellHeld();
    if (heldBytes === 0) this.held = null;
    return total - heldBytes;
  }

  /** Adds the connection to those that wait for the disk. */
  list(): void {
    this.isListed = true;
    this.env.pending.held.push(this.connection);
  }

  /** Removes it from those, and queues a flush. @param letsGo nothing waits any more, whatever is on the disk */
  unlist(letsGo: boolean): void {
    this.isListed = false;
    if (letsGo && this.held !== null) {
      this.held = null;
      this.tellHeld();
    }
    this.queueFlush();
  }

  private tellHeld(): void {
    const { tap } = this.env;
    if (tap.sink === null) return;
    tap.sink.emit({ kind: 'await-disk', token: this.connection.token, bytes: this.heldBytes, offset: this.held?.offset ?? 0 });
  }

  /** Sends shared output, once this connection's own has been sent. */
  private flushShared(shared: SharedOutput, budget: number, most: number): void {
    let left = Math.min(budget, most);
    while (this.output.length === 0 && shared.length > 0 && left > 0 && !this.isClosed) {
      const offered = Math.min(shared.offered, left);
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
    this.held = null;
    this.output.clear();
    if (this.limit !== null) this.limit.cancel();
  }

  /** Returns the number of bytes that the socket took: 0 for WouldBlock, and after an error, which has closed the connection. */
  private tryWrite(from: OutputBuffer | SharedOutput, offered: number): number {
    const { connection, env } = this;
    try {
      const taken = from.writeTo(this.stream, offered);
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
