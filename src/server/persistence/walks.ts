/**
 * Walks: the snapshots being made, and the slices of time that they get between the turns of the loop.
 *
 *   clients are busy   ░slice░ · · · turns · · · ░slice░ · · ·     a quarter of a millisecond, and a quarter of the time
 *   clients are idle   ░░░░ slice ░░░░ turn ░░░░ slice ░░░░        a new request waits for at most one of them
 *
 * A sink can be full; then its walk waits until {@link Walks.resume}. The duration of a slice is read from the clock, whose readings are recorded: a replay
 * makes the same slices.
 */
import { captureTimer, type TimerState } from '../../shared/timer-state.js';
import type { Scheduler } from '../features/surroundings.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import type { KeyTable } from '../keyspace/key-table.js';
import type { PreImages } from '../keyspace/pre-images.js';
import type { Tap } from '../trace/tap.js';
import { DatasetWalk } from './dataset-walk.js';
import type { WalkSink } from './walk-sink.js';
import type { Dataset, Facts, Format } from './dataset-writer.js';
import { asSnapshot, type SnapshotSettings } from './snapshot-writer.js';

/** A snapshot being made. */
export interface Walk {
  readonly keysWritten: number;
  readonly keysTotal: number;
  readonly preImages: number;
  readonly preImageBytes: number;
}

/** What a snapshot is for. */
export interface WalkOptions extends Pick<Dataset, 'leavesKeysOut' | 'streamDb'> {
  /** Facts about the file, besides those that every snapshot has. */
  readonly facts?: Facts;
  /** Undefined: as a snapshot. */
  readonly format?: Format;
}

export interface WalkSettings extends SnapshotSettings {
  /** Microseconds after each key, for tests. */
  readonly 'rdb-key-save-delay': number;
}

interface WalkSurroundings {
  readonly settings: WalkSettings;
  readonly keyspace: Keyspace;
  readonly clock: { readonly targetUs: number | null; readUs(): number };
  readonly scheduler: Scheduler;
  readonly tap: Tap;
  readonly libraries: { codes(): readonly string[] };
  /** Number of commands so far: shows whether clients are busy. */
  commandsProcessed(): number;
}

const TIMER = 'snapshot-slice';

/** How a walk and clients share the time; tests set their own. */
export interface Pace {
  readonly busyUs: number;
  readonly idleUs: number;
  /** After each slice clients have this many times its duration. */
  readonly rest: number;
  /** How much is written between two readings of the clock, in units of DatasetWalk.step. */
  readonly work: number;
}

const PACE: Pace = { busyUs: 250, idleUs: 1000, rest: 3, work: 32 };

interface Running {
  readonly walk: DatasetWalk;
  readonly sink: WalkSink;
}

export class Walks implements PreImages {
  pace = PACE;
  private running: readonly Running[] = [];
  private timer: TimerState | null = null;
  private commandsBefore = 0;

  constructor(private readonly server: WalkSurroundings) {}

  get isWalking(): boolean {
    return this.running.length > 0;
  }

  /** Starts a snapshot of this moment. */
  start(sink: WalkSink, { facts = [], format = asSnapshot(this.server.settings), ...rest }: WalkOptions = {}): Walk {
    const { keyspace, libraries } = this.server;
    const walk = new DatasetWalk({ keyspace, libraries: libraries.codes(), ...rest }, format, sink, facts);
    this.running = [...this.running, { walk, sink }];
    this.install();
    this.resume();
    return walk;
  }

  /** Stops a walk that is no longer needed: its sink is not called any more. */
  stop(walk: Walk): void {
    for (const each of this.running) if (each.walk === walk) each.walk.abandon();
    this.running = this.running.filter((each) => each.walk !== walk);
    this.install();
  }

  /** Called when a sink may have room again. */
  resume(): void {
    if (this.timer === null && this.running.some(({ sink }) => !sink.isFull)) this.schedule(0);
  }

  capture(): TimerState | null {
    return captureTimer(this.timer);
  }

  changing(table: KeyTable, slot: number): void {
    for (const { walk } of this.running) walk.changing(table, slot);
  }

  removing(table: KeyTable, slot: number): void {
    for (const { walk } of this.running) walk.removing(table, slot);
  }

  removed(table: KeyTable, slot: number, moved: number): void {
    for (const { walk } of this.running) walk.removed(table, slot, moved);
  }

  private install(): void {
    const { running } = this;
    this.server.keyspace.preImages = running.length === 0 ? null : running.length === 1 ? running[0]!.walk : this;
  }

  private schedule(delayMs: number): void {
    this.timer = this.server.scheduler.after(TIMER, delayMs, () => this.slice());
  }

  private slice(): void {
    const { clock } = this.server;
    this.timer = null;
    const startUs = clock.readUs();
    const walks = this.running.map(({ walk }) => walk);
    const isBusy = this.isBusy();
    let nowUs = startUs;
    do {
      for (const each of this.running) if (!each.sink.isFull) this.work(each);
      nowUs = clock.readUs();
    } while (nowUs - startUs < (isBusy ? this.pace.busyUs : this.pace.idleUs) && this.hasWork && this.delayUs === 0);
    if (this.server.tap.sink !== null) this.tellSlice(this.server.tap.sink, walks, nowUs - startUs);
    // A virtual clock stands still until it is advanced.
    const restUs = clock.targetUs !== null ? 0 : isBusy ? (nowUs - startUs) * this.pace.rest : 0;
    if (this.hasWork) this.schedule(Math.max(restUs, this.delayUs) / 1000);
  }

  private tellSlice(sink: NonNullable<Tap['sink']>, walks: readonly DatasetWalk[], elapsedUs: number): void {
    const slice = { keys: 0, bytes: 0, preImages: 0, done: 0, total: 0 };
    for (const walk of walks) {
      const { keys, bytes, preImages } = walk.takeNews();
      slice.keys += keys;
      slice.bytes += bytes;
      slice.preImages += preImages;
      slice.done += walk.keysWritten;
      slice.total += walk.keysTotal;
    }
    sink.emit({ kind: 'save-slice', ...slice, elapsedUs });
  }

  private get hasWork(): boolean {
    return this.running.some(({ sink }) => !sink.isFull);
  }

  private get delayUs(): number {
    return Math.max(0, this.server.settings['rdb-key-save-delay']);
  }

  private work({ walk, sink }: Running): void {
    for (let left = this.delayUs > 0 ? 1 : this.pace.work; left > 0 && !sink.isFull; ) {
      const done = walk.step();
      left -= done;
      if (done > 0) continue;
      walk.end();
      this.stop(walk);
      return sink.end();
    }
  }

  /** True if clients have had commands executed since the last slice. */
  private isBusy(): boolean {
    const commands = this.server.commandsProcessed();
    const isBusy = commands !== this.commandsBefore;
    this.commandsBefore = commands;
    return isBusy;
  }
}
