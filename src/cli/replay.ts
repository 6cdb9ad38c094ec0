/**
 * `redis-lab replay FILE`: lives through a recording once more, as fast as it goes, and says whether everything was the same.
 */
import { constants } from 'node:buffer';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { digestOf, readRecording, RecordingError, type RecordingHead, Replay, type ReplayResult, TapeEnd } from '../server/recording/index.js';
import { toBytes, toText } from '../server/config/bytes.js';
import { complain } from './complain.js';
import { explain } from './explain.js';

/** Node reads that much at once, whatever its version. */
const SMALL_BYTES = 2 ** 30;

const USAGE = 'usage: redis-lab replay FILE [--until turn:N | --until command:N] [--digest]';

interface Wanted {
  readonly file: string;
  readonly isEnough: (replay: Replay) => boolean;
  readonly digest: boolean;
}

/** @param args byte strings, behind `replay`. Resolves with the exit code: 0 identical, 1 not, 2 not possible. */
export function replay(args: readonly string[]): number {
  const wanted = read(args);
  if (typeof wanted === 'string') {
    complain(wanted);
    return 2;
  }
  try {
    const { head, tape, damage } = readRecording(readWhole(toText(wanted.file)));
    if (damage !== null) complain(`'${wanted.file}' is not whole: ${damage}; what stands before is replayed`);
    if (head.build !== __VERSION__) complain(`'${wanted.file}' was recorded by redis-lab ${toBytes(head.build)}: another build may do otherwise`);
    const run = start(head, tape);
    const result = run.run(() => wanted.isEnough(run));
    process.stdout.write(`${describe(result)}\n`);
    if (wanted.digest) process.stdout.write(`${digestOf(run.server)}\n`);
    return result.divergence === null ? 0 : 1;
  } catch (error) {
    complain(error instanceof RecordingError ? `'${wanted.file}': ${error.message}` : explain(error));
    return 2;
  }
}

/** The server at the beginning of its recording. */
function start(head: RecordingHead, tape: Buffer): Replay {
  try {
    return new Replay(head, tape);
  } catch (error) {
    if (error instanceof TapeEnd) throw new RecordingError('it ends before its server has started');
    throw new RecordingError(`its server does not start: ${toBytes((error as Error).message)}`);
  }
}

/** A file of any size that fits into a buffer; Node's own reading ends at 2 GiB. */
function readWhole(path: string): Buffer {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    // Pipes do not know their size, and grow larger than this only if somebody means harm.
    if (size < SMALL_BYTES) return readFileSync(fd);
    if (size > constants.MAX_LENGTH) throw new RecordingError(`it has ${size} bytes; this Node reads files of up to ${constants.MAX_LENGTH}`);
    const bytes = Buffer.allocUnsafe(size);
    let taken = 0;
    for (let count = -1; count !== 0 && taken < size; taken += count) count = readSync(fd, bytes, taken, Math.min(size - taken, SMALL_BYTES), taken);
    return bytes.subarray(0, taken);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw error instanceof RecordingError ? error : new RecordingError(code === 'EISDIR' ? 'this is a directory' : toBytes(message));
  } finally {
    closeSync(fd);
  }
}

/** What is asked for, or what is wrong with how it is asked. */
function read(args: readonly string[]): Wanted | string {
  let file: string | null = null;
  let isEnough: Wanted['isEnough'] = () => false;
  let digest = false;
  for (let at = 0; at < args.length; at++) {
    const word = args[at]!;
    if (word === '--digest') digest = true;
    else if (word === '--until') {
      const until = readUntil(args[++at] ?? '');
      if (until === null) return `--until '${args[at] ?? ''}': must be turn:N or command:N`;
      isEnough = until;
    } else if (word.startsWith('--')) return `unknown option '${word}'; ${USAGE}`;
    else if (file === null) file = word;
    else return USAGE;
  }
  return file === null ? USAGE : { file, isEnough, digest };
}

function readUntil(text: string): Wanted['isEnough'] | null {
  const [, unit, digits] = /^(turn|command):(\d+)$/.exec(text) ?? [];
  if (unit === undefined) return null;
  const limit = Number(digits);
  return unit === 'turn' ? ({ server }) => server.loop.turnNumber >= limit : ({ server }) => server.stats.commandsProcessed >= limit;
}

function describe({ turns, commands, divergence, hasEnd }: ReplayResult): string {
  const so = `replayed ${turns} turns, ${commands} commands: `;
  if (divergence !== null) {
    const who = divergence.token === 0 ? '' : `, token ${divergence.token}, after ${divergence.sentBytes} bytes of replies`;
    return `${so}diverged in turn ${turns}${who}: replayed ${divergence.replayed}, recorded ${divergence.recorded}`;
  }
  return `${so}identical${hasEnd ? '' : ' (up to where this stops: the end of the recording was not reached)'}`;
}
