/**
 * --trace: writes every event of the loop, one JSON object per line.
 *
 * Gaps are marked by a line, because a gap must not look like silence: {"kind":"dropped",…} for a batch that left something out, {"kind":"lost",…} for lines
 * that could not be written.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import type { TraceBatch } from '../server/index.js';
import { toText } from '../server/config/bytes.js';
import { FileOutlet, type Outlet } from './outlet.js';
import { openSink } from './sink.js';

const { O_CREAT, O_EXCL, O_TRUNC, O_WRONLY } = constants;

/** The file exists, and replacing it was not requested. */
export class FileExistsError extends Error {
  override readonly name = 'FileExistsError';
}

export class TraceFile {
  private readonly outlet: Outlet;

  /**
   * @param path a byte string. @param overwrite whether an existing file is replaced. @param report is called when the trace begins to lose lines
   *
   * Throws {@link FileExistsError}, and errors of the file system.
   */
  constructor(path: string, overwrite: boolean, report: (message: string) => void) {
    const sink = openSink(openForWriting(path, overwrite));
    const gap = (count: number): string => `${JSON.stringify({ kind: 'lost', lines: count })}\n`;
    this.outlet = new FileOutlet(sink, { name: `the trace '${path}'`, unit: 'line', encoding: 'utf8', gap, report });
  }

  write({ events, droppedTurns, droppedCommands, slow }: TraceBatch): void {
    const lines = events.map(lineOf);
    if (droppedTurns + droppedCommands > 0) lines.push(lineOf({ kind: 'dropped', turns: droppedTurns, commands: droppedCommands }));
    lines.push(...slow.map(lineOf));
    this.outlet.write(lines);
  }

  close(): void {
    this.outlet.close();
  }
}

/** Opens a file for writing. @param overwrite whether an existing one is replaced; otherwise it throws {@link FileExistsError} */
export function openForWriting(path: string, overwrite: boolean): number {
  return overwrite ? openSync(toText(path), O_WRONLY | O_CREAT | O_TRUNC, 0o666) : openUnused(path);
}

/** Opens a new file, an empty one, or a special file: /dev/stdout, a FIFO. Symbolic links are followed only to special files. */
function openUnused(path: string): number {
  const name = toText(path);
  try {
    return openSync(name, O_WRONLY | O_CREAT | O_EXCL, 0o666);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const fd = openSync(name, O_WRONLY);
  const found = fstatSync(fd);
  if (!found.isFile() || (found.size === 0 && !lstatSync(name).isSymbolicLink())) return fd;
  closeSync(fd);
  throw new FileExistsError(`'${path}' exists already; --trace-overwrite replaces it`);
}

/** Control characters are escaped, in case the file is printed on a terminal. */
function lineOf(entry: object): string {
  return `${JSON.stringify(entry).replace(/[\x7f-\x9f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)}\n`;
}
