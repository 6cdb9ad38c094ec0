/**
 * The file of a unix domain socket: what bind(2) leaves to its caller, the same for every backend that makes one.
 */
import { chmodSync, unlinkSync } from 'node:fs';
import { SystemError } from '../poll.js';

/**
 * Removes what an earlier run has left behind, since bind refuses a path that exists. Whoever still listens there is cut off, as with
 * Redis, which unlinks the path unconditionally too.
 */
export function removeSocketFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Usually there is none; if it can not be removed, bind says so with the better message.
  }
}

/** unixsocketperm. 0 leaves what the umask made of it. Throws SystemError. */
export function setSocketMode(path: string, mode: number, fd: number): void {
  if (mode === 0) return;
  try {
    chmodSync(path, mode);
  } catch (error) {
    const { errno = 0, code = 'EIO' } = error as NodeJS.ErrnoException;
    throw new SystemError('chmod', Math.abs(errno), code, fd);
  }
}
