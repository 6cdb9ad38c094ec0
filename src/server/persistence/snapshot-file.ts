/**
 * SnapshotFile: writes a snapshot, or another file with the whole dataset, to the disk, by jobs of the helper thread.
 *
 *   draft   unlink an old one │ open │ write … fsync … write │ checksum │ fsync │ close │ rename ─▶ file │ fsync of the folder
 *
 * A failed job ends it: the draft is deleted, and the previous file still exists.
 */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import type { Job, JobError, JobResult } from '../background/job.js';
import { NO_CHECKSUM } from './snapshot-writer.js';
import type { WalkSink } from './walk-sink.js';

/** The walk waits for the disk while this number of bytes is being written. */
const MOST_UNDER_WAY = 4 * 2 ** 20;
/** Bytes between two fsyncs, so that none of them takes long (REDIS_AUTOSYNC_BYTES). */
const SYNC_BYTES = 4 * 2 ** 20;

interface Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly strings: readonly number[];
}

export type Trailer = 'checksum' | 'zeros' | 'none';

export interface FileOptions {
  readonly path: string;
  /** In the same folder. */
  readonly draft: string;
  /** What follows at the end: the checksum, zeros in its place, or nothing, because it is not a snapshot. */
  readonly trailer: Trailer;
  readonly syncsOften: boolean;
}

interface FileSurroundings {
  readonly jobs: { submit(job: Job, done?: (result: JobResult) => void): number };
  /** Called when there is room again. */
  resume(): void;
  /** Called once, at the end: null, or why there is no file. Not after {@link SnapshotFile.abandon}. */
  done(complaint: string | null): void;
}

export class SnapshotFile implements WalkSink {
  private fd: number | null = null;
  /** Chunks that wait for the file to be opened. */
  private waiting: Chunk[] = [];
  private bytesUnderWay = 0;
  private unsynced = 0;
  private isEnding = false;
  private isOver = false;
  private isAbandoned = false;

  constructor(
    private readonly options: FileOptions,
    private readonly server: FileSurroundings,
  ) {
    const { jobs } = server;
    jobs.submit({ kind: 'unlink', path: options.draft });
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    jobs.submit({ kind: 'open', path: options.draft, flags, mode: 0o644 }, ({ value, error }) => this.opened(value, error));
  }

  /** The helper compresses. */
  readonly compresses = true;

  get isFull(): boolean {
    return this.fd === null || this.bytesUnderWay >= MOST_UNDER_WAY;
  }

  write(bytes: Buffer, strings: readonly number[]): void {
    if (this.isOver) return;
    const chunk = { bytes: new Uint8Array(bytes), strings };
    this.bytesUnderWay += bytes.length;
    if (this.fd === null) this.waiting.push(chunk);
    else this.submit(this.fd, chunk);
  }

  end(): void {
    this.isEnding = true;
    if (this.bytesUnderWay === 0) this.finish();
  }

  /** Abandons the file: `done` is not called. */
  abandon(): void {
    this.isAbandoned = true;
    if (this.isOver) return;
    this.isOver = true;
    this.waiting = [];
    this.discard();
  }

  private opened(fd: number, error: JobError | null): void {
    // Abandoned meanwhile: its draft is deleted behind the open. Deleted now it could be that of the next snapshot.
    if (this.isOver) {
      if (error === null) this.server.jobs.submit({ kind: 'close', fd });
      return;
    }
    if (error !== null) return this.fail(error);
    this.fd = fd;
    for (const chunk of this.waiting.splice(0)) this.submit(fd, chunk);
    this.server.resume();
  }

  private submit(fd: number, { bytes, strings }: Chunk): void {
    const { length } = bytes;
    const compression = strings.length > 0 ? { strings } : {};
    const job: Job = { kind: 'write', fd, bytes, sums: this.options.trailer === 'checksum', ...compression };
    this.server.jobs.submit(job, ({ error }) => this.wrote(length, error));
    this.unsynced += length;
    if (!this.options.syncsOften || this.unsynced < SYNC_BYTES) return;
    this.unsynced = 0;
    this.server.jobs.submit({ kind: 'fsync', fd }, ({ error }) => {
      if (error !== null) this.fail(error);
    });
  }

  private wrote(length: number, error: JobError | null): void {
    if (this.isOver) return;
    this.bytesUnderWay -= length;
    if (error !== null) return this.fail(error);
    if (!this.isEnding) return this.server.resume();
    if (this.bytesUnderWay === 0) this.finish();
  }

  /** Everything is written; does the remaining jobs. */
  private finish(): void {
    const { path, draft } = this.options;
    const fd = this.fd!;
    this.inOrder([
      ...this.trailer(fd),
      { kind: 'fsync', fd },
      { kind: 'close', fd },
      { kind: 'rename', from: draft, to: path },
      { kind: 'fsync-folder', path: dirname(path) },
    ]);
  }

  private trailer(fd: number): Job[] {
    switch (this.options.trailer) {
      case 'checksum':
        return [{ kind: 'write-checksum', fd }];
      case 'zeros':
        return [{ kind: 'write', fd, bytes: new Uint8Array(Buffer.from(NO_CHECKSUM, 'latin1')) }];
      case 'none':
        return [];
    }
  }

  /** Submits each job when the one before it is done. */
  private inOrder([job, ...rest]: readonly Job[]): void {
    if (job === undefined) {
      this.isOver = true;
      return this.server.done(null);
    }
    // From here on the number may be reused for another file.
    if (job.kind === 'close') this.fd = null;
    this.server.jobs.submit(job, ({ error }) => {
      if (this.isOver) return;
      if (error === null) this.inOrder(rest);
      else this.fail(error);
    });
  }

  private fail({ message }: JobError): void {
    if (this.isOver) return;
    this.isOver = true;
    this.waiting = [];
    this.discard(() => {
      if (!this.isAbandoned) this.server.done(message);
    });
  }

  private discard(done?: () => void): void {
    const { jobs } = this.server;
    if (this.fd !== null) jobs.submit({ kind: 'close', fd: this.fd });
    this.fd = null;
    jobs.submit({ kind: 'unlink', path: this.options.draft }, done);
  }
}
