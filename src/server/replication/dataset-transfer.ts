/**
 * DatasetTransfer: the dataset of a full synchronization, as it arrives.
 *
 *   $1234\r\n       1234 bytes                    its length is known in advance
 *   $EOF:mark\r\n   bytes …  mark                 40 bytes that do not occur in it follow it; the master sends nothing more until it gets an answer,
 *                                              and what was read together with the end of the mark is dropped, as in Redis
 *
 * The chunks are kept as they arrived, and never joined.
 */
import { Fifo } from '../../shared/fifo.js';

const EOF = '$EOF:';
const MARK_BYTES = 40;
/** Maximum length of the first line. */
const MAX_LINE = 128;
/** Small chunks are joined up to this size for the file. */
const JOINED_BYTES = 256 * 1024;

export interface TransferState {
  readonly line: string;
  readonly mark: string | null;
  readonly total: number;
  readonly received: number;
  readonly isDone: boolean;
  readonly pieces: readonly Uint8Array[];
}

export class BrokenTransfer extends Error {
  override readonly name = 'BrokenTransfer';
}

export class DatasetTransfer {
  /** Received bytes of the dataset. */
  received = 0;
  /** Size of the dataset; -1: unknown. */
  total = -1;
  isDone = false;
  private line = '';
  /** Its first line has arrived. */
  hasBegun = false;
  private mark: string | null = null;
  private pieces = new Fifo<Buffer>();
  /** Chunks that {@link nextForFile} has returned, and their size. */
  private filedPieces = 0;
  private filedBytes = 0;

  capture(): TransferState {
    const { line, mark, total, received, isDone, pieces } = this;
    return { line, mark, total, received, isDone, pieces: Array.from(pieces, (piece) => Buffer.from(piece)) };
  }

  restore({ line, mark, total, received, isDone, pieces }: TransferState): void {
    Object.assign(this, { line, mark, total, received, isDone });
    for (const piece of pieces) this.pieces.push(Buffer.from(piece));
    this.hasBegun = total >= 0 || mark !== null;
  }

  /**
   * Takes the part of `bytes[start, …)` that belongs to the dataset, as copies. Returns where the rest begins. Throws BrokenTransfer with a message for the
   * log.
   */
  take(bytes: Buffer, start: number): number {
    let at = start;
    while (!this.hasBegun && at < bytes.length) at = this.takeLine(bytes, at);
    if (!this.hasBegun || this.isDone) return at;
    const markEnd = this.mark === null ? -1 : this.endOfMark(this.mark, bytes, at);
    const end = this.mark === null ? Math.min(bytes.length, at + this.total - this.received) : markEnd === -1 ? bytes.length : markEnd;
    if (end > at) this.pieces.push(Buffer.from(bytes.subarray(at, end)));
    this.received += end - at;
    if (this.mark === null ? this.received === this.total : markEnd !== -1) this.end();
    return this.mark === null ? end : bytes.length;
  }

  /** True if a mark, and not a length, says where it ends. */
  get isMarked(): boolean {
    return this.mark !== null;
  }

  /** Returns the next chunk, once the transfer is complete. Each is returned once. */
  next(): Buffer | null {
    return this.pieces.shift() ?? null;
  }

  /** Returns bytes of the dataset that were not returned yet, for its file; null: there are none that cannot be the mark. Not after {@link next}. */
  nextForFile(): Buffer | null {
    const certain = this.isDone || this.mark === null ? this.received : this.received - MARK_BYTES;
    const parts: Buffer[] = [];
    for (let bytes = 0; ; ) {
      const piece = this.pieces.at(this.filedPieces);
      if (piece === undefined || this.filedBytes + piece.length > certain || (bytes > 0 && bytes + piece.length > JOINED_BYTES)) break;
      parts.push(piece);
      bytes += piece.length;
      this.filedPieces++;
      this.filedBytes += piece.length;
    }
    return parts.length > 1 ? Buffer.concat(parts) : (parts[0] ?? null);
  }

  private takeLine(bytes: Buffer, start: number): number {
    const newline = bytes.indexOf(10, start);
    const end = newline === -1 ? bytes.length : newline;
    this.line += bytes.latin1Slice(start, end);
    if (this.line.length > MAX_LINE) throw new BrokenTransfer("Bad protocol from MASTER, the first byte is not '$': the line does not end");
    if (newline === -1) return end;
    const line = this.line.replace(/\r$/, '');
    this.line = '';
    // Empty lines keep the connection alive while the master prepares the dataset.
    if (line !== '') this.begin(line);
    return newline + 1;
  }

  private begin(line: string): void {
    if (line.startsWith('-')) throw new BrokenTransfer(`MASTER aborted replication with an error: ${line.slice(1)}`);
    if (!line.startsWith('$')) {
      throw new BrokenTransfer(`Bad protocol from MASTER, the first byte is not '$' (we received '${line}'), are you sure the host and port are right?`);
    }
    if (line.startsWith(EOF) && line.length === EOF.length + MARK_BYTES) this.mark = line.slice(EOF.length);
    else if (/^\$\d{1,15}$/.test(line)) this.total = Number(line.slice(1));
    else throw new BrokenTransfer(`Bad protocol from MASTER: '${line}' is no length`);
    this.hasBegun = true;
    if (this.total === 0) this.isDone = true;
  }

  /** Returns where the mark ends in `bytes[start, …)`, which may begin in earlier chunks; -1: it does not. */
  private endOfMark(mark: string, bytes: Buffer, start: number): number {
    const tail = this.lastBytes(MARK_BYTES - 1);
    const head = bytes.latin1Slice(start, Math.min(bytes.length, start + MARK_BYTES - 1));
    const spread = (tail + head).indexOf(mark);
    if (spread !== -1) return start + spread + MARK_BYTES - tail.length;
    const place = bytes.indexOf(mark, start, 'latin1');
    return place === -1 ? -1 : place + MARK_BYTES;
  }

  private lastBytes(count: number): string {
    let tail = '';
    for (let i = this.pieces.length - 1; i >= 0 && tail.length < count; i--) {
      const piece = this.pieces.at(i)!;
      tail = piece.latin1Slice(Math.max(0, piece.length - (count - tail.length))) + tail;
    }
    return tail;
  }

  private end(): void {
    this.isDone = true;
    if (this.mark === null) return;
    this.received -= MARK_BYTES;
    for (let left = MARK_BYTES; left > 0; ) {
      const last = this.pieces.pop()!;
      if (last.length > left) this.pieces.push(last.subarray(0, last.length - left));
      left -= Math.min(left, last.length);
    }
  }
}
