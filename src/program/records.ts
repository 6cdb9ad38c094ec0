/**
 * Records: the events of a program with their moments, and with the counts of a snapshot at each.
 */
import type { Moment, PastEvent, TraceEvent } from '../server/index.js';

/** The counts of a snapshot, as of an event. */
export interface Counts {
  readonly clientCount: number;
  readonly connections: number;
  readonly commands: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export interface Recorded {
  readonly event: PastEvent;
  /** The number of the program's event that it comes from, from 1. */
  readonly number: number;
  readonly counts: Counts;
}

/** Gives the events of one run their moments and counts, from its first one on. */
export class Recorder {
  private counts: Counts = { clientCount: 0, connections: 0, commands: 0, bytesRead: 0, bytesWritten: 0 };
  private last: Moment | null = null;

  /** Null: it belongs to no turn. @param number of the program's event that it comes from */
  record(event: TraceEvent, number: number): Recorded | null {
    this.counts = countsAfter(this.counts, event);
    const moment = momentOf(event, this.last);
    if (moment === null) return null;
    this.last = moment;
    return { event: { ...event, moment }, number, counts: this.counts };
  }
}

function countsAfter(counts: Counts, event: TraceEvent): Counts {
  switch (event.kind) {
    case 'connect':
      return { ...counts, clientCount: counts.clientCount + 1, connections: counts.connections + 1 };
    case 'disconnect':
      return { ...counts, clientCount: Math.max(0, counts.clientCount - 1) };
    case 'frame':
      return { ...counts, commands: counts.commands + 1 };
    case 'read':
      return typeof event.result === 'number' ? { ...counts, bytesRead: counts.bytesRead + event.result } : counts;
    case 'write':
      return typeof event.result === 'number' ? { ...counts, bytesWritten: counts.bytesWritten + event.result } : counts;
    default:
      return counts;
  }
}

/** The moment of an event after `before`; null: it belongs to no turn. A fault is not an event of the history, as in that of the lab's server. */
function momentOf(event: TraceEvent, before: Moment | null): Moment | null {
  if (event.kind === 'turn-begin') return { turn: event.turn, event: 1 };
  return before === null || event.kind === 'fault' ? null : { turn: before.turn, event: before.event + 1 };
}
