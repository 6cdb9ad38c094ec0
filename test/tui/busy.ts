/**
 * A busy loop, as another thread sees it.
 */
import type { LoopActivity } from '../../src/server/index.js';
import type { Busy, Waiting } from '../../src/tui/state/state.js';

export function executing(token: number, command: string, elapsedMs: number, more: Partial<LoopActivity> = {}): LoopActivity {
  return { phase: 'execute', turn: 47, token, command, elapsedMs, turnMs: elapsedMs, isBusy: true, servesOthers: false, ...more };
}

export function busy(activity: LoopActivity, waiting: readonly (readonly [token: number, Waiting])[] = []): Busy {
  return { activity, waiting: new Map(waiting) };
}

export const bytes = (count: number, waitedMs: number): Waiting => ({ kind: 'bytes', count, waitedMs });
export const connections = (count: number, waitedMs: number): Waiting => ({ kind: 'connections', count, waitedMs });
