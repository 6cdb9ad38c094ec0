/**
 * Disk faults, injected where jobs are done: between their callers and the file system.
 *
 *   disk-full 1kb     a write beyond 1 kB, counted since the fault was set, fails with ENOSPC, and has written what still fitted
 *   slow-disk 50ms    a write or fsync takes this much longer
 */
import { setTimeout } from 'node:timers/promises';
import type { FaultEffect } from '../faults/effects.js';
import { appendSteps, type Job, type JobResult, perform, withStringsCompressed } from './job.js';
import type { DiskFault } from './protocol.js';
import { sleepFor } from '../../shared/sleep.js';

interface Active {
  readonly fault: DiskFault['fault'];
  injections: number;
  /** For `disk-full`: how many bytes still fit. */
  room: number;
}

export class DiskFaults {
  private active = new Map<number, Active>();
  /** Ends the delay of a job when faults change: its fault may be removed. */
  private delayed: AbortController | null = null;

  /** @param onInjected called for each injection */
  constructor(private readonly onInjected: (id: number, effect: FaultEffect) => void) {}

  /** Replaces the faults; those that were already set keep their state. */
  set(faults: readonly DiskFault[]): void {
    this.active = new Map(faults.map(({ id, fault }) => [id, this.active.get(id) ?? { fault, injections: 0, room: roomOf(fault) }]));
    this.delayed?.abort();
  }

  get areSet(): boolean {
    return this.active.size > 0;
  }

  async perform(job: Job): Promise<JobResult> {
    if (job.kind === 'append') {
      const steps = appendSteps(job);
      let step = steps.next();
      while (step.done !== true) step = steps.next(await this.perform(step.value));
      return step.value;
    }
    for (const [id, { fault }] of this.active) {
      if (fault.name === 'slow-disk' && (job.kind === 'write' || job.kind === 'fsync')) await this.delay(id, job.kind, fault.ms);
    }
    return job.kind === 'write' ? this.write(job) : perform(job);
  }

  /** The same, blocking the thread that waits for it. */
  performHere(job: Job): JobResult {
    if (job.kind === 'append') {
      const steps = appendSteps(job);
      let step = steps.next();
      while (step.done !== true) step = steps.next(this.performHere(step.value));
      return step.value;
    }
    for (const [id, { fault }] of this.active) {
      if (fault.name !== 'slow-disk' || (job.kind !== 'write' && job.kind !== 'fsync')) continue;
      this.inject(id, `${job.kind} takes ${fault.ms} ms longer`);
      sleepFor(fault.ms);
    }
    return job.kind === 'write' ? this.write(job) : perform(job);
  }

  private async delay(id: number, kind: 'write' | 'fsync', ms: number): Promise<void> {
    this.inject(id, `${kind} takes ${ms} ms longer`);
    this.delayed = new AbortController();
    await setTimeout(ms, null, { signal: this.delayed.signal }).catch(() => {});
    this.delayed = null;
  }

  private write(asked: Job & { readonly kind: 'write' }): JobResult {
    const job = withStringsCompressed(asked);
    for (const [id, active] of this.active) {
      if (active.fault.name !== 'disk-full') continue;
      const fits = Math.min(active.room, job.bytes.length);
      active.room -= fits;
      if (fits === job.bytes.length) continue;
      const { value, error } = perform({ ...job, bytes: job.bytes.subarray(0, fits) });
      this.inject(id, 'write: ENOSPC');
      return { value, error: error ?? { code: 'ENOSPC', message: 'ENOSPC: no space left on device, write' } };
    }
    return perform(job);
  }

  private inject(id: number, effect: FaultEffect): void {
    const active = this.active.get(id);
    if (active === undefined) return;
    if (++active.injections === active.fault.next) this.active.delete(id);
    this.onInjected(id, effect);
  }
}

const roomOf = (fault: DiskFault['fault']): number => (fault.name === 'disk-full' ? (fault.afterBytes ?? 0) : 0);
