/**
 * AppendFile: a file that is appended to by the helper thread. One write is in progress at a time; later bytes wait, up to a limit.
 *
 *   append ──▶ [ waiting │ waiting │ in progress ] ──▶ file         beyond the limit bytes are refused: the caller handles that
 *
 * After a failed write nothing more is written: there would be a gap.
 */
import { Fifo } from '../../shared/fifo.js';
import type { JobError, JobResult } from './job.js';
import type { JobQueue } from './job-queue.js';

export class AppendFile {
  private readonly waiting = new Fifo<Uint8Array<ArrayBuffer>>();
  private waitingBytes = 0;
  private isWriting = false;
  private failure: JobError | null = null;
  private whenIdle: (() => void) | null = null;

  /** @param limitBytes maximum of bytes that wait, those being written included. @param onError called once, when a write has failed */
  constructor(
    private readonly jobs: JobQueue,
    private readonly fd: number,
    private readonly limitBytes: number,
    private readonly onError: (error: JobError) => void,
  ) {}

  /** Appends a copy. False: too many bytes are waiting, and these were not taken. */
  append(bytes: Uint8Array): boolean {
    if (this.failure !== null) return true;
    if (this.waitingBytes + bytes.length > this.limitBytes) return false;
    this.waiting.push(new Uint8Array(bytes));
    this.waitingBytes += bytes.length;
    if (!this.isWriting) this.writeNext();
    return true;
  }

  /** Resolves when everything taken is written and on the disk; with false if that failed. The file stays open. */
  async sync(): Promise<boolean> {
    if (this.isWriting) await new Promise<void>((resolve) => (this.whenIdle = resolve));
    if (this.failure !== null) return false;
    const { error } = await new Promise<JobResult>((resolve) => this.jobs.submit({ kind: 'fsync', fd: this.fd }, resolve));
    // What cannot be synced, such as a device, has nevertheless been written.
    return error === null || error.code === 'EINVAL';
  }

  private writeNext(): void {
    const bytes = this.waiting.shift();
    this.isWriting = bytes !== undefined;
    if (bytes === undefined) return this.whenIdle?.();
    const { length } = bytes;
    this.jobs.submit({ kind: 'write', fd: this.fd, bytes }, ({ error }) => {
      this.waitingBytes -= length;
      if (error !== null) this.fail(error);
      this.writeNext();
    });
  }

  private fail(error: JobError): void {
    this.failure = error;
    this.waiting.clear();
    this.waitingBytes = 0;
    this.onError(error);
  }
}
