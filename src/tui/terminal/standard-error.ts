/**
 * Holds back standard error while the screen is on the terminal: warnings of Node, and output of a library or the loop's thread, would overwrite the screen and
 * stay there, because the sink does not know of them.
 */
import { tell } from './patient-output.js';

/** The maximum that is kept; the oldest lines are dropped. */
const MOST_KEPT = 100;

/** Returns a function that ends this and writes the lines that were kept, unless the terminal is lost. Does nothing if standard error is not a terminal. */
export function holdStandardError(): (isHeard: boolean) => void {
  if (!process.stderr.isTTY) return () => {};
  const kept: (() => void)[] = [];
  const keep = (say: () => void): void => {
    kept.push(say);
    if (kept.length > MOST_KEPT) kept.shift();
  };
  const { write } = process.stderr;
  const tellers = process.listeners('warning');
  const hear = (warning: Error): void => keep(() => tellers.forEach((tell) => tell(warning)));
  process.stderr.write = (data: string | Uint8Array, ...rest: unknown[]): boolean => {
    keep(() => tell(process.stderr, data));
    for (const callback of rest) if (typeof callback === 'function') callback();
    return true;
  };
  // Replaces Node's own listener, which would print as well.
  process.removeAllListeners('warning').on('warning', hear);
  return (isHeard) => {
    // A terminal that takes nothing would block this thread at the first write.
    if (!isHeard) return;
    process.stderr.write = write;
    process.off('warning', hear);
    for (const tell of tellers) process.on('warning', tell);
    for (const say of kept) say();
  };
}
