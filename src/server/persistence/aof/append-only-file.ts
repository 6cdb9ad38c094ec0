/**
 * AppendOnlyFile: every change is written to a file before the client that has made it is answered.
 *
 *   propagation ──▶ buffer ──▶ write(2) once a turn, before replies leave ──▶ increment          always     and fsync(2), before replies leave
 *                                                                                                everysec   fsync once a second, by the helper thread
 *                                                                                                no         when the kernel wants to
 *   rewrite     a new increment begins │ a snapshot of this instant becomes the base │ the manifest names both │ what was before is deleted
 *
 *   off ──▶ waiting ──▶ on        waiting: switched on while the server runs, and the first base is still being written
 *
 * Where writing fails, what was not written stays in the buffer, writes are refused, and it is tried again every second. With `always`, clients that have not
 * been answered by then are disconnected: they must not hear of a write that may be lost.
 */
import type { Job, JobError, JobResult } from '../../background/job.js';
import type { Jobs } from '../../background/jobs.js';
import type { Scheduler } from '../../features/surroundings.js';
import type { Host } from '../../host.js';
import type { Keyspace } from '../../keyspace/keyspace.js';
import type { EncodingLimits } from '../../keyspace/types/limits.js';
import { replaceFile, WRITER } from '../../../shared/replace-file.js';
import { captureTimer, type TimerState } from '../../../shared/timer-state.js';
import { removeDrafts } from '../drafts.js';
import { SnapshotFile } from '../snapshot-file.js';
import { type LoadLibrary, SnapshotError } from '../snapshot-reader.js';
import { type SnapshotSettings, writeSnapshot } from '../snapshot-writer.js';
import type { Walk, Walks } from '../walks.js';
import { AofFiles, type FileSettings } from './files.js';
import { FilesLoader, type LoadingClient } from './files-loader.js';
import { type AofFile, EMPTY_MANIFEST, type Manifest } from './manifest.js';
import { RequestBuffer } from './request-buffer.js';
import { Retries } from './retries.js';

/** The settings that matter; the names are CONFIG's. */
export interface AppendOnlySettings extends FileSettings, SnapshotSettings, EncodingLimits {
  readonly appendfsync: string;
  readonly 'no-appendfsync-on-rewrite': boolean;
  readonly 'auto-aof-rewrite-percentage': number;
  readonly 'auto-aof-rewrite-min-size': number;
  readonly 'aof-load-truncated': boolean;
  readonly 'aof-rewrite-incremental-fsync': boolean;
  readonly 'aof-timestamp-enabled': boolean;
  readonly 'aof-disable-auto-gc': boolean;
}

/** What it needs of the server around it. */
export interface AppendOnlySurroundings {
  readonly settings: AppendOnlySettings;
  readonly keyspace: Keyspace;
  readonly clock: { readonly nowMs: number; readUs(): number };
  readonly scheduler: Scheduler;
  readonly host: Host;
  readonly jobs: Pick<Jobs, 'submit' | 'resume'>;
  readonly libraries: { codes(): readonly string[]; readonly load: LoadLibrary; flush(): void };
  readonly walks: Walks;
  /** Does a job on this thread. */
  perform(job: Job): JobResult;
  /** A snapshot is being saved: rewriting has to wait. */
  isSaving(): boolean;
  /** Runs the requests of the file; see dispatch/loading-client.ts. */
  client(): LoadingClient;
  /** Changes are to be handed to `sink` from now on; null: no longer. */
  listen(sink: AppendOnlyFile | null): void;
  /** Writes are refused from now on, with this reason, or are no longer. */
  denyWrites(why: string | null): void;
  /** What was not sent yet must not be sent. */
  dropOutput(code: string): void;
  log(level: 'notice' | 'warning', message: string): void;
}

type Phase = 'off' | 'waiting' | 'on';

