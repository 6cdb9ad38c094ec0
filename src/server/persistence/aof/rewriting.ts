/**
 * Rewriting: decides when the append-only file is rewritten, and does it.
 *
 *   BGREWRITEAOF, growth, switched on ──▶ timer ──▶ a new increment begins │ the dataset of this instant becomes the base │ the manifest names both
 *
 * Only one file is written at a time: a rewrite requested during a BGSAVE waits for its end. A failed one is tried again; see Retries.
 */
import type { Jobs } from '../../background/jobs.js';
import type { Scheduler } from '../../features/surroundings.js';
import { captureTimer, type TimerState } from '../../../shared/timer-state.js';
import { SnapshotFile } from '../snapshot-file.js';
import type { Walk, Walks } from '../walks.js';
import { asCommands, type CommandSettings } from './command-writer.js';
import type { AofFiles } from './files.js';
import type { AofFile } from './manifest.js';
import { Retries } from './retries.js';

/** The settings that are used here; the names are CONFIG's. */
export interface RewritingSettings extends CommandSettings {
  readonly rdbchecksum: boolean;
  readonly 'aof-use-rdb-preamble': boolean;
  readonly 'auto-aof-rewrite-percentage': number;
  readonly 'auto-aof-rewrite-min-size': number;
  readonly 'aof-rewrite-incremental-fsync': boolean;
}

/** What it needs of the server around it. */
export interface RewritingSurroundings {
  readonly settings: RewritingSettings;
  readonly clock: { readonly nowMs: number };
  readonly scheduler: Scheduler;
  readonly jobs: Pick<Jobs, 'submit'>;
  readonly walks: Walks;
  /** True while a snapshot is being saved: rewriting has to wait. */
  isSaving(): boolean;
  log(level: 'notice' | 'warning', message: string): void;
}

/** What it needs of the append-only file. */
interface Owner {
  /** The base is missing: a failed rewrite is tried again in any case. */
  readonly lacksBase: boolean;
  /** Writes changes to another file from now on. Returns null, or the error. */
  beginRewrite(): string | null;
  newBase(): AofFile;
  /** The number of the increment being written; the one that a rewrite begins is the first that belongs to its base. */
  readonly lastSeq: number;
  /** Makes the base and the increments since the append-only file. Returns null, or the error. */
  adopt(base: AofFile, firstSeq: number): string | null;
}

export interface RewritingState {
  readonly rewrites: number;
  readonly lastSeconds: number;
  readonly retries: ReturnType<Retries['capture']>;
  readonly timer: TimerState | null;
}

interface Rewrite {
  readonly walk: Walk;
  readonly file: SnapshotFile;
  readonly draft: string;
  readonly base: AofFile;
  readonly firstSeq: number;
  readonly startMs: number;
}

const TIMER = 'aof-rewrite';
/** How often a scheduled rewrite checks whether it can begin. */
const SCHEDULED_MS = 100;
const RETRY_MS = 1000;

/** Distinguishes the base from other snapshots. */
export const BASE_FACTS = [['aof-base', '1']] as const;

/** True if the base is a snapshot, false if it consists of commands. */
export const isSnapshot = (settings: RewritingSettings): boolean => settings['aof-use-rdb-preamble'];

export class Rewriting {
  rewrites = 0;
  /** -1: there was none. */
  lastSeconds = -1;
  private readonly retries = new Retries();
  private running: Rewrite | null = null;
  private timer: TimerState | null = null;

  constructor(
    private readonly server: RewritingSurroundings,
    private readonly files: AofFiles,
    private readonly owner: Owner,
  ) {}

  capture(): RewritingState {
    const { rewrites, lastSeconds, retries, timer } = this;
    return { rewrites, lastSeconds, retries: retries.capture(), timer: captureTimer(timer) };
  }

  restore({ rewrites, lastSeconds, retries, timer }: RewritingState): void {
    Object.assign(this, { rewrites, lastSeconds });
    this.retries.restore(retries);
    if (timer !== null) this.timer = this.server.scheduler.restore(TIMER, timer, () => this.beginScheduled());
  }

  get isRunning(): boolean {
    return this.running !== null;
  }

