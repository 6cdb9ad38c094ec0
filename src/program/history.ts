/**
 * ProgramHistory: the past of a learner's program. The destination of a way is found among its traced events; there, the program is run again with its recorded
 * inputs (rerun.ts).
 *
 *   records   [ turn 7, event 1 │ turn 7, event 2 │ … │ turn 9, event 4 ]      the newest ones; each with the counts of a snapshot at that moment
 *
 * If the run does not reach the moment, for example because it diverges, the recorded events are shown, with the reason.
 */
import {
  type Destination, endsRun, endsStep, type HistoryRange, type Moment, NO_SUCH_MOMENT, type PastAnswer, type PastEvent, type PastFork, type ServerHistory,
  type Snapshot, TRACE_EVENTS, type TraceEvent, type Visit,
} from '../server/index.js';
import type { Standing } from './rerun.js';

/** Number of events that are kept; up to a block more. */
const MOST_EVENTS = 20_000;
const BLOCK = 2_000;

/** Maximum number of events before a moment in a visit. */
const EVENTS_OF_VISIT = 64;

/** The counts of a snapshot, as of an event. */
interface Counts {
  readonly clientCount: number;
  readonly connections: number;
  readonly commands: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

interface Recorded {
  readonly event: PastEvent;
  /** The number of the program's event that it comes from, from 1. */
  readonly number: number;
  readonly counts: Counts;
}

interface Visited extends Recorded {
  /** Null: the run has not reached it. */
  readonly standing: Standing | null;
}

export interface HistoryPorts {
  /** Unix time of zero on the trace's clock. */
  originMs(): number;
  /** A snapshot of the present, of which only the counts are replaced. */
  snapshot(): Snapshot;
  /** Runs the program again up to an event. Null: it was cancelled. @param isNewest nothing is recorded after it */
  runAgain(number: number, isNewest: boolean): Promise<Standing | null>;
  /** The present is shown again. */
  leave(): void;
}

export class ProgramHistory implements ServerHistory {
  private records: Recorded[] = [];
  private counts: Counts = { clientCount: 0, connections: 0, commands: 0, bytesRead: 0, bytesWritten: 0 };
  private visited: Visited | null = null;
  private readonly listeners = new Set<(range: HistoryRange) => void>();

  constructor(private readonly ports: HistoryPorts) {}

  /** An event was passed on. @param number of the program's event that it comes from */
  add(event: TraceEvent, number: number): void {
    const counts = (this.counts = countsAfter(this.counts, event));
    const before = this.records.at(-1)?.event.moment ?? null;
    const moment = momentOf(event, before);
    if (moment === null) return;
    this.records.push({ event: { ...event, moment }, number, counts });
    if (this.records.length > MOST_EVENTS + BLOCK) this.records.splice(0, BLOCK);
  }

  get range(): HistoryRange {
    const [first] = this.records;
    const last = this.records.at(-1);
    return {
      oldest: first?.event.moment ?? { turn: 0, event: 0 }, newest: last?.event.moment ?? { turn: 0, event: 0 },
      oldestMs: this.unixMsOf(first), newestMs: this.unixMsOf(last),
      oldestCommand: (first?.counts.commands ?? 0) + 1, newestCommand: last?.counts.commands ?? 0, bytes: 0, isWhole: false, off: null,
    };
  }

  onGrow(listener: (range: HistoryRange) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async visit(to: Destination): Promise<Visit> {
    const index = this.indexOf(to);
    const there = index === null ? undefined : this.records[index];
    if (index === null || there === undefined) throw new Error(NO_SUCH_MOMENT);
    const events = this.records.slice(Math.max(0, index + 1 - EVENTS_OF_VISIT), index + 1).map(({ event }) => event);
    const standing = await this.ports.runAgain(there.number, index === this.records.length - 1);
    this.visited = { ...there, standing: standing?.over === null ? standing : null };
    const { moment } = there.event;
    return { moment, unixMs: this.unixMsOf(there), events, snapshot: this.snapshotOf(this.visited), writer: null };
  }

  look(): Promise<Snapshot> {
    return this.visited === null ? Promise.reject(new Error(NO_SUCH_MOMENT)) : Promise.resolve(this.snapshotOf(this.visited));
  }

  ask(): Promise<PastAnswer> {
    return Promise.reject(new Error('a program of your own cannot be asked in its past: End leads back to now'));
  }

  digest(): Promise<string> {
    return Promise.reject(new Error('a program of your own has no digest'));
  }

  fork(): Promise<PastFork> {
    return Promise.reject(new Error('a program of your own cannot be forked'));
  }

  leave(): Promise<void> {
    this.visited = null;
    this.ports.leave();
    return Promise.resolve();
  }

  private unixMsOf(past: Recorded | undefined): number {
    return past === undefined ? this.ports.originMs() : this.ports.originMs() + past.event.atUs / 1000;
  }

  /** Without a run the rows of connections stay as traced; the smaller count in the snapshot shows that there are fewer. */
  private snapshotOf({ event, counts, standing }: Visited): Snapshot {
    const { clientCount, connections, commands, bytesRead, bytesWritten } = counts;
    const nowMs = this.ports.originMs() + event.atUs / 1000;
    const then = standing === null ? { ...this.ports.snapshot(), clientCount, clients: [] } : standing.picture.snapshot(standing.atUs, nowMs);
    return {
      ...then, nowMs, nowUs: event.atUs, turn: event.moment.turn, stats: { ...then.stats, connections, commands, bytesRead, bytesWritten },
    };
  }

  /** Null: there is no such moment. */
  private indexOf(to: Destination): number | null {
    if ('from' in to) return 'changeOf' in to ? null : this.indexFrom(to);
    if ('unixMs' in to) return found(this.records.findLastIndex((past) => this.unixMsOf(past) <= to.unixMs));
    if ('command' in to) return found(this.records.findIndex(({ counts }) => counts.commands >= to.command));
    const event = 'event' in to ? to.event : 1;
    if (event === Infinity) return found(this.records.findLastIndex((past) => past.event.moment.turn === to.turn));
    return found(this.records.findIndex((past) => past.event.moment.turn === to.turn && past.event.moment.event === Math.max(1, event)));
  }

  private indexFrom(to: Extract<Destination, { from: Moment }>): number | null {
    const from = this.indexOf(to.from);
    if (from === null || 'changeOf' in to) return null;
    const step = 'by' in to && to.direction === 'back' ? -1 : 1;
    for (let at = from + step; at >= 0 && at < this.records.length; at += step) {
      if ('by' in to ? this.endsStepAt(at, to.by) : endsRun(to.request, this.records[at]!.event)) return at;
    }
    return null;
  }

  /** The execution of a request is not reported: a step to the next command ends where it has been decoded. */
  private endsStepAt(at: number, unit: Extract<Destination, { by: unknown }>['by']): boolean {
    const { event } = this.records[at]!;
    const before = this.records[at - 1]?.event;
    const isNewPhase = before === undefined || TRACE_EVENTS[before.kind].phase !== TRACE_EVENTS[event.kind].phase;
    return unit === 'command' ? event.kind === 'frame' : endsStep(unit, event, isNewPhase);
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

const found = (index: number): number | null => (index === -1 ? null : index);

/** The moment of an event after `before`; null: it belongs to no turn. A fault is not an event of the history, as in that of the lab's server. */
function momentOf(event: TraceEvent, before: Moment | null): Moment | null {
  if (event.kind === 'turn-begin') return { turn: event.turn, event: 1 };
  return before === null || event.kind === 'fault' ? null : { turn: before.turn, event: before.event + 1 };
}
