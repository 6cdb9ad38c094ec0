/**
 * IncrementWriter: writes changes to the increment of the append-only file, and syncs it to the disk.
 *
 *   always     buffer ──▶ helper: write, fsync ──▶ output to clients is sent     group-commit.ts
 *   everysec   buffer ──▶ write(2) by the loop, before replies are sent   fsync once a second, by the helper
 *   no         buffer ──▶ write(2) by the loop, before replies are sent   left to the kernel
 *
 * If writing fails, what was not written is kept, writes are refused, and writing is tried again every second. With `always`, clients that have not been
 * answered by then are disconnected: they must not be told of a write that may be lost.
 */
import type { JobError, JobResult } from '../../background/job.js';
import type { Jobs } from '../../background/jobs.js';
import type { OutputGate, Scheduler } from '../../features/surroundings.js';
import { captureTimer, type TimerState } from '../../../shared/timer-state.js';
import type { ReadRequest } from '../../resp/request-run.js';
import type { AofFiles } from './files.js';
import { GroupCommit, type GroupCommitState } from './group-commit.js';
import { RequestBuffer } from './request-buffer.js';

/** The settings that are used here; the names are CONFIG's. */
export interface WriterSettings {
  readonly appendfsync: string;
  readonly 'no-appendfsync-on-rewrite': boolean;
  readonly 'aof-timestamp-enabled': boolean;
}

/** What it needs of the server around it. */
export interface WriterSurroundings {
  readonly settings: WriterSettings;
  readonly clock: { readonly nowMs: number };
  readonly scheduler: Scheduler;
  readonly jobs: Pick<Jobs, 'submit' | 'resume'>;
  /** Refuses writes from now on, with this reason; null: accepts them again. */
  denyWrites(why: string | null): void;
  /** Holds output back until what it may report is on the disk, according to the gate; null: sends it at once. */
  guard(gate: OutputGate | null): void;
  /** Called when more is on the disk. */
  releaseOutput(): void;
  /** What waits at the gate must not be sent any more. */
  dropOutput(gate: OutputGate): void;
  log(level: 'notice' | 'warning', message: string): void;
}

/** What it needs of the append-only file that the increment belongs to. */
interface Owner {
  /** False: there is no base yet, and the increment is useless without one. */
  readonly isComplete: boolean;
  /** Another file is being written. */
  readonly isBusyOtherwise: boolean;
  /** Called when more is written. */
  grew(): void;
}

/** The fields that are captured as they are. */
const PLAIN_FIELDS = [
  'isOpen', 'fd', 'selectedDb', 'bytes', 'syncing', 'syncedMs', 'unsynced', 'underSync', 'postponedMs', 'writeError', 'syncError', 'delayedSyncs',
  'toldSeconds', 'isDenied', 'leaving',
] as const;

export interface WriterState {
  readonly fields: Pick<IncrementWriter, (typeof PLAIN_FIELDS)[number]>;
  readonly buffer: Uint8Array;
  readonly commit: GroupCommitState;
  readonly sync: TimerState | null;
  readonly retry: TimerState | null;
}

const SYNC_TIMER = 'aof-fsync';
const SYNC_MS = 1000;
const RETRY_TIMER = 'aof-retry';
const RETRY_MS = 1000;
/** How long a write waits for an fsync in progress, which the kernel might make it wait for. */
const POSTPONED_MS = 2000;

/** Bytes that a power failure could lose, and the unix time of the oldest of them. */
interface Unsynced {
  readonly bytes: number;
  readonly sinceMs: number;
}

const NOTHING: Unsynced = { bytes: 0, sinceMs: 0 };

const together = (older: Unsynced, newer: Unsynced): Unsynced =>
  older.bytes === 0 ? newer : { bytes: older.bytes + newer.bytes, sinceMs: older.sinceMs };

export class IncrementWriter implements OutputGate {
  isOpen = false;
  fd = -1;
  /** The database that the increment has selected; -1: none. */
  selectedDb = -1;
  /** Size of the increment. */
  bytes = 0;
  /** For what the loop has written: bytes written after the last fsync, and bytes that an fsync in progress covers. */
  unsynced: Unsynced = NOTHING;
  underSync: Unsynced = NOTHING;
  /** The number of the fsync in progress. */
  syncing: number | null = null;
  syncedMs = 0;
  /** Since when writing waits for an fsync; 0: it does not. */
  postponedMs = 0;
  writeError: JobError | null = null;
  syncError: JobError | null = null;
  delayedSyncs = 0;
  /** Time of the last annotation. */
  toldSeconds = 0;
  isDenied = false;
  /** Increments that are no longer written to, and the numbers of their last fsyncs. */
  leaving: readonly { readonly job: number; readonly fd: number }[] = [];
  private readonly buffer = new RequestBuffer();
  private readonly commit: GroupCommit;
  private syncTimer: TimerState | null = null;
  private retryTimer: TimerState | null = null;

