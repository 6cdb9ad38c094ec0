/**
 * --record: the file that a recording grows in. A disk that takes no more ends the recording, with a word in the log; the server goes on.
 */
import { closeSync, writeSync } from 'node:fs';
import { describeLoss } from './outlet.js';
import { openForWriting } from './trace-file.js';

export class RecordFile {
  private fd: number | null;

  /** @param path a byte string. Throws FileExistsError, and what the file system throws. @param report is told if the recording ends early */
  constructor(
    private readonly path: string,
    overwrite: boolean,
    private readonly report: (message: string) => void,
  ) {
    this.fd = openForWriting(path, overwrite);
  }

  /** Appends bytes; a part of a block that was taken is found out by its checksum. */
  write(bytes: Buffer): void {
    if (this.fd === null) return;
    try {
      for (let taken = 0; taken < bytes.length; ) taken += writeSync(this.fd, bytes, taken);
    } catch (error) {
      this.report(`the recording '${this.path}' ends here: ${describeLoss(error)}`);
      this.close();
    }
  }

  close(): void {
    const { fd } = this;
    this.fd = null;
    try {
      if (fd !== null) closeSync(fd);
    } catch {
      // A device that reports only now what it has not taken: nothing can be done about it any more.
    }
  }
}
