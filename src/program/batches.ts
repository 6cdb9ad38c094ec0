/**
 * Batches: collects the events of a program for its listeners, a dozen times a second; events beyond the budget are counted.
 */
import type { TraceBatch, TraceEvent } from '../server/index.js';

const FRAME_MS = 80;

/** Number of events kept from before there is a listener. */
const MOST_KEPT = 2000;

export class Batches {
  private readonly listeners = new Map<(batch: TraceBatch) => void, number>();
  private events: TraceEvent[] = [];
  private droppedTurns = 0;
  private droppedCommands = 0;
  /** The rest of this batch is only counted. */
  private isSpent = false;
  private timer: NodeJS.Timeout | null = null;

  /** Returns a function that stops it. @param budget maximum number of events in a batch */
  listen(listener: (batch: TraceBatch) => void, budget: number): () => void {
    this.listeners.set(listener, budget);
    this.beginFrame();
    return () => void this.listeners.delete(listener);
  }

  tell(event: TraceEvent): void {
    if (this.isSpent) this.count(event);
    else this.events.push(event);
    if (this.events.length >= this.budget) this.isSpent = true;
    this.beginFrame();
  }

  /** Counts events that the program itself has dropped. */
  drop(turns: number): void {
    this.droppedTurns += turns;
    this.beginFrame();
  }

  private get budget(): number {
    return this.listeners.size === 0 ? MOST_KEPT : Math.max(...this.listeners.values());
  }

  private beginFrame(): void {
    if (this.listeners.size > 0) this.timer ??= setTimeout(() => this.flush(), FRAME_MS);
  }

  flush(): void {
    if (this.listeners.size === 0) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const batch: TraceBatch = { events: this.events, droppedTurns: this.droppedTurns, droppedCommands: this.droppedCommands, slow: [] };
    this.events = [];
    this.droppedTurns = 0;
    this.droppedCommands = 0;
    this.isSpent = false;
    for (const listener of this.listeners.keys()) listener(batch);
  }

  end(): void {
    this.flush();
    this.listeners.clear();
  }

  private count(event: TraceEvent): void {
    if (event.kind !== 'turn-end') return;
    this.droppedTurns++;
    this.droppedCommands += event.commands;
  }
}
