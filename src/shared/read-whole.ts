/**
 * Reads a whole file that the user has named. Opening a pipe without a writer would block the thread for good, so pipes are opened non-blocking: a pipe is
 * read to its end if a process has it open for writing or has left data in it, and refused otherwise.
 */
import { closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { sleepFor } from './sleep.js';

/** A pipe without a writer. Its message has no path. */
export class UnwrittenPipeError extends Error {
  override readonly name = 'UnwrittenPipeError';

  constructor(readonly path: string) {
    super('this is a pipe without a writer');
  }
}

/** More bytes than the caller takes. Its message has no path. */
export class TooLargeFileError extends Error {
  override readonly name = 'TooLargeFileError';

  constructor(readonly path: string, mostBytes: number) {
    super(`it has more than ${mostBytes / 2 ** 20} MiB`);
  }
}

const CHUNK_BYTES = 65_536;
/** Time between two attempts to read an empty pipe. */
const LOOK_AGAIN_MS = 5;

/**
 * Throws {@link UnwrittenPipeError}, {@link TooLargeFileError} and errors of the file system, always with the path.
 *
 * @param mostBytes a device may have no end
 */
export function readWhole(path: string, mostBytes = Infinity): Buffer {
  try {
    if (isPipe(path)) return readPipe(path, mostBytes);
    return mostBytes === Infinity ? readFileSync(path) : readAtMost(path, mostBytes);
  } catch (error) {
    // Errors of read have no path, and that is where reading a directory fails.
    throw Object.assign(error as Error, { path });
  }
}

export const isPipe = (path: string): boolean => statSync(path).isFIFO();

function readAtMost(path: string, mostBytes: number): Buffer {
  const fd = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let bytes = 0; bytes <= mostBytes; ) {
      const chunk = readSome(fd);
      if (chunk === null || chunk.length === 0) return Buffer.concat(chunks);
      chunks.push(chunk);
      bytes += chunk.length;
    }
    throw new TooLargeFileError(path, mostBytes);
  } finally {
    closeSync(fd);
  }
}

function readPipe(path: string, mostBytes: number): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const chunks: Buffer[] = [];
    let hasWriter = false;
    let bytes = 0;
    for (;;) {
      const chunk = readSome(fd);
      bytes += chunk?.length ?? 0;
      if (bytes > mostBytes) throw new TooLargeFileError(path, mostBytes);
      if (chunk === null) sleepFor(LOOK_AGAIN_MS);
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