/** What is data as it stands. */
const PLAIN_FIELDS = [
  'phase', 'ownFolder', 'manifest', 'fd', 'selectedDb', 'incrementBytes', 'otherBytes', 'bytesAtRewrite', 'baseBytes', 'syncing', 'syncedMs',
  'unsynced', 'underSync', 'postponedMs', 'writeError', 'syncError', 'rewrites', 'lastRewriteSeconds', 'delayedSyncs', 'toldSeconds', 'isDenied', 'leaving',
] as const;

export interface AppendOnlyState {
  readonly fields: Pick<AppendOnlyFile, (typeof PLAIN_FIELDS)[number]>;
  readonly buffer: readonly string[];
  readonly retries: ReturnType<Retries['capture']>;
  readonly sync: TimerState | null;
  readonly retry: TimerState | null;
  readonly rewrite: TimerState | null;
}

interface Rewrite {
  readonly walk: Walk;
  readonly file: SnapshotFile;
  readonly draft: string;
  readonly base: AofFile;
  /** The number of the first increment that belongs to it. */
  readonly firstSeq: number;
  readonly startMs: number;
}

const SYNC_TIMER = 'aof-fsync';
const SYNC_MS = 1000;
const RETRY_TIMER = 'aof-retry';
const RETRY_MS = 1000;
const REWRITE_TIMER = 'aof-rewrite';
/** How often one that is scheduled looks whether it can begin. */
const SCHEDULED_MS = 100;
/** A write waits so long for an fsync that is under way, which the kernel might make it wait for. */
const POSTPONED_MS = 2000;
const DRAFT = /^temp-rewriteaof-(\d+)-\d+\.aof$/;

/** Bytes that a loss of power might take, and the unix time of the oldest of them. */
interface Unsynced {
  readonly bytes: number;
  readonly sinceMs: number;
}

const NOTHING: Unsynced = { bytes: 0, sinceMs: 0 };

const together = (older: Unsynced, newer: Unsynced): Unsynced =>
  older.bytes === 0 ? newer : { bytes: older.bytes + newer.bytes, sinceMs: older.sinceMs };

export class AppendOnlyFile {
  phase: Phase = 'off';
  /** Folder of the files that this server has loaded, or looked for in vain, or written: they may be replaced. */
  ownFolder: string | null = null;
  manifest: Manifest = EMPTY_MANIFEST;
  fd = -1;
  /** The database that the increment has selected; -1: none. */
  selectedDb = -1;
  /** Bytes of the increment that is being written, and of all other files. */
  incrementBytes = 0;
  otherBytes = 0;
  /** Bytes of all of them behind the last rewrite, and of its base. */
  bytesAtRewrite = 0;
  baseBytes = 0;
  /** What was written behind the last fsync, and what an fsync under way puts on the disk. */
  unsynced: Unsynced = NOTHING;
  underSync: Unsynced = NOTHING;
  /** The number of the fsync that is under way. */
  syncing: number | null = null;
  syncedMs = 0;
  /** Since when writing waits for an fsync; 0: it does not. */
  postponedMs = 0;
  writeError: JobError | null = null;
  syncError: JobError | null = null;
  rewrites = 0;
  /** -1: there was none. */
  lastRewriteSeconds = -1;
  delayedSyncs = 0;
  /** Of the last annotation. */
  toldSeconds = 0;
  isDenied = false;
  /** Increments that are no longer written to, and the numbers of their last fsyncs. */
  leaving: readonly { readonly job: number; readonly fd: number }[] = [];
  private readonly files: AofFiles;
  private readonly loader: FilesLoader;
  private readonly buffer = new RequestBuffer();
  private readonly retries = new Retries();
  private rewriting: Rewrite | null = null;
  private syncTimer: TimerState | null = null;
  private retryTimer: TimerState | null = null;
  private rewriteTimer: TimerState | null = null;

