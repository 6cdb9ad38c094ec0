/**
 * `redis-lab FILE`: whether that file is a recording or a configuration. Its content decides, not its name.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { toText } from '../server/config/bytes.js';
import { isRecording } from '../server/recording/recording-file.js';

/** These say how a server is shown; a replay says what it has to say in lines. */
const WAYS_TO_SHOW: ReadonlySet<string> = new Set(['--headless', '--screen-reader', '--ascii']);

/** The words behind `replay`, if the first argument is a file that is a recording; otherwise null. @param args byte strings */
export function recordingArgument([file, ...rest]: readonly string[]): readonly string[] | null {
  return file !== undefined && !file.startsWith('-') && beginsAsRecording(toText(file)) ? [file, ...rest.filter((word) => !WAYS_TO_SHOW.has(word))] : null;
}

/** Does the file begin as a recording does? Of a pipe nothing is read: its reader would miss it. */
function beginsAsRecording(path: string): boolean {
  try {
    if (!statSync(path).isFile()) return false;
    const fd = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(8);
      return isRecording(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)));
    } finally {
      closeSync(fd);
    }
  } catch {
    // Whoever reads it as a configuration says what is wrong with it.
    return false;
  }
}
