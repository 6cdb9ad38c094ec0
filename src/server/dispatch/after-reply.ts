/**
 * AfterReply: what a running command has postponed until its reply is in the output: pushes that must follow it, and serving the clients that waited
 * for what it has written. Filled by features and handlers; emptied by the connection after each reply.
 */
import type { RunningCommand } from '../features/surroundings.js';

export class AfterReply implements RunningCommand {
  private waiting: (() => void)[] = [];

  whenReplied(run: () => void): void {
    this.waiting.push(run);
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** Does everything postponed, and what that postpones in turn. */
  finish(): void {
    while (this.waiting.length > 0) {
      const due = this.waiting;
      this.waiting = [];
      for (const run of due) run();
    }
  }
}
