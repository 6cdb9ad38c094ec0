/**
 * Sinks: where the bytes of a log, a trace or a recording go. None of them blocks this thread: writing to a pipe that is no longer read would block it for
 * good, and no signal and no key would be handled. So a pipe is opened a second time, non-blocking; what it does not take at once waits, up to a limit.
 *
 *   write ──▶ file, device: written at once, or refused by an error
 *         └─▶ pipe: taken as long as not too much waits; EAGAIN, then, as if it were a full disk
 */
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { PatientOutput } from '../tui/terminal/patient-output.js';

export interface Sink {
  /** Takes `bytes` from `offset` on, and returns how many; throws errors of the file system. The bytes must not change afterwards. */
  write(bytes: Uint8Array, offset: number): number;
  /** False if anything taken is lost. Never throws. */
  close(): boolean;
}

/** The sink for a descriptor that is open for writing; closing the sink closes it. */
export function openSink(fd: number): Sink {
  const patientFd = isPipe(fd) ? openPatiently(fd) : null;
  if (patientFd === null) return new FileSink(fd);
  closeSync(fd);
  return new PipeSink(patientFd);
}

export function isPipe(fd: number): boolean {
  return fstatSync(fd).isFIFO();
}

/** Opens the same pipe again; null where that is impossible, as on other systems than Linux. */
function openPatiently(fd: number): number | null {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
}

class FileSink implements Sink {
  constructor(private readonly fd: number) {}

  write(bytes: Uint8Array, offset: number): number {
    return writeSync(this.fd, bytes, offset);
  }

  close(): boolean {
    try {
      closeSync(this.fd);
    } catch {
      // A device that reports a loss only when it is closed: nothing can be done.
    }
    return true;
  }
}

/** Bytes that may wait for the reader of a pipe: a recording comes in pieces of up to 32 MiB. */
const MOST_WAITING = 2 ** 26;

class PipeSink implements Sink {
  private readonly output: PatientOutput;
  private failure: unknown = null;

  constructor(fd: number) {
    // An error would end the stream; a pipe without a reader may get one again.
    const offer = (to: number, bytes: Uint8Array): number => {
      try {
        return writeSync(to, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') throw error;
        this.failure = error;
        return bytes.length;
      }
    };
    this.output = new PatientOutput(fd, offer);
  }

  write(bytes: Uint8Array, offset: number): number {
    if (this.output.writableLength > MOST_WAITING) throw Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' });
    const rest = bytes.subarray(offset);
    this.output.write(rest);
    this.throwFailure();
    return rest.length;
  }

  close(): boolean {
    const isWhole = this.output.flushNow() && this.failure === null;
    this.output.destroy();
    return isWhole;
  }

  private throwFailure(): void {
    const { failure } = this;
    this.failure = null;
    if (failure !== null) throw failure as Error;
  }
}