  constructor(private readonly server: AppendOnlySurroundings) {
    this.files = new AofFiles(server.settings, server.host, (job) => server.perform(job));
    this.loader = new FilesLoader(this.files, server);
  }

  capture(): AppendOnlyState {
    const fields = Object.fromEntries(PLAIN_FIELDS.map((name) => [name, this[name]])) as unknown as AppendOnlyState['fields'];
    const [sync, retry, rewrite] = [captureTimer(this.syncTimer), captureTimer(this.retryTimer), captureTimer(this.rewriteTimer)];
    return { fields, buffer: this.buffer.capture(), retries: this.retries.capture(), sync, retry, rewrite };
  }

  /** @param isAnother the server goes on from a state of another one, whose files are not its own */
  restore({ fields, buffer, retries, sync, retry, rewrite }: AppendOnlyState, isAnother: boolean): void {
    if (isAnother) return;
    const { scheduler, jobs } = this.server;
    Object.assign(this, fields);
    this.buffer.putBack(buffer);
    this.retries.restore(retries);
    if (this.phase !== 'off') this.server.listen(this);
    if (this.syncing !== null) jobs.resume(this.syncing, (result) => this.synced(result));
    for (const { job } of this.leaving) jobs.resume(job, () => this.left(job));
    if (sync !== null) this.syncTimer = scheduler.restore(SYNC_TIMER, sync, () => this.sync());
    if (retry !== null) this.retryTimer = scheduler.restore(RETRY_TIMER, retry, () => this.retry());
    if (rewrite !== null) this.rewriteTimer = scheduler.restore(REWRITE_TIMER, rewrite, () => this.beginScheduled());
  }

  get isOn(): boolean {
    return this.phase !== 'off';
  }

  get isRewriting(): boolean {
    return this.rewriting !== null;
  }

  get isRewriteScheduled(): boolean {
    return this.rewriteTimer !== null;
  }

  /** Seconds that the rewrite under way has taken; -1: there is none. */
  get rewriteSeconds(): number {
    return this.rewriting === null ? -1 : Math.floor((this.server.clock.nowMs - this.rewriting.startMs) / 1000);
  }

  get hasRewriteFailed(): boolean {
    return this.retries.failures > 0;
  }

  get rewriteFailures(): number {
    return this.retries.failures;
  }

  get hasWriteFailed(): boolean {
    return this.writeError !== null || this.syncError !== null;
  }

  get currentBytes(): number {
    return this.otherBytes + this.incrementBytes;
  }

  /** Something was written behind the last fsync. */
  private get isUnsynced(): boolean {
    return this.unsynced.bytes > 0;
  }

  /** What a loss of power might take; null: nothing. */
  get atRisk(): { readonly bytes: number; readonly ageMs: number } | null {
    const { bytes, sinceMs } = together(this.underSync, this.unsynced);
    return bytes === 0 ? null : { bytes, ageMs: Math.max(0, this.server.clock.nowMs - sinceMs) };
  }

  get bufferBytes(): number {
    return this.buffer.length;
  }

  /** At the start of a server: loads what there is, and goes on from it. False: there was nothing. Throws SnapshotError with a message for the user. */
  load(): boolean {
    const { files, server } = this;
    for (const draft of server.host.act(() => removeDrafts(files.folder, DRAFT), [])) server.log('notice', `Removed ${draft}, which a rewrite has left`);
    const manifest = files.readManifest() ?? EMPTY_MANIFEST;
    const startUs = server.clock.readUs();
    const isOld = this.loader.isOldFile(manifest);
    const isThere = isOld ? this.loader.loadOldFile() : this.loader.loadListed(manifest);
    if (isThere) server.log('notice', `DB loaded from append only file: ${((server.clock.readUs() - startUs) / 1e6).toFixed(3)} seconds`);
    this.ownFolder = files.folder;
    this.check(files.makeFolder());
    this.manifest = isOld ? this.takeOver() : manifest;
    this.deleteHistory();
    this.open();
    return isThere;
  }

