/**
 * The file of a snapshot: written beside the old one and then put into its place, so that one of them is always whole.
 *
 *   temp-PID-THREAD.rdb   write … fsync │ rename ─▶ dump.rdb │ fsync of the folder: the name, too, must survive a loss of power
 */
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';

/** Throws what the file system throws; then the old file is as it was, and nothing else is left. @param write hands the contents to its sink */
export function replaceFile(path: string, pid: number, write: (sink: (bytes: Buffer) => void) => void): void {
  const folder = dirname(path);
  // Servers of one process may have the same folder, and each has a thread of its own.
  const draft = join(folder, `temp-${pid}-${threadId}.rdb`);
  // Made anew: what another left there under this name, a link or a pipe for one, is not written to.
  rmSync(draft, { force: true });
  const fd = openSync(draft, 'wx', 0o644);
  try {
    try {
      write((bytes) => writeAll(fd, bytes));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(folder);
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
