/**
 * LoopDisk: the file work of a loop's thread, with the faults of the disk: what the helper thread does for it, and what the loop itself waits for.
 */
import { DiskFaults } from '../background/disk-faults.js';
import { type Job, type JobResult, perform } from '../background/job.js';
import type { JobQueue } from '../background/job-queue.js';
import type { DiskFault } from '../background/protocol.js';
import type { FaultEffect } from '../faults/effects.js';

export class LoopDisk {
  /** Told of each injected fault. */
  onInjected: (id: number, effect: FaultEffect) => void = () => {};
  private readonly faults = new DiskFaults((id, effect) => this.onInjected(id, effect));

  constructor(private readonly jobs: JobQueue) {
    jobs.onInjected = (id, effect) => this.onInjected(id, effect);
  }

  /** All faults of the disk that are set from now on. */
  setFaults(faults: readonly DiskFault[]): void {
    this.jobs.setFaults(faults);
    this.faults.set(faults);
  }

  /** Never throws. */
  perform(job: Job): JobResult {
    return this.faults.areSet ? this.faults.performHere(job) : perform(job);
  }
}
