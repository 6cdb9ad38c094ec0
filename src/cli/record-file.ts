/**
 * --record: the file of a recording, written by the helper thread, so that a slow disk delays neither the loop nor the screen. If the disk is full, or too much
 * waits for it, the recording ends with a message in the log; the server goes on.
 *
 *   loop ──ring, 32 MiB──▶ main thread ──at most 64 MiB──▶ helper ──▶ disk
 *                                      └─────────────────▶ a pipe, which is written to from here: see sink.ts
 */
import { closeSync } from 'node:fs';
import { AppendFile } from '../server/background/append-file.js';
import { HelperThread } from '../server/thread/helper-thread.js';
import { describeLoss } from './outlet.js';
import { isPipe, openSink, type Sink } from './sink.js';
import { openForWriting } from './trace-file.js';

/** Recorded bytes that may wait for the disk: what a loop at full speed records in a second. */
const MOST_WAITING = 2 ** 26;

/** How long the end of a recording may take when the server has ended. */
const END_MS = 5000;

/** Where the bytes go. */
interface Target {
  /** Null: taken. Otherwise the reason why not. */
  write(bytes: Buffer): string | null;
  /** False: not everything taken has arrived. Never rejects. */
  close(): Promise<boolean>;
}

export class RecordFile {
  /** The thread that writes the file; null for a pipe. */
  readonly helper: HelperThread | null;
  private readonly target: Target;
  private hasEnded = false;

  /** @param path a byte string. Throws FileExistsError, and errors of the file system. @param report is called if the recording ends early */
  constructor(
    private readonly path: string,
    overwrite: boolean,
    private readonly report: (message: string) => void,
  ) {
    const fd = openForWriting(path, overwrite);
    this.helper = isPipe(fd) ? null : new HelperThread();
    this.target = this.helper === null ? new PipeTarget(openSink(fd)) : new DiskTarget(this.helper, fd, (error) => this.end(describeLoss(error)));
  }

  /** Appends bytes; a partly written block is detected by its checksum. */
  write(bytes: Buffer): void {
    const complaint = this.hasEnded ? null : this.target.write(bytes);
    if (complaint !== null) this.end(complaint);
  }

  async close(): Promise<void> {
    const isWhole = await this.target.close();
    if (isWhole || this.hasEnded) return;
    this.report(`the recording '${this.path}' lacks its end: ${this.helper === null ? 'its reader' : 'the disk'} does not keep up`);
  }

  private end(why: string): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.report(`the recording '${this.path}' ends here: ${why}`);
  }
}

class DiskTarget implements Target {
  private readonly file: AppendFile;

  constructor(
    private readonly helper: HelperThread,
    private readonly fd: number,
    onError: (error: unknown) => void,
  ) {
    this.file = new AppendFile(helper.jobs, fd, MOST_WAITING, onError);
  }

  write(bytes: Buffer): string | null {
    return this.file.append(bytes) ? null : `the disk does not keep up, and ${MOST_WAITING / 2 ** 20} MiB wait for it`;
  }

  async close(): Promise<boolean> {
    const isWhole = await Promise.race([this.file.sync(), new Promise<false>((resolve) => setTimeout(resolve, END_MS, false).unref())]);
    // A helper in the middle of a write ends when the disk lets it: nothing waits for it, and it keeps its descriptor.
    if (!isWhole) {
      void this.helper.close();
      return false;
    }
    await this.helper.close();
    closeSync(this.fd);
    return true;
  }
}

class PipeTarget implements Target {
  private hasFailed = false;

  constructor(private readonly sink: Sink) {}

  write(bytes: Buffer): string | null {
    try {
      for (let taken = 0; taken < bytes.length; ) taken += this.sink.write(bytes, taken);
      return null;
    } catch (error) {
      this.hasFailed = true;
      // Closing the pipe tells its reader.
      this.sink.close();
      return describeLoss(error);
    }
  }

  close(): Promise<boolean> {
    return Promise.resolve(this.hasFailed || this.sink.close());
  }
}