  /** CONFIG SET appendonly. A complaint, or nothing. */
  configure(isOn: boolean): string | void {
    if (isOn === this.isOn) return;
    if (!isOn) return this.turnOff();
    return this.refusal() ?? this.turnOn() ?? undefined;
  }

  /** All data has been replaced without a word of it in the file: it begins anew. */
  restart(): void {
    if (!this.isOn) return;
    this.close();
    const complaint = this.turnOn();
    if (complaint !== null) this.server.log('warning', `The append-only file is off: it could not begin anew with other data: ${complaint}`);
  }

  /** A setting has changed that says how often it is synced. */
  configureSync(): void {
    if (this.isUnsynced) this.syncLater();
  }

  /** A change, as it is to be repeated. */
  feed(db: number, argv: readonly string[]): void {
    const { buffer, server } = this;
    if (server.settings['aof-timestamp-enabled']) this.annotate();
    if (db !== this.selectedDb) buffer.add(['SELECT', String(db)]);
    this.selectedDb = db;
    buffer.add(argv);
  }

  /** Before replies leave, and before the loop sleeps. */
  flush(): void {
    if (this.buffer.length === 0 || this.writeError !== null || this.mustWait()) return;
    this.write();
  }

  /** BGREWRITEAOF. Null, or why it has not begun. */
  rewriteNow(): string | null {
    this.retries.forget();
    const complaint = this.rewrite();
    if (complaint !== null) this.rewriteEnded(complaint);
    return complaint;
  }

  /** Begins as soon as nothing else is being written. */
  rewriteSoon(): void {
    this.retries.forget();
    this.scheduleRewrite(0);
  }

  /** The server is about to end. */
  stop(): void {
    if (this.isOn) this.server.log('notice', 'Calling fsync() on the AOF file.');
    this.close();
  }

  /** DEBUG LOADAOF: empties the keyspace and loads the file again. Null, or why not. */
  reload(): string | null {
    const { keyspace, libraries, log } = this.server;
    if (this.phase !== 'on') return 'there is no append-only file';
    this.write();
    if (this.writeError !== null) return this.writeError.message;
    keyspace.flushAll();
    libraries.flush();
    try {
      this.loader.loadListed(this.manifest);
    } catch (error) {
      if (error instanceof SnapshotError) return error.message;
      throw error;
    }
    log('notice', 'Append Only File loaded by DEBUG LOADAOF');
    return null;
  }

  // ---- starting

  /** The old file becomes the base. */
  private takeOver(): Manifest {
    const { files, server } = this;
    const name = server.settings.appendfilename;
    const manifest = { ...EMPTY_MANIFEST, base: { name, seq: 1 } };
    this.check(files.writeManifest(manifest));
    this.check(files.rename(files.oldPath, files.path(name)));
    server.log('notice', `Successfully migrated an old-style AOF configuration (${name}) into the AOF directory (${server.settings.appenddirname}).`);
    return manifest;
  }

  /** Goes on with the last increment; what is missing is made. */
  private open(): void {
    const { files, server } = this;
    let { base, increments } = this.manifest;
    if (base === null && increments.length === 0) {
      base = this.newBase();
      server.log('notice', `Creating AOF base file ${base.name} on server start`);
      this.check(this.writeBase(base));
    }
    if (increments.length === 0) {
      const seq = files.highestIncrement() + 1;
      increments = [{ name: files.incrementName(seq), seq }];
      server.log('notice', `Creating AOF incr file ${increments[0]!.name} on server start`);
    }
    const last = increments.at(-1)!;
    this.check(this.begin(last, increments !== this.manifest.increments));
    const manifest = { base, increments, history: [] };
    if (increments !== this.manifest.increments) this.check(files.writeManifest(manifest));
    this.manifest = manifest;
    this.baseBytes = base === null ? 0 : files.size(files.path(base.name));
    this.otherBytes = this.baseBytes + increments.slice(0, -1).reduce((sum, { name }) => sum + files.size(files.path(name)), 0);
    this.bytesAtRewrite = this.currentBytes;
    this.phase = 'on';
    this.server.listen(this);
  }

