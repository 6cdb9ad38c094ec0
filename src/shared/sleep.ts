/** A word that nobody notifies. */
const word = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread for this number of milliseconds. */
export function sleepFor(ms: number): void {
  Atomics.wait(word, 0, 0, ms);
}
