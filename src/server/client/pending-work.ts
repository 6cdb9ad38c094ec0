/**
 * PendingWork: what connections have left to do before the loop may sleep.
 *
 *   resumed   clients that were parked or paused: their waiting requests are executed now, from the top of the stack
 *   writes    output to hand to the kernel
 *   doomed    connections to close that could not be closed where it was decided
 *   held      clients with output that waits for the disk
 *   skipped clients that a rule has skipped: the rule is asked again, and they are registered for READABLE once they
 *   are to be served
 */
import { type Flushed, MAX_BATCH, type Poll } from '../io/poll.js';
import type { DisconnectReason } from '../trace/events.js';
import type { Tap } from '../trace/tap.js';
import type { Connection } from './connection.js';
import type { OutputGate } from '../features/surroundings.js';

/** Connections by their tokens. */
export interface PendingState {
  readonly resumed: readonly number[];
  readonly writes: readonly number[];
  readonly doomed: readonly number[];
  readonly skipped: readonly number[];
  readonly held: readonly number[];
}

export class PendingWork {
  readonly resumed: Connection[] = [];
  readonly writes: Connection[] = [];
  readonly doomed: Connection[] = [];
  skipped: Connection[] = [];
  /** Called before anything is written: set while there is an append-only file, so that changes are in it before clients get the replies. */
  beforeWrites: (() => void) | null = null;
  /** Set while output may have to wait for the disk. */
  gate: OutputGate | null = null;
  readonly held: Connection[] = [];
  /** Sends the output of several connections in one call; null: each send is a call of its own. */
  private readonly batching: Poll | null;

  constructor(
    poll: Poll,
    private readonly tap: Tap,
  ) {
    this.batching = poll.batchesSends ? poll : null;
  }

  /** Leaves out closed connections: they have no pending work. */
  capture(): PendingState {
    const tokensOf = (connections: readonly Connection[]): number[] => connections.filter(({ session }) => !session.closing).map(({ token }) => token);
    const { resumed, writes, doomed, skipped, held } = this;
    return { resumed: tokensOf(resumed), writes: tokensOf(writes), doomed: tokensOf(doomed), skipped: tokensOf(skipped), held: tokensOf(held) };
  }

  /** @param connectionOf returns undefined if the connection was not restored */
  restore({ resumed, writes, doomed, skipped, held }: PendingState, connectionOf: (token: number) => Connection | undefined): void {
    for (const token of resumed) connectionOf(token)?.resume();
    for (const token of writes) connectionOf(token)?.queueFlush();
    const connectionsOf = (tokens: readonly number[]): Connection[] => tokens.map(connectionOf).filter((connection) => connection !== undefined);
    this.doomed.push(...connectionsOf(doomed));
    this.skipped = connectionsOf(skipped);
    for (const connection of connectionsOf(held)) connection.listHeld();
  }

  /** Sets the gate that output passes from now on; null: it is sent at once. */
  guard(gate: OutputGate | null): void {
    this.gate = gate;
    if (gate !== null) return;
    for (const connection of this.held.splice(0)) connection.unlistHeld(true);
  }

  /** Called when more is on the disk: what waited for it is sent with the next flush. */
  release(): void {
    for (const connection of this.held.splice(0)) connection.unlistHeld(false);
  }

  /** Disconnects the clients whose output waits for the disk: it will not be sent. */
  dropHeld(gate: OutputGate, why: DisconnectReason): void {
    for (const connection of [...this.writes, ...this.held]) connection.pass(gate);
    for (const connection of this.held.splice(0)) {
      connection.unlistHeld(false);
      if (connection.outputHeld > 0) connection.close(why);
    }
  }

  /**
   * Executes waiting requests of resumed clients. Runs before anything is written, because these have replies as well. Clients resumed meanwhile follow in
   * the same loop.
   */
  proceed(): void {
    if (this.resumed.length === 0) return;
    for (let i = 0; i < this.resumed.length; i++) this.resumed[i]!.proceed();
    this.resumed.length = 0;
  }

  /** Writes replies at once: WRITABLE interest is only for those that do not fit. */
  flush(): void {
    if (this.beforeWrites !== null) this.beforeWrites();
    if (this.writes.length > 0) {
      if (this.batching !== null && this.writes.length > 1) this.flushBatches(this.batching);
      else for (let i = 0; i < this.writes.length; i++) this.writes[i]!.flush();
      // Setting the length is a call into the runtime, which takes as long as ten of these.
      while (this.writes.length > 0) this.writes.pop();
    }
    if (this.doomed.length > 0) for (const connection of this.doomed.splice(0)) connection.close('output buffer limit');
  }

  /** Hands the replies of many connections to the kernel at once; then each takes the result of its send, in the same order as without batches. */
  private flushBatches(poll: Poll): void {
    const { writes, tap } = this;
    for (let done = 0; done < writes.length;) {
      const end = Math.min(done + MAX_BATCH, writes.length);
      const queued: number[] | null = tap.sink === null ? null : [];
      for (let i = done; i < end; i++) if (writes[i]!.queueSend() && queued !== null) queued.push(writes[i]!.token);
      const flushed = poll.flush();
      if (queued !== null && flushed.sends > 0) this.tellFlush(queued, flushed);
      while (done < end) writes[done++]!.flush();
    }
  }

  private tellFlush(queued: readonly number[], { sends, bytes, short }: Flushed): void {
    this.tap.sink?.emit({ kind: 'flush', tokens: queued.slice(0, sends), bytes, short });
  }

  /** Asks the rule again: the client that was served instead may be gone, or the rule. */
  admit(): void {
    this.skipped = this.skipped.filter((connection) => connection.isStillSkipped());
  }
}
