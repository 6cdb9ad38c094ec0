/**
 * LoopDisk: the file work of a loop's thread, with injected disk faults: the jobs of the helper thread, and the work that the loop itself waits for.
 */
import { DiskFaults } from '../background/disk-faults.js';
import { type Job, type JobResult, perform } from '../background/job.js';
import type { JobQueue } from '../background/job-queue.js';
import type { DiskFault } from '../background/protocol.js';
import type { FaultEffect } from '../faults/effects.js';

export class LoopDisk {
  /** Called for each injected fault. */
  onInjected: (id: number, effect: FaultEffect) => void = () => {};
  private readonly faults = new DiskFaults((id, effect) => this.onInjected(id, effect));

  constructor(private readonly jobs: JobQueue) {
    jobs.onInjected = (id, effect) => this.onInjected(id, effect);
  }

  /** Replaces all disk faults. */
  setFaults(faults: readonly DiskFault[]): void {
    this.jobs.setFaults(faults);
    this.faults.set(faults);
  }

  /** Never throws. */
  perform(job: Job): JobResult {
    return this.faults.areSet ? this.faults.performHere(job) : perform(job);
  }
}
