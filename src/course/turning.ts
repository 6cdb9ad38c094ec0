/**
 * What the tests of a loop share.
 */
import type { SimulatedPeer } from '../poll/index.js';

/** A loop whose turns a test takes one by one. */
export interface Turning {
  runOnce(timeoutMs?: number | null): void;
}

/** Turns until it is so; not more often than `most`. */
export function turnUntil(loop: Turning, isSo: () => boolean, most = 50): void {
  for (let turn = 0; turn < most && !isSo(); turn++) loop.runOnce(0);
}

/** Has the next reads of a client bring few bytes each, or WouldBlock although there are some; the same for the same seed. */
export function cutReads(client: SimulatedPeer, seed: number): void {
  for (let i = 0; i < 20; i++) client.readSizes.push((seed * 7 + i * 5) % 11);
}
