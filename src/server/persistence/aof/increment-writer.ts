/**
 * IncrementWriter: writes changes to the increment of the append-only file, and sees to it that they come to the disk.
 *
 *   always     buffer ──▶ helper: write, fsync ──▶ what clients are told leaves     group-commit.ts
 *   everysec   buffer ──▶ write(2) by the loop, before replies leave                fsync once a second, by the helper
 *   no         buffer ──▶ write(2) by the loop, before replies leave                the kernel's own affair
 *
 * Where writing fails, what was not written is kept, writes are refused, and it is tried again every second. With `always`, clients that have not been answered
 * by then are disconnected: they must not hear of a write that may be lost.
 */
import type { JobError, JobResult } from '../../background/job.js';
import type { Jobs } from '../../background/jobs.js';
import type { Scheduler } from '../../features/surroundings.js';
import { captureTimer, type TimerState } from '../../../shared/timer-state.js';
import type { AofFiles } from './files.js';
import { behind, GroupCommit, type GroupCommitState } from './group-commit.js';
import { RequestBuffer } from './request-buffer.js';

/** The settings that matter; the names are CONFIG's. */
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
  /** Writes are refused from now on, with this reason, or are no longer. */
  denyWrites(why: string | null): void;
  /** Output leaves only when the disk has what it may tell of, as the gate says; null: at once. */
  guard(gate: OutputGate | null): void;
  /** The disk has more than it had. */
  releaseOutput(): void;
  /** What waits behind the gate must not be sent any more. */
  dropOutput(gate: OutputGate): void;
  log(level: 'notice' | 'warning', message: string): void;
}

/** What it needs of the append-only file that the increment belongs to. */
interface Owner {
  /** False: there is no base yet, and what is written is worth nothing without one. */
  readonly isComplete: boolean;
  /** Another file is being written. */
  readonly isBusyOtherwise: boolean;
  /** More is written. */
  grew(): void;
}

/** Offsets count what was written down since the start; see client/held-output.ts. */
export interface OutputGate {
  readonly offset: number;
  readonly safeOffset: number;
}

/** What is data as it stands. */
const PLAIN_FIELDS = [
  'isOpen', 'fd', 'selectedDb', 'bytes', 'syncing', 'syncedMs', 'unsynced', 'underSync', 'postponedMs', 'writeError', 'syncError', 'delayedSyncs',
  'toldSeconds', 'isDenied', 'leaving',
] as const;

export interface WriterState {
  readonly fields: Pick<IncrementWriter, (typeof PLAIN_FIELDS)[number]>;
  readonly buffer: readonly string[];
  readonly commit: GroupCommitState;
  readonly sync: TimerState | null;
  readonly retry: TimerState | null;
}

const SYNC_TIMER = 'aof-fsync';
const SYNC_MS = 1000;
const RETRY_TIMER = 'aof-retry';
const RETRY_MS = 1000;
/** A write waits so long for an fsync that is under way, which the kernel might make it wait for. */
const POSTPONED_MS = 2000;

