/**
 * TimerState: a timer as data. What it runs is known to whoever has set it, and sets it again in a server that is restored from a captured state.
 */

export interface TimerState {
  /** In microseconds of the loop's monotonic clock. */
  readonly dueUs: number;
  /** Which of the timers it is that were ever set: those that are due at the same moment run in this order. */
  readonly order: number;
}

/** Of a timer only what is data. */
export function captureTimer(timer: TimerState | null): TimerState | null {
  return timer === null ? null : { dueUs: timer.dueUs, order: timer.order };
}
