/**
 * --record: the file that a recording grows in. A disk that takes no more ends the recording, with a word in the log; the server goes on.
 */
import { describeLoss } from './outlet.js';
import { openSink, type Sink } from './sink.js';
import { openForWriting } from './trace-file.js';

export class RecordFile {
  private sink: Sink | null;

  /** @param path a byte string. Throws FileExistsError, and what the file system throws. @param report is told if the recording ends early */
  constructor(
    private readonly path: string,
    overwrite: boolean,
    private readonly report: (message: string) => void,
  ) {
    this.sink = openSink(openForWriting(path, overwrite));
  }

  /** Appends bytes; a part of a block that was taken is found out by its checksum. */
  write(bytes: Buffer): void {
    if (this.sink === null) return;
    try {
      for (let taken = 0; taken < bytes.length; ) taken += this.sink.write(bytes, taken);
    } catch (error) {
      this.report(`the recording '${this.path}' ends here: ${describeLoss(error)}`);
      this.sink.close();
      this.sink = null;
    }
  }

  close(): void {
    if (this.sink?.close() === false) this.report(`the recording '${this.path}' lacks its end: its reader does not keep up`);
    this.sink = null;
  }
}
