/**
 * What the two threads say to each other: plain messages over a MessagePort.
 *
 *   main → loop   a call, after which main wakes the loop (a byte in its eventfd), since it may sleep in the kernel
 *   loop → main   the result of a call, a log line, trace events, the end
 */
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

export interface LoopThreadOptions {
  readonly settings: Partial<SettingValues>;
  readonly configFile: string | null;
  readonly poller: PollerName | 'auto';
  readonly edgeTriggered: boolean;
  readonly seed: number;
  /** Set before anybody has connected. */
  readonly faults: readonly (Fault | string)[];
  /** Unix time at which a virtual clock starts; NaN: the machine's. Null: the clock is real. */
  readonly virtualStartMs: number | null;
  /** The captured state that the server begins with; see recording/state-bytes.ts. Null: an empty server. */
  readonly from: Uint8Array | null;
  /** The state is one of the past: for the server no time has passed since then. */
  readonly isPast: boolean;
  /** Hold the loop before its first poll. */
  readonly paused: boolean;
  readonly control: ControlWords;
  /** The ring in which all inputs are recorded; null for no recording. */
  readonly ring: SharedArrayBuffer | null;
  readonly activity: ActivityWords;
  /** The way to a helper thread; null: the loop starts one of its own when it has a job for it. */
  readonly helper: LoopLink | null;
  /** URL of the program of such a thread. */
  readonly helperProgram: string;
  /** What the thread's heap may take; see start-thread.ts. */
  readonly heapLimitMb: number;
  /** Bytes of the memory that it keeps its keys in as the engine of threads does; 0: it has a keyspace of its own. */
  readonly sharedKeyspaceBytes: number;
  /** The server was asked for by a worker, and not by the main thread. */
  readonly isNested: boolean;
}

/** What main can call on the loop thread. */
export interface LoopCalls {
  close: { argument: null; result: void };
  /** Events a frame; 0 ends the trace. */
  trace: { argument: number; result: void };
  pause: { argument: null; result: void };
  step: { argument: StepUnit; result: void };
  runTo: { argument: RunTarget; result: void };
  resume: { argument: null; result: void };
  /** Events a second. */
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
  /** With the values that they had at the start, as CONFIG SET takes them. */
  changedSettings: { argument: null; result: readonly (readonly [name: string, initially: string])[] };
  /** The whole server, serialized (see recording/state-bytes.ts): answered when the running turn has ended. */
  capture: { argument: null; result: Uint8Array<ArrayBuffer> };
  /** Lets a virtual clock move on by this number of µs; answered with the unix time in ms, when all that was due by then has been done. */
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
      readonly commandNames: readonly string[];
    }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly message: string }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string }
  | { readonly kind: 'trace'; readonly batch: TraceBatch; readonly snapshot: Snapshot | null }
  | { readonly kind: 'held'; readonly event: TraceEvent | null }
  | ({ readonly kind: 'failed' } & StartFailure);
