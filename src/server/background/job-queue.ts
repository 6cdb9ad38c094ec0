/**
 * JobQueue: one thread's queue for the helper. Jobs are done in the order in which they were submitted, but appends before all others.
 *
 * On the loop's thread {@link JobQueue.receive} is called where messages of other threads are handled, in the turn that the helper has woken: the effects of a
 * job's end then happen between two clients, and can be recorded as an input.
 */
import type { FaultEffect } from '../faults/effects.js';
import type { Job, JobError, JobResult } from './job.js';
import type { DiskFault, FromHelper, ToHelper } from './protocol.js';

export type JobListener = (result: JobResult) => void;

export class JobQueue {
  /** Called for each injected fault that this thread has set. */
  onInjected: (id: number, effect: FaultEffect) => void = () => {};
  private readonly listeners = new Map<number, JobListener>();
  private nextId = 1;
  private faults: readonly DiskFault[] = [];
  /** Why no more jobs are done. */
  private end: JobError | null = null;

  constructor(private readonly post: (message: ToHelper, transferred: readonly ArrayBuffer[]) => void) {}

  /** Number of unfinished jobs. */
  get length(): number {
    return this.listeners.size;
  }

  /** @param done called on this thread when the job is done, or has failed. The bytes of a write are transferred, and unusable from here on */
  submit(job: Job, done: JobListener): void {
    if (this.end !== null) return done({ value: 0, error: this.end });
    const id = this.nextId++;
    this.listeners.set(id, done);
    this.post({ kind: 'job', id, job }, job.kind === 'write' || job.kind === 'append' ? [job.bytes.buffer] : []);
  }

  /** Number of jobs submitted so far. */
  get submitted(): number {
    return this.nextId - 1;
  }

  /** Replaces all disk faults. */
  setFaults(faults: readonly DiskFault[]): void {
    this.faults = faults;
    this.post({ kind: 'faults', faults }, []);
  }

  /** Called when a helper has been started: it does not know the faults in force. */
  tellFaults(): void {
    if (this.faults.length > 0) this.post({ kind: 'faults', faults: this.faults }, []);
  }

  receive(message: FromHelper): void {
    if (message.kind === 'injected') return this.onInjected(message.id, message.effect);
    const done = this.listeners.get(message.id);
    this.listeners.delete(message.id);
    const { kind: _kind, id: _id, ...result } = message;
    done?.(result);
  }

  /** Called when the helper has ended, or could not be started: unfinished jobs have failed. Those submitted from here on are for another helper. */
  restart(message: string): void {
    const unfinished = [...this.listeners.values()];
    this.listeners.clear();
    this.nextId = 1;
    for (const done of unfinished) done({ value: 0, error: { code: 'EHELPER', message } });
  }

  /** Called when the helper has ended for good: unfinished jobs have failed, and so do those submitted from here on. */
  fail(message: string): void {
    this.end ??= { code: 'EHELPER', message };
    for (const id of this.listeners.keys()) this.receive({ kind: 'done', id, value: 0, error: this.end });
  }
}
