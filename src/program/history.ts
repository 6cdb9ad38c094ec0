/**
 * ProgramHistory: the past of a learner's program. The destination of a way is found among its traced events; there, the program is run again with its recorded
 * inputs (rerun.ts).
 *
 *   run       turn 1 ────────────────────────────────────────────────▶ now
 *   events              [ block ]                  [ newest events ]
 *
 * The newest events are kept. For an older destination the program is run again from its beginning, and the events around it are kept as a block until another
 * one is needed.
 *
 * If the run does not reach the moment, for example because it diverges, the recorded events are shown, with the reason; for an older one there are none.
 */
import {
  type Destination, type HistoryRange, isBefore, NO_SUCH_MOMENT, type PastAnswer, type PastEvent, type PastFork, type ServerHistory, type Snapshot,
  type TraceEvent, type Visit,
} from '../server/index.js';
import type { Text } from '../shared/language.js';
import { Recorder, type Recorded } from './records.js';
import type { Retelling, Standing } from './rerun.js';
import { Search } from './search.js';

export interface HistoryLimits {
  /** Number of the newest events that are kept; up to {@link cut} more. */
  readonly newest: number;
  /** Number of events that are forgotten at once. */
  readonly cut: number;
  /** Number of events that are kept before and after an older destination. */
  readonly around: number;
}

const LIMITS: HistoryLimits = { newest: 20_000, cut: 2000, around: 2000 };

/** Maximum number of events before a moment in a visit. */
const EVENTS_OF_VISIT = 64;

interface Visited extends Recorded {
  /** Null: the run has not reached it. */
  readonly standing: Standing | null;
}

/** An event, and those around it. */
interface Found {
  readonly there: Recorded;
  readonly events: readonly Recorded[];
}

/** Why a run has not passed on the requested events. */
export interface Untold {
  readonly text: Text;
  /** The program cannot be run again at all. */
  readonly isForGood: boolean;
}

export interface HistoryPorts {
  /** The inputs of the program are recorded, so it can be run again. */
  readonly isRecorded: boolean;
  /** Unix time of zero on the trace's clock. */
  originMs(): number;
  /** A snapshot of the present, of which only the counts are replaced. */
  snapshot(): Snapshot;
  /** Runs the program again up to an event. Null: it was cancelled. @param isNewest nothing is recorded after it */
  runAgain(number: number, isNewest: boolean): Promise<Standing | null>;
  /** Runs the program again from its beginning and passes on its events up to this one, until `take` returns false. Null: it has. */
  retell(number: number, take: Retelling): Promise<Untold | null>;
  /** The line of the program's event with this number, as far as a run has told it. */
  sourceOf(standing: Standing, number: number): TraceEvent['source'];
  /** The present is shown again. */
  leave(): void;
}

/** A moment that is not kept could not be found by running the program again. */
export class RetellingError extends Error {
  override readonly name = 'RetellingError';

  constructor(readonly text: Text) {
    super(text.en);
  }
}

export class ProgramHistory implements ServerHistory {
  private readonly recorder = new Recorder();
  /** The newest ones. */
  private records: Recorded[] = [];
  /** Events around an older destination. */
  private block: readonly Recorded[] = [];
  /** The first event of all. */
  private first: Recorded | null = null;
  /** The program cannot be run again. */
  private isUntold = false;
  private visited: Visited | null = null;
  private readonly listeners = new Set<(range: HistoryRange) => void>();

  constructor(private readonly ports: HistoryPorts, private readonly limits = LIMITS) {}

  /** An event was passed on. @param number of the program's event that it comes from */
  add(event: TraceEvent, number: number): void {
    const past = this.recorder.record(event, number);
    if (past === null) return;
    this.first ??= past;
    this.records.push(past);
    const { newest, cut } = this.limits;
    // A search may be reading the old array.
    if (this.records.length > newest + cut) this.records = this.records.slice(cut);
  }

