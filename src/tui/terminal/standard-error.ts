/**
 * Standard error while the screen is on the terminal: warnings of Node, and what a library or the loop's thread writes, would stand
 * across the screen and stay there, because the sink does not know of it. So it is kept until the screen is gone.
 */
import { tell } from './patient-output.js';

/** More is no message; the oldest go first. */
const MOST_KEPT = 100;

/** Returns how to let go of it; what has been kept is written then, unless nobody would hear it. Does nothing if standard error is no terminal. */
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
  // Node's own listener prints; it would do so besides any other.
  process.removeAllListeners('warning').on('warning', hear);
  return (isHeard) => {
    // A terminal that takes nothing would keep this thread with the first word.
    if (!isHeard) return;
    process.stderr.write = write;
    process.off('warning', hear);
    for (const tell of tellers) process.on('warning', tell);
    for (const say of kept) say();
  };
}
