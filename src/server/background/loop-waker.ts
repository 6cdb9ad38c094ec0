/**
 * Wakes a loop from the helper's thread, by a byte in its eventfd. The loop may end meanwhile, and the number of its descriptor be reused for another file; so
 * the word says whether it is still the loop's, and closing it waits until no thread is writing to it.
 *
 *   word[0]   number of threads that are writing, plus CLOSED when the descriptor is about to be closed
 *   word[1]   number of jobs that the helper has done for this loop, for one that has to wait for them
 *   word[2]   the helper has ended: length of the reason that follows, plus 1
 *   word[3]   the descriptor, plus 1; 0: not known yet
 *   word[4…]  the reason, one character each
 *
 * The end of the helper is in the word because a loop that sleeps in the kernel gets no events of its threads.
 */
import { writeSync } from 'node:fs';

const CLOSED = -(2 ** 30);
const ENDED = 2;
const DESCRIPTOR = 3;
const REASON = 4;
const REASON_MAX = 200;
const ONE = Buffer.from(new BigUint64Array([1n]).buffer);

export type WakerWord = Int32Array;

export function createWakerWord(): WakerWord {
  return new Int32Array(new SharedArrayBuffer(4 * (REASON + REASON_MAX)));
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

/** Says which descriptor wakes the loop, for {@link endHelper}. */
export function setWakeFd(word: WakerWord, wakeFd: number): void {
  Atomics.store(word, DESCRIPTOR, wakeFd + 1);
}

/** Called on another thread when the helper has ended: no more jobs are done. The first reason stays. */
export function endHelper(word: WakerWord, reason: string): void {
  if (Atomics.load(word, ENDED) !== 0) return;
  const length = Math.min(reason.length, REASON_MAX);
  for (let at = 0; at < length; at++) Atomics.store(word, REASON + at, reason.charCodeAt(at));
  Atomics.store(word, ENDED, length + 1);
  Atomics.notify(word, 1);
  wakeLoop(word, Atomics.load(word, DESCRIPTOR) - 1);
}

/** Returns why the helper has ended; null: it has not. */
export function endOfHelper(word: WakerWord): string | null {
  const length = Atomics.load(word, ENDED) - 1;
  return length < 0 ? null : String.fromCharCode(...word.subarray(REASON, REASON + length));
}

/**
 * The program of a helper thread that was started by a loop's thread: it says when it ends, even if the program that it loads is not there any more. It is
 * text, and not a file, for the same reason.
 */
export const HELPER_STARTER = `
Promise.all([import('node:worker_threads'), import('node:fs')]).then(([{ workerData: { word, program } }, { writeSync }]) => {
  let reason = 'it has ended';
  process.on('uncaughtExceptionMonitor', (error) => (reason = String(error?.message ?? error).replace(/( imported from |\\n).*/s, '').slice(0, ${REASON_MAX})));
  process.on('exit', () => {
    for (let at = 0; at < reason.length; at++) Atomics.store(word, ${REASON} + at, reason.charCodeAt(at));
    Atomics.store(word, ${ENDED}, reason.length + 1);
    Atomics.notify(word, 1);
    const wakeFd = Atomics.load(word, ${DESCRIPTOR}) - 1;
    if (wakeFd >= 0 && Atomics.add(word, 0, 1) >= 0) writeSync(wakeFd, new Uint8Array(new BigUint64Array([1n]).buffer));
    if (wakeFd >= 0) Atomics.sub(word, 0, 1);
  });
  return import(program);
});
`;

/** Blocks until this many jobs are done, or the helper has ended. False: not within the timeout. */
export function awaitDone(word: WakerWord, count: number, timeoutMs: number): boolean {
  const endMs = performance.now() + timeoutMs;
  for (let done = Atomics.load(word, 1); ((count - done) | 0) > 0 && Atomics.load(word, ENDED) === 0; done = Atomics.load(word, 1)) {
    if (Atomics.wait(word, 1, done, Math.max(0, endMs - performance.now())) === 'timed-out') return false;
  }
  return true;
}
