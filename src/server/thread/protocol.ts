/**
 * What the two threads say to each other: plain messages over a MessagePort.
 *
 *   main → loop   a call, after which main wakes the loop (a byte in its eventfd), since it may sleep in the kernel
 *   loop → main   the result of a call, a log line, trace events, the end
 */
import type { Address } from '../io/poll.js';
import type { SettingValues } from '../config.js';
import type { LogLevel } from '../server.js';
import type { TraceEvent } from '../trace/events.js';

export type PollerName = 'epoll' | 'portable';

export interface LoopThreadOptions {
  readonly settings: Partial<SettingValues>;
  readonly poller: PollerName | 'auto';
  readonly edgeTriggered: boolean;
  readonly seed: number;
  /** Hold the loop before its first poll. */
  readonly paused: boolean;
}

/** The methods that main can call on the loop thread, with their arguments and results. */
export interface LoopCalls {
  close: { argument: null; result: void };
}

export interface CallMessage {
  readonly kind: 'call';
  readonly id: number;
  readonly method: keyof LoopCalls;
  readonly argument: unknown;
}

export type LoopMessage =
  | { readonly kind: 'ready'; readonly addresses: readonly Address[]; readonly poller: PollerName; readonly edgeTriggered: boolean; readonly wakeFd: number; readonly fallback: string | null }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly message: string }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string }
  | { readonly kind: 'trace'; readonly events: readonly TraceEvent[]; readonly dropped: number }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | null }
  | { readonly kind: 'closed' };
