/**
 * What the lab and a program that runs in it say to each other, over three pipes beside the standard ones.
 *
 *   program ──▶ TRACE_FD      lines of JSON, written without blocking: what does not fit is dropped and counted
 *   program ◀── WISH_FD       lines of JSON, looked at without blocking: to be asked, to run free, faults
 *   program ◀── GO_FD         one byte each, waited for: GO
 *
 * While it is asked, the program waits after each event for GO; while it is free, it waits for nothing.
 */
import type { Fault } from '../server/faults/fault.js';
import type { TraceBody } from '../server/trace/events.js';

export const TRACE_FD = 3;
export const WISH_FD = 4;
export const GO_FD = 5;

export const GO = 'g';

/** What the lab wishes of the program. */
export type Wish =
  /** To wait after each event, or for nothing. */
  | { readonly asks: boolean }
  | { readonly addFault: Fault; readonly id: number; readonly text: string }
  | { readonly removeFault: number };

/** The most bytes of a read or a write that are told. */
export const MOST_BYTES_TOLD = 16 * 1024;

export type ChildMessage =
  | { readonly kind: 'opened'; readonly poller: string; readonly trigger: 'edge' | 'level' }
  | { readonly kind: 'bound'; readonly fd: number; readonly address: string }
  | { readonly kind: 'registered'; readonly fd: number; readonly token: number; readonly interest: number }
  | { readonly kind: 'deregistered'; readonly fd: number }
  | { readonly kind: 'closed'; readonly fd: number }
  /** The file of this number, which places name. */
  | { readonly kind: 'file'; readonly file: number; readonly path: string }
  | ToldEvent
  /** The number of messages that did not fit. */
  | { readonly kind: 'dropped'; readonly messages: number; readonly waits: number };

export type Place = readonly [file: number, line: number, column: number];

export interface ToldEvent {
  readonly kind: 'event';
  readonly body: TraceBody;
  readonly fd: number;
  /** Microseconds of the machine's monotonic clock. */
  readonly atUs: number;
  /** Where the program has called: number of the file, line and column. */
  readonly at?: Place;
  /** What was read or written, or its beginning, in base64. */
  readonly bytes?: string;
  /** The program waits for GO. */
  readonly waits?: true;
}
