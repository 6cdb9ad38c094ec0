/**
 * `redis-lab FILE` on a terminal: a recording with its past, and a server that continues from its end. A separate bundle, which few starts load.
 */
import { toBytes } from '../server/config/bytes.js';
import { openRecordingOn, type RedisLabServer, type ServerOptions } from '../server/index.js';
import { describeDamage, RecordingError } from '../server/recording/index.js';
import { readRecordingFile } from './read-recording-file.js';
import type { Start } from './start.js';

/** A longer tape is not kept in memory. */
const MOST_BYTES = 2 ** 28;

export interface ShownRecording {
  readonly server: RedisLabServer;
  readonly hasVirtualClock: boolean;
  readonly edgeTriggered: boolean;
  /** The number of the last command; null: there is none. */
  readonly lastCommand: number | null;
  /** Remarks about the file: byte strings. */
  readonly remarks: readonly string[];
}

/** @param file a byte string. Rejects with an Error whose message is one line */
export async function openRecordingFile(file: string, start: Start, options: ServerOptions): Promise<ShownRecording> {
  try {
    const { head, tape, damage, containsSecrets } = readRecordingFile(file);
    if (tape.length > MOST_BYTES) throw new RecordingError(`it has ${tape.length} bytes, too many to be shown: redis-lab replay can replay it`);
    // Its addresses and its password requirement no longer apply: the passwords in a recording are replacements.
    const asked: ServerOptions = { bind: '127.0.0.1', requirepass: '', ...options };
    const { server, lastCommand, divergence } = await openRecordingOn(start.takeThread(), head, tape, asked);
    const remarks = [
      ...(head.build === __VERSION__ ? [] : [`'${file}' was recorded by redis-lab ${toBytes(head.build)}: another build may behave differently`]),
      ...(containsSecrets ? [`'${file}' contains secrets: it includes a password that a client has sent`] : []),
      ...(damage === null ? [] : [`'${file}' is incomplete: ${describeDamage(damage)}`]),
      ...(divergence === null ? [] : [`'${file}' is shown up to the first difference of this build: ${toBytes(divergence)}`]),
    ];
    const { hasVirtualClock = false, poll: { edgeTriggered } } = head;
    return { server, hasVirtualClock, edgeTriggered, lastCommand: lastCommand === 0 ? null : lastCommand, remarks };
  } catch (error) {
    if (error instanceof RecordingError) throw new Error(`'${file}': ${error.message}`, { cause: error });
    throw error;
  }
}
