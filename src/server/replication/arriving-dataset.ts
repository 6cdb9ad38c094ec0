/**
 * ArrivingDataset: the dataset of a full synchronization, from its first byte to the keyspace.
 *
 *   repl-diskless-load disabled     receiving ─▶ storing ─▶ loading       while it arrives it is written to a file, which replaces the snapshot before loading
 *   on-empty-db, swapdb             receiving ────────────▶ loading       clients count it as loading from its first byte on
 *
 * It is loaded from memory in steps, also if it is in a file, so that a replay needs no file. With swapdb it is loaded beside the old dataset.
 */
import { captureTimer, type Scheduler, type TimerState } from '../../shared/timer-state.js';
import { BrokenTransfer, DatasetTransfer, type TransferState } from './dataset-transfer.js';

/** A dataset being loaded. */
export interface DatasetLoad {
  readonly loadedBytes: number;
  /** The memory of the data on the master; 0: unknown. */
  readonly usedMemory: number;
  /** Milliseconds between two steps. */
  readonly delayMs: number;
  readonly loaded: { readonly keys: number; readonly expired: number; /** The database that the stream has selected. */ readonly streamDb: number };
  /** Loads a part. False: everything is loaded. Throws errors that `complaintOf` recognises; so does `finish`. */
  step(): boolean;
  /** Makes it the dataset, once everything is loaded. */
  finish(): void;
  /** Drops what is loaded, instead. */
  discard(): void;
  capture(): unknown;
}

/** The file that it is written to. */
export interface DatasetFile {
  /** True while no more should be written, until `resume` is called. */
  readonly isFull: boolean;
  write(bytes: Buffer): void;
  /** Syncs it, and replaces the snapshot; then `done` is called. */
  end(): void;
  abandon(): void;
}

export interface DatasetFileListener {
  resume(): void;
  /** @param complaint null: it is in the file */
  done(complaint: string | null): void;
}

export interface DatasetSurroundings {
  /** disabled, on-empty-db or swapdb. */
  readonly settings: { readonly 'repl-diskless-load': string };
  readonly clock: { readonly nowMs: number };
  readonly scheduler: Scheduler;
  log(level: 'notice' | 'warning', message: string): void;
  /** True if there are no keys. */
  isEmpty(): boolean;
  /** Opens the file; null: it is not kept. */
  openFile(listener: DatasetFileListener): DatasetFile | null;
  /** Begins to load the chunks. @param isBeside the old dataset stays until the new one is loaded */
  load(next: () => Buffer | null, isBeside: boolean): DatasetLoad;
  restoreLoad(state: unknown): DatasetLoad;
  /** Returns the message of an error that a load has thrown; null if it is a defect. */
  complaintOf(error: unknown): string | null;
  /** Called when loading a dataset has failed that is in the file. */
  deleteFile(): void;
}

interface Owner {
  /** Called when everything has arrived: what follows is not read before it is loaded. */
  arrived(): void;
  /** Called before the first step of loading. @param isBeside the old dataset is still there */
  loading(isBeside: boolean): void;
  /** Called when it is the dataset. */
  loaded(load: DatasetLoad, isInFile: boolean): void;
  broken(why: string): void;
}

/** Progress of loading the dataset. */
export interface LoadProgress {
  /** Unix time. */
  readonly startMs: number;
  /** 0: unknown. */
  readonly totalBytes: number;
  readonly loadedBytes: number;
  readonly usedMemory: number;
  /** The old dataset is served meanwhile. */
  readonly isAsync: boolean;
}

export interface DatasetState {
  readonly transfer: TransferState;
  readonly isDiskless: boolean;
  readonly isBeside: boolean;
  readonly isInFile: boolean;
  readonly startMs: number;
  readonly load: unknown;
  readonly step: TimerState | null;
}

const LOAD_TIMER = 'load dataset';
const LOADING = 'MASTER <-> REPLICA sync: Loading DB in memory';

export class ArrivingDataset {
  readonly transfer = new DatasetTransfer();
  private isDiskless = false;
  private isBeside = false;
  private file: DatasetFile | null = null;
  private isEnding = false;
  private isInFile = false;
  private load: DatasetLoad | null = null;
  /** When clients began to count it as loading. */
  private startMs = 0;
  private step: TimerState | null = null;

  /** @param isSameHistory the old dataset is of an earlier moment of the same history: it can be served meanwhile */
  constructor(
    private readonly server: DatasetSurroundings,
    private readonly owner: Owner,
    private readonly isSameHistory: boolean,
  ) {}

  /** Everything has arrived. */
  get isComplete(): boolean {
    return this.transfer.isDone;
  }

  /** It is being loaded into the keyspace. */
  get isLoading(): boolean {
    return this.load !== null;
  }

  /** Progress of loading, as clients see it; null: it is only received. */
  get progress(): LoadProgress | null {
    const { load, transfer, startMs } = this;
    if (load === null && !(this.isDiskless && transfer.hasBegun)) return null;
    const totalBytes = transfer.isDone ? transfer.received : Math.max(0, transfer.total);
    const isAsync = this.isBeside && this.isSameHistory;
    return { startMs, totalBytes, loadedBytes: load?.loadedBytes ?? 0, usedMemory: load?.usedMemory ?? 0, isAsync };
  }

