/**
 * Reads a recording from disk: a file of any size, or a one-line error.
 */
import { constants } from 'node:buffer';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { isPipe, readWhole } from '../shared/read-whole.js';
import { reasonOf } from '../shared/system-reasons.js';
import { toBytes, toText } from '../server/config/bytes.js';
import { readRecording, RecordingError, type RecordingFile } from '../server/recording/index.js';

/** Node reads that much at once, whatever its version. */
const SMALL_BYTES = 2 ** 30;

/** @param path a byte string. Throws {@link RecordingError} if it contains no recording, and errors of opening it */
export function readRecordingFile(path: string): RecordingFile {
  const name = toText(path);
  return readRecording(isPipe(name) ? readWhole(name) : readLarge(name));
}

/** Node's own reading ends at 2 GiB. */
function readLarge(path: string): Buffer {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    if (size < SMALL_BYTES) return readFileSync(fd);
    if (size > constants.MAX_LENGTH) throw new RecordingError(`it has ${size} bytes; this Node reads files of up to ${constants.MAX_LENGTH}`);
    const bytes = Buffer.allocUnsafe(size);
    let taken = 0;
    for (let count = -1; count !== 0 && taken < size; taken += count) count = readSync(fd, bytes, taken, Math.min(size - taken, SMALL_BYTES), taken);
    return bytes.subarray(0, taken);
  } catch (error) {
    throw error instanceof RecordingError ? error : new RecordingError(toBytes(reasonOf(error)));
  } finally {
    closeSync(fd);
  }
}
