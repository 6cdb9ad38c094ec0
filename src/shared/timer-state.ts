/**
 * Timers, as parts that know no loop see them: how they are set, and what of them is data. What a timer runs is known to its owner, which sets it again
 * in a server that is restored from a captured state.
 */

export interface TimerState {
  /** In microseconds of the loop's monotonic clock. */
  readonly dueUs: number;
  /** Which of the timers it is that were ever set: those that are due at the same moment run in this order. */
  readonly order: number;
}

/** Runs things later, on the loop; see loop/timers.ts. */
export interface Scheduler {
  /** Runs once after `delayMs` milliseconds. `name` stands in the trace. */
  after(name: string, delayMs: number, run: () => void): TimerState;
  /** Sets a timer of a captured state again. */
  restore(name: string, timer: TimerState, run: () => void): TimerState;
  /** A timer that has already run, or was cancelled before, is left alone. */
  cancel(timer: TimerState): void;
}

/** Of a timer only what is data. */
export function captureTimer(timer: TimerState): TimerState;
export function captureTimer(timer: TimerState | null): TimerState | null;
export function captureTimer(timer: TimerState | null): TimerState | null {
  return timer === null ? null : { dueUs: timer.dueUs, order: timer.order };
}
