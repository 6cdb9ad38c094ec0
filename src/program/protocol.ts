/**
 * The messages between the lab and a program that runs in it, over pipes beside the standard ones.
 *
 *   program ──▶ TRACE_FD      lines of JSON, written without blocking; those that do not fit are dropped and counted
 *   program ◀── WISH_FD       lines of JSON, read without blocking: whether to ask or to run freely, faults
 *   program ◀── GO_FD         one byte each, waited for: GO
 *   program ◀─▶ TAPE_FD       its inputs (tape.ts), which it records, or is run with
 *
 * While it asks, the program waits after each event for GO; otherwise it never waits. The first wish says how it is run.
 */
import type { Fault } from '../server/faults/fault.js';
import type { TraceBody } from '../server/trace/events.js';

export const TRACE_FD = 3;
export const WISH_FD = 4;
export const GO_FD = 5;

export const GO = 'g';

/** What the lab requests of the program. */
export type Wish =
  /** Begin, and record the inputs; null: there is no tape. */
  | { readonly record: number | null }
  /** Begin with recorded inputs, and wait after this event, counted from 1; in a run in progress: wait after this one. */
  | { readonly again: number }
  /** Wait after each event, or not at all. */
  | { readonly asks: boolean }
  | { readonly addFault: Fault; readonly id: number; readonly text: string }
  | { readonly removeFault: number };

/** Maximum number of reported bytes of a read or a write. */
export const MOST_BYTES_TOLD = 16 * 1024;

export type ChildMessage =
  /** The program's own code is about to run. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'opened'; readonly poller: string; readonly trigger: 'edge' | 'level' }
  | { readonly kind: 'bound'; readonly fd: number; readonly address: string }
  | { readonly kind: 'registered'; readonly fd: number; readonly token: number; readonly interest: number }
  | { readonly kind: 'deregistered'; readonly fd: number }
  | { readonly kind: 'closed'; readonly fd: number }
  /** The file with this number, which places use. */
  | { readonly kind: 'file'; readonly file: number; readonly path: string }
  | ToldEvent
  /** It uses this, which is not recorded. */
  | { readonly kind: 'unrecorded'; readonly what: string }
  /** Recording has stopped: `full`, or the code of an error. */
  | { readonly kind: 'tape-ended'; readonly why: string }
  /** A run with recorded inputs has reached the requested event. */
  | { readonly kind: 'stands'; readonly event: number; readonly variables: readonly Variable[] }
  /** A run with recorded inputs cannot go on. */
  | { readonly kind: 'over'; readonly how: RunOver; readonly at?: Place; readonly variables: readonly Variable[] }
  /** The number of messages that did not fit. */
  | { readonly kind: 'dropped'; readonly messages: number; readonly waits: number };

/** Why a run with recorded inputs does not go on. */
export type RunOver =
  | { readonly why: 'end' | 'full' }
  | { readonly why: 'refused'; readonly module: string }
  /** This line of the tape, from 1, is none. */
  | { readonly why: 'unreadable'; readonly line: number }
  | { readonly why: 'diverged'; readonly call: number; readonly recorded: string; readonly now: string };

export interface Variable {
  readonly name: string;
  /** In readable form. */
  readonly value: string;
}

export type Place = readonly [file: number, line: number, column: number];

export interface ToldEvent {
  readonly kind: 'event';
  readonly body: TraceBody;
  readonly fd: number;
  /** Counted from 1, including dropped ones. */
  readonly number: number;
  /** Microseconds of the machine's monotonic clock; in a run with recorded inputs the recorded one, without the pauses. */
  readonly atUs: number;
  /** The place of the program's call: number of the file, line and column. */
  readonly at?: Place;
  /** The beginning of the bytes read or written, in base64. */
  readonly bytes?: string;
  /** The program waits for GO. */
  readonly waits?: true;
}
