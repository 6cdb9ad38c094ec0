/**
 * PendingWork: what connections have left to do before the loop may sleep.
 *
 *   resumed   clients that were parked or paused: their waiting requests are executed now, from the top of the stack
 *   writes    output to hand to the kernel
 *   doomed    connections to close that could not be closed where it was decided
 *   skipped clients that a rule has skipped: the rule is asked again, and they are registered for READABLE once they
 *   are to be served
 */
import type { Connection } from './connection.js';

/** Connections by their tokens. */
export interface PendingState {
  readonly resumed: readonly number[];
  readonly writes: readonly number[];
  readonly doomed: readonly number[];
  readonly skipped: readonly number[];
}

export class PendingWork {
  readonly resumed: Connection[] = [];
  readonly writes: Connection[] = [];
  readonly doomed: Connection[] = [];
  skipped: Connection[] = [];
  /** Called before anything is written: set while there is an append-only file, so that changes are in it before clients get the replies. */
  beforeWrites: (() => void) | null = null;

  /** Leaves out closed connections: they have no pending work. */
  capture(): PendingState {
    const tokensOf = (connections: readonly Connection[]): number[] => connections.filter(({ session }) => !session.closing).map(({ token }) => token);
    return { resumed: tokensOf(this.resumed), writes: tokensOf(this.writes), doomed: tokensOf(this.doomed), skipped: tokensOf(this.skipped) };
  }

  /** @param connectionOf returns undefined if the connection was not restored */
  restore({ resumed, writes, doomed, skipped }: PendingState, connectionOf: (token: number) => Connection | undefined): void {
    for (const token of resumed) connectionOf(token)?.resume();
    for (const token of writes) connectionOf(token)?.queueFlush();
    const connectionsOf = (tokens: readonly number[]): Connection[] => tokens.map(connectionOf).filter((connection) => connection !== undefined);
    this.doomed.push(...connectionsOf(doomed));
    this.skipped = connectionsOf(skipped);
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
    // Emptying an array is a call into the runtime even if it is empty.
    if (this.writes.length > 0) {
      for (let i = 0; i < this.writes.length; i++) this.writes[i]!.flush();
      this.writes.length = 0;
    }
    if (this.doomed.length > 0) for (const connection of this.doomed.splice(0)) connection.close('output buffer limit');
  }

  /** Asks the rule again: the client that was served instead may be gone, or the rule. */
  admit(): void {
    this.skipped = this.skipped.filter((connection) => connection.isStillSkipped());
  }
}
