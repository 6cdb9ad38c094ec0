/**
 * The file of a unix domain socket: what bind(2) leaves to its caller, the same for every backend that opens one.
 */
import { chmodSync, unlinkSync } from 'node:fs';
import { SystemError } from '../poll.js';

/**
 * Removes the file that an earlier run has left, since bind refuses a path that exists. A server that still listens there is cut off, as with
 * Redis, which unlinks the path unconditionally too.
 */
export function removeSocketFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Usually there is none; if it cannot be removed, bind fails with a better message.
  }
}

/** Sets the permissions (unixsocketperm). 0 leaves what the umask made of them. Throws SystemError. */
export function setSocketMode(path: string, mode: number, fd: number): void {
  if (mode === 0) return;
  try {
    chmodSync(path, mode);
  } catch (error) {
    const { errno = 0, code = 'EIO' } = error as NodeJS.ErrnoException;
    throw new SystemError('chmod', Math.abs(errno), code, fd);
  }
}
