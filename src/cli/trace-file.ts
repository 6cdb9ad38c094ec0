/**
 * --trace: everything that the loop tells of itself, one JSON object a line.
 *
 * What is missing says so in a line of its own, because a gap must not look like silence: {"kind":"dropped",…} for a batch that left something out,
 * {"kind":"lost",…} for lines that the disk did not take.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import type { TraceBatch } from '../server/index.js';
import { toText } from '../server/config/bytes.js';
import { FileOutlet, type Outlet } from './outlet.js';
import { openSink } from './sink.js';

const { O_CREAT, O_EXCL, O_TRUNC, O_WRONLY } = constants;

/** There is such a file already, and nothing has been said about replacing it. */
export class FileExistsError extends Error {
  override readonly name = 'FileExistsError';
}

export class TraceFile {
  private readonly outlet: Outlet;

  /**
   * @param path a byte string. @param overwrite whether a file that exists is replaced. @param report is told when the trace begins to lose lines
   *
   * Throws {@link FileExistsError}, and what the file system throws.
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

/** Opens a file to write to. @param overwrite whether one that exists is replaced; otherwise it throws {@link FileExistsError} */
export function openForWriting(path: string, overwrite: boolean): number {
  return overwrite ? openSync(toText(path), O_WRONLY | O_CREAT | O_TRUNC, 0o666) : openUnused(path);
}

/** A new file; or one that holds nothing, or is none that could hold anything: /dev/stdout, a FIFO. Symbolic links are followed only to the last of these. */
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

/** What a terminal would obey stays visible where somebody prints the file. */
function lineOf(entry: object): string {
  return `${JSON.stringify(entry).replace(/[\x7f-\x9f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)}\n`;
}
