/**
 * Persistence: saves the dataset to a file, and loads it again.
 *
 *   start     dump.rdb ──▶ keyspace                    if any of dir, dbfilename and save is set, and the file is there
 *   later     BGSAVE, save points ──▶ dump.rdb          in slices between the turns (walks.ts), written by the helper thread (snapshot-file.ts)
 *             SAVE ──▶ dump.rdb                         the loop writes it itself, so clients wait meanwhile
 *   replica   its master's dataset ──▶ dump.rdb       as it arrives, before it is loaded
 *   end       SHUTDOWN, signals ──▶ dump.rdb            if there are save points; a save in progress is abandoned
 *
 * An existing file that was neither loaded nor written by this server is never replaced.
 */
import { existsSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatasetReceiver, DatasetSource } from '../../shared/dataset-stream.js';
import { type Contents, replaceFile, WRITER } from '../../shared/replace-file.js';
import { captureTimer, type TimerState } from '../../shared/timer-state.js';
import { toText } from '../config/bytes.js';
import type { Scheduler } from '../features/surroundings.js';
import type { Jobs } from '../background/jobs.js';
import type { Host } from '../host.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import { ChunkReader, type NextChunk } from '../keyspace/rdb/bytes.js';
import type { EncodingLimits } from '../keyspace/types/limits.js';
import type { Tap } from '../trace/tap.js';
import type { Facts } from './dataset-writer.js';
import { removeDrafts } from './drafts.js';
import { SnapshotFile } from './snapshot-file.js';
import { openToLoad, prepared, SnapshotLoad, unloadable } from './snapshot-load.js';
import { type Loaded, type LoadLibrary, readSnapshot, SnapshotError, SnapshotReader } from './snapshot-reader.js';
import { writeSnapshot } from './snapshot-writer.js';
import type { LoadTask } from './start-load.js';
import { Replacement, type ReplacementState } from './replacement.js';
import { ReplicaFile } from './replica-file.js';
import { type Walk, type WalkOptions, Walks, type WalkSettings } from './walks.js';

/** The settings that are used here; the names are CONFIG's. */
export interface PersistenceSettings extends WalkSettings, EncodingLimits {
  readonly dir: string;
  readonly dbfilename: string;
  /** Pairs of seconds and changes; empty: no save points. */
  readonly save: string;
  readonly 'stop-writes-on-bgsave-error': boolean;
  readonly 'rdb-save-incremental-fsync': boolean;
  readonly 'rdb-del-sync-files': boolean;
  readonly appendonly: boolean;
  /** Microseconds after each key, for tests. */
  readonly 'key-load-delay': number;
}

/** What persistence needs of the server around it. */
export interface PersistenceSurroundings {
  readonly settings: PersistenceSettings;
  readonly keyspace: Keyspace;
  readonly clock: { readonly nowMs: number; readonly targetUs: number | null; readUs(): number };
  readonly scheduler: Scheduler;
  readonly host: Host;
  readonly tap: Tap;
  readonly jobs: Pick<Jobs, 'submit'>;
  readonly libraries: { codes(): readonly string[]; readonly load: LoadLibrary; replaceAll(codes: readonly string[]): void; flush(): void };
  commandsProcessed(): number;
  /** Facts about the place of this moment in the history of changes; empty: there is no history. */
  place(): Facts;
  log(level: 'notice' | 'warning', message: string): void;
  /** Sets whether writes are refused. */
  denyWrites(isDenied: boolean): void;
}

/** A place in the history of changes, and the database that is selected there. */
export interface SnapshotPlace {
  readonly id: string;
  readonly offset: number;
  readonly db: number;
}

export interface ReloadOptions {
  /** False: what is in the file is loaded. */
  readonly saves: boolean;
  /** False: existing keys and libraries stay. */
  readonly empties: boolean;
  /** True: what is loaded replaces keys and libraries of the same name; false: they are an error. */
  readonly merges: boolean;
}

