/**
 * Context switches of a thread of this process, as the kernel counts them.
 */
import { readFileSync, readlinkSync } from 'node:fs';

export interface ContextSwitches {
  /** It had to wait, for bytes or for the lock. */
  readonly voluntary: number;
  /** The kernel has taken the processor away. */
  readonly forced: number;
}

/** Of the thread that calls. */
export function ownThreadId(): number {
  return Number(/\d+$/.exec(readlinkSync('/proc/thread-self'))![0]);
}

/** Null: the thread is gone. */
export function contextSwitches(threadId: number): ContextSwitches | null {
  try {
    const status = readFileSync(`/proc/self/task/${threadId}/status`, 'latin1');
    const [, voluntary, forced] = /^voluntary_ctxt_switches:\s*(\d+)\nnonvoluntary_ctxt_switches:\s*(\d+)/m.exec(status)!;
    return { voluntary: Number(voluntary), forced: Number(forced) };
  } catch {
    return null;
  }
}
