/**
 * Handles a terminal that is gone when the process ends: its window was closed, or its connection broke.
 *
 * Node restores the modes of the terminals on descriptors 0 to 2 when it ends. For one that has hung up the kernel refuses (EIO), and Node 20 takes that for a
 * bug of its own and aborts. It skips closed descriptors, so those of a lost terminal are closed first.
 */
import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

const STANDARD = [0, 1, 2] as const;

/** Call it at the start, while the terminals still work. */
export function letGoOfLostTerminals(): void {
  const terminals = STANDARD.filter((fd) => isatty(fd));
  process.on('exit', () => terminals.filter((fd) => !isatty(fd)).forEach(close));
}

function close(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It is already closed.
  }
}