  private writeBase({ name }: AofFile): string | null {
    const { files, server } = this;
    const { keyspace, libraries, settings } = server;
    const draft = files.path(`temp-rewriteaof-${WRITER}.aof`);
    return server.host.attempt(() =>
      replaceFile(files.path(name), (sink) => writeSnapshot({ keyspace, libraries: libraries.codes() }, settings, sink, BASE_FACTS), draft),
    );
  }

  private check(complaint: string | null): void {
    if (complaint !== null) throw new SnapshotError(`the append-only file cannot be written: ${complaint}`);
  }

  // ---- on and off

  /** Another one's files are never replaced. */
  private refusal(): string | null {
    const { files } = this;
    if (this.ownFolder === files.folder || !files.isThere) return null;
    return `${files.folder} has an append-only file that was not loaded: it would be lost. Start with --appendonly yes to go on from it`;
  }

  private turnOn(): string | null {
    const { files, server } = this;
    const complaint = files.makeFolder() ?? this.beginDraft();
    if (complaint !== null) return complaint;
    if (this.ownFolder !== files.folder) this.manifest = EMPTY_MANIFEST;
    this.ownFolder = files.folder;
    this.phase = 'waiting';
    server.listen(this);
    this.rewriteSoon();
    return null;
  }

  private beginDraft(): string | null {
    return this.begin({ name: this.files.draftName, seq: 0 }, true);
  }

  private turnOff(): void {
    this.close();
    this.server.log('notice', 'The append-only file is switched off');
  }

  private close(): void {
    const { server, files } = this;
    this.abandonRewrite();
    if (this.isOn && this.buffer.length > 0) this.write();
    for (const timer of [this.syncTimer, this.retryTimer, this.rewriteTimer]) if (timer !== null) server.scheduler.cancel(timer);
    this.syncTimer = this.retryTimer = this.rewriteTimer = null;
    if (!this.isOn) return;
    if (this.isUnsynced) files.sync(this.fd);
    files.close(this.fd);
    if (this.phase === 'waiting') files.remove(files.path(files.draftName));
    this.phase = 'off';
    this.fd = -1;
    this.incrementBytes = this.otherBytes = 0;
    this.buffer.clear();
    this.unsynced = this.underSync = NOTHING;
    this.writeError = this.syncError = null;
    this.tellWriters();
    server.listen(null);
  }

  // ---- writing

  private annotate(): void {
    const seconds = Math.floor(this.server.clock.nowMs / 1000);
    if (seconds === this.toldSeconds) return;
    this.toldSeconds = seconds;
    this.buffer.text(`#TS:${seconds}\r\n`);
  }

