/**
 * PendingWork: what connections have left to do before the loop may sleep.
 *
 *   resumed   clients that were parked or paused: their waiting requests are executed now, from the top of the stack
 *   writes    output to hand to the kernel
 *   doomed    connections to close that could not be closed where it was decided
 *   skipped   clients that a rule has skipped: asked about again, and registered for READABLE once they are to be handled
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
  /** Called before anything is written: set while there is an append-only file, which is to have what clients are told of. */
  beforeWrites: (() => void) | null = null;

  /** Without connections that are closed: for them there is nothing left to do. */
  capture(): PendingState {
    const tokensOf = (connections: readonly Connection[]): number[] => connections.filter(({ session }) => !session.closing).map(({ token }) => token);
    return { resumed: tokensOf(this.resumed), writes: tokensOf(this.writes), doomed: tokensOf(this.doomed), skipped: tokensOf(this.skipped) };
  }

  /** @param connectionOf undefined: it was not restored */
  restore({ resumed, writes, doomed, skipped }: PendingState, connectionOf: (token: number) => Connection | undefined): void {
    for (const token of resumed) connectionOf(token)?.resume();
    for (const token of writes) connectionOf(token)?.queueFlush();
    const connectionsOf = (tokens: readonly number[]): Connection[] => tokens.map(connectionOf).filter((connection) => connection !== undefined);
    this.doomed.push(...connectionsOf(doomed));
    this.skipped = connectionsOf(skipped);
  }

  /** Before anything is written, because what resumes has replies as well. It may make others resume: they follow in the same loop. */
  proceed(): void {
    if (this.resumed.length === 0) return;
    for (let i = 0; i < this.resumed.length; i++) this.resumed[i]!.proceed();
    this.resumed.length = 0;
  }

  /** Replies are written straight away: WRITABLE interest is for those that do not fit. */
  flush(): void {
    if (this.beforeWrites !== null) this.beforeWrites();
    // Emptying an array that is empty already is a call into the runtime all the same.
    if (this.writes.length > 0) {
      for (let i = 0; i < this.writes.length; i++) this.writes[i]!.flush();
      this.writes.length = 0;
    }
    if (this.doomed.length > 0) for (const connection of this.doomed.splice(0)) connection.close('output buffer limit');
  }

  /** The one that was served instead may be gone, or the rule. */
  admit(): void {
    this.skipped = this.skipped.filter((connection) => connection.isStillSkipped());
  }
}
