/**
 * AppendOnlyFile: writes every change to a file before the client that has made it is answered.
 *
 *   propagation ──▶ increment-writer.ts ──▶ the last increment
 *   rewrite     a new increment begins │ the dataset of this instant becomes the base │ the manifest names both │ older files are deleted     rewriting.ts
 *
 *   off ──▶ waiting ──▶ on        waiting: switched on while the server runs, and the first base is not written yet
 */
import type { Job, JobResult } from '../../background/job.js';
import type { Jobs } from '../../background/jobs.js';
import type { Host } from '../../host.js';
import type { Keyspace } from '../../keyspace/keyspace.js';
import type { EncodingLimits } from '../../keyspace/types/limits.js';
import type { ReadRequest } from '../../resp/request-run.js';
import { replaceFile } from '../../../shared/replace-file.js';
import { removeDrafts } from '../drafts.js';
import { type LoadLibrary, SnapshotError } from '../snapshot-reader.js';
import { writeDataset } from '../dataset-writer.js';
import { type SnapshotSettings, writeSnapshot } from '../snapshot-writer.js';
import type { LoadTask } from '../start-load.js';
import { asCommands } from './command-writer.js';
import { AofFiles, type FileSettings } from './files.js';
import { FilesLoader, type LoadingClient } from './files-loader.js';
import { IncrementWriter, type WriterSettings, type WriterState, type WriterSurroundings } from './increment-writer.js';
import { type AofFile, EMPTY_MANIFEST, type Manifest } from './manifest.js';
import { BASE_FACTS, isSnapshot, Rewriting, type RewritingSettings, type RewritingState, type RewritingSurroundings } from './rewriting.js';

/** The settings that are used here; the names are CONFIG's. */
export interface AppendOnlySettings extends FileSettings, SnapshotSettings, EncodingLimits, WriterSettings, RewritingSettings {
  readonly 'aof-load-truncated': boolean;
  readonly 'aof-disable-auto-gc': boolean;
}

/** What it needs of the server around it. */
export interface AppendOnlySurroundings extends WriterSurroundings, RewritingSurroundings {
  readonly settings: AppendOnlySettings;
  readonly keyspace: Keyspace;
  readonly clock: { readonly nowMs: number; readUs(): number };
  readonly host: Host;
  readonly jobs: Pick<Jobs, 'submit' | 'resume' | 'settle'>;
  readonly libraries: { codes(): readonly string[]; readonly load: LoadLibrary; flush(): void };
  /** Does a job on this thread. */
  perform(job: Job): JobResult;
  /** Runs the requests of the file; see dispatch/loading-client.ts. */
  client(): LoadingClient;
  /** Passes changes to `sink` from now on; null: to none. */
  listen(sink: AppendOnlyFile | null): void;
}

type Phase = 'off' | 'waiting' | 'on';

/** The fields that are captured as they are. */
const PLAIN_FIELDS = ['phase', 'ownFolder', 'manifest', 'otherBytes', 'bytesAtRewrite', 'baseBytes'] as const;

export interface AppendOnlyState {
  readonly fields: Pick<AppendOnlyFile, (typeof PLAIN_FIELDS)[number]>;
  readonly writer: WriterState;
  readonly rewriting: RewritingState;
}

const DRAFT = /^temp-rewriteaof-(\d+)-\d+\.aof$/;

export class AppendOnlyFile {
  phase: Phase = 'off';
  /** Folder of the files that this server has loaded, or found missing, or written: they may be replaced. */
  ownFolder: string | null = null;
  manifest: Manifest = EMPTY_MANIFEST;
  /** Bytes of all files except the increment being written. */
  otherBytes = 0;
  /** Bytes of all files after the last rewrite, and of its base. */
  bytesAtRewrite = 0;
  baseBytes = 0;
  readonly writer: IncrementWriter;
  readonly rewriting: Rewriting;
  private readonly files: AofFiles;
  private readonly loader: FilesLoader;
  /** At the start: a single file of Redis 6 or earlier. */
  private loadsOldFile = false;

  constructor(private readonly server: AppendOnlySurroundings) {
    const files = (this.files = new AofFiles(server.settings, server.host, (job) => server.perform(job), () => server.jobs.settle()));
    this.loader = new FilesLoader(files, server);
    this.writer = new IncrementWriter(server, files, this);
    this.rewriting = new Rewriting(server, files, this);
  }

  capture(): AppendOnlyState {
    const fields = Object.fromEntries(PLAIN_FIELDS.map((name) => [name, this[name]])) as unknown as AppendOnlyState['fields'];
    return { fields, writer: this.writer.capture(), rewriting: this.rewriting.capture() };
  }

  /** @param isAnother the server starts from the state of another one, whose files are not its own */
  restore({ fields, writer, rewriting }: AppendOnlyState, isAnother: boolean): void {
    if (!isAnother) {
      Object.assign(this, fields);
      this.writer.restore(writer);
      this.rewriting.restore(rewriting);
      if (this.isOn) this.server.listen(this);
    }
    this.writer.guard();
  }

  get isOn(): boolean {
    return this.phase !== 'off';
  }

