/**
 * A terminal that is gone when the process ends: closed by its window, or by a connection that broke.
 *
 * Node restores the modes of the terminals that it found on descriptors 0 to 2 when it ends. On one that has hung up the kernel refuses
 * (EIO), and Node 20 takes that for a bug of its own and aborts. It passes over descriptors that have been closed, so those of a lost
 * terminal are closed before.
 */
import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

const STANDARD = [0, 1, 2] as const;

/** To be called at the start, while the terminals still answer. */
export function letGoOfLostTerminals(): void {
  const terminals = STANDARD.filter((fd) => isatty(fd));
  process.on('exit', () => terminals.filter((fd) => !isatty(fd)).forEach(close));
}

function close(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It has been closed already.
  }
}
