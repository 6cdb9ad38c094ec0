/**
 * Host: what the server asks of its machine and process, besides sockets and clocks: figures, random bytes and files. These are inputs:
 * a recording keeps the answers, and a replay answers from it. Every answer is plain data.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { totalmem } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { readWhole } from '../shared/read-whole.js';
import { sleepFor } from '../shared/sleep.js';

export interface HostMemory {
  /** Resident memory of the process, in bytes. */
  readonly resident: number;
  /** Memory of the machine, in bytes. */
  readonly total: number;
}

/** The content of a file, one character per byte; or why it cannot be read, in the words of strerror(3). */
export type FileContent = { readonly bytes: string } | { readonly complaint: string };

/** An open file, read chunk by chunk. */
export interface FileToLoad {
  /** Bytes when it was opened. */
  readonly size: number;
  /** Called until it returns false, before the first chunk is read: a recording reads the file once, chunk by chunk, to hash it. */
  prepare(): boolean;
  /** Returns a chunk, which is valid until the next call; null at the end. Throws errors of reading. */
  next(): Buffer | null;
  close(): void;
}

export interface Host {
  readonly pid: number;
  /** Path of the executable. */
  readonly executable: string;
  memory(): HostMemory;
  /** The JavaScript heap of this thread, named as in V8. */
  heap(): { readonly [name: string]: number };
  /** Processor time of the process, in µs. */
  processorTime(): { readonly user: number; readonly system: number };
  /** Returns hexadecimal digits from the system's randomness, not from the server's seed. */
  randomHex(digits: number): string;
  /** Like {@link randomHex}, for what is no secret: a recording contains it. */
  uniqueHex(digits: number): string;
  /** Blocks the thread for this time; see DEBUG SLEEP. */
  sleep(ms: number): void;
  /** Acts on the machine, for example on its files. Returns null, or the message of the error that was thrown. */
  attempt(action: () => void): string | null;
  /** Acts on the machine, with a result that is plain data; `otherwise` where nothing is done to the machine, as in a replay past its recorded end. */
  act<T>(action: () => T, otherwise: T): T;
  /** Reads a whole file. */
  readFile(path: string): FileContent;
  /** Returns what `find` returns. A recording contains other passwords than its server had: what is found by comparing one with a hash is an input. */
  choose(find: () => number): number;
  /** Opens a regular file of any size, to be read once. Null: there is none. Throws an Error if it cannot be opened. */
  open(path: string): FileToLoad | null;
}

/** The most bytes of a piece; only the last one of a file has fewer. */
export const CHUNK_BYTES = 2 ** 20;

export class SystemHost implements Host {
  readonly pid = process.pid;
  readonly executable = process.argv[1] ?? process.execPath;

  memory(): HostMemory {
    return { resident: process.memoryUsage.rss(), total: totalmem() };
  }

  heap(): { readonly [name: string]: number } {
    return { ...getHeapStatistics() };
  }

  processorTime(): { readonly user: number; readonly system: number } {
    return process.cpuUsage();
  }

  randomHex(digits: number): string {
    return randomBytes(Math.ceil(digits / 2)).toString('hex').slice(0, digits);
  }

  uniqueHex(digits: number): string {
    return this.randomHex(digits);
  }

  sleep(ms: number): void {
    sleepFor(ms);
  }

  attempt(action: () => void): string | null {
    try {
      action();
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  act<T>(action: () => T): T {
    return action();
  }

  readFile(path: string): FileContent {
    try {
      return { bytes: readWhole(path).toString('latin1') };
    } catch (error) {
      return { complaint: systemError(error) };
    }
  }

  choose(find: () => number): number {
    return find();
  }

  open(path: string): FileToLoad | null {
    try {
      const { fd, size } = openRegular(path);
      let chunk: Buffer | null = null;
      return { size, prepare: () => false, next: () => readChunk(fd, (chunk ??= Buffer.allocUnsafeSlow(CHUNK_BYTES))), close: () => closeSync(fd) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }
}

function systemError(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  const text = (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Opens without waiting, as for the writer of a pipe; anything but a regular file is refused. */
function openRegular(path: string): { readonly fd: number; readonly size: number } {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const status = fstatSync(fd);
  if (status.isFile()) return { fd, size: status.size };
  closeSync(fd);
  throw new Error('it is not a regular file');
}

function readChunk(fd: number, chunk: Buffer): Buffer | null {
  const length = readSync(fd, chunk);
  return length === 0 ? null : chunk.subarray(0, length);
}