  constructor(
    private readonly server: WriterSurroundings,
    private readonly files: AofFiles,
    private readonly owner: Owner,
  ) {
    const { jobs } = server;
    const wrote = (fd: number, bytes: number): void => void (fd === this.fd && (this.bytes += bytes));
    this.commit = new GroupCommit({ files, jobs, wrote, done: (error) => this.committed(error) });
  }

  capture(): WriterState {
    const fields = Object.fromEntries(PLAIN_FIELDS.map((name) => [name, this[name]])) as unknown as WriterState['fields'];
    const { buffer, commit, syncTimer, retryTimer } = this;
    return { fields, buffer: buffer.capture(), commit: commit.capture(), sync: captureTimer(syncTimer), retry: captureTimer(retryTimer) };
  }

  restore({ fields, buffer, commit, sync, retry }: WriterState): void {
    const { scheduler, jobs } = this.server;
    Object.assign(this, fields);
    this.buffer.putBack(buffer);
    this.commit.restore(commit);
    if (this.syncing !== null) jobs.resume(this.syncing, (result) => this.synced(result));
    for (const { job } of this.leaving) jobs.resume(job, () => this.left(job));
    if (sync !== null) this.syncTimer = scheduler.restore(SYNC_TIMER, sync, () => this.sync());
    if (retry !== null) this.retryTimer = scheduler.restore(RETRY_TIMER, retry, () => this.retry());
  }

  get hasFailed(): boolean {
    return this.writeError !== null || this.syncError !== null;
  }

  get bufferBytes(): number {
    return this.buffer.length;
  }

  /** What could not be written, and would be lost if the server ended now; null: nothing. With `always` no client was told of it. */
  get unwritten(): { readonly bytes: number; readonly why: string } | null {
    const { writeError, buffer, commit, fd } = this;
    return writeError === null ? null : { bytes: buffer.length + commit.bytesFor(fd), why: writeError.message };
  }

  /** What a power failure could lose; null: nothing. */
  get atRisk(): { readonly bytes: number; readonly ageMs: number } | null {
    const { bytes, sinceMs } = together(this.commit.waiting, together(this.underSync, this.unsynced));
    return bytes === 0 ? null : { bytes, ageMs: Math.max(0, this.server.clock.nowMs - sinceMs) };
  }

  // ---- what clients may be told

  /** While the disk refuses, reads continue: they return what is in memory, as to clients that reconnect after having been disconnected. */
  get offset(): number {
    const { commit } = this;
    if (this.writeError !== null) return commit.safeOffset;
    return commit.end + (this.isAlways ? this.buffer.length : 0);
  }

  get safeOffset(): number {
    return this.commit.safeOffset;
  }

  /** Decides again whether output passes the gate. */
  guard(): void {
    this.server.guard(this.isOpen && (this.commits || this.commit.isBusy) ? this : null);
  }

  private get isAlways(): boolean {
    return this.server.settings.appendfsync === 'always';
  }

  /** True if the helper writes. */
  private get commits(): boolean {
    return this.isAlways && this.owner.isComplete;
  }

  // ---- the file

  /** Continues with a file, or begins one. Returns null, or the error. @param isNew its content is dropped */
  begin(name: string, isNew: boolean): string | null {
    const { value, error } = this.files.append(name, isNew);
    if (error !== null) return error.message;
    this.isOpen = true;
    this.fd = value;
    this.selectedDb = -1;
    this.bytes = isNew ? 0 : this.files.size(this.files.path(name));
    this.guard();
    return null;
  }

