/**
 * Helpers for the tests of a loop.
 */
import type { Peer } from './kernel.js';
import type { Exports } from './lesson.js';
import { ADDRESS, Workbench, type WorkbenchOptions } from './workbench.js';

/** A loop whose turns a test runs one by one. */
export interface Turning {
  runOnce(timeoutMs?: number | null): void;
}

export interface Started<L> {
  readonly bench: Workbench;
  readonly server: L;
}

/** The learner's class of this name, bound to the address of a workbench. @param more further arguments of the lesson's bind */
export function bindTo<L extends Turning>(bench: Workbench, exports: Exports, name: string, ...more: readonly unknown[]): L {
  const learners = exports[name] as { bind(poll: unknown, address: string, ...more: readonly unknown[]): L };
  return learners.bind(bench.poll, ADDRESS, ...more);
}

export function start<L extends Turning>(exports: Exports, name: string, options: WorkbenchOptions = {}): Started<L> {
  const bench = new Workbench(options);
  const server = bindTo<L>(bench, exports, name);
  // What a failing test tells is what the turns did.
  bench.watch();
  return { bench, server };
}

/** Runs turns until `isSo`, at most `most`. */
export function turnUntil(loop: Turning, isSo: () => boolean, most = 50): void {
  for (let turn = 0; turn < most && !isSo(); turn++) loop.runOnce(0);
}

/** Makes the next reads of a client return few bytes each, or WouldBlock although there are some; the same for the same seed. */
export function cutReads(client: Peer, seed: number): void {
  for (let i = 0; i < 20; i++) client.readSizes.push((seed * 7 + i * 5) % 11);
}
