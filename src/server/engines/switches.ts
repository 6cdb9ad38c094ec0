/**
 * Context switches of a thread of this process, as the kernel counts them.
 */
import { readFileSync, readlinkSync } from 'node:fs';

export interface ContextSwitches {
  /** The thread had to wait, for bytes or for the lock. */
  readonly voluntary: number;
  /** The kernel preempted the thread. */
  readonly forced: number;
}

/** Returns the kernel's ID of the calling thread. */
export function ownThreadId(): number {
  return Number(/\d+$/.exec(readlinkSync('/proc/thread-self'))![0]);
}

/** Returns null if the thread has ended. */
export function contextSwitches(threadId: number): ContextSwitches | null {
  try {
    const status = readFileSync(`/proc/self/task/${threadId}/status`, 'latin1');
    const [, voluntary, forced] = /^voluntary_ctxt_switches:\s*(\d+)\nnonvoluntary_ctxt_switches:\s*(\d+)/m.exec(status)!;
    return { voluntary: Number(voluntary), forced: Number(forced) };
  } catch {
    return null;
  }
}
