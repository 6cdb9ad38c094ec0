/**
 * Timers as seen by parts that do not know the loop: how they are set, and which part of them is data. Only its owner knows what a timer runs, and sets it
 * again in a server that is restored from a captured state.
 */

export interface TimerState {
  /** In microseconds of the loop's monotonic clock. */
  readonly dueUs: number;
  /** The number of the timer among all that were ever set: timers due at the same moment run in this order. */
  readonly order: number;
}

/** Runs functions later, on the loop; see loop/timers.ts. */
export interface Scheduler {
  /** Runs once after `delayMs` milliseconds. `name` is shown in the trace. */
  after(name: string, delayMs: number, run: () => void): TimerState;
  /** Sets a captured timer again. */
  restore(name: string, timer: TimerState, run: () => void): TimerState;
  /** Cancels a timer; one that has already run or was cancelled is ignored. */
  cancel(timer: TimerState): void;
}

/** The data of a timer. */
export function captureTimer(timer: TimerState): TimerState;
export function captureTimer(timer: TimerState | null): TimerState | null;
export function captureTimer(timer: TimerState | null): TimerState | null {
  return timer === null ? null : { dueUs: timer.dueUs, order: timer.order };
}