export interface PersistenceState {
  readonly lastSaveMs: number;
  readonly lastTryMs: number;
  readonly hasFailed: boolean;
  readonly lastSeconds: number;
  readonly saves: number;
  readonly keysLoaded: number;
  readonly keysExpired: number;
  readonly ownsFile: string | null;
  readonly unreadFile: string | null;
  readonly lastPreImageBytes: number;
  /** A save was in progress, which only the server itself continues. */
  readonly isSaving: boolean;
  readonly background: TimerState | null;
  readonly look: TimerState | null;
}

/** A background save. */
interface Save {
  readonly walk: Walk;
  readonly file: SnapshotFile;
  readonly draft: string;
  readonly startMs: number;
  readonly dirtyBefore: number;
}

/** The file of a dataset that a master sends. */
export interface ReceivedFile {
  /** True while no more should be written, until `resume` is called. */
  readonly isFull: boolean;
  write(bytes: Buffer): void;
  /** Called when everything has been written: syncs it, and replaces the previous file. */
  end(): void;
  /** Abandons it: the previous file stays. */
  abandon(): void;
}

interface FileListener {
  /** Called when there is room again. */
  resume(): void;
  /** Called once, at the end: null, or why there is no file. */
  done(complaint: string | null): void;
}

/** Called when the save in progress has ended. */
export type SaveListener = (hasSucceeded: boolean) => void;

const BACKGROUND_TIMER = 'bgsave';
/** How often a scheduled save checks whether it can begin. */
const SCHEDULED_MS = 100;
const LOOK_TIMER = 'save-points';
const LOOK_MS = 1000;
/** Delay before a failed save is tried again (CONFIG_BGSAVE_RETRY_DELAY). */
const RETRY_MS = 5000;

export interface SaveProgress {
  readonly seconds: number;
  readonly keysWritten: number;
  readonly keysTotal: number;
  readonly preImageBytes: number;
}

export class Persistence {
  /** Unix time of the last successful save; initially of the start. */
  lastSaveMs: number;
  /** The last background save has failed. */
  hasFailed = false;
  /** Duration of the last background save in seconds; -1: there was none. */
  lastSeconds = -1;
  saves = 0;
  keysLoaded = 0;
  /** Keys of the snapshot that had expired when it was loaded. */
  keysExpired = 0;
  /** The place in the history of changes at which the loaded snapshot was written; null: unknown, or not all of the snapshot was kept. */
  placeLoaded: SnapshotPlace | null = null;
  /** Keys of the snapshot that had expired when the server started, and that the history at that place still has. */
  readonly expiredAtStart: { readonly db: number; readonly key: string }[] = [];
  /** Path of the file that this server has loaded, or found missing, or written: it may be replaced. */
  private ownsFile: string | null = null;
  /** The snapshot file that a restart would not load, because the settings ask for none. */
  private unreadFile: string | null = null;
  private lastTryMs = 0;
  /** Size of the pre-images of the last background save. */
  lastPreImageBytes = 0;
  /** All snapshots that are being made. */
  readonly walks: Walks;
  /** True while the append-only file is being rewritten: a background save has to wait. */
  isRewriting: () => boolean = () => false;
  /** True while only a part of the dataset is loaded, which must not be saved. */
  isLoading: () => boolean = () => false;
  private saving: Save | null = null;
  /** The draft of a dataset that a master is sending; null: there is none. */
  private receiving: string | null = null;
  private readonly saveListeners: SaveListener[] = [];
  private background: TimerState | null = null;
  private look: TimerState | null = null;

  constructor(private readonly server: PersistenceSurroundings) {
    this.lastSaveMs = server.clock.nowMs;
    this.walks = new Walks(server);
    this.scheduleLook();
  }

