/**
 * IdleCollection: gives memory back to the system after the keyspace has become much smaller, as by FLUSHALL, and when MEMORY PURGE asks for it.
 *
 *   keyspace  ▂▄▆█▁      look     a second after something has happened: at most half of its largest size is left?
 *                 │
 *                 └──▶ collect    at the end of a turn in which no client was ready, after few commands: all garbage, at once
 *
 * V8 collects garbage when something is allocated, so after FLUSHALL an idle server would keep all of it. Only a keyspace at least half of which is gone is
 * collected: the pause depends on what is left, and V8 collects the rest in time. The pause is that of a timer, as which the trace shows it; the log and
 * LATENCY report it as well.
 *
 * The buffers of large replies are garbage as well once they are sent: if they are about as much as the keyspace, garbage is collected after a second
 * in which no more were dropped. V8 collects while more are allocated.
 *
 * A small keyspace is collected twice more within seconds, for the memory of V8's young generation.
 *
 * When to collect depends only on what a recording contains: counted sizes, timers, and how many tokens were ready. So a replay decides the same at the same
 * places, and collects nothing.
 */
import { captureTimer, type Scheduler, type TimerState } from '../../shared/timer-state.js';
import type { Heap } from './heap-watch.js';

const TIMER = 'garbage collection';

/** A keyspace that was smaller than this is left to V8. */
const LEAST_BYTES = 8 * 2 ** 20;
/** Fewer bytes of dropped buffers are left to it as well. */
const LEAST_DROPPED = 32 * 2 ** 20;
/**
 * Milliseconds from one collection of a small keyspace to the next: V8 makes its young generation small again, which has up to 8 MB, if little was allocated
 * in the last five seconds before a collection. What the first one moves to the old generation counts as allocated after it, so the second one follows at once.
 * The pauses do not count, so the five seconds have some room.
 */
const REPEAT_MS = [100, 5800];
/** Maximum counted size of a keyspace that is collected again: the pause grows with it, and 8 MB matter less. */
const SMALL_BYTES = 128 * 2 ** 20;
/** Dropped buffers count as much as the keyspace from this share of it on: a reply is not counted exactly as its value is. */
const DROPPED_SHARE = 0.9;
/** Milliseconds from a note to the look. */
const LOOK_MS = 1000;
/** Milliseconds until the next attempt, while clients are ready or send many commands. */
const RETRY_MS = 100;
/**
 * More commands than that since the last look: clients go on, though none is ready at this moment, and one with a pipeline in flight would wait for the whole
 * collection. They make V8 collect by itself.
 */
const COMMANDS_PER_MS = 1;
/** From then on, half a minute after the first attempt, it is collected at any moment at which none is ready. */
const MOST_PUT_OFF = 300;

export interface IdleCollectionState {
  readonly mostBytes: number;
  readonly isNoted: boolean;
  readonly isWanted: boolean;
  readonly repeats: number;
  readonly droppedBytes: number;
  readonly lookMs: number;
  readonly commands: number;
  readonly putOff: number;
  readonly timer: TimerState | null;
}

export interface CollectionSurroundings {
  readonly heap: Heap;
  readonly scheduler: Scheduler;
  /** Counted size of the keyspace. */
  usedBytes(): number;
  /** True while clients are ready, or a snapshot keeps what the keyspace has lost. */
  isBusy(): boolean;
  /** Number of commands executed so far. */
  commands(): number;
  /** In µs. */
  readUs(): number;
  /** Called before the pause, in which this thread reports nothing. */
  collecting(): void;
  /** @param usedBefore bytes of the heap. @param isRepeat it followed another one, to give back more */
  collected(pauseMs: number, usedBefore: number, usedAfter: number, isRepeat: boolean): void;
}

export class IdleCollection {
  /** Largest size of the keyspace since garbage was collected last. */
  private mostBytes = 0;
  /** There was a note since the last look: of the commands after it not all have made one. */
  private isNoted = false;
  /** It was asked for, whatever has become smaller. */
  private isWanted = false;
  /** How many more collections follow the last one. */
  private repeats = 0;
  /** Large buffers dropped since garbage was collected last. */
  private droppedBytes = 0;
  /** Milliseconds from the last look, or the note before it, to the next one. */
  private lookMs = 0;
  /** Number of commands executed before them. */
  private commands = 0;
  /** How many times in succession a collection was put off because of many commands. */
  private putOff = 0;
  private timer: TimerState | null = null;

