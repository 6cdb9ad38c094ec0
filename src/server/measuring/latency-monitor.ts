/**
 * LatencyMonitor: records events that blocked the loop for longer than latency-monitor-threshold; read by LATENCY.
 *
 * Events carry Redis's names: `command` for a slow one, `fast-command` for one that should never be slow, `expire-cycle` and `eviction-cycle`
 * for a run of these, `expire-del` and `eviction-del` for one key in them. `garbage-collection` is the lab's own (idle-collection.ts). Of several in
 * the same second only the longest is kept.
 */

/** Samples kept for each event (LATENCY_TS_LEN). */
const MAX_SAMPLES = 160;

export interface LatencySample {
  /** Unix time. */
  readonly atSeconds: number;
  readonly elapsedMs: number;
}

export class LatencySeries {
  /** Oldest first. */
  readonly samples: LatencySample[] = [];
  maxMs = 0;

  get latest(): LatencySample {
    return this.samples.at(-1)!;
  }

  add(sample: LatencySample): void {
    this.maxMs = Math.max(this.maxMs, sample.elapsedMs);
    if (this.samples.length > 0 && this.latest.atSeconds === sample.atSeconds) {
      if (sample.elapsedMs > this.latest.elapsedMs) this.samples[this.samples.length - 1] = sample;
      return;
    }
    this.samples.push(sample);
    if (this.samples.length > MAX_SAMPLES) this.samples.shift();
  }
}

/** The maximum duration of each event in ms, and its samples. */
export type LatencyState = readonly (readonly [event: string, maxMs: number, samples: readonly LatencySample[]])[];

export class LatencyMonitor {
  readonly events = new Map<string, LatencySeries>();

  capture(): LatencyState {
    return Array.from(this.events, ([event, { maxMs, samples }]) => [event, maxMs, [...samples]] as const);
  }

  restore(state: LatencyState): void {
    for (const [event, maxMs, samples] of state) {
      const series = new LatencySeries();
      series.maxMs = maxMs;
      series.samples.push(...samples);
      this.events.set(event, series);
    }
  }

  add(event: string, atSeconds: number, elapsedMs: number): void {
    let series = this.events.get(event);
    if (series === undefined) this.events.set(event, (series = new LatencySeries()));
    series.add({ atSeconds, elapsedMs });
  }

  /** Forgets the named events, or all; returns how many there were. */
  reset(names: readonly string[]): number {
    const forgotten = (names.length === 0 ? [...this.events.keys()] : names).filter((name) => this.events.delete(name));
    return forgotten.length;
  }
}
