/**
 * JobQueue: one thread's way to the helper. Jobs are done in the order in which they were submitted.
 *
 * On the loop's thread {@link JobQueue.receive} is called where messages of other threads are taken, in the turn that the helper has woken: what a job's end
 * changes there happens between two clients, and can be recorded as an input.
 */
import type { FaultEffect } from '../faults/effects.js';
import type { Job, JobError, JobResult } from './job.js';
import type { DiskFault, FromHelper, ToHelper } from './protocol.js';

export type JobListener = (result: JobResult) => void;

export class JobQueue {
  /** Told of each injected fault that this thread has set. */
  onInjected: (id: number, effect: FaultEffect) => void = () => {};
  private readonly listeners = new Map<number, JobListener>();
  private nextId = 1;
  /** Why no job is done any more. */
  private end: JobError | null = null;

  constructor(private readonly post: (message: ToHelper, transferred: readonly ArrayBuffer[]) => void) {}

  /** Jobs that are not done yet. */
  get length(): number {
    return this.listeners.size;
  }

  /** @param done called on this thread when the job is done, or has failed. The bytes of a write are gone from here on: they are transferred */
  submit(job: Job, done: JobListener): void {
    if (this.end !== null) return done({ value: 0, error: this.end });
    const id = this.nextId++;
    this.listeners.set(id, done);
    this.post({ kind: 'job', id, job }, job.kind === 'write' ? [job.bytes.buffer] : []);
  }

  /** All faults of the disk that are set from now on. */
  setFaults(faults: readonly DiskFault[]): void {
    this.post({ kind: 'faults', faults }, []);
  }

  receive(message: FromHelper): void {
    if (message.kind === 'injected') return this.onInjected(message.id, message.effect);
    const done = this.listeners.get(message.id);
    this.listeners.delete(message.id);
    done?.({ value: message.value, error: message.error });
  }

  /** The helper is gone: what it has not done has failed, and so does all that is submitted from here on. */
  fail(message: string): void {
    this.end ??= { code: 'EHELPER', message };
    for (const id of this.listeners.keys()) this.receive({ kind: 'done', id, value: 0, error: this.end });
  }
}
