/**
 * StartLoad: loads the dataset of a starting server in slices between the turns of the loop, so that clients get LOADING meanwhile.
 *
 *   first slice     before the server listens: all of a small dataset        loading-process-events-interval-bytes
 *   later slices    by a timer that is due at once: a millisecond each, or this many bytes
 *
 * The duration of a slice is read from the clock, whose readings are recorded: a replay makes the same slices.
 */
import type { Scheduler, TimerState } from '../../shared/timer-state.js';

/** How much is loaded at once. */
export interface LoadPace {
  /** Keys or requests between two readings of the clock. */
  readonly most: number;
}

/** Maximum bytes between two readings of the clock, except for a value or request that is read at once. */
export const BYTES_BETWEEN_LOOKS = 64 * 1024;

/** A dataset to be loaded, from one file or several. */
export interface LoadTask {
  /** Size of all its files in bytes. */
  readonly totalBytes: number;
  readonly loadedBytes: number;
  readonly keysLoaded: number;
  /** The memory of the data in the server that has written it; 0: unknown. */
  readonly usedMemory: number;
  /**
   * Loads it in parts, and yields after each the number of bytes processed. Throws {@link SnapshotError}. Closes its files, also when ended early.
   * @param pace called for each part
   */
  run(pace: () => LoadPace): Generator<number, void, undefined>;
}

interface LoadSettings {
  readonly 'loading-process-events-interval-bytes': number;
  /** Microseconds after each key, for tests. */
  readonly 'key-load-delay': number;
}

interface LoadSurroundings {
  readonly settings: LoadSettings;
  readonly clock: { readonly nowMs: number; readUs(): number };
  readonly scheduler: Scheduler;
  log(level: 'notice', message: string): void;
  /** Called when everything is loaded. */
  done(): void;
}

const TIMER = 'load dataset';
const SLICE_US = 1000;
const STEPS_BETWEEN_LOOKS = 32;
const TELL_MS = 1000;

export class StartLoad {
  readonly startMs: number;
  readonly totalBytes: number;
  private readonly steps: Generator<number, void, undefined>;
  private timer: TimerState | null = null;
  private toldMs: number;

  constructor(
    private readonly task: LoadTask,
    private readonly server: LoadSurroundings,
  ) {
    this.startMs = this.toldMs = server.clock.nowMs;
    this.totalBytes = task.totalBytes;
    this.steps = task.run(() => ({ most: this.delayUs > 0 ? 1 : STEPS_BETWEEN_LOOKS }));
  }

  get loadedBytes(): number {
    return this.task.loadedBytes;
  }

  get usedMemory(): number {
    return this.task.usedMemory;
  }

  /** Loads the first slice. */
  begin(): void {
    this.slice(Infinity);
  }

  /** Abandons the load. */
  stop(): void {
    if (this.timer !== null) this.server.scheduler.cancel(this.timer);
    this.timer = null;
    this.steps.return();
  }

  private slice(limitUs: number): void {
    this.timer = null;
    const { settings, clock, scheduler, done } = this.server;
    const startUs = limitUs === Infinity ? 0 : clock.readUs();
    let left = settings['loading-process-events-interval-bytes'];
    do {
      const { done: isDone, value } = this.steps.next();
      if (isDone === true) return done();
      left -= value;
    } while (left > 0 && this.delayUs === 0 && (limitUs === Infinity || clock.readUs() - startUs < limitUs));
    this.timer = scheduler.after(TIMER, this.delayUs / 1000, () => this.slice(SLICE_US));
    if (clock.nowMs - this.toldMs >= TELL_MS) this.tell();
  }

  private tell(): void {
    const { clock, log } = this.server;
    this.toldMs = clock.nowMs;
    const { totalBytes, loadedBytes, task } = this;
    const percent = ((100 * loadedBytes) / Math.max(1, totalBytes)).toFixed(0);
    log('notice', `Loading the dataset: ${percent} % (${loadedBytes} of ${totalBytes} bytes), ${task.keysLoaded} keys`);
  }

  private get delayUs(): number {
    return Math.max(0, this.server.settings['key-load-delay']);
  }
}
