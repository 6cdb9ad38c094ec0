/**
 * The main thread's side of a recording: takes what the loop has put into the ring, and hands it on: to a file (tape-file.ts), and to the history.
 *
 * The module of Node, and not the globals, gives the timer: those may be a test's, with fake timers.
 */
import { clearInterval, setInterval } from 'node:timers';
import type { RecordingHead } from '../recording/replay.js';
import { createRing, TapeReader } from '../recording/tape.js';

/** Room for what is recorded between two looks, with much to spare: a loop at full speed fills some 60 MB a second. */
const RING_BYTES = 2 ** 25;
const LOOK_MS = 50;

/** Gets the tape of a server as it grows. */
export interface TapeListener {
  begin(head: RecordingHead): void;
  /** The next bytes, which other listeners get as well: they are not to be changed. */
  take(bytes: Buffer): void;
  /** The tape ends before its server does; `message` says why. */
  lost?(message: string): void;
  /** No more comes. */
  end?(): void;
}

export class Recording {
  readonly ring = createRing(RING_BYTES);
  private readonly reader = new TapeReader(this.ring);
  private readonly listeners: Set<TapeListener>;
  private timer: NodeJS.Timeout | null = null;

  /** @param report is told, once, if the recording ends before the server does */
  constructor(
    listeners: readonly TapeListener[],
    private readonly report: (message: string) => void,
  ) {
    this.listeners = new Set(listeners);
  }

  /** The server has started: from here on its inputs are handed over. */
  begin(head: RecordingHead): void {
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
    this.tell((listener) => listener.begin(head));
  }

  /** The loop has ended: the rest is handed over. */
  end(): void {
    this.look();
    this.stop();
  }

  /** Hands over what there is at this moment. */
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

  /** A listener that throws gets no more; the error ends up where those of other listeners do, and not in who has started or closed the server. */
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
