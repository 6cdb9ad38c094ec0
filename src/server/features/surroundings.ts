/**
 * What the features have in common: the few things that they need of the server around them. Each feature names, beside these, what it needs of a
 * client; a Session (command/session.ts) fits all of them. So no feature knows commands, sessions or the server.
 */
export type { Scheduler } from '../../shared/timer-state.js';

/** Whose command runs: its replies come before what is told to others. */
export interface RunningCommand {
  /** Runs once, as soon as the reply of the running command is in the output: for pushes that must come behind it. */
  whenReplied(run: () => void): void;
}

/** What {@link unixUs} needs of the clock. */
export interface UnixClock {
  readonly nowMs: number;
  readonly nowUs: number;
  readonly targetUs: number | null;
  readUs(): number;
}

/**
 * Unix time in whole µs at this moment. It is read in ms once a turn; what has passed since comes from the monotonic clock. Within a turn a virtual clock
 * stands still.
 */
export function unixUs(clock: UnixClock): number {
  const sinceUs = clock.targetUs === null ? Math.max(0, Math.floor(clock.readUs() - clock.nowUs)) : clock.nowUs % 1000;
  return clock.nowMs * 1000 + sinceUs;
}
