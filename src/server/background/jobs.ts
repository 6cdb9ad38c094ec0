/**
 * Jobs: the background file work of a server, and the callbacks for when it is done.
 *
 *   submit ──▶ runner: the helper thread ──▶ done, in the turn that the helper has woken        recorded and replayed as an input
 *         └──▶ no runner: done at once ──▶ done, in the next turn, by a timer               simulations
 *
 * Jobs are done in the order in which they were submitted; only an append is done before all others, since clients wait for it. A job in progress is
 * identified by its number, which is plain data: the owner of a job keeps it and, in a server restored from a captured state, sets the callback again with
 * {@link Jobs.resume}.
 */
import { captureTimer, type Scheduler, type TimerState } from '../../shared/timer-state.js';
import { type Job, type JobResult, perform } from './job.js';
import type { JobListener } from './job-queue.js';

/** Runs the jobs. */
export interface JobRunner {
  /** @param done called later on this thread, never from within `run`, and where its effects can be recorded. The bytes of a write are unusable from here on */
  run(id: number, job: Job, done: JobListener): void;
  /** Blocks until all submitted jobs are done. Their callbacks are called later, as always. False: that takes too long. */
  settle(): boolean;
}

/** Acts on the machine: see `Host.act`. */
interface Actor {
  act<T>(action: () => T, otherwise: T): T;
}

export interface JobsState {
  readonly nextId: number;
  /** Jobs that were done at once and whose owners have not been called yet. */
  readonly finished: readonly (readonly [id: number, result: JobResult])[];
  readonly timer: TimerState | null;
}

const TIMER = 'jobs';

export class Jobs {
  private nextId = 1;
  private readonly listeners = new Map<number, JobListener>();
  private finished: (readonly [id: number, result: JobResult])[] = [];
  private timer: TimerState | null = null;

  /** @param runner null: jobs are done on this thread, by the host */
  constructor(
    private readonly runner: JobRunner | null,
    private readonly host: Actor,
    private readonly scheduler: Scheduler,
  ) {}

  /** Number of unfinished jobs with a callback. */
  get length(): number {
    return this.listeners.size;
  }

  /** Returns the job's number. @param done called on this thread when the job is done or has failed. The bytes of a write are unusable from here on */
  submit(job: Job, done: JobListener = () => {}): number {
    const id = this.nextId++;
    this.listeners.set(id, done);
    if (this.runner !== null) this.runner.run(id, job, (result) => this.finish(id, result));
    else this.runHere(id, job);
    return id;
  }

  /** See {@link JobRunner.settle}. */
  settle(): boolean {
    return this.runner === null || this.runner.settle();
  }

  capture(): JobsState {
    return { nextId: this.nextId, finished: this.finished.slice(), timer: captureTimer(this.timer) };
  }

  /** @param isAnother the server starts from the state of another one, whose jobs are not its own: their results are ignored here */
  restore({ nextId, finished, timer }: JobsState, isAnother: boolean): void {
    this.nextId = nextId;
    if (isAnother) return;
    this.finished = finished.slice();
    if (timer !== null) this.timer = this.scheduler.restore(TIMER, timer, () => this.tellFinished());
  }

  /** Sets the callback of a job that was unfinished when the state was captured from which this server continues. */
  resume(id: number, done: JobListener): void {
    this.listeners.set(id, done);
  }

  /** Called when the job with this number has ended. False if there never was such a job. */
  finish(id: number, result: JobResult): boolean {
    const done = this.listeners.get(id);
    this.listeners.delete(id);
    done?.(result);
    return id < this.nextId;
  }

  private runHere(id: number, job: Job): void {
    const done: JobResult = { value: job.kind === 'write' || job.kind === 'append' ? job.bytes.length : 0, error: null };
    this.finished.push([id, this.host.act(() => perform(job), done)]);
    this.timer ??= this.scheduler.after(TIMER, 0, () => this.tellFinished());
  }

  private tellFinished(): void {
    this.timer = null;
    for (const [id, result] of this.finished.splice(0)) this.finish(id, result);
  }
}
