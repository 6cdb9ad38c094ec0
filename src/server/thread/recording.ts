/**
 * The main thread's side of a recording: reads what the loop has put into the ring, and passes it on: to a file (tape-file.ts), and to the history.
 *
 * The timer functions come from Node's module, and not from the globals, which a test may replace with fake timers.
 */
import { clearInterval, setInterval } from 'node:timers';
import type { RecordingHead } from '../recording/replay.js';
import { createRing, TapeReader } from '../recording/tape.js';

/** Room for what is recorded between two readings, with a large reserve: a loop at full speed fills some 60 MB a second. */
const RING_BYTES = 2 ** 25;
const LOOK_MS = 50;

/** Receives the tape of a server as it grows. */
export interface TapeListener {
  begin(head: RecordingHead): void;
  /** Called with the next bytes, which other listeners get as well: they must not be changed. */
  take(bytes: Buffer): void;
  /** Called if the tape ends before its server does; `message` says why. */
  lost?(message: string): void;
  /** Called at the end of the tape. */
  end?(): void;
}

export class Recording {
  readonly ring = createRing(RING_BYTES);
  private readonly reader = new TapeReader(this.ring);
  private readonly listeners: Set<TapeListener>;
  private timer: NodeJS.Timeout | null = null;

  /** @param report called once, if the recording ends before the server does */
  constructor(
    listeners: readonly TapeListener[],
    private readonly report: (message: string) => void,
  ) {
    this.listeners = new Set(listeners);
  }

  /** Called when the server has started: its inputs are passed on from here. */
  begin(head: RecordingHead): void {
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
    this.tell((listener) => listener.begin(head));
  }

  /** Called when the loop has ended: passes on the rest. */
  end(): void {
    this.look();
    this.stop();
  }

  /** Passes on what has been recorded so far. */
  look(): void {
    if (this.timer === null) return;
    const bytes = this.reader.take();
    if (bytes !== null) this.tell((listener) => listener.take(bytes));
    if (this.timer === null || !this.reader.hasOverflowed) return;
    const message = `The recording ends here: ${RING_BYTES / 2 ** 20} MiB of it were waiting to be written`;
    this.report(message);
    this.tell((listener) => listener.lost?.(message));
    this.stop();
  }

  private stop(): void {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
    this.tell((listener) => listener.end?.());
  }

  /**
   * A listener that throws gets no more; the error is rethrown as those of other listeners are, and not to the caller that has started or closed the server.
   */
  private tell(tell: (listener: TapeListener) => void): void {
    for (const listener of this.listeners) {
      try {
        tell(listener);
      } catch (error) {
        this.listeners.delete(listener);
        if (this.listeners.size === 0) this.stop();
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }
}