  private get isAlways(): boolean {
    return this.server.settings.appendfsync === 'always';
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

  private write(): void {
    const { buffer, server, files } = this;
    const { length } = buffer;
    const pieces = buffer.take();
    const syncs = this.isAlways && this.phase === 'on';
    const { value, error } = files.write(this.fd, pieces, this.incrementBytes, syncs);
    this.postponedMs = 0;
    this.incrementBytes += value;
    if (error !== null) {
      buffer.putBack(behind(pieces, value));
      return this.writeFailed(error);
    }
    if (this.writeError !== null) server.log('warning', 'AOF write error looks solved, Redis can write again.');
    this.writeError = null;
    if (syncs) {
      this.unsynced = this.underSync = NOTHING;
      this.syncError = null;
    } else if (length > 0) {
      this.unsynced = together(this.unsynced, { bytes: value, sinceMs: server.clock.nowMs });
      this.syncLater();
    }
    if (this.isDenied) this.tellWriters();
    this.rewriteIfGrown();
  }

  private writeFailed(error: JobError): void {
    if (this.writeError === null) this.server.log('warning', `Error writing to the AOF file: ${error.message}`);
    this.writeError = error;
    this.tellWriters();
    this.retryLater();
    if (this.isAlways) this.server.dropOutput(error.code);
  }

  private retryLater(): void {
    this.retryTimer ??= this.server.scheduler.after(RETRY_TIMER, RETRY_MS, () => this.retry());
  }

  private retry(): void {
    this.retryTimer = null;
    if (this.buffer.length === 0 && this.writeError === null) return;
    if (this.writeError === null && this.mustWait()) this.retryLater();
    else this.write();
  }

  private tellWriters(): void {
    const error = this.writeError ?? this.syncError;
    this.isDenied = error !== null;
    this.server.denyWrites(error === null ? null : reasonOf(error));
  }

  // ---- fsync

  private syncLater(): void {
    const { clock, scheduler, settings } = this.server;
    if (settings.appendfsync !== 'everysec' || this.syncing !== null || this.syncTimer !== null) return;
    const dueMs = Math.min(SYNC_MS, Math.max(0, this.syncedMs + SYNC_MS - clock.nowMs));
    this.syncTimer = scheduler.after(SYNC_TIMER, dueMs, () => this.sync());
  }

  private sync(): void {
    const { settings, jobs, clock } = this.server;
    this.syncTimer = null;
    if (!this.isUnsynced || this.syncing !== null || settings.appendfsync !== 'everysec') return;
    this.syncedMs = clock.nowMs;
    if (settings['no-appendfsync-on-rewrite'] && (this.isRewriting || this.server.isSaving())) return this.syncLater();
    this.beginSync();
    this.syncing = jobs.submit({ kind: 'fsync', fd: this.fd }, (result) => this.synced(result));
  }

  /** All that was written so far goes to the disk. */
  private beginSync(): void {
    this.underSync = together(this.underSync, this.unsynced);
    this.unsynced = NOTHING;
  }

  /** An fsync has ended. Jobs are done in their order, so what others put on the disk is there only when none is left. */
  private endSync(): void {
    if (this.syncing === null && this.leaving.length === 0) this.underSync = NOTHING;
  }

  private synced({ error }: JobResult): void {
    this.syncing = null;
    if (!this.isOn) return;
    const failure = error?.code === 'EINVAL' ? null : error;
    if (failure !== null) {
      if (this.syncError === null) this.server.log('warning', `Error in fsync of the AOF file: ${failure.message}`);
      this.unsynced = together(this.underSync, this.unsynced);
      this.underSync = NOTHING;
    } else this.endSync();
    this.syncError = failure;
    if (failure !== null || this.isDenied) this.tellWriters();
    if (this.postponedMs !== 0) this.flush();
    if (this.isUnsynced) this.syncLater();
  }

  // ---- rewriting

  private rewriteIfGrown(): void {
    const { settings } = this.server;
    const { currentBytes } = this;
    const percentage = settings['auto-aof-rewrite-percentage'];
    if (percentage === 0 || currentBytes <= settings['auto-aof-rewrite-min-size'] || this.phase !== 'on') return;
    if (this.rewriting !== null || this.rewriteTimer !== null) return;
    const growth = Math.floor((currentBytes * 100) / Math.max(1, this.bytesAtRewrite)) - 100;
    if (growth < percentage || !this.retries.mayTry(this.server.clock.nowMs)) return;
    this.server.log('notice', `Starting automatic rewriting of AOF on ${growth}% growth`);
    this.scheduleRewrite(0);
  }

  private scheduleRewrite(delayMs: number): void {
    this.rewriteTimer ??= this.server.scheduler.after(REWRITE_TIMER, delayMs, () => this.beginScheduled());
  }

  private beginScheduled(): void {
    this.rewriteTimer = null;
    if (this.rewriting !== null) return;
    if (this.server.isSaving()) return this.scheduleRewrite(SCHEDULED_MS);
    if (!this.retries.mayTry(this.server.clock.nowMs)) return this.scheduleRewrite(RETRY_MS);
    const complaint = this.rewrite();
    if (complaint !== null) this.rewriteEnded(complaint);
  }

  /** Null, or why it has not begun. */
  private rewrite(): string | null {
    const { files, server, phase } = this;
    const { clock, walks, jobs, settings } = server;
    const complaint = this.refusal() ?? files.makeFolder() ?? (phase === 'on' ? this.beginIncrement() : phase === 'waiting' ? this.beginDraftAgain() : null);
    if (complaint !== null) return complaint;
    this.ownFolder = files.folder;
    const base = this.newBase();
    const draft = files.path(`temp-rewriteaof-${WRITER}.aof`);
    const file = new SnapshotFile(
      { path: files.path(base.name), draft, hasChecksum: settings.rdbchecksum, syncsOften: settings['aof-rewrite-incremental-fsync'] },
      { jobs, resume: () => walks.resume(), done: (failure) => this.rewritten(failure) },
    );
    const firstSeq = this.manifest.increments.at(-1)?.seq ?? 0;
    server.log('notice', 'Background append only file rewriting started');
    this.rewriting = { walk: walks.start(file, { facts: BASE_FACTS }), file, draft, base, firstSeq, startMs: clock.nowMs };
    return null;
  }

  private newBase(): AofFile {
    const seq = Math.max(this.manifest.base?.seq ?? 0, this.files.highestBase()) + 1;
    return { name: this.files.baseName(seq), seq };
  }

  /** What changes from now on goes to another file. */
  private beginIncrement(): string | null {
    const { files, server } = this;
    if (this.buffer.length > 0) this.write();
    if (this.writeError !== null) return this.writeError.message;
    const { fd, incrementBytes } = this;
    const seq = Math.max(this.manifest.increments.at(-1)?.seq ?? 0, files.highestIncrement()) + 1;
    const increment = { name: files.incrementName(seq), seq };
    server.log('notice', `Creating AOF incr file ${increment.name} on background rewrite`);
    const complaint = this.begin(increment, true);
    if (complaint !== null) return complaint;
    const manifest = { ...this.manifest, increments: [...this.manifest.increments, increment] };
    const unlisted = files.writeManifest(manifest);
    if (unlisted !== null) {
      files.close(this.fd);
      files.remove(files.path(increment.name));
      Object.assign(this, { fd, incrementBytes });
      this.selectedDb = -1;
      return unlisted;
    }
    this.manifest = manifest;
    this.otherBytes += incrementBytes;
    this.beginSync();
    const job = server.jobs.submit({ kind: 'fsync', fd }, () => this.left(job));
    this.leaving = [...this.leaving, { job, fd }];
    return null;
  }

  /** Descriptors are closed by the thread that has opened them. */
  private left(job: number): void {
    for (const each of this.leaving) if (each.job === job) this.files.close(each.fd);
    this.leaving = this.leaving.filter((each) => each.job !== job);
    this.endSync();
  }

  /** The snapshot that is about to be made has all that was written to it so far. */
  private beginDraftAgain(): string | null {
    this.buffer.clear();
    this.unsynced = NOTHING;
    this.files.close(this.fd);
    return this.beginDraft();
  }

  private begin({ name }: AofFile, isNew: boolean): string | null {
    const { files } = this;
    const { value, error } = files.append(name, isNew);
    if (error !== null) return error.message;
    this.fd = value;
    this.selectedDb = -1;
    this.incrementBytes = isNew ? 0 : files.size(files.path(name));
    return null;
  }

  private rewritten(failure: string | null): void {
    const { base, firstSeq, walk } = this.rewriting!;
    this.server.walks.stop(walk);
    this.rewriteEnded(failure ?? this.adopt(base, firstSeq));
  }

  /** The new base and what belongs to it are the append-only file from now on. Null, or why not. */
  private adopt(base: AofFile, firstSeq: number): string | null {
    const { files, manifest } = this;
    const isOn = this.phase === 'on';
    let increments = manifest.increments.filter(({ seq }) => isOn && seq >= firstSeq);
    const old = manifest.increments.filter(({ seq }) => !isOn || seq < firstSeq);
    if (this.phase === 'waiting') {
      if (this.buffer.length > 0) this.write();
      if (this.writeError !== null) return this.writeError.message;
      const seq = Math.max(manifest.increments.at(-1)?.seq ?? 0, files.highestIncrement()) + 1;
      increments = [{ name: files.incrementName(seq), seq }];
      const synced = files.sync(this.fd).error?.message ?? null;
      const complaint = synced ?? files.rename(files.path(files.draftName), files.path(increments[0]!.name));
      if (complaint !== null) return complaint;
    }
    const history = [...manifest.history, ...(manifest.base === null ? [] : [manifest.base]), ...old];
    const unlisted = files.writeManifest({ base, increments, history });
    if (unlisted !== null) {
      if (this.phase === 'waiting') files.rename(files.path(increments[0]!.name), files.path(files.draftName));
      return unlisted;
    }
    this.manifest = { base, increments, history };
    if (this.phase === 'waiting') this.phase = 'on';
    this.baseBytes = files.size(files.path(base.name));
    this.otherBytes = this.baseBytes;
    this.bytesAtRewrite = this.currentBytes;
    this.deleteHistory();
    return null;
  }

  private rewriteEnded(complaint: string | null): void {
    const { clock, log } = this.server;
    this.lastRewriteSeconds = this.rewriteSeconds;
    this.rewriting = null;
    this.rewrites++;
    if (complaint === null) {
      this.retries.succeeded();
      log('notice', 'Background AOF rewrite finished successfully');
    } else {
      this.retries.failed(clock.nowMs);
      log('warning', `Background AOF rewrite failed: ${complaint}`);
    }
    // Without a base there is no append-only file: it is tried again.
    if (this.phase === 'waiting') this.scheduleRewrite(RETRY_MS);
  }

  private abandonRewrite(): void {
    const { rewriting, server, files } = this;
    if (rewriting === null) return;
    this.rewriting = null;
    server.walks.stop(rewriting.walk);
    rewriting.file.abandon();
    // Jobs may be done no more.
    files.remove(rewriting.draft);
    server.log('notice', 'Background AOF rewrite was given up');
  }

  private deleteHistory(): void {
    const { manifest, files, server } = this;
    if (manifest.history.length === 0 || server.settings['aof-disable-auto-gc']) return;
    for (const { name } of manifest.history) {
      server.log('notice', `Removing the history file ${name} in the background`);
      server.jobs.submit({ kind: 'unlink', path: files.path(name) });
    }
    this.manifest = { ...manifest, history: [] };
    const complaint = files.writeManifest(this.manifest);
    if (complaint !== null) server.log('warning', `The manifest of the append-only file still names files that are deleted: ${complaint}`);
  }
}

/** What tells the base from another snapshot. */
const BASE_FACTS = [['aof-base', '1']] as const;

/** What is left of the pieces behind the first `bytes` of them. */
function behind(pieces: readonly string[], bytes: number): string[] {
  const rest: string[] = [];
  let skip = bytes;
  for (const piece of pieces) {
    if (skip < piece.length) rest.push(piece.slice(skip));
    skip = Math.max(0, skip - piece.length);
  }
  return rest;
}

/** As strerror(3) says it: `No space left on device` of `ENOSPC: no space left on device, write`. */
function reasonOf({ message }: JobError): string {
  const text = /^[A-Z]+: (.*?)(?:, \w+(?: .*)?)?$/.exec(message)?.[1] ?? message;
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
