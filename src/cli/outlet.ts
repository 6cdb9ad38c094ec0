/**
 * Outlet: a file or stream that receives entries, one line each. An output that accepts nothing, such as a full disk or a reader that has left, must not end
 * the server: a loss is reported once and counted, every further entry is tried again, and the gap is noted in the output itself once writing works again.
 *
 *            a write fails: reported             a write succeeds: the line about the gap goes first
 *   works ─────────────────────────▶ loses ─────────────────────────▶ works
 */
import type { Writable } from 'node:stream';
import { PatientOutput } from '../tui/terminal/patient-output.js';
import type { Sink } from './sink.js';

export interface OutletOptions {
  /** Its name in messages: `the log '/var/log/lab.log'`. */
  readonly name: string;
  /** The name of an entry. */
  readonly unit: string;
  /** latin1: entries are byte strings. utf8: they are text. */
  readonly encoding: 'latin1' | 'utf8';
  /** The line that replaces lost entries. */
  readonly gap: (count: number) => string;
  /** Called when the output begins to lose entries, and on {@link Outlet.close} if some are still missing. */
  readonly report: (message: string) => void;
}

export interface Outlet {
  /** Entries end with a line feed. Never throws. */
  write(entries: readonly string[]): void;
  /** Says how much is missing at the end. Never throws. */
  close(): void;
}

/** What went wrong, for users; an errno name that is not listed is shown as it is. */
const REASONS: { readonly [code: string]: string } = {
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file has reached its size limit',
  EPIPE: 'it is no longer read',
  EAGAIN: 'its reader does not keep up',
  EIO: 'input/output error',
};

export function describeLoss(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : (REASONS[code] ?? code)) ?? message;
}

/** Counts what is lost, and reports the beginning of each loss. */
class Losses {
  private count = 0;
  private reason = '';
  private isReported = false;

  constructor(private readonly options: OutletOptions) {}

  add(count: number, error: unknown): void {
    this.count += count;
    this.reason = describeLoss(error);
    if (this.isReported) return;
    this.isReported = true;
    this.options.report(`${this.options.name} is incomplete from here on: ${this.reason}`);
  }

  /** The number of lost entries that a line in the output can now replace. If that line cannot be written, add it again. */
  take(): number {
    const { count } = this;
    this.count = 0;
    return count;
  }

  /** Everything is written again. */
  end(): void {
    this.isReported = false;
  }

  /** @param isWhole whether everything taken has arrived */
  close(isWhole = true): void {
    const { name, unit, report } = this.options;
    if (!isWhole) report(`${name} lacks its end: its reader does not keep up`);
    if (this.count > 0) report(`${name} lacks the last ${this.count} ${unit}${this.count === 1 ? '' : 's'}: ${this.reason}`);
  }
}

/** A file or a pipe. A partly written line is completed before anything else is written, so that every line is complete. */
export class FileOutlet implements Outlet {
  private readonly losses: Losses;
  /** The remaining bytes of a partly written line. */
  private rest = Buffer.alloc(0);

  constructor(
    private readonly sink: Sink,
    private readonly options: OutletOptions,
  ) {
    this.losses = new Losses(options);
  }

  write(entries: readonly string[]): void {
    if (entries.length === 0) return;
    const { encoding, gap } = this.options;
    const missing = this.losses.take();
    const head = missing === 0 ? '' : gap(missing);
    const text = Buffer.from(head + entries.join(''), encoding);
    const { taken, error } = this.writeWhole(this.rest.length === 0 ? text : Buffer.concat([this.rest, text]));
    if (error === null) {
      this.rest = Buffer.alloc(0);
      this.losses.end();
    } else this.losses.add(this.keepRest(taken, missing, [head, ...entries]), error);
  }

  close(): void {
    this.losses.close(this.sink.close());
  }

  /**
   * After `taken` bytes of the rest and of `lines` have been written: keeps what completes the last line. Returns how many entries are lost. @param missing how
   * many entries the first line replaces, if it has text; each other line is one entry
   */
  private keepRest(taken: number, missing: number, lines: readonly string[]): number {
    let left = taken - this.rest.length;
    this.rest = left < 0 ? this.rest.subarray(taken) : Buffer.alloc(0);
    let lost = 0;
    for (const [index, line] of lines.entries()) {
      const size = Buffer.byteLength(line, this.options.encoding);
      if (left <= 0) lost += index === 0 ? missing : 1;
      else if (left < size) this.rest = Buffer.from(line, this.options.encoding).subarray(left);
      left -= size;
    }
    return lost;
  }

  /** Writes until everything is written or the file system refuses. */
  private writeWhole(bytes: Uint8Array): { readonly taken: number; readonly error: unknown } {
    let taken = 0;
    try {
      while (taken < bytes.length) taken += this.sink.write(bytes, taken);
      return { taken, error: null };
    } catch (error) {
      return { taken, error };
    }
  }
}

/** Bytes that may wait for a reader; further ones are dropped. */
const MOST_WAITING = 2 ** 20;

/** Standard output as a terminal or a pipe. */
export class StreamOutlet implements Outlet {
  private readonly losses: Losses;

  constructor(
    private readonly stream: Writable,
    private readonly options: OutletOptions,
  ) {
    this.losses = new Losses(options);
  }

  write(entries: readonly string[]): void {
    if (entries.length === 0) return;
    if (this.stream.writableLength > MOST_WAITING) return this.losses.add(entries.length, { code: 'EAGAIN' });
    const { encoding, gap } = this.options;
    const missing = this.losses.take();
    this.stream.write(Buffer.from((missing === 0 ? '' : gap(missing)) + entries.join(''), encoding), (error) => {
      if (error) this.losses.add(missing + entries.length, error);
      else if (missing > 0) this.losses.end();
    });
  }

  close(): void {
    if (this.stream instanceof PatientOutput) this.stream.flushNow();
    this.losses.close();
  }
}
