/**
 * AofFiles: the files of the append-only file in their folder: creates them, appends to them and lists them in the manifest, on the loop's thread.
 *
 *   dir/appenddirname/   appendfilename.manifest │ appendfilename.1.base.rdb │ appendfilename.1.incr.aof …
 *   dir/appendfilename   a file of Redis 6 or earlier, which is adopted at the start
 */
import { constants, existsSync, fstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { replaceFile, syncFolder, WRITER } from '../../../shared/replace-file.js';
import type { Job, JobResult } from '../../background/job.js';
import { toText } from '../../config/bytes.js';
import type { FileToLoad, Host } from '../../host.js';
import { openToLoad } from '../snapshot-load.js';
import { SnapshotError } from '../snapshot-reader.js';
import { formatManifest, type Manifest, ManifestError, parseManifest } from './manifest.js';

/** The settings that are used here; the names are CONFIG's. */
export interface FileSettings {
  readonly dir: string;
  readonly appendfilename: string;
  readonly appenddirname: string;
}

const DONE: JobResult = { value: 0, error: null };

export class AofFiles {
  /**
   * @param perform does a job on this thread
   * @param settle see `Jobs.settle`
   */
  constructor(
    private readonly settings: FileSettings,
    private readonly host: Host,
    private readonly perform: (job: Job) => JobResult,
    private readonly settle: () => boolean,
  ) {}

  get folder(): string {
    const { dir, appenddirname } = this.settings;
    return resolve(toText(dir), toText(appenddirname));
  }

  /** @param name a byte string */
  path(name: string): string {
    return resolve(this.folder, toText(name));
  }

  get manifestPath(): string {
    return this.path(`${this.settings.appendfilename}.manifest`);
  }

  get oldPath(): string {
    const { dir, appendfilename } = this.settings;
    return resolve(toText(dir), toText(appendfilename));
  }

  baseName(seq: number, isSnapshot: boolean): string {
    return `${this.settings.appendfilename}.${seq}.base.${isSnapshot ? 'rdb' : 'aof'}`;
  }

  incrementName(seq: number): string {
    return `${this.settings.appendfilename}.${seq}.incr.aof`;
  }

  /** The file to which the base is written before it gets its name. */
  get baseDraft(): string {
    return this.path(`temp-rewriteaof-${WRITER}.aof`);
  }

  /** The file that is written to while its base does not exist yet. */
  get draftName(): string {
    return `temp-${this.settings.appendfilename}.incr`;
  }

  /** Returns null if there is none. Throws {@link SnapshotError}. */
  readManifest(): Manifest | null {
    const { manifestPath } = this;
    const file = this.open(manifestPath);
    if (file === null) return null;
    try {
      return parseManifest(readWhole(file));
    } catch (error) {
      if (error instanceof ManifestError) throw new SnapshotError(`${manifestPath} cannot be read, and is left as it is: ${error.message}`);
      throw error;
    }
  }

  /** Opens a file to be loaded; null: there is none. Throws {@link SnapshotError}. */
  open(path: string): FileToLoad | null {
    return openToLoad(this.host, path);
  }

  /** Returns null, or why it failed. */
  writeManifest(manifest: Manifest): string | null {
    const draft = this.path(`temp-${this.settings.appendfilename}.manifest`);
    return this.host.attempt(() => replaceFile(this.manifestPath, formatManifest(manifest), draft));
  }

  /** Returns null, or why it failed. */
  makeFolder(): string | null {
    return this.host.attempt(() => {
      if (existsSync(this.folder)) return;
      mkdirSync(this.folder);
      syncFolder(toText(this.settings.dir));
    });
  }

  /** True if there is an append-only file, of this server or of another one. */
  get isThere(): boolean {
    return this.host.act(() => existsSync(this.manifestPath), false);
  }

  /** The highest number of a base in the folder, listed or not; 0: there is none. */
  highestBase(): number {
    return this.highest('base');
  }

  /** The same for increments. */
  highestIncrement(): number {
    return this.highest('incr');
  }

  private highest(kind: string): number {
    const prefix = `${toText(this.settings.appendfilename)}.`;
    const seqOf = (name: string): number => {
      const [, seq, of] = (name.startsWith(prefix) && /^(\d{1,15})\.(base|incr)\./.exec(name.slice(prefix.length))) || [];
      return of === kind ? Number(seq) : 0;
    };
    return this.host.act(() => (existsSync(this.folder) ? Math.max(0, ...readdirSync(this.folder).map(seqOf)) : 0), 0);
  }

  /** Opens a file to be appended to. @param isNew its content is dropped */
  append(name: string, isNew: boolean): JobResult {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (isNew ? constants.O_TRUNC : 0);
    return this.host.act(() => this.perform({ kind: 'open', path: this.path(name), flags, mode: 0o644 }), { value: -1, error: null });
  }

  /** Writes after the first `size` bytes: everything, or nothing. If bytes were nevertheless written, their number is the result's value. */
  write(fd: number, bytes: Uint8Array<ArrayBuffer>, size: number): JobResult {
    const { perform } = this;
    return this.host.act(() => {
      const { value, error } = perform({ kind: 'write', fd, bytes });
      const isCut = error !== null && value > 0 && perform({ kind: 'truncate', fd, length: size }).error === null;
      return { value: isCut ? 0 : value, error };
    }, { value: bytes.length, error: null });
  }

  /** Waits until these bytes are in the file after the first `at`, and on the disk. The helper may be about to do it, or have done it. */
  complete(fd: number, at: number, bytes: Uint8Array<ArrayBuffer>): JobResult {
    const { length } = bytes;
    return this.host.act(() => {
      if (!this.settle()) return { value: 0, error: { code: 'ETIMEDOUT', message: 'ETIMEDOUT: the disk is too slow, fsync' } };
      if (fstatSync(fd).size >= at + length) return { value: length, error: this.perform({ kind: 'fsync', fd }).error };
      const { error } = this.perform({ kind: 'truncate', fd, length: at });
      return error !== null ? { value: 0, error } : this.perform({ kind: 'append', fd, at, bytes });
    }, { value: length, error: null });
  }

  sync(fd: number): JobResult {
    return this.host.act(() => this.perform({ kind: 'fsync', fd }), DONE);
  }

  close(fd: number): void {
    this.host.act(() => this.perform({ kind: 'close', fd }), DONE);
  }

  /** Returns null, or why it failed. */
  truncate(path: string, length: number): string | null {
    const open = this.host.act(() => this.perform({ kind: 'open', path, flags: constants.O_WRONLY, mode: 0 }), { value: -1, error: null });
    if (open.error !== null) return open.error.message;
    const { error } = this.host.act(() => this.perform({ kind: 'truncate', fd: open.value, length }), DONE);
    this.close(open.value);
    return error?.message ?? null;
  }

  rename(from: string, to: string): string | null {
    return this.host.attempt(() => {
      renameSync(from, to);
      syncFolder(this.folder);
    });
  }

  remove(path: string): void {
    this.host.attempt(() => rmSync(path, { force: true }));
  }

  /** Returns 0 if the file does not exist. */
  size(path: string): number {
    return this.host.act(() => statSync(path, { throwIfNoEntry: false })?.size ?? 0, 0);
  }
}

function readWhole(file: FileToLoad): string {
  try {
    let text = '';
    while (file.prepare());
    for (let chunk = file.next(); chunk !== null; chunk = file.next()) text += chunk.toString('latin1');
    return text;
  } finally {
    file.close();
  }
}
