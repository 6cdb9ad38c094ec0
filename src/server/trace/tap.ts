/**
 * The tap beside the path: where the trace is taken from the running server.
 *
 *     if (tap.sink !== null) tap.sink.emit({ kind: 'read', token, result });
 *
 * The event object, its strings and its timestamp are built inside the guard, and the guard is one comparison of one
 * field. Measured, this form costs nothing while there is no trace, before and after there was one; an EventEmitter costs 56 ns
 * an event, and a method that is swapped for a no-op 18 to 28 ns once it has been swapped.
 */
import type { TraceBody } from './events.js';

/** Receives every event at the moment it happens, on the loop thread; it may hold the loop there (see stepping.ts). */
export interface TraceSink {
  emit(event: TraceBody): void;
  /** True if each event is held or delayed, so that events count that are left out otherwise. */
  readonly isStepping?: boolean;
}

/** Receives only events that took long: while the trace is over its budget, and {@link Tap.sink} closed. */
export interface SlowSink {
  /** Executions and turns of more than this many microseconds are reported. */
  readonly executeUs: number;
  readonly turnUs: number;
  emit(event: TraceBody): void;
}

export class Tap {
  sink: TraceSink | null = null;
  /** Checked only where a duration is known anyway, so that a closed tap costs no more. */
  slow: SlowSink | null = null;
}
