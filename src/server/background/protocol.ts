/**
 * What the helper thread and the threads that it works for say to each other, over a MessagePort for each of them.
 */
import type { MessagePort } from 'node:worker_threads';
import type { FaultEffect } from '../faults/effects.js';
import type { Fault } from '../faults/fault.js';
import type { Job, JobResult } from './job.js';
import type { WakerWord } from './loop-waker.js';

/** A fault of the disk that is set. */
export interface DiskFault {
  readonly id: number;
  readonly fault: Fault;
}

export interface SleepingLoop {
  readonly word: WakerWord;
  readonly wakeFd: number;
}

/** A loop's end of the connection to the helper, before it knows its descriptor. */
export interface LoopLink {
  readonly port: MessagePort;
  readonly word: WakerWord;
}

export type ToHelper =
  | { readonly kind: 'job'; readonly id: number; readonly job: Job }
  /** All that are set from now on; injections are told to who has set them. */
  | { readonly kind: 'faults'; readonly faults: readonly DiskFault[] }
  /** Another thread that wants jobs done. */
  | { readonly kind: 'client'; readonly port: MessagePort }
  /** The thread behind this port is a loop, which sleeps where it hears no message: it is to be woken behind each. */
  | ({ readonly kind: 'loop' } & SleepingLoop);

export type FromHelper =
  | ({ readonly kind: 'done'; readonly id: number } & JobResult)
  | { readonly kind: 'injected'; readonly id: number; readonly effect: FaultEffect };