  capture(): PersistenceState {
    const { lastSaveMs, lastTryMs, hasFailed, lastSeconds, saves, keysLoaded, keysExpired, ownsFile, unreadFile, lastPreImageBytes, isSaving } = this;
    const [background, look] = [captureTimer(this.background), captureTimer(this.look)];
    return {
      lastSaveMs, lastTryMs, hasFailed, lastSeconds, saves, keysLoaded, keysExpired, ownsFile, unreadFile, lastPreImageBytes, isSaving, background, look,
    };
  }

  /** @param isAnother the server starts from the state of another one, whose file is not its own */
  restore({ background, look, isSaving, ...rest }: PersistenceState, isAnother: boolean): void {
    const { scheduler, log } = this.server;
    if (isSaving) log('warning', 'The state is of a moment at which a snapshot was being made: it is not gone on with');
    Object.assign(this, rest);
    if (isAnother) this.ownsFile = null;
    if (this.look !== null) scheduler.cancel(this.look);
    this.look = look === null ? null : scheduler.restore(LOOK_TIMER, look, () => this.lookAtPoints());
    this.tellWriters();
    this.background = background === null ? null : scheduler.restore(BACKGROUND_TIMER, background, () => this.beginScheduled());
  }

  /** True while there is a background save. */
  get isSaving(): boolean {
    return this.saving !== null;
  }

  /** True while a snapshot is being made or received: a captured state does not contain it, so a replay can continue only after it has been written. */
  get isHalfWay(): boolean {
    return this.isSaving || this.receiving !== null || this.walks.isWalking;
  }

  /** True if a save is scheduled. */
  get isScheduled(): boolean {
    return this.background !== null;
  }

  /** Progress of the current save. */
  get progress(): SaveProgress | null {
    const { saving } = this;
    if (saving === null) return null;
    const { walk, startMs } = saving;
    const seconds = Math.floor((this.server.clock.nowMs - startMs) / 1000);
    return { seconds, keysWritten: walk.keysWritten, keysTotal: walk.keysTotal, preImageBytes: walk.preImageBytes };
  }

  get hasSavePoints(): boolean {
    return this.server.settings.save !== '';
  }

  /** Called when a setting has changed. */
  configure(): void {
    this.scheduleLook();
    this.tellWriters();
  }

  /** Writes the snapshot; the loop waits for it. Returns null, or why it was not written: then the previous file still exists. */
  save(contents: Contents = (sink) => this.write(sink)): string | null {
    this.lastTryMs = this.server.clock.nowMs;
    const complaint = this.saveHere(contents);
    if (complaint !== null) return complaint;
    this.server.keyspace.dirty = 0;
    this.saves++;
    return null;
  }

  private saveHere(contents: Contents = (sink) => this.write(sink)): string | null {
    const { host, log, clock } = this.server;
    const path = this.path();
    const complaint = host.attempt(() => {
      if (this.ownsFile !== path) refuseIfThere(path);
      replaceFile(path, contents, resolve(path, `../temp-${WRITER}.rdb`));
    });
    if (complaint === null) {
      this.ownsFile = path;
      this.lastSaveMs = clock.nowMs;
      this.hasFailed = false;
      this.tellWriters();
      log('notice', 'DB saved on disk');
    } else log('warning', `Failed saving the DB: ${complaint}`);
    return complaint;
  }

  /** Saves in the background in the next turn, after the replies of this one, or as soon as nothing else is being written. */
  saveSoon(): void {
    this.schedule(0);
  }

