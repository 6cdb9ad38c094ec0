/**
 * `redis-lab FILE`: determines whether the file is a recording or a configuration. Its content decides, not its name.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { toText } from '../server/config/bytes.js';

/** Flags for showing a server; a replay prints lines. */
const WAYS_TO_SHOW: ReadonlySet<string> = new Set(['--headless', '--screen-reader', '--ascii']);

/** With one of these flags a recording is replayed, and not shown. */
const WAYS_TO_REPLAY: ReadonlySet<string> = new Set([
  '--until', '--digest', '--trace', '--trace-overwrite', '--to', '--out', '--with', '--headless', '--screen-reader',
]);

export interface RecordingArgument {
  /** A byte string. */
  readonly file: string;
  /** The words after it. */
  readonly rest: readonly string[];
}

/** The first argument, if it is a recording; otherwise null. @param args byte strings */
export async function recordingArgument([file, ...rest]: readonly string[]): Promise<RecordingArgument | null> {
  if (file === undefined || file.startsWith('-')) return null;
  const start = firstBytes(toText(file));
  // The code for recordings is loaded only if a file is named, which is rare.
  const isOne = start !== null && (await import('../server/recording/recording-file.js')).isRecording(start);
  return isOne ? { file, rest } : null;
}

/** True if it is shown on the screen, which requires a terminal. */
export function isForScreen({ rest }: RecordingArgument): boolean {
  const { stdin, stdout, env } = process;
  const isTerminal = stdin.isTTY === true && stdout.isTTY === true && env.TERM !== 'dumb' && env.INK_SCREEN_READER !== 'true';
  return isTerminal && !rest.some((word) => WAYS_TO_REPLAY.has(word));
}

/** The words after `replay`. */
export const replayWords = ({ file, rest }: RecordingArgument): readonly string[] => [file, ...rest.filter((word) => !WAYS_TO_SHOW.has(word))];
/** Enough bytes to identify a file; null if it cannot be read. A pipe is not read: its reader would miss the bytes. */
function firstBytes(path: string): Buffer | null {
  try {
    if (!statSync(path).isFile()) return null;
    const fd = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(8);
      return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    // It is then read as a configuration, which reports the error.
    return null;
  }
}