/** Bytes that a loss of power might take, and the unix time of the oldest of them. */
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
  /** What is in the increment. */
  bytes = 0;
  /** What was written behind the last fsync, and what an fsync under way puts on the disk; of what the loop has written. */
  unsynced: Unsynced = NOTHING;
  underSync: Unsynced = NOTHING;
  /** The number of the fsync that is under way. */
  syncing: number | null = null;
  syncedMs = 0;
  /** Since when writing waits for an fsync; 0: it does not. */
  postponedMs = 0;
  writeError: JobError | null = null;
  syncError: JobError | null = null;
  delayedSyncs = 0;
  /** Of the last annotation. */
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

  /** What a loss of power might take; null: nothing. */
  get atRisk(): { readonly bytes: number; readonly ageMs: number } | null {
    const { bytes, sinceMs } = together(this.commit.waiting, together(this.underSync, this.unsynced));
    return bytes === 0 ? null : { bytes, ageMs: Math.max(0, this.server.clock.nowMs - sinceMs) };
  }

  // ---- what clients may be told

  /** Where the disk refuses, reads go on: their clients are told what is in memory, as those who had to be disconnected would be. */
  get offset(): number {
    const { commit } = this;
    if (this.writeError !== null) return commit.safeOffset;
    return commit.end + (this.isAlways ? this.buffer.length : 0);
  }

  get safeOffset(): number {
    return this.commit.safeOffset;
  }

  /** Whether output passes the gate has to be decided anew. */
  guard(): void {
    this.server.guard(this.isOpen && (this.commits || this.commit.isBusy) ? this : null);
  }

  private get isAlways(): boolean {
    return this.server.settings.appendfsync === 'always';
  }

  /** The helper writes. */
  private get commits(): boolean {
    return this.isAlways && this.owner.isComplete;
  }

  // ---- the file

  /** Goes on with a file, or begins one. Null, or why not. @param isNew what is in it is dropped */
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
   * What changes from now on goes to another file. Null, or why not.
   * @param list makes the new file one of the append-only file; the bytes are those of the one before. Null, or why not: then all is as before
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

  /** What was written so far is worth nothing. Null, or why no file could be begun. */
  beginAgain(name: string): string | null {
    this.buffer.clear();
    this.unsynced = NOTHING;
    this.files.close(this.fd);
    return this.begin(name, true);
  }

  /** The loop waits until all is written, and on the disk. Null, or why not. */
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

  /** A change, as it is to be repeated. */
  feed(db: number, argv: readonly string[]): void {
    const { buffer, server } = this;
    if (server.settings['aof-timestamp-enabled']) this.annotate();
    if (db !== this.selectedDb) buffer.add(['SELECT', String(db)]);
    this.selectedDb = db;
    buffer.add(argv);
  }

  private annotate(): void {
    const seconds = Math.floor(this.server.clock.nowMs / 1000);
    if (seconds === this.toldSeconds) return;
    this.toldSeconds = seconds;
    this.buffer.text(`#TS:${seconds}\r\n`);
  }

  /** Before replies leave, and before the loop sleeps. */
  flush(): void {
    if (this.buffer.length === 0 || this.writeError !== null) return;
    if (this.commit.isBusy) return;
    if (this.commits) this.gather();
    else if (!this.mustWait()) this.write();
  }

  /** A setting has changed that says how often it is synced. */
  configureSync(): void {
    this.guard();
    if (this.unsynced.bytes > 0) this.syncLater();
  }

  /** What is in the buffer comes to the disk as a group. */
  private gather(): void {
    const { length } = this.buffer;
    this.commit.add(this.fd, this.bytes, this.buffer.take(), length, this.server.clock.nowMs);
  }

  /** Also while an append is under way. */
  private writeWhole(): void {
    if (this.commits || this.commit.isBusy) this.gather();
    else this.write();
  }

  /** An append has come to its end. */
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

  /** An fsync is under way: a write to the same file might have to wait for it, and the loop with it. */
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

  /** The loop writes. */
  private write(): void {
    const { buffer, server, files } = this;
    const { length } = buffer;
    const pieces = buffer.take();
    const { value, error } = files.write(this.fd, pieces, this.bytes, length);
    this.postponedMs = 0;
    this.bytes += value;
    if (error !== null) {
      buffer.putBack(behind(pieces, value));
      return this.failed(error);
    }
    this.wroteAll();
    if (length > 0) {
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

  /** All that was written so far goes to the disk. */
  private beginSync(): void {
    this.underSync = together(this.underSync, this.unsynced);
    this.unsynced = NOTHING;
  }

  /** An fsync has ended. They are done in their order, so what others put on the disk is there only when none is left. */
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

/** As strerror(3) says it: `No space left on device` of `ENOSPC: no space left on device, write`. */
function reasonOf({ message }: JobError): string {
  const text = /^[A-Z]+: (.*?)(?:, \w+(?: .*)?)?$/.exec(message)?.[1] ?? message;
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
