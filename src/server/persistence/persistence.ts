/**
 * Persistence: when the dataset is written to a file, and how it is loaded again.
 *
 *   start     dump.rdb ──▶ keyspace                    if any of dir, dbfilename and save is set, and the file is there
 *   later     SAVE, BGSAVE, save points ──▶ dump.rdb    the loop writes it itself, so clients wait meanwhile, after BGSAVE too
 *   end       SHUTDOWN, signals ──▶ dump.rdb            if there are save points
 *
 * A file that lies there and was neither loaded nor written by this server is never replaced.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { replaceFile, WRITER } from '../../shared/replace-file.js';
import { captureTimer, type TimerState } from '../../shared/timer-state.js';
import { toText } from '../config/bytes.js';
import type { Scheduler } from '../features/surroundings.js';
import type { FileToLoad, Host } from '../host.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import type { NextChunk } from '../keyspace/rdb/bytes.js';
import type { EncodingLimits } from '../keyspace/types/limits.js';
import { type LoadLibrary, readSnapshot, SnapshotError, SnapshotReader } from './snapshot-reader.js';
import { type SnapshotSettings, writeSnapshot } from './snapshot-writer.js';

/** The settings that matter; the names are CONFIG's. */
export interface PersistenceSettings extends SnapshotSettings, EncodingLimits {
  readonly dir: string;
  readonly dbfilename: string;
  /** Pairs of seconds and changes; empty: no save points. */
  readonly save: string;
  readonly 'stop-writes-on-bgsave-error': boolean;
}

/** What persistence needs of the server around it. */
export interface PersistenceSurroundings {
  readonly settings: PersistenceSettings;
  readonly keyspace: Keyspace;
  readonly clock: { readonly nowMs: number; readUs(): number };
  readonly scheduler: Scheduler;
  readonly host: Host;
  readonly libraries: { codes(): readonly string[]; readonly load: LoadLibrary; flush(): void };
  log(level: 'notice' | 'warning', message: string): void;
  /** Writes are refused from now on, or are no longer. */
  denyWrites(isDenied: boolean): void;
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
  readonly background: TimerState | null;
  readonly look: TimerState | null;
}

const BACKGROUND_TIMER = 'bgsave';
const LOOK_TIMER = 'save-points';
const LOOK_MS = 1000;
/** A save that has failed is tried again after so long (CONFIG_BGSAVE_RETRY_DELAY). */
const RETRY_MS = 5000;

export class Persistence {
  /** Unix time of the last save that succeeded; at first, of the start. */
  lastSaveMs: number;
  /** The last save in the background has failed. */
  hasFailed = false;
  /** What the last one in the background took; -1: there was none. */
  lastSeconds = -1;
  saves = 0;
  keysLoaded = 0;
  /** Keys of the snapshot that were over when it was loaded. */
  keysExpired = 0;
  /** Path of the file that this server has loaded, or looked for in vain, or written: it may be replaced. */
  private ownsFile: string | null = null;
  private lastTryMs = 0;
  private background: TimerState | null = null;
  private look: TimerState | null = null;

  constructor(private readonly server: PersistenceSurroundings) {
    this.lastSaveMs = server.clock.nowMs;
    this.scheduleLook();
  }

  capture(): PersistenceState {
    const { lastSaveMs, lastTryMs, hasFailed, lastSeconds, saves, keysLoaded, keysExpired, ownsFile } = this;
    const [background, look] = [captureTimer(this.background), captureTimer(this.look)];
    return { lastSaveMs, lastTryMs, hasFailed, lastSeconds, saves, keysLoaded, keysExpired, ownsFile, background, look };
  }

  /** @param isAnother the server goes on from a state of another one, whose file is not its own */
  restore({ background, look, ...rest }: PersistenceState, isAnother: boolean): void {
    const { scheduler } = this.server;
    Object.assign(this, rest);
    if (isAnother) this.ownsFile = null;
    if (this.look !== null) scheduler.cancel(this.look);
    this.look = look === null ? null : scheduler.restore(LOOK_TIMER, look, () => this.lookAtPoints());
    this.tellWriters();
    this.background = background === null ? null : scheduler.restore(BACKGROUND_TIMER, background, () => this.saveInBackground());
  }

  /** A background save has been asked for and has not begun. */
  get isPending(): boolean {
    return this.background !== null;
  }

  get hasSavePoints(): boolean {
    return this.server.settings.save !== '';
  }

  /** A setting has changed. */
  configure(): void {
    this.scheduleLook();
    this.tellWriters();
  }

