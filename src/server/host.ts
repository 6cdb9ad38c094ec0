/**
 * Host: what the server asks the machine and the process it runs in, besides sockets and clocks. Figures, random bytes and files: inputs like any other,
 * which a recording keeps and a replay answers from it. Every answer is plain data.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { totalmem } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { readWhole } from '../shared/read-whole.js';

export interface HostMemory {
  /** Bytes of the process that lie in memory. */
  readonly resident: number;
  /** Bytes of the machine. */
  readonly total: number;
}

/** What is in a file, one character a byte; or why it cannot be read, in the words of strerror(3). */
export type FileContent = { readonly bytes: string } | { readonly complaint: string };

/** An open file, piece by piece. */
export interface FileToLoad {
  /** Null at its end. Throws what reading throws. */
  next(): Buffer | null;
  close(): void;
}

export interface Host {
  readonly pid: number;
  /** Path of the program. */
  readonly executable: string;
  memory(): HostMemory;
  /** The JavaScript heap of this thread, in V8's terms. */
  heap(): { readonly [name: string]: number };
  /** Processor time of the process, in µs. */
  processorTime(): { readonly user: number; readonly system: number };
  /** From the system's own randomness, not from the server's seed. */
  randomHex(digits: number): string;
  /** As {@link randomHex}, of something that is no secret: a recording shows it. */
  uniqueHex(digits: number): string;
  /** Keeps the thread for so long; see DEBUG SLEEP. */
  sleep(ms: number): void;
  /** Does something to the machine, its files for one. Null, or the message of the error that it has thrown. */
  attempt(action: () => void): string | null;
  /** The same with a result, which is plain data; where nothing is done to the machine, as in a replay that is on its own, it is `otherwise`. */
  act<T>(action: () => T, otherwise: T): T;
  /** A file of the machine, whole. */
  readFile(path: string): FileContent;
  /** What `find` returns. A recording has other passwords than its server had: what is found by comparing one with a hash is an input. */
  choose(find: () => number): number;
  /** A regular file of any size, to be read once. Null: there is none. Throws an Error if it cannot be had. */
  open(path: string): FileToLoad | null;
}

const CHUNK_BYTES = 2 ** 20;

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
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
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
      const fd = openRegular(path);
      return { next: () => readChunk(fd), close: () => closeSync(fd) };
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

/** Opening waits for nobody, as it would for the writer of a pipe; whatever is no regular file is refused. */
function openRegular(path: string): number {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new Error('it is not a regular file');
}

function readChunk(fd: number): Buffer | null {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const length = readSync(fd, chunk);
  return length === 0 ? null : chunk.subarray(0, length);
}