  /**
   * Saves the snapshot of this moment. Not while there is a save in progress. @param listener called when it has ended. Returns null, or why it has not begun
   */
  saveInBackground(listener: SaveListener | null = null): string | null {
    const { host, log, clock, keyspace, settings, jobs } = this.server;
    const path = this.path();
    this.lastTryMs = clock.nowMs;
    this.saves++;
    if (listener !== null) this.saveListeners.push(listener);
    const complaint = this.ownsFile === path ? null : host.attempt(() => refuseIfThere(path));
    if (complaint !== null) {
      this.ended(complaint);
      return complaint;
    }
    this.ownsFile = path;
    log('notice', 'Background saving started');
    const draft = resolve(path, `../temp-${WRITER}-bg.rdb`);
    const file = new SnapshotFile(
      { path, draft, trailer: settings.rdbchecksum ? 'checksum' : 'zeros', syncsOften: settings['rdb-save-incremental-fsync'] },
      { jobs, resume: () => this.walks.resume(), done: (failure) => this.saved(failure) },
    );
    this.saving = { walk: this.walks.start(file, { facts: this.server.place() }), file, draft, startMs: clock.nowMs, dirtyBefore: keyspace.dirty };
    return null;
  }

  /** Calls the listener with the result when the save in progress has ended. */
  whenSaved(listener: SaveListener): void {
    this.saveListeners.push(listener);
  }

  /** FLUSHALL: abandons the save in progress, and empties the file on disk as well. */
  flushedAll(): void {
    this.abandonSave();
    if (this.hasSavePoints && this.saveHere() === null) this.server.keyspace.dirty = 0;
  }

  /** Called before the server ends: leaves nothing behind. */
  stop(): void {
    const drafts = [this.saving?.draft, this.receiving];
    this.abandonSave();
    // Jobs may no longer be done.
    for (const draft of drafts) if (draft != null) this.server.host.attempt(() => rmSync(draft, { force: true }));
  }

  /** DEBUG RELOAD: saves, and loads what was saved. Returns null, or the error. */
  reload({ saves, empties, merges }: ReloadOptions): string | null {
    const saved: Buffer[] = [];
    if (saves) {
      // Written once, and loaded from memory: the file itself is not an input of the server then.
      this.write((bytes) => void saved.push(Buffer.from(bytes)));
      const complaint = this.save((sink) => {
        for (const bytes of saved) sink(bytes);
      });
      if (complaint !== null) return complaint;
    }
    if (empties) this.empty();
    try {
      if (saves) this.read(() => saved.shift() ?? null, merges);
      else this.readFile(merges);
    } catch (error) {
      if (error instanceof SnapshotError) return error.message;
      throw error;
    }
    this.server.keyspace.dirty = 0;
    this.server.log('warning', 'DB reloaded by DEBUG RELOAD');
    return null;
  }

  private readFile(merges: boolean): void {
    const path = this.path();
    const file = openToLoad(this.server.host, path);
    if (file === null) throw new SnapshotError(`${path} is not there`);
    try {
      for (const _ of prepared(file));
      this.read(() => file.next(), merges);
    } finally {
      file.close();
    }
  }

  /** Returns the snapshot that the settings name, at the start of a server; null: there is none. Throws SnapshotError with a message for the user. */
  toLoad(): LoadTask | null {
    const { host, log } = this.server;
    const path = this.path();
    const drafts = host.act(() => removeDrafts(dirname(path)), []);
    for (const draft of drafts) log('notice', `Removed ${draft}, which a server that ended in the middle of a save has left`);
    const file = openToLoad(host, path);
    this.ownsFile = path;
    if (file === null) return null;
    const reader = this.openReader(() => file.next());
    reader.onExpired = (db, key) => void this.expiredAtStart.push({ db, key });
    return new SnapshotLoad(file, reader, {
      failed: (what) => unloadable(path, what),
      loaded: (loaded) => this.loaded(loaded),
      done: () => log('notice', `Done loading RDB, keys loaded: ${this.keysLoaded}, keys expired: ${this.keysExpired}.`),
    });
  }

  private loaded({ keys, expired, empty, historyId: id, historyOffset: offset, streamDb: db }: Loaded): void {
    this.keysLoaded = keys;
    this.keysExpired = expired;
    this.placeLoaded = id === '' || offset === -1 || empty > 0 ? null : { id, offset, db };
  }

  /** Called when another file with all of the snapshot and more was loaded instead: the snapshot may be replaced. */
  supersede(): void {
    this.ownsFile = this.path();
  }

