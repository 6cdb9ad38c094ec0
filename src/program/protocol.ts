/**
 * What the lab and a program that runs in it say to each other, over three pipes beside the standard ones.
 *
 *   program ──▶ TRACE_FD      lines of JSON, written without blocking: what does not fit is dropped and counted
 *   program ◀── WISH_FD       lines of JSON, looked at without blocking: to be asked, to run free, faults
 *   program ◀── GO_FD         one byte each, waited for: GO
 *   program ◀─▶ TAPE_FD       its inputs (tape.ts), which it records, or is run again with
 *
 * While it is asked, the program waits after each event for GO; while it is free, it waits for nothing. The first wish says how it is run.
 */
import type { Fault } from '../server/faults/fault.js';
import type { TraceBody } from '../server/trace/events.js';

export const TRACE_FD = 3;
export const WISH_FD = 4;
export const GO_FD = 5;

export const GO = 'g';

/** What the lab wishes of the program. */
export type Wish =
  /** To begin, and record its inputs; null: there is no tape. */
  | { readonly record: number | null }
  /** To begin with recorded inputs, and to wait after this event, counted from 1; of a run under way: to wait after this one. */
  | { readonly again: number }
  /** To wait after each event, or for nothing. */
  | { readonly asks: boolean }
  | { readonly addFault: Fault; readonly id: number; readonly text: string }
  | { readonly removeFault: number };

/** The most bytes of a read or a write that are told. */
export const MOST_BYTES_TOLD = 16 * 1024;

export type ChildMessage =
  /** The program's own code is about to run. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'opened'; readonly poller: string; readonly trigger: 'edge' | 'level' }
  | { readonly kind: 'bound'; readonly fd: number; readonly address: string }
  | { readonly kind: 'registered'; readonly fd: number; readonly token: number; readonly interest: number }
  | { readonly kind: 'deregistered'; readonly fd: number }
  | { readonly kind: 'closed'; readonly fd: number }
  /** The file of this number, which places name. */
  | { readonly kind: 'file'; readonly file: number; readonly path: string }
  | ToldEvent
  /** It uses this, which is not recorded. */
  | { readonly kind: 'unrecorded'; readonly what: string }
  /** Nothing more is recorded: `full`, or the code of an error. */
  | { readonly kind: 'tape-ended'; readonly why: string }
  /** Run again, it stands after the event that it was to come to. */
  | { readonly kind: 'stands'; readonly event: number; readonly variables: readonly Variable[] }
  /** Run again, it does not go on. */
  | { readonly kind: 'over'; readonly how: RunOver; readonly at?: Place; readonly variables: readonly Variable[] }
  /** The number of messages that did not fit. */
  | { readonly kind: 'dropped'; readonly messages: number; readonly waits: number };

/** Why a run with recorded inputs does not go on. */
export type RunOver =
  | { readonly why: 'end' | 'full' }
  | { readonly why: 'refused'; readonly module: string }
  | { readonly why: 'diverged'; readonly call: number; readonly recorded: string; readonly now: string };

export interface Variable {
  readonly name: string;
  /** As people read it. */
  readonly value: string;
}

export type Place = readonly [file: number, line: number, column: number];

export interface ToldEvent {
  readonly kind: 'event';
  readonly body: TraceBody;
  readonly fd: number;
  /** Counted from 1, with those that were dropped. */
  readonly number: number;
  /** Microseconds of the machine's monotonic clock; in a run with recorded inputs of that of then, without the pauses. */
  readonly atUs: number;
  /** Where the program has called: number of the file, line and column. */
  readonly at?: Place;
  /** What was read or written, or its beginning, in base64. */
  readonly bytes?: string;
  /** The program waits for GO. */
  readonly waits?: true;
}
