/**
 * Wakes a loop from the helper's thread, by a byte in its eventfd. The loop may end meanwhile, and the number of its descriptor be reused for another file; so
 * the word says whether it is still the loop's, and closing it waits until no thread is writing to it.
 *
 *   word   number of threads that are writing, plus CLOSED when the descriptor is about to be closed
 */
import { writeSync } from 'node:fs';

const CLOSED = -(2 ** 30);
const ONE = Buffer.from(new BigUint64Array([1n]).buffer);

export type WakerWord = Int32Array;

export function createWakerWord(): WakerWord {
  return new Int32Array(new SharedArrayBuffer(4));
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
