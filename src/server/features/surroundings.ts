/**
 * What features need of the server around them. Each feature also declares what it needs of a client; a Session (command/session.ts) satisfies all of them. So
 * no feature depends on commands, sessions or the server.
 */
export type { Scheduler } from '../../shared/timer-state.js';

/** The running command: its replies come before what is sent to other clients. */
export interface RunningCommand {
  /** Runs `run` once, when the reply of the running command is in the output: for pushes that must follow it. */
  whenReplied(run: () => void): void;
}

/** With `appendfsync always`: the offset of new output, and the offset up to which output may be sent. Offsets count the bytes of the append-only file. */
export interface OutputGate {
  /** Current output may report everything before this offset. */
  readonly offset: number;
  /** Everything before this offset is on the disk. */
  readonly safeOffset: number;
}

/** What {@link unixUs} needs of the clock. */
export interface UnixClock {
  readonly nowMs: number;
  readonly nowUs: number;
  readonly targetUs: number | null;
  readUs(): number;
}

/**
 * Returns the current unix time in whole µs. It is read in ms once a turn; the time since then comes from the monotonic clock. Within a turn a virtual clock
 * stands still.
 */
export function unixUs(clock: UnixClock): number {
  const sinceUs = clock.targetUs === null ? Math.max(0, Math.floor(clock.readUs() - clock.nowUs)) : clock.nowUs % 1000;
  return clock.nowMs * 1000 + sinceUs;
}