  /**
   * Writes changes to another file from now on. Returns null, or the error.
   * @param list makes the new file a part of the append-only file; the bytes are those of the previous one. Returns null, or the error: then nothing has
   * changed
   */
  change(name: string, list: (bytes: number) => string | null): string | null {
    if (this.buffer.length > 0) this.writeWhole();
    if (this.writeError !== null) return this.writeError.message;
    const { fd, bytes } = this;
    const bytesToCome = bytes + this.commit.bytesFor(fd);
    const complaint = this.begin(name, true);
    if (complaint !== null) return complaint;
    const unlisted = list(bytesToCome);
    if (unlisted !== null) {
      this.files.close(this.fd);
      this.files.remove(this.files.path(name));
      Object.assign(this, { fd, bytes });
      return unlisted;
    }
    if (this.commit.bytesFor(fd) > 0) this.commit.closeBehind(fd);
    else this.leave(fd);
    return null;
  }

  private leave(fd: number): void {
    this.beginSync();
    const job = this.server.jobs.submit({ kind: 'fsync', fd }, () => this.left(job));
    this.leaving = [...this.leaving, { job, fd }];
  }

  /** Descriptors are closed by the thread that has opened them. */
  private left(job: number): void {
    for (const each of this.leaving) if (each.job === job) this.files.close(each.fd);
    this.leaving = this.leaving.filter((each) => each.job !== job);
    this.endSync();
  }

  /** Drops what was written so far. Returns null, or why no file could be begun. */
  beginAgain(name: string): string | null {
    this.buffer.clear();
    this.unsynced = NOTHING;
    this.files.close(this.fd);
    return this.begin(name, true);
  }

  /** Waits until everything is written, and on the disk. Returns null, or the error. */
  finish(): string | null {
    const error = this.commit.finish();
    if (error !== null) this.failed(error);
    else if (this.buffer.length > 0) this.write();
    if (this.writeError === null && this.unsynced.bytes > 0) this.files.sync(this.fd);
    return this.writeError?.message ?? null;
  }

  close(): void {
    const { server } = this;
    for (const timer of [this.syncTimer, this.retryTimer]) if (timer !== null) server.scheduler.cancel(timer);
    this.syncTimer = this.retryTimer = null;
    this.files.close(this.fd);
    this.isOpen = false;
    this.fd = -1;
    this.bytes = 0;
    this.buffer.clear();
    this.commit.clear();
    this.unsynced = this.underSync = NOTHING;
    this.writeError = this.syncError = null;
    this.tellWriters();
    this.guard();
  }

  // ---- writing

  /** Adds a change, as it is to be repeated. @param read where its bytes are; null: nowhere */
  feed(db: number, argv: readonly string[], read: ReadRequest | null): void {
    const { buffer, server } = this;
    if (server.settings['aof-timestamp-enabled']) this.annotate();
    if (db !== this.selectedDb) buffer.append(['SELECT', String(db)]);
    this.selectedDb = db;
    buffer.append(argv, read);
  }

  readEnded(canKeep: boolean): boolean {
    return this.buffer.readEnded(canKeep);
  }

  private annotate(): void {
    const seconds = Math.floor(this.server.clock.nowMs / 1000);
    if (seconds === this.toldSeconds) return;
    this.toldSeconds = seconds;
    this.buffer.text(`#TS:${seconds}\r\n`);
  }

  /** Called before replies are sent, and before the loop sleeps. */
  flush(): void {
    if (this.buffer.length === 0 || this.writeError !== null) return;
    if (this.commit.isBusy) return;
    if (this.commits) this.gather();
    else if (!this.mustWait()) this.write();
  }

  /** Called when a setting about syncing has changed. */
  configureSync(): void {
    this.guard();
    if (this.unsynced.bytes > 0) this.syncLater();
  }

  /** Submits the buffer as a group. */
  private gather(): void {
    this.commit.add(this.fd, this.bytes, this.buffer.take(), this.server.clock.nowMs);
  }

  /** Also while an append is in progress. */
  private writeWhole(): void {
    if (this.commits || this.commit.isBusy) this.gather();
    else this.write();
  }

  /** An append has ended. */
  private committed(error: JobError | null): void {
    if (error !== null) return this.failed(error);
    this.wroteAll();
    if (!this.commit.isBusy && this.syncing === null && this.leaving.length === 0) this.unsynced = this.underSync = NOTHING;
    this.syncError = null;
    if (this.isDenied) this.tellWriters();
    this.server.releaseOutput();
    if (!this.commits) {
      this.guard();
      this.flush();
    }
    this.owner.grew();
  }

