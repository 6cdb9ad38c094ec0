/**
 * Replacing a whole file: it is written beside the old one and then put into its place, so that a reader, also after a loss of power, finds the old
 * contents or the new ones.
 *
 *   draft   write … fsync │ rename ─▶ file │ fsync of the folder: the name, too, must survive a loss of power
 */
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';

/** One character a byte; or hands the bytes to a sink, piece by piece. */
export type Contents = string | ((sink: (bytes: Buffer) => void) => void);

/** Servers of one process may write the same file, and each has a thread of its own. */
export const WRITER = `${process.pid}-${threadId}`;

/** Throws what the file system throws; the file is then as it was, and nothing else is left. @param draft a path in the same folder */
export function replaceFile(path: string, contents: Contents, draft = `${path}.${WRITER}.tmp`): void {
  // Made anew: what another left there under this name, a link or a pipe for one, is not written to.
  rmSync(draft, { force: true });
  const fd = openSync(draft, 'wx', 0o644);
  try {
    try {
      if (typeof contents === 'string') writeAll(fd, Buffer.from(contents, 'latin1'));
      else contents((bytes) => writeAll(fd, bytes));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Puts the names in a folder on the disk. Some file systems cannot do that of a folder, and say so: then there is nothing to be done. */
export function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'EBADF') throw error;
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}