  /** Takes the part of `bytes[start, …)` that belongs to it. Returns where the rest begins. */
  take(bytes: Buffer, start: number): number {
    const { transfer } = this;
    const hadBegun = transfer.hasBegun;
    try {
      const at = transfer.take(bytes, start);
      if (transfer.hasBegun && !hadBegun) this.begin();
      this.store();
      if (transfer.isDone) this.arrived();
      return at;
    } catch (error) {
      if (!(error instanceof BrokenTransfer)) throw error;
      this.owner.broken(error.message);
      return bytes.length;
    }
  }

  /** Called when its first line has arrived. */
  private begin(): void {
    const { settings, isEmpty, openFile, clock, log } = this.server;
    const mode = settings['repl-diskless-load'];
    this.isBeside = mode === 'swapdb';
    this.isDiskless = this.isBeside || (mode === 'on-empty-db' && isEmpty());
    this.startMs = clock.nowMs;
    if (!this.isDiskless) this.file = openFile({ resume: () => this.store(), done: (complaint) => this.stored(complaint) });
    const { total } = this.transfer;
    const what = total < 0 ? 'streamed RDB from master with EOF' : `${total} bytes from master`;
    log('notice', `MASTER <-> REPLICA sync: receiving ${what} ${this.file === null ? 'to parser' : 'to disk'}`);
    if (this.isDiskless) log('notice', LOADING);
  }

  /** Returns what to log when the connection fails before everything has arrived. */
  describe(why: string): string {
    return this.progress === null ? why : `Internal error in RDB reading offset ${this.transfer.received}: ${why}`;
  }

  /** Writes to the file what has arrived, as far as it takes it. */
  private store(): void {
    const { file, transfer } = this;
    if (file === null || this.isEnding) return;
    while (!file.isFull) {
      const bytes = transfer.nextForFile();
      if (bytes !== null) file.write(bytes);
      else if (!transfer.isDone) return;
      else {
        this.isEnding = true;
        return file.end();
      }
    }
  }

  private stored(complaint: string | null): void {
    this.file = null;
    if (complaint !== null) {
      return this.owner.broken(`Write error writing to the DB dump file needed for MASTER <-> REPLICA synchronization: ${complaint}`);
    }
    this.isInFile = true;
    this.schedule(0);
  }

  private arrived(): void {
    this.owner.arrived();
    if (this.file === null) this.schedule(0);
  }

  /** By a timer, because none runs within a script: a script keeps the dataset and the libraries that it has begun with. */
  private schedule(delayMs: number): void {
    this.step = this.server.scheduler.after(LOAD_TIMER, delayMs, () => this.loadMore());
  }

  private beginLoad(): DatasetLoad {
    const { server, transfer } = this;
    const { load, log, clock } = server;
    if (!this.isDiskless) this.startMs = clock.nowMs;
    this.load = load(() => transfer.next(), this.isBeside);
    this.owner.loading(this.isBeside);
    if (!this.isDiskless) log('notice', LOADING);
    return this.load;
  }

  private loadMore(): void {
    this.step = null;
    const { complaintOf, log, deleteFile } = this.server;
    const load = this.load ?? this.beginLoad();
    try {
      if (load.step()) return this.schedule(load.delayMs);
      // From a file Redis loads it as well; from the socket it expects the mark there.
      if (this.isDiskless && this.transfer.isMarked && load.loadedBytes < this.transfer.received) {
        return this.owner.broken('Replication stream EOF marker is broken: it does not follow the dataset');
      }
      if (this.isBeside) log('notice', 'MASTER <-> REPLICA sync: Swapping active DB with loaded DB');
      load.finish();
    } catch (error) {
      const complaint = complaintOf(error);
      if (complaint === null) throw error;
      if (this.isInFile) deleteFile();
      return this.owner.broken(`Failed trying to load the MASTER synchronization DB: ${complaint}`);
    }
    this.load = null;
    this.owner.loaded(load, this.isInFile);
  }

  /** Abandons it, at any point. */
  stop(): void {
    if (this.step !== null) this.server.scheduler.cancel(this.step);
    this.step = null;
    this.file?.abandon();
    this.file = null;
    this.load?.discard();
    this.load = null;
  }

  capture(): DatasetState {
    const { isDiskless, isBeside, isInFile, startMs } = this;
    // The state of the load contains all chunks that are not loaded.
    return { transfer: this.transfer.capture(), isDiskless, isBeside, isInFile, startMs, load: this.load?.capture() ?? null, step: captureTimer(this.step) };
  }

  /** The file is not continued. */
  restore({ transfer, load, step, ...fields }: DatasetState): this {
    Object.assign(this, fields);
    this.transfer.restore(transfer);
    if (load !== null) this.load = this.server.restoreLoad(load);
    if (step !== null) this.step = this.server.scheduler.restore(LOAD_TIMER, step, () => this.loadMore());
    return this;
  }
}
