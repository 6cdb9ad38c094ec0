/**
 * Histogram: the durations of one command's calls, for INFO latencystats and LATENCY HISTOGRAM.
 *
 * Buckets grow with the value, so that every duration from 1 ns to 1 s is kept with two significant digits in fixed memory
 * (Gil Tene's HDR histogram with Redis's parameters, so that the numbers shown are the same ones):
 *
 *   group     0: 0…255 in steps of 1     1: 256…511 by 2     2: 512…1023 by 4     …
 *   counts    256 cells                  128 cells           128 cells            …
 */

const HALF = 128;
const GROUPS = 23;
const LONGEST_NS = 1_000_000_000;
/** The first step of LATENCY HISTOGRAM; each further one is twice as long. */
const FIRST_STEP_NS = 1024;

export interface HistogramState {
  readonly total: number;
  readonly longestUs: number;
  /** Alternating indexes and counts of the cells that are not empty. */
  readonly counts: Uint32Array;
}

export class Histogram {
  total = 0;
  /** The exact duration of the longest call, also above a second. */
  longestUs = 0;
  private readonly counts = new Uint32Array((GROUPS + 1) * HALF);

  capture(): HistogramState {
    const cells: number[] = [];
    this.counts.forEach((count, cell) => void (count > 0 && cells.push(cell, count)));
    return { total: this.total, longestUs: this.longestUs, counts: Uint32Array.from(cells) };
  }

  restore({ total, longestUs, counts }: HistogramState): void {
    this.total = total;
    this.longestUs = longestUs;
    for (let at = 0; at < counts.length; at += 2) this.counts[counts[at]!] = counts[at + 1]!;
  }

  /** Durations above a second count as a second. */
  record(elapsedUs: number, calls = 1): void {
    if (elapsedUs > this.longestUs) this.longestUs = elapsedUs;
    this.counts[indexOf(Math.min(Math.max(elapsedUs * 1000, 1), LONGEST_NS))]! += calls;
    this.total += calls;
  }

  /** Returns the duration in µs that `percent` of the calls did not exceed. */
  percentileUs(percent: number): number {
    const wanted = Math.max(1, Math.floor((Math.min(percent, 100) / 100) * this.total + 0.5));
    let seen = 0;
    for (let index = 0; index < this.counts.length; index++) {
      seen += this.counts[index]!;
      if (seen >= wanted) return highestOf(index) / 1000;
    }
    return 0;
  }

  /** The same, but at most the duration of the longest call, which also stands for all calls of more than a second. */
  cutPercentileUs(percent: number): number {
    const us = this.percentileUs(percent);
    return us >= LONGEST_NS / 1000 ? this.longestUs : Math.min(us, this.longestUs);
  }

  /** Returns pairs of µs, doubling from step to step, and the number of calls that took no longer; steps that add nothing are left out. */
  cumulative(): number[] {
    const pairs: number[] = [];
    let seen = 0;
    let index = 0;
    for (let step = FIRST_STEP_NS; seen < this.total; step *= 2) {
      const last = Math.min(indexOf(Math.min(step, LONGEST_NS)), this.counts.length - 1);
      let added = 0;
      for (; index <= last; index++) added += this.counts[index]!;
      seen += added;
      if (added > 0) pairs.push(Math.floor(highestOf(last) / 1000), seen);
    }
    return pairs;
  }
}

function indexOf(ns: number): number {
  const whole = Math.floor(ns);
  const group = Math.max(0, 24 - Math.clz32(whole | 255));
  return group * HALF + (whole >>> group);
}

/** Returns the longest duration that is counted in a cell, in ns. */
function highestOf(index: number): number {
  const group = index < 2 * HALF ? 0 : Math.floor(index / HALF) - 1;
  const cell = index - group * HALF;
  return (cell + 1) * 2 ** group - 1;
}