  constructor(private readonly server: CollectionSurroundings) {}

  capture(): IdleCollectionState {
    const { mostBytes, isNoted, isWanted, repeats, droppedBytes, lookMs, commands, putOff, timer } = this;
    return { mostBytes, isNoted, isWanted, repeats, droppedBytes, lookMs, commands, putOff, timer: captureTimer(timer) };
  }

  restore({ mostBytes, isNoted, isWanted, repeats, droppedBytes, lookMs, commands, putOff, timer }: IdleCollectionState): void {
    this.putOff = putOff;
    this.lookMs = lookMs;
    this.commands = commands;
    this.isWanted = isWanted;
    this.repeats = repeats;
    this.droppedBytes = droppedBytes;
    this.mostBytes = mostBytes;
    this.isNoted = isNoted;
    if (timer !== null) this.timer = this.server.scheduler.restore(TIMER, timer, () => this.look());
  }

  /** Called from time to time while commands arrive, after loading, before a flush and after keys have expired. @param bytes counted size of the keyspace */
  note(bytes: number): void {
    if (bytes > this.mostBytes) this.mostBytes = bytes;
    if (this.mostBytes >= LEAST_BYTES) this.lookSoon();
  }

  /** A large buffer of a client was dropped. */
  dropped(bytes: number): void {
    this.droppedBytes += bytes;
    if (this.droppedBytes >= LEAST_DROPPED) this.lookSoon();
  }

  /** Collects as soon as no client is ready. */
  want(): void {
    this.isWanted = true;
    if (this.timer !== null) this.server.scheduler.cancel(this.timer);
    this.after(0);
  }

  private lookSoon(): void {
    if (this.timer === null) this.after(LOOK_MS);
    else this.isNoted = true;
  }

  private after(ms: number): void {
    this.lookMs = ms;
    this.commands = this.server.commands();
    this.timer = this.server.scheduler.after(TIMER, ms, () => this.look());
  }

  private look(): void {
    const { server, isNoted } = this;
    const bytes = server.usedBytes();
    this.timer = null;
    this.isNoted = false;
    if (bytes > this.mostBytes) this.mostBytes = bytes;
    const hasShrunk = this.mostBytes >= LEAST_BYTES && bytes <= this.mostBytes / 2;
    const isRepeat = this.repeats > 0 && !this.isWanted && !hasShrunk;
    const isDue = this.isWanted || hasShrunk || isRepeat;
    if (!isDue && (isNoted || !this.hasDropped(bytes))) {
      this.putOff = 0;
      if (isNoted) this.after(LOOK_MS);
    } else if (server.isBusy() || this.putsOff()) {
      if (isRepeat) this.repeats = 0;
      else this.after(RETRY_MS);
    } else {
      this.collect(bytes, isRepeat);
    }
  }

  /** True if clients have sent many commands, so that a later moment may be better. */
  private putsOff(): boolean {
    if (this.isWanted || this.putOff === MOST_PUT_OFF || this.server.commands() - this.commands <= this.lookMs * COMMANDS_PER_MS) return false;
    this.putOff++;
    return true;
  }

  private hasDropped(bytes: number): boolean {
    return this.droppedBytes >= Math.max(LEAST_DROPPED, bytes * DROPPED_SHARE);
  }

  private collect(bytes: number, isRepeat: boolean): void {
    const { server } = this;
    this.mostBytes = bytes;
    this.isWanted = false;
    this.droppedBytes = this.putOff = 0;
    const usedBefore = server.heap.used();
    server.collecting();
    const startUs = server.readUs();
    server.heap.collect();
    const pauseMs = (server.readUs() - startUs) / 1000;
    server.collected(pauseMs, usedBefore, server.heap.used(), isRepeat);
    if (bytes > SMALL_BYTES) this.repeats = 0;
    else this.repeats = isRepeat ? this.repeats - 1 : REPEAT_MS.length;
    if (this.repeats > 0) this.after(REPEAT_MS[REPEAT_MS.length - this.repeats]!);
  }
}
