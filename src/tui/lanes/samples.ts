/**
 * Samples: the state of each lane, read several times a second. Events between two samples are missed, but a state's share of the samples approximates its
 * share of the time.
 */
import { contextSwitches, type ContextSwitches, type LaneState, type LaneView } from '../../server/index.js';

/** More than the widest screen shows. */
const KEPT = 400;

export interface SampledLane extends LaneView {
  /** The newest last. */
  readonly states: readonly LaneState[];
  readonly switches: ContextSwitches | null;
}

interface Kept {
  readonly fd: number;
  readonly states: LaneState[];
  switches: ContextSwitches | null;
}

export class Samples {
  private readonly lanes = new Map<number, Kept>();

  take(views: readonly LaneView[]): void {
    const seen = new Set(views.map(({ index }) => index));
    for (const index of this.lanes.keys()) if (!seen.has(index)) this.lanes.delete(index);
    for (const { index, fd, state } of views) {
      const known = this.lanes.get(index);
      const lane = known === undefined || known.fd !== fd ? { fd, states: [], switches: null } : known;
      this.lanes.set(index, lane);
      lane.states.push(state);
      if (lane.states.length > KEPT) lane.states.shift();
    }
  }

  /** Reads the kernel's counters: a file for each thread. */
  count(views: readonly LaneView[]): void {
    for (const { index, threadId } of views) {
      const lane = this.lanes.get(index);
      if (lane !== undefined && threadId !== 0) lane.switches = contextSwitches(threadId);
    }
  }

  of(views: readonly LaneView[]): readonly SampledLane[] {
    return views.map((view) => ({ ...view, states: this.lanes.get(view.index)?.states ?? [], switches: this.lanes.get(view.index)?.switches ?? null }));
  }
}
