/**
 * RequestBuffer: requests that are still to be written to the append-only file, in their encoded form, as byte strings.
 */

/** Pieces are joined up to this size: a string has a limit, and a large value is not copied. */
const PIECE = 2 ** 20;

export class RequestBuffer {
  /** Bytes. */
  length = 0;
  private pieces: string[] = [];
  private last = '';

  add(argv: readonly string[]): void {
    this.text(`*${argv.length}\r\n`);
    for (const word of argv) {
      this.text(`$${word.length}\r\n`);
      this.text(word);
      this.text('\r\n');
    }
  }

  text(text: string): void {
    this.length += text.length;
    if (this.last.length + text.length > PIECE) {
      if (this.last !== '') this.pieces.push(this.last);
      this.last = text;
    } else this.last += text;
  }

  /** All of it; it is empty afterwards. */
  take(): string[] {
    const pieces = [...this.pieces, this.last];
    this.clear();
    return pieces;
  }

  /** In front of what has come since. */
  putBack(pieces: readonly string[]): void {
    this.pieces = [...pieces, ...this.pieces];
    for (const { length } of pieces) this.length += length;
  }

  clear(): void {
    this.pieces = [];
    this.last = '';
    this.length = 0;
  }

  capture(): readonly string[] {
    return this.length === 0 ? [] : [...this.pieces, this.last];
  }
}
