/**
 * What the features have in common: the few things that they need of the server around them. Each feature names, beside these, what it needs of a
 * client; a Session (command/session.ts) fits all of them. So no feature knows commands, sessions or the server.
 */

import type { Schedule } from '../keyspace/expire-cycle.js';
import type { TimerState } from '../../shared/timer-state.js';

/** Runs something later; see loop/timers.ts. */
export interface Scheduler extends Schedule {
  /** A timer that has already run, or was cancelled before, is left alone. */
  cancel(timer: TimerState): void;
}

/** Whose command runs: its replies come before what is told to others. */
export interface RunningCommand {
  /** Runs once, as soon as the reply of the running command is in the output: for pushes that must come behind it. */
  whenReplied(run: () => void): void;
}

/** Unix time in whole µs at this moment. It is read in ms once a turn; what has passed since comes from the monotonic clock. */
export function unixUs(clock: { readonly nowMs: number; readonly nowUs: number; readUs(): number }): number {
  return clock.nowMs * 1000 + Math.max(0, Math.floor(clock.readUs() - clock.nowUs));
}