  /** Writes the dataset of this moment for replicas, in slices, with the checksum at its end. */
  writeDataset(receiver: DatasetReceiver, options: WalkOptions): DatasetSource {
    const { walks } = this;
    const walk = walks.start(new ReplicaFile(receiver, this.server.settings.rdbchecksum), options);
    return { resume: () => walks.resume(), stop: () => walks.stop(walk) };
  }

  /** Opens the file for a dataset that a master sends. Null: it is not kept, because a restart would not load it, or it would replace another file. */
  receive({ resume, done }: FileListener): ReceivedFile | null {
    const { jobs } = this.server;
    const path = this.path();
    if (!this.keepsReceived(path)) return null;
    const draft = resolve(path, `../temp-${WRITER}-sync.rdb`);
    const ended = (complaint: string | null): void => {
      this.receiving = null;
      if (complaint === null) this.ownsFile = path;
      done(complaint);
    };
    const file = new SnapshotFile({ path, draft, trailer: 'none', syncsOften: true }, { jobs, resume, done: ended });
    this.receiving = draft;
    return {
      get isFull() {
        return file.isFull;
      },
      write: (bytes) => file.write(bytes, []),
      end: () => {
        this.giveUpSave();
        file.end();
      },
      abandon: () => {
        this.receiving = null;
        file.abandon();
      },
    };
  }

  private keepsReceived(path: string): boolean {
    const { settings, host, log } = this.server;
    if (this.ownsFile === path) return true;
    if (path === this.unreadFile && !this.hasSavePoints && !settings.appendonly) return false;
    const complaint = host.attempt(() => refuseIfThere(path));
    if (complaint !== null) log('warning', `The dataset of the master is not kept in a file: ${complaint}`);
    return complaint === null;
  }

  /** Called at the start if the settings ask for no snapshot. */
  loadsNone(): void {
    this.unreadFile = this.path();
  }

  /** Called when another dataset is about to replace the one that is being saved. */
  private giveUpSave(): void {
    if (!this.isSaving) return;
    this.server.log('notice', 'The dataset of the master is about to replace the one that is being saved');
    this.abandonSave();
  }

  /** Begins to load a dataset that a master sends. @param isBeside the old dataset stays until all of the new one is loaded */
  beginReplacing(next: NextChunk, isBeside: boolean): Replacement {
    this.giveUpSave();
    return new Replacement(this.server, next, isBeside).begin();
  }

  /** The chunks still to be loaded are a part of the state. */
  continueReplacing(state: ReplacementState): Replacement {
    return new Replacement(this.server, () => null, state.spare !== null).restore(state);
  }

  /** Called when a dataset from a master is loaded. @param isInFile it is in the snapshot file too */
  replaced({ keys, expired }: Pick<Loaded, 'keys' | 'expired'>, isInFile: boolean): void {
    this.keysLoaded = keys;
    this.keysExpired = expired;
    if (!isInFile) this.server.keyspace.dirty++;
    else this.deleteReceived();
  }

  /** rdb-del-sync-files: a received dataset is deleted from the disk once it is loaded, or cannot be, if nothing else is kept there. */
  deleteReceived(): void {
    const { settings, jobs, log } = this.server;
    if (!settings['rdb-del-sync-files'] || this.hasSavePoints || settings.appendonly) return;
    log('notice', 'Removing the RDB file obtained from the master. This replica has persistence disabled');
    jobs.submit({ kind: 'unlink', path: this.path() });
  }

  private openReader(next: NextChunk): SnapshotReader {
    const { keyspace, settings, libraries } = this.server;
    return new SnapshotReader(new ChunkReader(next), keyspace, settings, libraries.load);
  }

  /** Deletes all keys and libraries, without counting it as a change. */
  empty(): void {
    const { keyspace, libraries } = this.server;
    keyspace.flushAll();
    libraries.flush();
  }

