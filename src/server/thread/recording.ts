/**
 * The main thread's side of a recording: takes what the loop has put into the ring, and hands it on as the parts of a .lab file.
 */
import { block, fileHead } from '../recording/recording-file.js';
import type { RecordingHead } from '../recording/replay.js';
import { createRing, TapeReader } from '../recording/tape.js';

/** Room for what is recorded between two looks, with much to spare: a loop at full speed fills some 60 MB a second. */
const RING_BYTES = 2 ** 25;
const LOOK_MS = 50;

/** Called with the bytes of a file as they come. */
export type RecordListener = (bytes: Buffer) => void;

export class Recording {
  readonly ring = createRing(RING_BYTES);
  private readonly reader = new TapeReader(this.ring);
  private timer: NodeJS.Timeout | null = null;

  /** @param report is told, once, if the recording ends before the server does */
  constructor(
    private readonly listener: RecordListener,
    private readonly report: (message: string) => void,
  ) {}

  /** The server has started: from here on its inputs are handed over. */
  begin(head: RecordingHead): void {
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
    this.hand(fileHead(head));
  }

  /** The loop has ended: the rest is handed over. */
  end(): void {
    if (this.timer !== null) this.look();
    this.stop();
  }

  private stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  private look(): void {
    const bytes = this.reader.take();
    if (bytes !== null) this.hand(block(bytes));
    if (this.timer === null || !this.reader.hasOverflowed) return;
    this.report(`The recording ends here: ${RING_BYTES / 2 ** 20} MiB of it were waiting to be written`);
    this.stop();
  }

  /** A listener that throws gets no more; the error ends up where those of other listeners do, and not in who has started or closed the server. */
  private hand(bytes: Buffer): void {
    try {
      this.listener(bytes);
    } catch (error) {
      this.stop();
      process.nextTick(() => {
        throw error;
      });
    }
  }
}