  /** Writes the snapshot; the loop waits for it. Null, or why it is not written: then the file of before is still there. */
  save(): string | null {
    const { host, log, clock } = this.server;
    this.lastTryMs = clock.nowMs;
    const path = this.path();
    const complaint = host.attempt(() => {
      if (this.ownsFile !== path) refuseIfThere(path);
      replaceFile(path, (sink) => this.write(sink), resolve(path, `../temp-${WRITER}.rdb`));
    });
    if (complaint === null) {
      this.ownsFile = path;
      this.server.keyspace.dirty = 0;
      this.lastSaveMs = clock.nowMs;
      this.saves++;
      this.hasFailed = false;
      this.tellWriters();
      log('notice', 'DB saved on disk');
    } else log('warning', `Failed saving the DB: ${complaint}`);
    return complaint;
  }

  /** Saves in the next turn, behind the replies of this one. */
  saveSoon(): void {
    this.background ??= this.server.scheduler.after(BACKGROUND_TIMER, 0, () => this.saveInBackground());
  }

  /**
   * DEBUG RELOAD: saves, and loads what was saved. Null, or why not.
   * @param empties false: what is there stays, and a key that is there twice is an error
   */
  reload(empties: boolean): string | null {
    const complaint = this.save();
    if (complaint !== null) return complaint;
    const chunks: Buffer[] = [];
    this.write((bytes) => void chunks.push(Buffer.from(bytes)));
    const { keyspace } = this.server;
    if (empties) {
      keyspace.flushAll();
      this.server.libraries.flush();
    }
    try {
      this.read(() => chunks.shift() ?? null);
    } catch (error) {
      if (error instanceof SnapshotError) return error.message;
      throw error;
    }
    keyspace.dirty = 0;
    return null;
  }

  /** At the start of a server: loads the snapshot that its settings name. Throws SnapshotError with a message for the user. */
  load(): void {
    const { host, log, clock } = this.server;
    const path = this.path();
    const startUs = clock.readUs();
    const file = openFile(host, path);
    this.ownsFile = path;
    if (file === null) return;
    try {
      this.read(file.next);
    } catch (error) {
      if (error instanceof SnapshotError) throw new SnapshotError(`${path} cannot be loaded, and is left as it is: ${error.message}`);
      throw error;
    } finally {
      file.close();
    }
    log('notice', `DB loaded from disk: ${this.keysLoaded} keys, ${((clock.readUs() - startUs) / 1e6).toFixed(3)} seconds`);
  }

  /** The dataset for a replica, in pieces that are overwritten after the call. */
  writeDataset(leavesKeysOut: boolean, stream: { readonly role: 'master' | 'slave'; readonly selectedDb: number }, sink: (bytes: Buffer) => void): void {
    const { keyspace, libraries, settings } = this.server;
    writeSnapshot({ keyspace, libraries: libraries.codes(), leavesKeysOut, streamDb: stream.role === 'slave' ? stream.selectedDb : -1 }, settings, sink);
  }

  /** A dataset that a master sends is to take the place of the one that there is. */
  beginReplacing(next: NextChunk): SnapshotReader {
    this.empty();
    return this.openReader(next);
  }

  openReader(next: NextChunk): SnapshotReader {
    const { keyspace, settings, libraries } = this.server;
    return new SnapshotReader(next, keyspace, settings, libraries.load);
  }

  /** All keys and libraries are gone; nothing is counted as a change. */
  empty(): void {
    const { keyspace, libraries } = this.server;
    keyspace.flushAll();
    libraries.flush();
  }

  private path(): string {
    const { dir, dbfilename } = this.server.settings;
    return resolve(toText(dir), toText(dbfilename));
  }

  private read(next: NextChunk): void {
    const { keyspace, settings, libraries } = this.server;
    const { keys, expired } = readSnapshot(next, keyspace, settings, libraries.load);
    this.keysLoaded = keys;
    this.keysExpired = expired;
  }

  private write(sink: (bytes: Buffer) => void): void {
    const { keyspace, libraries, settings } = this.server;
    writeSnapshot({ keyspace, libraries: libraries.codes() }, settings, sink);
  }

  private saveInBackground(): void {
    const { clock } = this.server;
    this.background = null;
    const startUs = clock.readUs();
    this.hasFailed = this.save() !== null;
    this.tellWriters();
    this.lastSeconds = Math.floor((clock.readUs() - startUs) / 1e6);
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
    if (this.hasFailed && clock.nowMs - this.lastTryMs <= RETRY_MS) return;
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

function openFile(host: Host, path: string): FileToLoad | null {
  try {
    return host.open(path);
  } catch (error) {
    throw new SnapshotError(`${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
}
