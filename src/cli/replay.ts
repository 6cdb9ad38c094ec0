/**
 * `redis-lab replay FILE`: replays a recording as fast as possible, and says whether everything was the same.
 */
import { toBytes } from '../server/config/bytes.js';
import { MissingFile } from '../server/recording/recorded-file.js';
import {
  ChangeError, type Damage, describeDamage, digestOf, RecordingError, type RecordingFile, type RecordingHead, Replay, type ReplayResult, TapeEnd,
} from '../server/recording/index.js';
import { complain } from './complain.js';
import { explain } from './explain.js';
import { IncompleteError, PerfettoFile } from './perfetto-file.js';
import { readRecordingFile } from './read-recording-file.js';
import { readReplayOptions, type ReplayOptions, type Until } from './replay-options.js';
import { TraceFile } from './trace-file.js';
import { runWhatIf } from './what-if.js';

/** Exit codes. */
const IDENTICAL = 0;
const DIVERGED = 1;
const NOT_POSSIBLE = 2;

/** @param args byte strings, after `replay`. Returns the exit code */
export function replay(args: readonly string[]): number {
  const options = readReplayOptions(args);
  if (typeof options === 'string') {
    complain(options);
    return NOT_POSSIBLE;
  }
  try {
    return run(options);
  } catch (error) {
    if (error instanceof ChangeError) complain(`--with: ${error.message}`);
    else if (error instanceof RecordingError) complain(`'${options.file}': ${error.message}`);
    else if (error instanceof MissingFile) complain(`'${options.file}': its server does not start: ${toBytes(error.message)}`);
    else complain(error instanceof IncompleteError ? error.message : explain(error));
    return NOT_POSSIBLE;
  }
}

function run(options: ReplayOptions): number {
  const { file } = options;
  const recording = readRecordingFile(file);
  const { head, damage, containsSecrets } = recording;
  if (head.build !== __VERSION__) complain(`'${file}' was recorded by redis-lab ${toBytes(head.build)}: another build may behave differently`);
  if (containsSecrets) complain(`'${file}' contains secrets: it includes a password that a client has sent`);
  const replayed = start(recording);
  if (options.changes.length > 0) return runWhatIf(replayed, head, options.changes, options.changeWords) ? IDENTICAL : DIVERGED;
  const isEnough = stopOf(replayed, options.until);
  const outputs = openOutputs(options, head, replayed);
  if (outputs.length > 0) replayed.trace((batch) => outputs.forEach((output) => output.write(batch)));
  const result = replayed.run(isEnough);
  for (const output of outputs) output.close();
  process.stdout.write(`${describe(result)}\n`);
  if (damage !== null) complain(`'${file}' is incomplete: ${describeEnd(damage, replayed, result)}`);
  if (options.digest) process.stdout.write(`${digestOf(replayed.server)}\n`);
  return result.divergence === null ? IDENTICAL : DIVERGED;
}

/** Opens the outputs that receive every event of the replay. */
function openOutputs({ trace, perfetto, overwrite }: ReplayOptions, { build }: RecordingHead, { server }: Replay): readonly (TraceFile | PerfettoFile)[] {
  const begins = new Date(server.clock.nowMs).toISOString();
  return [
    ...(trace === null ? [] : [new TraceFile(trace, overwrite, complain)]),
    ...(perfetto === null ? [] : [new PerfettoFile(perfetto, overwrite, { build, begins })]),
  ];
}

/** The server at the beginning of its recording. */
function start({ head, tape, damage }: RecordingFile): Replay {
  try {
    return new Replay(head, tape);
  } catch (error) {
    if (error instanceof TapeEnd) throw new RecordingError(`it ends before its server has started${damage === null ? '' : `: ${describeDamage(damage)}`}`);
    throw new RecordingError(`its server does not start: ${toBytes((error as Error).message)}`);
  }
}

/** Returns a function that says after a turn whether to stop. Throws {@link RecordingError} for a time before the recording. */
function stopOf(replayed: Replay, until: Until | null): () => boolean {
  const { server } = replayed;
  if (until === null) return () => false;
  if ('turn' in until) return () => server.loop.turnNumber >= until.turn;
  if ('command' in until) return () => server.stats.commandsProcessed >= until.command;
  const beginMs = server.clock.nowMs;
  const untilMs = until.timeFrom(beginMs);
  if (untilMs < beginMs) throw new RecordingError(`it begins at ${new Date(beginMs).toISOString()}, but --until names an earlier time`);
  replayed.stopAfter(untilMs);
  return () => false;
}

function describe({ turns, commands, divergence, hasEnd }: ReplayResult): string {
  const so = `replayed ${turns} turns, ${commands} commands: `;
  if (divergence !== null) {
    const who = divergence.token === 0 ? '' : `, token ${divergence.token}, after ${divergence.sentBytes} bytes of replies`;
    return `${so}diverged in turn ${turns}${who}: replayed ${divergence.replayed}, recorded ${divergence.recorded}`;
  }
  return `${so}identical${hasEnd ? '' : ' (up to where this stops: the end of the recording was not reached)'}`;
}

function describeEnd(damage: Damage, { isAtEnd }: Replay, { turns }: ReplayResult): string {
  return `${describeDamage(damage)}${isAtEnd ? `; the ${turns} turns before it are replayed` : ''}`;
}
