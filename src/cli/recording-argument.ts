/**
 * `redis-lab FILE`: whether that file is a recording or a configuration. Its content decides, not its name.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { toText } from '../server/config/bytes.js';

/** These say how a server is shown; a replay says what it has to say in lines. */
const WAYS_TO_SHOW: ReadonlySet<string> = new Set(['--headless', '--screen-reader', '--ascii']);

/** The words behind `replay`, if the first argument is a file that is a recording; otherwise null. @param args byte strings */
export async function recordingArgument([file, ...rest]: readonly string[]): Promise<readonly string[] | null> {
  if (file === undefined || file.startsWith('-')) return null;
  const start = firstBytes(toText(file));
  // What knows recordings is loaded only where a file is named: most starts name none.
  const isOne = start !== null && (await import('../server/recording/recording-file.js')).isRecording(start);
  return isOne ? [file, ...rest.filter((word) => !WAYS_TO_SHOW.has(word))] : null;
}

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