  get isScheduled(): boolean {
    return this.timer !== null;
  }

  /** Duration of the current one; -1: there is none. */
  get seconds(): number {
    return this.running === null ? -1 : Math.floor((this.server.clock.nowMs - this.running.startMs) / 1000);
  }

  /** Number of consecutive failures. */
  get failures(): number {
    return this.retries.failures;
  }

  /** BGREWRITEAOF. Returns null, or why it has not begun. */
  now(): string | null {
    this.retries.forget();
    const complaint = this.begin();
    if (complaint !== null) this.ended(complaint);
    return complaint;
  }

  /** Begins as soon as nothing else is being written. */
  soon(): void {
    this.retries.forget();
    this.schedule(0);
  }

  /** Called when the file has grown. @param bytesBefore its size after the last rewrite */
  lookAt(bytes: number, bytesBefore: number): void {
    const { settings, log, clock } = this.server;
    const percentage = settings['auto-aof-rewrite-percentage'];
    if (percentage === 0 || bytes <= settings['auto-aof-rewrite-min-size'] || this.isRunning || this.isScheduled) return;
    const growth = Math.floor((bytes * 100) / Math.max(1, bytesBefore)) - 100;
    if (growth < percentage || !this.retries.mayTry(clock.nowMs)) return;
    log('notice', `Starting automatic rewriting of AOF on ${growth}% growth`);
    this.schedule(0);
  }

  /** Abandons the current rewrite, and begins no further ones by itself. */
  stop(): void {
    if (this.timer !== null) this.server.scheduler.cancel(this.timer);
    this.timer = null;
    const { running } = this;
    if (running === null) return;
    this.running = null;
    this.server.walks.stop(running.walk);
    running.file.abandon();
    // Jobs may no longer be done.
    this.files.remove(running.draft);
    this.server.log('notice', 'Background AOF rewrite was given up');
  }

  private schedule(delayMs: number): void {
    this.timer ??= this.server.scheduler.after(TIMER, delayMs, () => this.beginScheduled());
  }

  private beginScheduled(): void {
    this.timer = null;
    if (this.isRunning) return;
    if (this.server.isSaving()) return this.schedule(SCHEDULED_MS);
    if (!this.retries.mayTry(this.server.clock.nowMs)) return this.schedule(RETRY_MS);
    const complaint = this.begin();
    if (complaint !== null) this.ended(complaint);
  }

  /** Returns null, or why it has not begun. */
  private begin(): string | null {
    const { files, owner, server } = this;
    const { clock, walks, jobs, settings } = server;
    const complaint = owner.beginRewrite();
    if (complaint !== null) return complaint;
    const base = owner.newBase();
    const draft = files.baseDraft;
    const trailer = !isSnapshot(settings) ? 'none' : settings.rdbchecksum ? 'checksum' : 'zeros';
    const file = new SnapshotFile(
      { path: files.path(base.name), draft, trailer, syncsOften: settings['aof-rewrite-incremental-fsync'] },
      { jobs, resume: () => walks.resume(), done: (failure) => this.written(failure) },
    );
    server.log('notice', 'Background append only file rewriting started');
    const options = isSnapshot(settings) ? { facts: BASE_FACTS } : { format: asCommands(settings) };
    this.running = { walk: walks.start(file, options), file, draft, base, firstSeq: owner.lastSeq, startMs: clock.nowMs };
    return null;
  }

  private written(failure: string | null): void {
    const { base, firstSeq, walk } = this.running!;
    this.server.walks.stop(walk);
    this.ended(failure ?? this.owner.adopt(base, firstSeq));
  }

  private ended(complaint: string | null): void {
    const { clock, log } = this.server;
    this.lastSeconds = this.seconds;
    this.running = null;
    this.rewrites++;
    if (complaint === null) {
      this.retries.succeeded();
      log('notice', 'Background AOF rewrite finished successfully');
    } else {
      this.retries.failed(clock.nowMs);
      log('warning', `Background AOF rewrite failed: ${complaint}`);
    }
    if (this.owner.lacksBase) this.schedule(RETRY_MS);
  }
}
