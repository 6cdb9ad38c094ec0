/**
 * Jobs: file work that a helper thread does for a thread that must not wait for a disk; see helper.ts. Jobs and what has become of them are plain data, so
 * that they cross threads, and so that one whose end changes what the loop does can be an input of a recording.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { Crc64 } from '../keyspace/rdb/crc64.js';
import { syncFolder } from '../../shared/replace-file.js';

/** Paths are text; descriptors belong to the process, whichever thread has opened them. */
export type Job =
  | { readonly kind: 'open'; readonly path: string; readonly flags: number; readonly mode: number }
  /** @param sums adds the bytes to the checksum of this descriptor */
  | { readonly kind: 'write'; readonly fd: number; readonly bytes: Uint8Array<ArrayBuffer>; readonly sums?: boolean }
  /** Writes the CRC-64 of what was written with `sums`, as it stands at the end of a snapshot. */
  | { readonly kind: 'write-checksum'; readonly fd: number }
  | { readonly kind: 'fsync'; readonly fd: number }
  | { readonly kind: 'truncate'; readonly fd: number; readonly length: number }
  | { readonly kind: 'close'; readonly fd: number }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly path: string }
  /** Puts the names in a folder on the disk: behind creating or renaming a file that must still be there after a loss of power. */
  | { readonly kind: 'fsync-folder'; readonly path: string };

export interface JobResult {
  /** Of `open` the descriptor, of `write` the number of bytes that were written, also before an error; otherwise 0. */
  readonly value: number;
  /** Null: it is done. */
  readonly error: JobError | null;
}

/** As Node's file functions throw it, `ENOSPC` for one. */
export interface JobError {
  readonly code: string;
  readonly message: string;
}

/** Of descriptors that are being written with a checksum. */
const sums = new Map<number, Crc64>();

function sumOf(fd: number): Crc64 {
  const sum = sums.get(fd) ?? new Crc64();
  sums.set(fd, sum);
  return sum;
}

/** Never throws. Blocks the calling thread until the job is done, or has failed. */
export function perform(job: Job): JobResult {
  let written = 0;
  try {
    switch (job.kind) {
      case 'open':
        return { value: openSync(job.path, job.flags, job.mode), error: null };
      case 'write':
        while (written < job.bytes.length) written += writeSync(job.fd, job.bytes, written);
        if (job.sums === true) sumOf(job.fd).add(job.bytes);
        return { value: written, error: null };
      case 'write-checksum':
        written = writeSync(job.fd, Buffer.from(sumOf(job.fd).value, 'latin1'));
        sums.delete(job.fd);
        return { value: written, error: null };
      case 'fsync':
        fsyncSync(job.fd);
        break;
      case 'truncate':
        ftruncateSync(job.fd, job.length);
        break;
      case 'close':
        sums.delete(job.fd);
        closeSync(job.fd);
        break;
      case 'rename':
        renameSync(job.from, job.to);
        break;
      case 'unlink':
        unlinkSync(job.path);
        break;
      case 'fsync-folder':
        syncFolder(job.path);
    }
    return { value: 0, error: null };
  } catch (error) {
    const { code = 'EIO', message } = error as NodeJS.ErrnoException;
    return { value: written, error: { code, message } };
  }
}
