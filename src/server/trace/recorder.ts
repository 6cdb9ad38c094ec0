/**
 * Recorder: numbers and timestamps every event, and collects them into batches for observers.
 *
 * A frame has a budget of events. Once it is used up the tap is closed until the next frame, so that a server at full speed does not spend its time on the
 * trace; what was left out is then known from the loop's own counters, in turns and in commands.
 *
 *   │ frame                       │ frame                       │
 *   ├─ events ──▶│ budget spent   │ events ──▶│ budget spent    │
 *                └── tap closed ──┘           └── tap closed ───┘
 *                    only counted,                only counted,
 *                    except what is slow          except what is slow
 *
 * Turns in which nothing was ready and no timer ran are discarded: the observer wakes the loop for its frames, and would otherwise record itself, so that an
 * idle loop could never be seen idle.
 */
import type { TraceBody, TraceEvent } from './events.js';

export interface TraceBatch {
  readonly events: readonly TraceEvent[];
  /** Turns and commands without any event in the trace, because the budget was spent. */
  readonly droppedTurns: number;
  readonly droppedCommands: number;
  /** Dropped events that took long, or longer than any before: turns, executions and their replies. They came after all `events`. */
  readonly slow: readonly TraceEvent[];
}

/** Events that took at least this long are never dropped. */
const SLOW_US = 1000;

/** Totals of the running loop, for what the trace leaves out. */
export interface LoopCounters {
  readonly turns: number;
  readonly commands: number;
}

export class Recorder {
  private events: TraceEvent[] = [];
  private seq = 0;
  /** The first events of a turn in which nothing has happened yet, after another such turn. */
  private quiet: TraceEvent[] = [];
  private slow: TraceEvent[] = [];
  private longestExecuteUs = 0;
  private longestTurnUs = 0;
  private isTurnQuiet = true;
  /** The previous turn was quiet as well. */
  private isBeginQuiet = true;
  private closedAt: LoopCounters | null = null;
  private droppedTurns = 0;
  private droppedCommands = 0;
  /** Discarded before the events that are kept. */
  private forgotten: { turns: number; commands: number } | null = null;

  /** @param budget events per frame; Infinity: none is ever dropped. */
  constructor(
    private readonly readUs: () => number,
    private readonly counters: () => LoopCounters,
    public budget: number,
  ) {}

  get isEmpty(): boolean {
    return this.events.length === 0 && this.droppedTurns === 0 && this.closedAt === null && this.forgotten === null && this.slow.length === 0;
  }

  /** True if the budget of this frame is used up: close the tap, and call {@link closed}. */
  get isSpent(): boolean {
    return this.events.length >= this.budget;
  }

  /**
   * Numbers and keeps an event; null if it belongs to a turn that may still be discarded.
   *
   * @param everything discards nothing: stepping shows each turn
   */
  record(body: TraceBody, everything: boolean): TraceEvent | null {
    const event = this.dated(body);
    if (this.isQuiet(event) && !everything) {
      this.quiet.push(event);
      return null;
    }
    this.keepQuiet();
    this.events.push(event);
    return event;
  }

  private dated(body: TraceBody): TraceEvent {
    if (body.kind === 'execute') this.longestExecuteUs = Math.max(this.longestExecuteUs, body.elapsedUs);
    else if (body.kind === 'turn-end') this.longestTurnUs = Math.max(this.longestTurnUs, body.busyUs);
    return Object.assign(body, { seq: ++this.seq, atUs: this.readUs() }) as TraceEvent;
  }

  /** While the tap is closed, executions and turns longer than this many µs are recorded: those that are slow, and those slower than all before. */
  get slowExecuteUs(): number {
    return Math.min(SLOW_US, this.longestExecuteUs);
  }

  get slowTurnUs(): number {
    return Math.min(SLOW_US, this.longestTurnUs);
  }

  /** Keeps an event of something slow, while the tap is closed. */
  recordSlow(body: TraceBody): void {
    this.slow.push(this.dated(body));
  }

  /** Called when the tap has been closed: from here on only the counters count. */
  closed(): void {
    this.keepQuiet();
    this.closedAt ??= this.counters();
  }

  /** Called when the tap is open again. */
  opened(): void {
    if (this.closedAt === null) return;
    const { turns, commands } = this.counters();
    this.droppedTurns += turns - this.closedAt.turns;
    this.droppedCommands += commands - this.closedAt.commands;
    this.closedAt = null;
  }

  /** Discards what has been collected: the budget is used up, but the tap has to stay open. */
  forget(): void {
    const forgotten = (this.forgotten ??= { turns: 0, commands: 0 });
    for (const event of this.events) {
      if (event.kind !== 'turn-end' || this.isSlow(event)) continue;
      forgotten.turns++;
      forgotten.commands += event.commands;
    }
    this.events = this.events.filter((event) => this.isSlow(event));
  }

  private isSlow(event: TraceEvent): boolean {
    return (event.kind === 'execute' && event.elapsedUs >= SLOW_US) || (event.kind === 'turn-end' && event.busyUs >= SLOW_US);
  }

  /** Returns what was left out before the batch of {@link take}; null: nothing. */
  takeForgotten(): TraceBatch | null {
    if (this.forgotten === null) return null;
    const { turns, commands } = this.forgotten;
    this.forgotten = null;
    return { events: [], droppedTurns: turns, droppedCommands: commands, slow: [] };
  }

  /** Called when an observer begins to listen. @param heldAt the event at which the loop is held meanwhile: it is the first one reported. */
  begin(heldAt: TraceEvent | null): void {
    this.take();
    if (heldAt !== null) this.events.push(heldAt);
  }

  /** Returns what has been collected since the last take, and, while the tap is closed, what has been left out so far. */
  take(): TraceBatch {
    if (this.closedAt !== null) {
      this.opened();
      this.closed();
    }
    const { events, slow } = this;
    const told = (kind: TraceEvent['kind']): number => slow.filter((event) => event.kind === kind).length;
    const droppedTurns = Math.max(0, this.droppedTurns - told('turn-end'));
    const batch = { events, droppedTurns, droppedCommands: Math.max(0, this.droppedCommands - told('execute')), slow };
    this.events = [];
    this.slow = [];
    this.droppedTurns = 0;
    this.droppedCommands = 0;
    return batch;
  }

  private isQuiet(event: TraceEvent): boolean {
    switch (event.kind) {
      case 'turn-begin': {
        // The beginning of the first turn after a busy one is reported: that the loop goes to sleep, and the reason for its timeout.
        this.isBeginQuiet = this.isTurnQuiet;
        this.quiet.length = 0;
        this.isTurnQuiet = true;
        return this.isBeginQuiet;
      }
      case 'wait':
        return this.isTurnQuiet && this.isBeginQuiet;
      case 'poll':
        return this.isTurnQuiet && event.ready === 0;
      case 'turn-end':
        return this.isTurnQuiet;
      default:
        this.isTurnQuiet = false;
        return false;
    }
  }

  /** Keeps the events of the quiet beginning: something has happened in this turn. */
  private keepQuiet(): void {
    if (this.quiet.length === 0) return;
    this.events.push(...this.quiet);
    this.quiet.length = 0;
  }
}
