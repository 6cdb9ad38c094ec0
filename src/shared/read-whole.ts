/**
 * Reads a whole file that the user has named. Opening a pipe without a writer would block the thread for good, so pipes are opened non-blocking: a pipe is
 * read to its end if a process has it open for writing or has left data in it, and refused otherwise.
 */
import { closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';

/** A pipe without a writer. Its message has no path. */
export class UnwrittenPipeError extends Error {
  override readonly name = 'UnwrittenPipeError';

  constructor(readonly path: string) {
    super('this is a pipe without a writer');
  }
}

const CHUNK_BYTES = 65_536;
/** Time between two attempts to read an empty pipe. */
const LOOK_AGAIN_MS = 5;

/** Throws {@link UnwrittenPipeError} and errors of the file system, always with the path. */
export function readWhole(path: string): Buffer {
  try {
    return isPipe(path) ? readPipe(path) : readFileSync(path);
  } catch (error) {
    // Errors of read have no path, and that is where reading a directory fails.
    throw Object.assign(error as Error, { path });
  }
}

export const isPipe = (path: string): boolean => statSync(path).isFIFO();

function readPipe(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const chunks: Buffer[] = [];
    let hasWriter = false;
    for (;;) {
      const chunk = readSome(fd);
      if (chunk === null) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS);
      else if (chunk.length > 0) chunks.push(chunk);
      else if (hasWriter) return Buffer.concat(chunks);
      else throw new UnwrittenPipeError(path);
      hasWriter = true;
    }
  } finally {
    closeSync(fd);
  }
}

/** Reads what is available: empty if no process writes any more, null if one still may. */
function readSome(fd: number): Buffer | null {
  const bytes = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    return bytes.subarray(0, readSync(fd, bytes));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null;
    throw error;
  }
}
