/**
 * TapeAsFile: the tape of a server as a .lab file. Separate from recording.ts, and loaded only for a server that is recorded to a file: checksums and the
 * replacement of passwords load parts of Node that no other server needs.
 */
import { block, fileHead, note } from '../recording/recording-file.js';
import { TapeRedactor } from '../recording/redaction/tape-redactor.js';
import type { RecordingHead } from '../recording/replay.js';
import type { TapeListener } from './recording.js';

/** Called with the bytes of a file as they are written. */
export type RecordListener = (bytes: Buffer) => void;

/** Passes the tape on as the bytes of a .lab file, without the passwords in it. */
export class TapeAsFile implements TapeListener {
  private readonly redactor = new TapeRedactor();
  private hasToldSecrets = false;

  constructor(private readonly listener: RecordListener) {}

  begin(head: RecordingHead): void {
    this.listener(fileHead(this.redactor.head(head)));
  }

  take(bytes: Buffer): void {
    this.hand(this.redactor.take(Buffer.from(bytes)));
  }

  end(): void {
    this.hand(this.redactor.end());
  }

  private hand(blocks: readonly Buffer[]): void {
    for (const bytes of blocks) this.listener(block(bytes));
    if (!this.redactor.containsSecrets || this.hasToldSecrets) return;
    this.hasToldSecrets = true;
    this.listener(note({ containsSecrets: true }));
  }
}
