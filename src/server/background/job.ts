/**
 * Jobs: file work, and lookups of host names, that a helper thread does for a thread that must not wait for a disk or a DNS; see helper.ts. Jobs and their
 * results are plain data, so that they can cross threads, and so that a result that affects the loop can be an input of a recording.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { compressStrings } from '../keyspace/rdb/compression.js';
import { Crc64 } from '../keyspace/rdb/crc64.js';
import { syncFolder } from '../../shared/replace-file.js';

/** Paths are text; descriptors belong to the process, whichever thread has opened them. */
export type Job =
  | { readonly kind: 'open'; readonly path: string; readonly flags: number; readonly mode: number }
  /**
   * @param sums adds the bytes to the checksum of this descriptor
   * @param strings are compressed before: see `compressStrings`
   */
  | {
      readonly kind: 'write';
      readonly fd: number;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly sums?: boolean;
      readonly strings?: readonly number[];
    }
  /** Writes the CRC-64 of what was written with `sums`, as at the end of a snapshot. */
  | { readonly kind: 'write-checksum'; readonly fd: number }
  /** Writes bytes after the first `at` of a file, and syncs them: all of them, or none if what was written can be cut off again. */
  | { readonly kind: 'append'; readonly fd: number; readonly bytes: Uint8Array<ArrayBuffer>; readonly at: number }
  | { readonly kind: 'fsync'; readonly fd: number }
  | { readonly kind: 'truncate'; readonly fd: number; readonly length: number }
  | { readonly kind: 'close'; readonly fd: number }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly path: string }
  /** Looks up the address of a host name. */
  | { readonly kind: 'lookup'; readonly host: string }
  /** Syncs the names in a folder: after creating or renaming a file that must still exist after a power failure. */
  | { readonly kind: 'fsync-folder'; readonly path: string };

export interface JobResult {
  /** For `open` the descriptor, for `write` and `append` the number of bytes that are in the file, also after an error; otherwise 0. */
  readonly value: number;
  /** For `lookup` the address. */
  readonly text?: string;
  /** Null: success. */
  readonly error: JobError | null;
}

/** As thrown by Node's file functions, for example `ENOSPC`. */
export interface JobError {
  readonly code: string;
  readonly message: string;
}

/** Checksums of descriptors that are being written with one. */
const sums = new Map<number, Crc64>();

function sumOf(fd: number): Crc64 {
  const sum = sums.get(fd) ?? new Crc64();
  sums.set(fd, sum);
  return sum;
}

/** The steps of an append: yields each job, takes its result, and returns that of the whole. */
export function* appendSteps({ fd, bytes, at }: Job & { readonly kind: 'append' }): Generator<Job, JobResult, JobResult> {
  const { value, error } = yield { kind: 'write', fd, bytes };
  const failure = error ?? (yield { kind: 'fsync', fd }).error;
  if (failure === null || value === 0) return { value, error: failure };
  const cut = yield { kind: 'truncate', fd, length: at };
  return { value: cut.error === null ? 0 : value, error: failure };
}

type WriteJob = Job & { readonly kind: 'write' };

/** The job as it is to be written. */
export function withStringsCompressed({ strings, ...job }: WriteJob): WriteJob {
  return strings === undefined ? job : { ...job, bytes: compressStrings(job.bytes, strings) };
}

function performSteps(steps: Generator<Job, JobResult, JobResult>): JobResult {
  let step = steps.next();
  while (step.done !== true) step = steps.next(perform(step.value));
  return step.value;
}

/** Does a job, and blocks the calling thread until it is done or has failed. Never throws. */
export function perform(job: Job): JobResult {
  let written = 0;
  try {
    switch (job.kind) {
      case 'open':
        return { value: openSync(job.path, job.flags, job.mode), error: null };
      case 'write': {
        const { fd, bytes, sums: isSummed } = withStringsCompressed(job);
        while (written < bytes.length) written += writeSync(fd, bytes, written);
        if (isSummed === true) sumOf(fd).add(bytes);
        return { value: written, error: null };
      }
      case 'write-checksum':
        written = writeSync(job.fd, Buffer.from(sumOf(job.fd).value, 'latin1'));
        sums.delete(job.fd);
        return { value: written, error: null };
      case 'append':
        return performSteps(appendSteps(job));
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
        break;
      case 'lookup':
        throw Object.assign(new Error('names are looked up by the helper thread only'), { code: 'ENOTSUP' });
    }
    return { value: 0, error: null };
  } catch (error) {
    const { code = 'EIO', message } = error as NodeJS.ErrnoException;
    return { value: written, error: { code, message } };
  }
}
