/**
 * The way out to a terminal that never keeps this thread waiting.
 *
 * Node's writes to a terminal block the thread until all is taken. A terminal that is not read, because it is stopped or at the other end of
 * a connection that hangs, would block it for good, and no signal would be handled. So the terminal is opened a second time, for itself and
 * non-blocking; what it does not take at once waits and is offered again.
 *
 *   write ──▶ all taken                                    a frame, nearly always
 *         └─▶ EAGAIN ──▶ waits, offered again ──▶ drain     writableLength says how much waits
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';

/** How soon, and how seldom at most, a terminal that takes nothing is asked again. */
const FIRST_PAUSE_MS = 1;
const LAST_PAUSE_MS = 20;
/** How long a terminal may take nothing before {@link PatientOutput.flushNow} gives up, the first time. */
const SILENCE_MS = 300;
/** How long one that takes something, but slowly, may keep the thread. */
const LIMIT_MS = 1000;

export class PatientOutput extends Writable {
  private rest: Uint8Array = new Uint8Array();
  private done: (error?: Error) => void = () => {};
  private timer: NodeJS.Timeout | undefined;
  private pauseMs = FIRST_PAUSE_MS;
  /** While everything is to go out before {@link flushNow} returns: until when something, and all, must have been taken; null: there is time. */
  private deadline: { silenceMs: number; readonly limitMs: number } | null = null;
  /** The terminal has let a deadline pass, and has taken nothing since. */
  private isStuck = false;
  /** When it was first offered what it has not taken yet. */
  private silentSinceMs: number | null = null;

  /** @param writeBytes for tests: a terminal that takes what they want; throws EAGAIN if that is nothing */
  constructor(
    private readonly fd: number,
    private readonly writeBytes: (fd: number, bytes: Uint8Array) => number = writeSync,
  ) {
    // Any length: `drain` is emitted whenever nothing waits any more.
    super({ highWaterMark: 1 });
  }

  /** How long the terminal has taken nothing, although something waits. */
  get silentMs(): number {
    return this.silentSinceMs === null ? 0 : performance.now() - this.silentSinceMs;
  }

  /** Waits until all that has been written is taken, but not longer than that, and not for a terminal that takes nothing. False if something is left. */
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
        Atomics.wait(SLEEP, 0, 0, FIRST_PAUSE_MS);
      }
    }
  }

  private finish(error?: Error): void {
    this.rest = new Uint8Array();
    if (error === undefined) this.done();
    else this.done(error);
  }
}

const SLEEP = new Int32Array(new SharedArrayBuffer(4));

const known = new Map<number, PatientOutput | null>();

/**
 * Opens the non-blocking output to the terminal of a standard stream, the same each time; null if that is no terminal, or cannot be opened,
 * as on other systems than Linux.
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
    // A terminal that is gone is told by its other end, which nobody can type at any more.
    return output.on('error', () => {});
  } catch {
    return null;
  }
}

/** Writes to a standard stream before this returns; a terminal that takes nothing keeps it for a moment only. */
export function tell(stream: NodeJS.WriteStream, text: string | Uint8Array): void {
  const patient = patientOutput(stream);
  if (patient === null) return void stream.write(text);
  patient.write(text);
  patient.flushNow();
}
