/**
 * Output to a terminal that never blocks this thread.
 *
 * Node's writes to a terminal block the thread until everything is taken. A terminal that is not read, because it is stopped or behind a hanging connection,
 * would block it for good, and no signal would be handled. So the terminal is opened a second time, non-blocking; what it does not take at once is kept and
 * offered again.
 *
 *   write ──▶ all taken                                    a frame, nearly always
 *         └─▶ EAGAIN ──▶ waits, offered again ──▶ drain     writableLength is the number of waiting bytes
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { sleepFor } from '../../shared/sleep.js';

/** The first and the longest pause before a terminal that takes nothing is tried again. */
const FIRST_PAUSE_MS = 1;
const LAST_PAUSE_MS = 20;
/** How long a terminal may take nothing, at first, before {@link PatientOutput.flushNow} gives up. */
const SILENCE_MS = 300;
/** How long a slow terminal may block the thread. */
const LIMIT_MS = 1000;

export class PatientOutput extends Writable {
  private rest: Uint8Array = new Uint8Array();
  private done: (error?: Error) => void = () => {};
  private timer: NodeJS.Timeout | undefined;
  private pauseMs = FIRST_PAUSE_MS;
  /** During {@link flushNow}: the deadlines for taking anything, and everything; null: there is no deadline. */
  private deadline: { silenceMs: number; readonly limitMs: number } | null = null;
  /** The terminal has missed a deadline, and has taken nothing since. */
  private isStuck = false;
  /** When the waiting bytes were first offered. */
  private silentSinceMs: number | null = null;

  /** @param writeBytes for tests: a terminal that takes as many bytes as they want; throws EAGAIN for none */
  constructor(
    private readonly fd: number,
    private readonly writeBytes: (fd: number, bytes: Uint8Array) => number = writeSync,
  ) {
    // With this mark, `drain` is emitted whenever nothing waits any more.
    super({ highWaterMark: 1 });
  }

  /** How long the terminal has taken nothing although something waits. */
  get silentMs(): number {
    return this.silentSinceMs === null ? 0 : performance.now() - this.silentSinceMs;
  }

  /** Waits until everything is taken, but not longer than the limit, and not for a terminal that takes nothing. False if something is left. */
  flushNow(limitMs = LIMIT_MS): boolean {
    const nowMs = performance.now();
    this.deadline = { silenceMs: this.isStuck ? 0 : nowMs + SILENCE_MS, limitMs: nowMs + limitMs };
    if (this.rest.length > 0) this.offer();
    this.deadline = null;
    this.isStuck = this.writableLength > 0;
    return !this.isStuck;
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.rest = chunk;
    this.done = done;
    this.offer();
  }

  override _writev(chunks: readonly { readonly chunk: Uint8Array }[], done: (error?: Error) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'utf8', done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.timer);
    closeSync(this.fd);
    done(error);
  }

  private offer(): void {
    clearTimeout(this.timer);
    try {
      while (this.rest.length > 0) this.take();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return this.finish(error as Error);
      this.silentSinceMs ??= performance.now();
      this.timer = setTimeout(() => this.offer(), this.pauseMs);
      this.pauseMs = Math.min(2 * this.pauseMs, LAST_PAUSE_MS);
      return;
    }
    this.finish();
  }

  private take(): void {
    for (;;) {
      try {
        this.rest = this.rest.subarray(this.writeBytes(this.fd, this.rest));
        this.pauseMs = FIRST_PAUSE_MS;
        this.isStuck = false;
        this.silentSinceMs = null;
        if (this.deadline !== null) this.deadline.silenceMs = performance.now() + SILENCE_MS;
        return;
      } catch (error) {
        const isOver = this.deadline === null || performance.now() >= Math.min(this.deadline.silenceMs, this.deadline.limitMs);
        if (isOver || (error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        sleepFor(FIRST_PAUSE_MS);
      }
    }
  }

  private finish(error?: Error): void {
    this.rest = new Uint8Array();
    if (error === undefined) this.done();
    else this.done(error);
  }
}

const known = new Map<number, PatientOutput | null>();

/**
 * Opens the non-blocking output to the terminal of a standard stream, the same each time; null if it is not a terminal, or cannot be opened, as on other
 * systems than Linux.
 */
export function patientOutput(stream: NodeJS.WriteStream & { readonly fd?: number }): PatientOutput | null {
  const { fd, isTTY } = stream;
  if (!isTTY || fd === undefined) return null;
  if (!known.has(fd)) known.set(fd, open(fd));
  return known.get(fd)!;
}

function open(fd: number): PatientOutput | null {
  try {
    const output = new PatientOutput(openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY));
    // A terminal that is gone is detected at its input.
    return output.on('error', () => {});
  } catch {
    return null;
  }
}

/** Writes to a standard stream synchronously; a terminal that takes nothing delays it only for a moment. */
export function tell(stream: NodeJS.WriteStream, text: string | Uint8Array): void {
  const patient = patientOutput(stream);
  if (patient === null) return void stream.write(text);
  patient.write(text);
  patient.flushNow();
}