  get currentBytes(): number {
    return this.otherBytes + this.writer.bytes;
  }

  /**
   * Returns what is to be loaded at the start of a server; null: nothing. {@link loaded} must be called afterwards. Throws SnapshotError with a message for
   * the user.
   */
  toLoad(): LoadTask | null {
    const { files, server, loader } = this;
    for (const draft of server.host.act(() => removeDrafts(files.folder, DRAFT), [])) server.log('notice', `Removed ${draft}, which a rewrite has left`);
    this.manifest = files.readManifest() ?? EMPTY_MANIFEST;
    this.loadsOldFile = loader.isOldFile(this.manifest);
    return this.loadsOldFile ? loader.oldFile() : loader.listed(this.manifest);
  }

  /** Continues with what was loaded. Throws SnapshotError. */
  loaded(): void {
    const { files } = this;
    this.ownFolder = files.folder;
    this.check(files.makeFolder());
    if (this.loadsOldFile) this.manifest = this.takeOver();
    this.deleteHistory();
    this.open();
  }

  /** CONFIG SET appendonly. Returns a complaint, or nothing. */
  configure(isOn: boolean): string | void {
    if (isOn === this.isOn) return;
    if (!isOn) return this.turnOff();
    return this.refusal() ?? this.turnOn() ?? undefined;
  }

  /** Called when all data was replaced without being written to the file: the file is started again. */
  restart(): void {
    if (!this.isOn) return;
    this.close();
    const complaint = this.turnOn();
    if (complaint !== null) this.server.log('warning', `The append-only file is off: it could not begin anew with other data: ${complaint}`);
  }

  /** Writes a change, as it is to be repeated. @param read where its bytes are until {@link readEnded} is called; null: nowhere */
  feed(db: number, argv: readonly string[], read: ReadRequest | null): void {
    this.writer.feed(db, argv, read);
  }

  /** Returns true if bytes of the read are still to be copied. */
  readEnded(canKeep: boolean): boolean {
    return this.writer.readEnded(canKeep);
  }

  /** Called before the server ends. */
  stop(): void {
    const { server, writer } = this;
    if (this.isOn) server.log('notice', 'Calling fsync() on the AOF file.');
    this.close(() => {
      const { unwritten } = writer;
      if (unwritten === null) return;
      server.log('warning', `The last changes, ${unwritten.bytes} bytes, are not in the append-only file and are lost: ${unwritten.why}`);
    });
  }

  /** DEBUG LOADAOF: empties the keyspace and loads the file again. Returns null, or the error. */
  reload(): string | null {
    const { keyspace, libraries, log } = this.server;
    // While it is off BGREWRITEAOF writes one, which can be loaded.
    const isWritten = this.phase === 'off' && this.ownFolder === this.files.folder && this.manifest.base !== null;
    if (this.phase !== 'on' && !isWritten) return 'there is no append-only file';
    const complaint = this.isOn ? this.writer.finish() : null;
    if (complaint !== null) return complaint;
    keyspace.flushAll();
    libraries.flush();
    try {
      const steps = this.loader.listed(this.manifest)?.run(() => ({ most: Infinity }));
      while (steps?.next().done === false);
    } catch (error) {
      if (error instanceof SnapshotError) return error.message;
      throw error;
    }
    log('notice', 'Append Only File loaded by DEBUG LOADAOF');
    return null;
  }

  // ---- starting

  /** Makes the old file the base. */
  private takeOver(): Manifest {
    const { files, server } = this;
    const name = server.settings.appendfilename;
    const manifest = { ...EMPTY_MANIFEST, base: { name, seq: 1 } };
    this.check(files.writeManifest(manifest));
    this.check(files.rename(files.oldPath, files.path(name)));
    server.log('notice', `Successfully migrated an old-style AOF configuration (${name}) into the AOF directory (${server.settings.appenddirname}).`);
    return manifest;
  }

  /** Continues with the last increment; missing files are created. */
  private open(): void {
    const { files, server } = this;
    let { base, increments } = this.manifest;
    if (base === null && increments.length === 0) {
      base = this.newBase();
      server.log('notice', `Creating AOF base file ${base.name} on server start`);
      this.check(this.writeBase(base));
    }
    if (increments.length === 0) {
      increments = [this.newIncrement()];
      server.log('notice', `Creating AOF incr file ${increments[0]!.name} on server start`);
    }
    const last = increments.at(-1)!;
    this.check(this.writer.begin(last.name, increments !== this.manifest.increments));
    const manifest = { base, increments, history: [] };
    if (increments !== this.manifest.increments) this.check(files.writeManifest(manifest));
    this.manifest = manifest;
    this.baseBytes = base === null ? 0 : files.size(files.path(base.name));
    this.otherBytes = this.baseBytes + increments.slice(0, -1).reduce((sum, { name }) => sum + files.size(files.path(name)), 0);
    this.bytesAtRewrite = this.currentBytes;
    this.become('on');
  }