  private path(): string {
    const { dir, dbfilename } = this.server.settings;
    return resolve(toText(dir), toText(dbfilename));
  }

  private read(next: NextChunk, replaces: boolean): void {
    const { keyspace, settings, libraries } = this.server;
    this.loaded(readSnapshot(next, keyspace, settings, libraries.load, replaces));
  }

  private write(sink: (bytes: Buffer) => void): void {
    const { keyspace, libraries, settings } = this.server;
    writeSnapshot({ keyspace, libraries: libraries.codes() }, settings, sink, this.server.place());
  }

  private schedule(delayMs: number): void {
    this.background ??= this.server.scheduler.after(BACKGROUND_TIMER, delayMs, () => this.beginScheduled());
  }

  private beginScheduled(): void {
    this.background = null;
    if (this.isSaving || this.isRewriting() || this.isLoading()) this.schedule(SCHEDULED_MS);
    else this.saveInBackground();
  }

  /** @param complaint null: the file was written */
  private saved(complaint: string | null): void {
    const { keyspace, clock } = this.server;
    const { walk, startMs, dirtyBefore } = this.saving!;
    this.walks.stop(walk);
    this.saving = null;
    this.lastSeconds = Math.floor((clock.nowMs - startMs) / 1000);
    this.lastPreImageBytes = walk.preImageBytes;
    if (complaint === null) {
      keyspace.dirty = Math.max(0, keyspace.dirty - dirtyBefore);
      this.lastSaveMs = clock.nowMs;
    }
    this.ended(complaint);
  }

  private ended(complaint: string | null): void {
    this.hasFailed = complaint !== null;
    this.tellWriters();
    if (complaint === null) this.server.log('notice', 'Background saving terminated with success');
    else this.server.log('warning', `Background saving error: ${complaint}`);
    this.tellSaveListeners(complaint === null);
  }

  /** Abandons the save as if it had never been requested, except for those who wait for it. */
  private abandonSave(): void {
    const { saving } = this;
    if (saving === null) return;
    this.saving = null;
    this.walks.stop(saving.walk);
    saving.file.abandon();
    this.lastSeconds = Math.floor((this.server.clock.nowMs - saving.startMs) / 1000);
    this.server.log('notice', 'Background saving was given up');
    this.tellSaveListeners(false);
  }

  private tellSaveListeners(hasSucceeded: boolean): void {
    for (const listener of this.saveListeners.splice(0)) listener(hasSucceeded);
  }

  private tellWriters(): void {
    const { settings, denyWrites } = this.server;
    denyWrites(this.hasFailed && this.hasSavePoints && settings['stop-writes-on-bgsave-error']);
  }

  private scheduleLook(): void {
    if (!this.hasSavePoints || this.look !== null) return;
    this.look = this.server.scheduler.after(LOOK_TIMER, LOOK_MS, () => this.lookAtPoints());
  }

  private lookAtPoints(): void {
    this.look = null;
    this.scheduleLook();
    const { settings, keyspace, clock, log } = this.server;
    if (this.isSaving || this.isRewriting() || this.isLoading() || (this.hasFailed && clock.nowMs - this.lastTryMs <= RETRY_MS)) return;
    const point = savePoints(settings.save).find(([seconds, changes]) => keyspace.dirty >= changes && clock.nowMs - this.lastSaveMs > seconds * 1000);
    if (point === undefined) return;
    log('notice', `${point[1]} changes in ${point[0]} seconds. Saving...`);
    this.saveInBackground();
  }
}

function savePoints(save: string): [seconds: number, changes: number][] {
  const numbers = save.split(' ').map(Number);
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[i * 2]!, numbers[i * 2 + 1]!]);
}

function refuseIfThere(path: string): void {
  if (!existsSync(path)) return;
  throw new Error(`${path} is there and was not loaded: it would be lost. Start with --dir or --dbfilename to go on from it, or to save elsewhere`);
}
