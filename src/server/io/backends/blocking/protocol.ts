/**
 * Messages between a blocking poll and its thread. One call at a time: the caller sleeps on the control word until the answer is there.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Interest } from '../../interest.js';
import type { Readiness } from '../../event.js';
import type { Address } from '../../poll.js';
import type { Token } from '../../token.js';

export interface BlockingThreadData {
  readonly port: MessagePort;
  /** One word, incremented with each answer. */
  readonly control: Int32Array;
  readonly edgeTriggered: boolean;
  /** Name of the BroadcastChannel for wakes. */
  readonly wakes: string;
}

export interface Calls {
  listen: { argument: { readonly address: Address; readonly backlog: number }; result: { readonly fd: number; readonly local: Address } };
  connect: { argument: { readonly address: Address }; result: AcceptedStream };
  accept: { argument: { readonly fd: number }; result: AcceptedStream | null };
  register: { argument: { readonly fd: number; readonly token: Token; readonly interest: Interest }; result: void };
  reregister: { argument: { readonly fd: number; readonly token: Token; readonly interest: Interest }; result: void };
  deregister: { argument: { readonly fd: number }; result: void };
  /** Returns pairs of token and readiness. */
  wait: { argument: { readonly timeoutMs: number }; result: readonly (readonly [Token, Readiness])[] };
  wake: { argument: null; result: void };
  acknowledge: { argument: null; result: void };
  /** Answered once the thread receives wakes from other threads. */
  ready: { argument: null; result: void };
  /** Null: WouldBlock. Empty: end of file. */
  read: { argument: { readonly fd: number; readonly most: number }; result: Uint8Array | null };
  /** -1: WouldBlock. */
  write: { argument: { readonly fd: number; readonly bytes: Uint8Array }; result: number };
  keepAlive: { argument: { readonly fd: number; readonly seconds: number }; result: void };
  noDelay: { argument: { readonly fd: number; readonly isOn: boolean }; result: void };
  close: { argument: { readonly fd: number; readonly isAbortive: boolean }; result: void };
  end: { argument: null; result: void };
}

export interface AcceptedStream {
  readonly fd: number;
  readonly peer: Address;
  readonly local: Address;
}

export interface Call<M extends keyof Calls = keyof Calls> {
  readonly method: M;
  readonly argument: Calls[M]['argument'];
}

/** An error as data; `errno` is there if it is a SystemError. */
export interface Failure {
  readonly message: string;
  readonly system?: { readonly syscall: string; readonly errno: number; readonly code: string; readonly fd: number; readonly address: Address | null };
}

export type Answer = { readonly value: unknown } | { readonly failure: Failure };
