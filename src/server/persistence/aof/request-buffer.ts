/**
 * RequestBuffer: requests that are to be written to the append-only file, encoded as byte strings.
 */

/** Pieces are joined up to this size: strings are limited in size, and a large value is not copied. */
const PIECE = 2 ** 20;

export class RequestBuffer {
  /** In bytes. */
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

  /** Returns everything, and empties the buffer. */
  take(): string[] {
    const pieces = [...this.pieces, this.last];
    this.clear();
    return pieces;
  }

  /** Puts pieces back in front of later ones. */
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