  private writeBase({ name }: AofFile): string | null {
    const { files, server } = this;
    const { keyspace, libraries, settings } = server;
    const dataset = { keyspace, libraries: libraries.codes() };
    const write = (sink: (bytes: Buffer) => void): void =>
      isSnapshot(settings) ? writeSnapshot(dataset, settings, sink, BASE_FACTS) : writeDataset(asCommands(settings)(sink, keyspace, false), dataset, []);
    return server.host.attempt(() => replaceFile(files.path(name), write, files.baseDraft));
  }

  private check(complaint: string | null): void {
    if (complaint !== null) throw new SnapshotError(`the append-only file cannot be written: ${complaint}`);
  }

  // ---- on and off

  /** Files of another server are never replaced. */
  private refusal(): string | null {
    const { files } = this;
    if (this.ownFolder === files.folder || !files.isThere) return null;
    return `${files.folder} has an append-only file that was not loaded: it would be lost. Start with --appendonly yes to go on from it`;
  }

  private turnOn(): string | null {
    const { files } = this;
    const complaint = files.makeFolder() ?? this.writer.begin(files.draftName, true);
    if (complaint !== null) return complaint;
    if (this.ownFolder !== files.folder) this.manifest = EMPTY_MANIFEST;
    this.ownFolder = files.folder;
    this.become('waiting');
    this.rewriting.soon();
    return null;
  }

  private turnOff(): void {
    this.close();
    this.server.log('notice', 'The append-only file is switched off');
  }

  private become(phase: Phase): void {
    this.phase = phase;
    this.server.listen(this.isOn ? this : null);
    this.writer.guard();
  }

  /** @param finished called when everything is written that can be */
  private close(finished = (): void => {}): void {
    const { files, writer } = this;
    this.rewriting.stop();
    if (!this.isOn) return;
    writer.finish();
    finished();
    writer.close();
    if (this.phase === 'waiting') files.remove(files.path(files.draftName));
    this.otherBytes = 0;
    this.become('off');
  }

  // ---- called by the writer

  get isComplete(): boolean {
    return this.phase === 'on';
  }

  get isBusyOtherwise(): boolean {
    return this.rewriting.isRunning || this.server.isSaving();
  }

  grew(): void {
    if (this.phase === 'on') this.rewriting.lookAt(this.currentBytes, this.bytesAtRewrite);
  }

  // ---- called by rewriting

  get lacksBase(): boolean {
    return this.phase === 'waiting';
  }

  /** The number of the increment being written. */
  get lastSeq(): number {
    return this.manifest.increments.at(-1)?.seq ?? 0;
  }

  beginRewrite(): string | null {
    const { files } = this;
    const complaint = this.refusal() ?? files.makeFolder() ?? this.beginFile();
    if (complaint === null) this.ownFolder = files.folder;
    return complaint;
  }

  private beginFile(): string | null {
    if (this.phase === 'on') return this.beginIncrement();
    // The snapshot that is about to be made contains everything written to it so far.
    return this.phase === 'waiting' ? this.writer.beginAgain(this.files.draftName) : null;
  }

  newBase(): AofFile {
    const seq = Math.max(this.manifest.base?.seq ?? 0, this.files.highestBase()) + 1;
    return { name: this.files.baseName(seq, isSnapshot(this.server.settings)), seq };
  }

  private newIncrement(): AofFile {
    const seq = Math.max(this.lastSeq, this.files.highestIncrement()) + 1;
    return { name: this.files.incrementName(seq), seq };
  }

  private beginIncrement(): string | null {
    const { files, server, writer } = this;
    const increment = this.newIncrement();
    server.log('notice', `Creating AOF incr file ${increment.name} on background rewrite`);
    const manifest = { ...this.manifest, increments: [...this.manifest.increments, increment] };
    let bytesBefore = 0;
    const complaint = writer.change(increment.name, (bytes) => {
      bytesBefore = bytes;
      return files.writeManifest(manifest);
    });
    if (complaint !== null) return complaint;
    this.manifest = manifest;
    this.otherBytes += bytesBefore;
    return null;
  }

  adopt(base: AofFile, firstSeq: number): string | null {
    const { files, manifest } = this;
    const isOn = this.phase === 'on';
    let increments = manifest.increments.filter(({ seq }) => isOn && seq >= firstSeq);
    const old = manifest.increments.filter(({ seq }) => !isOn || seq < firstSeq);
    if (this.phase === 'waiting') {
      const increment = this.newIncrement();
      const complaint = this.writer.finish() ?? files.rename(files.path(files.draftName), files.path(increment.name));
      if (complaint !== null) return complaint;
      increments = [increment];
    }
    const history = [...manifest.history, ...(manifest.base === null ? [] : [manifest.base]), ...old];
    const unlisted = files.writeManifest({ base, increments, history });
    if (unlisted !== null) {
      if (this.phase === 'waiting') files.rename(files.path(increments[0]!.name), files.path(files.draftName));
      return unlisted;
    }
    this.manifest = { base, increments, history };
    if (this.phase === 'waiting') this.become('on');
    this.baseBytes = files.size(files.path(base.name));
    this.otherBytes = this.baseBytes;
    this.bytesAtRewrite = this.currentBytes;
    this.deleteHistory();
    return null;
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
