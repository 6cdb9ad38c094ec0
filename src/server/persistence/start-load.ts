/**
 * StartLoad: what a server begins with is loaded in slices between the turns of the loop, so that clients hear meanwhile that it is being loaded.
 *
 *   first slice     before the server listens: all of a small dataset        loading-process-events-interval-bytes
 *   later slices    by a timer that is due at once: a millisecond each, or so many bytes
 *
 * How long a slice has lasted is asked of the clock, whose answers are recorded: a replay makes the same slices.
 */
import type { Scheduler, TimerState } from '../../shared/timer-state.js';

/** How much is loaded at once. */
export interface LoadPace {
  /** Keys or requests between two looks at the clock. */
  readonly most: number;
}

/** A dataset that is to be loaded, from one file or several. */
export interface LoadTask {
  /** Bytes of all its files. */
  readonly totalBytes: number;
  readonly loadedBytes: number;
  readonly keysLoaded: number;
  /** What the server that has written it said that its data took; 0: it did not say. */
  readonly usedMemory: number;
  /**
   * Loads it, and yields after each little with the bytes that it has worked on. Throws {@link SnapshotError}. Ended early, it gives its files back.
   * @param pace asked each time
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
  /** All of it is there. */
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

  /** The first slice. */
  begin(): void {
    this.slice(Infinity);
  }

  /** It is given up. */
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
