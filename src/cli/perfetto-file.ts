/**
 * `redis-lab replay FILE --to perfetto`: the file to which the trace events of a replay are written.
 */
import { closeSync, writeSync } from 'node:fs';
import type { TraceBatch } from '../server/index.js';
import { describeLoss } from './outlet.js';
import { PerfettoWriter } from './perfetto.js';
import { openForWriting } from './trace-file.js';

const CHUNK_LENGTH = 2 ** 16;

/** The disk is full, and an incomplete JSON file is useless. The message is a byte string. */
export class IncompleteError extends Error {
  override readonly name = 'IncompleteError';
}

export class PerfettoFile {
  private readonly fd: number;
  private readonly path: string;
  private readonly writer: PerfettoWriter;
  private text = '';

  /**
   * @param path a byte string. @param overwrite whether an existing file is replaced. @param about the recording: its build, and when it begins
   *
   * Throws FileExistsError, and errors of the file system. The other methods throw {@link IncompleteError}.
   */
  constructor(path: string, overwrite: boolean, about: { readonly build: string; readonly begins: string }) {
    this.fd = openForWriting(path, overwrite);
    this.path = path;
    this.writer = new PerfettoWriter((text) => this.append(text), about);
  }

  write({ events }: TraceBatch): void {
    this.writer.add(events);
  }

  close(): void {
    this.writer.end();
    this.flush();
    closeSync(this.fd);
  }

  private append(text: string): void {
    this.text += text;
    if (this.text.length >= CHUNK_LENGTH) this.flush();
  }

  private flush(): void {
    const bytes = Buffer.from(this.text);
    this.text = '';
    try {
      for (let taken = 0; taken < bytes.length; ) taken += writeSync(this.fd, bytes, taken);
    } catch (error) {
      throw new IncompleteError(`'${this.path}' is incomplete: ${describeLoss(error)}`);
    }
  }
}
