/**
 * `redis-lab FILE`: whether that file is a recording or a configuration. Its content decides, not its name.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { toText } from '../server/config/bytes.js';

/** These say how a server is shown; a replay says what it has to say in lines. */
const WAYS_TO_SHOW: ReadonlySet<string> = new Set(['--headless', '--screen-reader', '--ascii']);

/** With one of these a recording is replayed, and not shown. */
const WAYS_TO_REPLAY: ReadonlySet<string> = new Set([
  '--until', '--digest', '--trace', '--trace-overwrite', '--to', '--out', '--with', '--headless', '--screen-reader',
]);

export interface RecordingArgument {
  /** A byte string. */
  readonly file: string;
  /** The words behind it. */
  readonly rest: readonly string[];
}

/** The first argument, if it is a file that is a recording; otherwise null. @param args byte strings */
export async function recordingArgument([file, ...rest]: readonly string[]): Promise<RecordingArgument | null> {
  if (file === undefined || file.startsWith('-')) return null;
  const start = firstBytes(toText(file));
  // What knows recordings is loaded only where a file is named: most starts name none.
  const isOne = start !== null && (await import('../server/recording/recording-file.js')).isRecording(start);
  return isOne ? { file, rest } : null;
}

/** Is it to be shown on the screen, for which there must be a terminal? */
export function isForScreen({ rest }: RecordingArgument): boolean {
  const { stdin, stdout, env } = process;
  const isTerminal = stdin.isTTY === true && stdout.isTTY === true && env.TERM !== 'dumb' && env.INK_SCREEN_READER !== 'true';
  return isTerminal && !rest.some((word) => WAYS_TO_REPLAY.has(word));
}

/** The words behind `replay`. */
export const replayWords = ({ file, rest }: RecordingArgument): readonly string[] => [file, ...rest.filter((word) => !WAYS_TO_SHOW.has(word))];
/** As many bytes as tell what a file is; null if there are none to be had. Of a pipe nothing is read: its reader would miss it. */
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
    // It is then read as a configuration, and the error is reported there.
    return null;
  }
}
