/**
 * Messages between the helper thread and the threads that it works for, over one MessagePort for each of them.
 */
import type { MessagePort } from 'node:worker_threads';
import type { FaultEffect } from '../faults/effects.js';
import type { Fault } from '../faults/fault.js';
import type { Job, JobResult } from './job.js';
import type { WakerWord } from './loop-waker.js';

/** A disk fault in force. */
export interface DiskFault {
  readonly id: number;
  readonly fault: Fault;
}

export interface SleepingLoop {
  readonly word: WakerWord;
  readonly wakeFd: number;
}

/** A loop's end of the connection to the helper, before its descriptor is known. */
export interface LoopLink {
  readonly port: MessagePort;
  readonly word: WakerWord;
}

export type ToHelper =
  | { readonly kind: 'job'; readonly id: number; readonly job: Job }
  /** All faults in force; injections are reported to the thread that has set them. */
  | { readonly kind: 'faults'; readonly faults: readonly DiskFault[] }
  /** Another thread that submits jobs. */
  | { readonly kind: 'client'; readonly port: MessagePort }
  /** The thread at this port is a loop that sleeps without receiving messages: it must be woken after each. */
  | ({ readonly kind: 'loop' } & SleepingLoop);

export type FromHelper =
  | ({ readonly kind: 'done'; readonly id: number } & JobResult)
  | { readonly kind: 'injected'; readonly id: number; readonly effect: FaultEffect };
