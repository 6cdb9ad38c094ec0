/**
 * Wakes a loop from the helper's thread, by a byte in its eventfd. The loop may end meanwhile, and the number of its descriptor be reused for another file; so
 * the word says whether it is still the loop's, and closing it waits until no thread is writing to it.
 *
 *   word[0]   number of threads that are writing, plus CLOSED when the descriptor is about to be closed
 *   word[1]   number of jobs that the helper has done for this loop, for one that has to wait for them
 */
import { writeSync } from 'node:fs';

const CLOSED = -(2 ** 30);
const ONE = Buffer.from(new BigUint64Array([1n]).buffer);

export type WakerWord = Int32Array;

export function createWakerWord(): WakerWord {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** @param wakeFd -1: the loop receives messages without being woken */
export function wakeLoop(word: WakerWord, wakeFd: number): void {
  if (wakeFd === -1) return;
  if (Atomics.add(word, 0, 1) >= 0) writeSync(wakeFd, ONE);
  Atomics.sub(word, 0, 1);
}

/** From here on no thread writes to the descriptor. */
export function closeWaker(word: WakerWord): void {
  Atomics.add(word, 0, CLOSED);
  while (Atomics.load(word, 0) > CLOSED);
}

export function countDone(word: WakerWord): void {
  Atomics.add(word, 1, 1);
  Atomics.notify(word, 1);
}

/** Blocks until this many jobs are done. False: not within the timeout. */
export function awaitDone(word: WakerWord, count: number, timeoutMs: number): boolean {
  const endMs = performance.now() + timeoutMs;
  for (let done = Atomics.load(word, 1); ((count - done) | 0) > 0; done = Atomics.load(word, 1)) {
    if (Atomics.wait(word, 1, done, Math.max(0, endMs - performance.now())) === 'timed-out') return false;
  }
  return true;
}
