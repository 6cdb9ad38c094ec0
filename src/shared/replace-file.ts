/**
 * Replaces a whole file: the new contents are written beside the old file and then renamed over it, so that a reader, even after a power failure, finds either
 * the old or the new contents.
 *
 *   draft   write … fsync │ rename ─▶ file │ fsync of the folder: the name, too, must survive a power failure
 */
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';

/** The contents, one character a byte; or a function that passes the bytes to a sink, piece by piece. */
export type Contents = string | ((sink: (bytes: Buffer) => void) => void);

/** Numbers the drafts: servers of one process may write the same file, each on its own thread. */
export const WRITER = `${process.pid}-${threadId}`;

/** Throws errors of the file system; the file is then unchanged, and no draft is left. @param draft a path in the same folder */
export function replaceFile(path: string, contents: Contents, draft = `${path}.${WRITER}.tmp`): void {
  // Created anew: if something else has this name, such as a link or a pipe, it is not written to.
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

/** Syncs a folder, so that its names are on the disk. File systems that do not support this return an error, which is ignored. */
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
