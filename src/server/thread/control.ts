/**
 * Control words: four bytes each, shared by the two threads, for what messages cannot do: wake a waiting thread, and show how far the other one is.
 *
 *   HELD     1 while the stepper holds the loop: it then waits here and not in the kernel
 *   SIGNAL   counts up with every message; the held loop sleeps until it changes
 *   TAKEN    counts up with every batch of the trace that main has handled
 *
 * No message is missed, whatever the timing. Main posts first and reads HELD second; the loop writes HELD first and drains
 * second, on entering a hold and once more on leaving it.
 */

const HELD = 0;
const SIGNAL = 1;
const TAKEN = 2;

export type ControlWords = Int32Array;

export function createControl(): ControlWords {
  return new Int32Array(new SharedArrayBuffer(12));
}

/** Main: called when it has handled a batch. */
export function takeBatch(control: ControlWords): void {
  Atomics.add(control, TAKEN, 1);
}

/** Loop: returns how many of the batches it has sent are not yet handled by main. */
export function batchesUnderWay(control: ControlWords, sent: number): number {
  // The difference of numbers that wrap around at 2^32 is still correct.
  return (sent - Atomics.load(control, TAKEN)) | 0;
}

/** Main: true if the loop is held now. */
export function isLoopHeld(control: ControlWords): boolean {
  return Atomics.load(control, HELD) === 1;
}

/** Main, after posting a message: true if that was enough; false if the loop may sleep in the kernel and must be woken there. */
export function notifyHeldLoop(control: ControlWords): boolean {
  Atomics.add(control, SIGNAL, 1);
  Atomics.notify(control, SIGNAL);
  return Atomics.load(control, HELD) === 1;
}

/**
 * Loop: waits until `isOver`, or until `timeoutMs` has passed (-1: no limit). `drain` handles the messages in the port, and may be what
 * makes `isOver` true.
 */
export function holdLoop(control: ControlWords, timeoutMs: number, isOver: () => boolean, drain: () => void): void {
  const until = timeoutMs === -1 ? Infinity : performance.now() + timeoutMs;
  Atomics.store(control, HELD, 1);
  while (!isOver()) {
    const signal = Atomics.load(control, SIGNAL);
    drain();
    const left = until - performance.now();
    if (isOver() || left <= 0) break;
    Atomics.wait(control, SIGNAL, signal, left);
  }
  Atomics.store(control, HELD, 0);
  drain();
}
