/**
 * Messages between the two threads, over a MessagePort.
 *
 *   main → loop   a call, after which main wakes the loop (a byte in its eventfd), since it may sleep in the kernel
 *   loop → main   the result of a call, a log line, trace events, the end
 */
import type { EndingSignal } from '../../shared/ending-signal.js';
import type { Address } from '../io/poll.js';
import type { SettingValues } from '../config.js';
import type { LogLevel } from '../server.js';
import type { Breakpoint, RunTarget, StepUnit } from '../trace/stepping.js';
import type { Snapshot, SnapshotRequest } from '../snapshot.js';
import type { TraceEvent } from '../trace/events.js';
import type { TraceBatch } from '../trace/recorder.js';
import type { ActivityWords } from '../loop/activity.js';
import type { ActiveFault } from '../faults/faults.js';
import type { Fault } from '../faults/fault.js';
import type { LoopLink } from '../background/protocol.js';
import type { TriggerCall } from '../faults/loop-faults.js';
import type { ControlWords } from './control.js';
import type { StartFailure } from './start-error.js';

export type PollerName = 'epoll' | 'portable';

/** `direct`: one send(2) per reply. `batched`: the sends of a turn in one call, and the first reads of a turn without a trace. */
export type SendsName = 'direct' | 'batched';

/** The default of `coalesceUs`: about the time in which a client program on the same machine sends its next request (docs/performance.md). */
export const COALESCE_US = 25;
export const MAX_COALESCE_US = 1000;

export function isCoalesceUs(us: number): boolean {
  return Number.isInteger(us) && us >= 0 && us <= MAX_COALESCE_US;
}

export interface LoopThreadOptions {
  readonly settings: Partial<SettingValues>;
  readonly configFile: string | null;
  readonly poller: PollerName | 'auto';
  readonly sends: SendsName | 'auto';
  /** How long the loop may sleep before a wait so that it reports several clients, in microseconds; 0: never. See io/backends/coalescing.ts. */
  readonly coalesceUs: number;
  readonly edgeTriggered: boolean;
  readonly seed: number;
  /** Faults set before any client connects. */
  readonly faults: readonly (Fault | string)[];
  /** Unix time at which a virtual clock starts; NaN: the machine's time. Null: the clock is real. */
  readonly virtualStartMs: number | null;
  /** The captured state to start from; see recording/state-bytes.ts. Null: an empty server. */
  readonly from: Uint8Array | null;
  /** The state is of the past: for the server no time has passed since then. */
  readonly isPast: boolean;
  /** Hold the loop before its first poll. */
  readonly paused: boolean;
  readonly control: ControlWords;
  /** The ring in which all inputs are recorded; null: no recording. */
  readonly ring: SharedArrayBuffer | null;
  readonly activity: ActivityWords;
  /** The link to a helper thread; null: the loop starts one of its own with its first job. */
  readonly helper: LoopLink | null;
  /** URL of the helper thread's program. */
  readonly helperProgram: string;
  /** The limit of the thread's heap; see start-thread.ts. */
  readonly heapLimitMb: number;
  /** Size of the shared memory for keys, as the engine of threads has; 0: an ordinary keyspace. */
  readonly sharedKeyspaceBytes: number;
  /** The server was created by a worker, and not by the main thread. */
  readonly isNested: boolean;
}

/** The calls that main can make to the loop thread. */
export interface LoopCalls {
  close: { argument: null; result: void };
  /** The process has received a signal that ends the server: answered before the server acts on it. */
  signal: { argument: EndingSignal; result: void };
  /** Answered when the shutdown is over: true if the server ends, false if it goes on. */
  shutdownOver: { argument: null; result: boolean };
  /** Events per frame; 0 ends the trace. */
  trace: { argument: number; result: void };
  pause: { argument: null; result: void };
  step: { argument: StepUnit; result: void };
  runTo: { argument: RunTarget; result: void };
  resume: { argument: null; result: void };
  /** Events per second. */
  slow: { argument: number; result: void };
  setBreakpoints: { argument: readonly Breakpoint[]; result: void };
  snapshot: { argument: SnapshotRequest; result: Snapshot };
  /** Sends a snapshot with every trace batch from now on; null ends it. */
  watch: { argument: SnapshotRequest | null; result: void };
  addFault: { argument: Fault | string; result: ActiveFault };
  /** By its number. False if there is none. */
  removeFault: { argument: number; result: boolean };
  listFaults: { argument: null; result: readonly ActiveFault[] };
  clearFaults: { argument: null; result: void };
  trigger: { argument: TriggerCall; result: void };
  /** Returns their values at the start, as CONFIG SET takes them. */
  changedSettings: { argument: null; result: readonly (readonly [name: string, initially: string])[] };
  /** Returns the whole server, serialized (see recording/state-bytes.ts), when the running turn has ended. */
  capture: { argument: null; result: Uint8Array<ArrayBuffer> };
  /** Advances a virtual clock by this number of µs; returns the unix time in ms, when all that was due by then has been done. */
  advance: { argument: number; result: number };
}

export type LoopMethod = keyof LoopCalls;

export interface CallMessage<M extends LoopMethod = LoopMethod> {
  readonly id: number;
  readonly method: M;
  readonly argument: LoopCalls[M]['argument'];
}

export type LoopMessage =
  | {
      readonly kind: 'ready';
      readonly addresses: readonly Address[];
      readonly poller: PollerName;
      readonly edgeTriggered: boolean;
      readonly wakeFd: number;
      readonly fallback: string | null;
      readonly sends: SendsName;
      /** The reason why sends are direct although `auto` would batch them, or null. */
      readonly sendsFallback: string | null;
      readonly commandNames: readonly string[];
    }
  /** All of the dataset that it begins with is there; behind `ready`. */
  | { readonly kind: 'loaded' }
  /** Garbage was collected on purpose: see give-back.ts. */
  | { readonly kind: 'collected' }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly message: string }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string }
  | { readonly kind: 'trace'; readonly batch: TraceBatch; readonly snapshot: Snapshot | null }
  | { readonly kind: 'held'; readonly event: TraceEvent | null }
  | ({ readonly kind: 'failed' } & StartFailure);