  get range(): HistoryRange {
    const first = (this.hasOlder ? this.first : this.records[0]) ?? undefined;
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
    const found = await this.find(to);
    if (found === null) throw new Error(NO_SUCH_MOMENT);
    const { there, events: around } = found;
    const standing = await this.ports.runAgain(there.number, there === this.records.at(-1));
    this.visited = { ...there, standing: standing?.over === null ? standing : null };
    const index = around.lastIndexOf(there);
    const events = around.slice(Math.max(0, index + 1 - EVENTS_OF_VISIT), index + 1).map((past) => this.withSource(past, standing));
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

  /** Events of a block were told without their lines. */
  private withSource({ event, number }: Recorded, standing: Standing | null): PastEvent {
    const source = event.source ?? (standing === null ? undefined : this.ports.sourceOf(standing, number));
    return source === undefined ? event : { ...event, source };
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

  // Finding

  /** There are events before the newest ones, and the program can be run again. */
  private get hasOlder(): boolean {
    return this.records[0] !== (this.first ?? undefined) && this.ports.isRecorded && !this.isUntold;
  }

  /** Null: there is no such moment. */
  private async find(to: Destination): Promise<Found | null> {
    const kept = this.findIn(this.records, to, !this.hasOlder, true);
    if (kept !== undefined) return kept;
    const inBlock = this.findIn(this.block, to, this.block[0]?.number === this.first?.number, false);
    return inBlock === undefined ? this.findAgain(to) : inBlock;
  }

  private searchFor(to: Destination): Search {
    return new Search(to, (past) => this.unixMsOf(past));
  }

  /** Undefined: it may be among events before or after these. @param isFirst there are none before. @param isLast there are none after */
  private findIn(events: readonly Recorded[], to: Destination, isFirst: boolean, isLast: boolean): Found | null | undefined {
    const [first] = events;
    const search = this.searchFor(to);
    if (first === undefined) return isFirst && isLast ? null : undefined;
    if (!isFirst && search.isBefore(first)) return undefined;
    const isUnjudged = search.isBack && !isFirst;
    if (isUnjudged) search.passBy(first);
    const isOver = events.some((past, i) => !(isUnjudged && i === 0) && search.take(past));
    const { found: there } = search;
    if ((!isOver && !isLast) || (there === null && search.isBack && !isFirst)) return undefined;
    return there === null ? null : { there, events };
  }

  /** Runs the program again to find a destination; the events around it become the block. */
  private async findAgain(to: Destination): Promise<Found | null> {
    const newest = this.records;
    const { around } = this.limits;
    const [search, recorder] = [this.searchFor(to), new Recorder()];
    let block: Recorded[] = [];
    let isOver = false;
    let after = 0;
    let seq = 0;
    const take = (past: Recorded): void => {
      block.push(past);
      if (isOver) after++;
      else isOver = search.take(past);
      if (!isOver && block.length > 2 * around) block = block.slice(-around);
    };
    const untold = await this.ports.retell(newest[0]!.number, ({ number, atUs }, bodies) => {
      for (const body of bodies) {
        const past = recorder.record({ ...body, seq: ++seq, atUs }, number);
        if (past !== null) take(past);
      }
      return after < around;
    });
    if (!isOver && untold !== null) {
      this.isUntold ||= untold.isForGood;
      throw new RetellingError(onlyByRunning(untold.text, this.limits.newest));
    }
    const last = block.at(-1);
    if (!isOver) isOver = newest.some((past) => (last === undefined || isBefore(last.event.moment, past.event.moment)) && search.take(past));
    const { found: there } = search;
    if (there === null) return null;
    if (newest.includes(there)) return { there, events: newest };
    // The last of many steps back may be far behind the moment that it is searched from.
    if (!block.includes(there)) return this.findAgain(there.event.moment);
    this.block = block;
    return { there, events: block };
  }
}

const onlyByRunning = ({ en, ko }: Text, newest: number): Text => ({
  en: `${en}; what was before the newest ${newest.toLocaleString('en')} events is found only by running the program again`,
  ko: `${ko}. 최근 이벤트 ${newest.toLocaleString('en')}개보다 앞선 순간은 프로그램을 다시 실행해야 찾을 수 있습니다`,
});
