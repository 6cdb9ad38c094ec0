/**
 * Decodes the bytes of a terminal or a pipe into typed text, whatever the boundaries of the chunks: a character whose bytes are in two chunks waits for the
 * second one. Bytes that are not UTF-8 are kept (see state/typed-text.ts).
 */
import { fromBytes, unfinishedCharacter } from '../state/typed-text.js';

export class TextReader {
  private pending = '';

  /** True if a character is incomplete. */
  get isPending(): boolean {
    return this.pending !== '';
  }

  read(data: Buffer): string {
    const bytes = this.pending + data.toString('latin1');
    const end = bytes.length - unfinishedCharacter(bytes);
    this.pending = bytes.slice(end);
    return fromBytes(bytes.slice(0, end));
  }

  /** The rest will not come: the bytes are not UTF-8. */
  flush(): string {
    const bytes = this.pending;
    this.pending = '';
    return fromBytes(bytes);
  }
}