  /** An fsync is in progress: a write to the same file might have to wait for it, and the loop with it. */
  private mustWait(): boolean {
    if (this.syncing === null || this.server.settings.appendfsync !== 'everysec') return false;
    const { nowMs } = this.server.clock;
    if (this.postponedMs === 0) {
      this.postponedMs = nowMs;
      this.retryLater();
      return true;
    }
    if (nowMs - this.postponedMs < POSTPONED_MS) return true;
    this.delayedSyncs++;
    this.server.log('notice', 'Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete.');
    return false;
  }

  /** Writes on the loop's thread. */
  private write(): void {
    const { buffer, server, files } = this;
    const bytes = buffer.take();
    const { value, error } = files.write(this.fd, bytes, this.bytes);
    this.postponedMs = 0;
    this.bytes += value;
    if (error !== null) {
      buffer.putBack(bytes.slice(value));
      return this.failed(error);
    }
    this.wroteAll();
    if (value > 0) {
      this.unsynced = together(this.unsynced, { bytes: value, sinceMs: server.clock.nowMs });
      this.syncLater();
    }
    if (this.isDenied) this.tellWriters();
    this.owner.grew();
  }

  private wroteAll(): void {
    if (this.writeError !== null) this.server.log('warning', 'AOF write error looks solved, Redis can write again.');
    this.writeError = null;
  }

  private failed(error: JobError): void {
    if (this.writeError === null) {
      this.server.log('warning', `Error writing to the AOF file: ${error.message}`);
      if (this.commits || this.commit.isBusy) this.server.dropOutput(this);
    }
    this.writeError = error;
    this.tellWriters();
    this.retryLater();
  }

  private retryLater(): void {
    this.retryTimer ??= this.server.scheduler.after(RETRY_TIMER, RETRY_MS, () => this.retry());
  }

  private retry(): void {
    this.retryTimer = null;
    if (this.commit.isBusy) return this.commit.retry();
    if (this.buffer.length === 0 && this.writeError === null) return;
    if (this.writeError === null && this.mustWait()) this.retryLater();
    else this.writeWhole();
  }

  private tellWriters(): void {
    const error = this.writeError ?? this.syncError;
    this.isDenied = error !== null;
    this.server.denyWrites(error === null ? null : reasonOf(error));
  }

  // ---- fsync of what the loop has written

  private syncLater(): void {
    const { clock, scheduler, settings } = this.server;
    if (settings.appendfsync !== 'everysec' || this.syncing !== null || this.syncTimer !== null) return;
    const dueMs = Math.min(SYNC_MS, Math.max(0, this.syncedMs + SYNC_MS - clock.nowMs));
    this.syncTimer = scheduler.after(SYNC_TIMER, dueMs, () => this.sync());
  }

  private sync(): void {
    const { settings, jobs, clock } = this.server;
    this.syncTimer = null;
    if (this.unsynced.bytes === 0 || this.syncing !== null || settings.appendfsync !== 'everysec') return;
    this.syncedMs = clock.nowMs;
    if (settings['no-appendfsync-on-rewrite'] && this.owner.isBusyOtherwise) return this.syncLater();
    this.beginSync();
    this.syncing = jobs.submit({ kind: 'fsync', fd: this.fd }, (result) => this.synced(result));
  }

  /** Syncs everything written so far. */
  private beginSync(): void {
    this.underSync = together(this.underSync, this.unsynced);
    this.unsynced = NOTHING;
  }

  /** An fsync has ended. They are done in order, so what others cover is on the disk only when none is left. */
  private endSync(): void {
    if (this.syncing === null && this.leaving.length === 0) this.underSync = NOTHING;
  }

  private synced({ error }: JobResult): void {
    this.syncing = null;
    if (!this.isOpen) return;
    const failure = error?.code === 'EINVAL' ? null : error;
    if (failure !== null) {
      if (this.syncError === null) this.server.log('warning', `Error in fsync of the AOF file: ${failure.message}`);
      this.unsynced = together(this.underSync, this.unsynced);
      this.underSync = NOTHING;
    } else this.endSync();
    this.syncError = failure;
    if (failure !== null || this.isDenied) this.tellWriters();
    if (this.postponedMs !== 0) this.flush();
    if (this.unsynced.bytes > 0) this.syncLater();
  }
}

/** Worded as by strerror(3): `No space left on device` for `ENOSPC: no space left on device, write`. */
function reasonOf({ message }: JobError): string {
  const text = /^[A-Z]+: (.*?)(?:, \w+(?: .*)?)?$/.exec(message)?.[1] ?? message;
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
