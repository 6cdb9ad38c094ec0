/**
 * The command line: flags and a configuration file in, an exit code out.
 *
 * Called by main.ts, which has already started a thread for the server. Loads the screen only if it is shown, and the server itself only to replay a recording.
 */
import { toBytes } from '../server/config/bytes.js';
import { parseCommandLine, type Run } from './command-line.js';
import { complain } from './complain.js';
import { isMissingProgram, isProgram, isProgramTape } from './program-argument.js';
import { isForScreen, recordingArgument, replayWords } from './recording-argument.js';
import { serve } from './serve.js';
import type { Start } from './start.js';

/** Resolves with the exit code. */
export async function runCommandLine(args: readonly string[], start: Start): Promise<number> {
  if (args[0] === 'check') return (await import('./check.js')).runCheck(args.slice(1));
  if (args[0] === 'course') return (await import('./course.js')).runCourse(args.slice(1));
  if (args[0] === 'compare') return (await import('./compare.js')).runCompare(args.slice(1));
  const words = args.map(toBytes);
  if (isMissingProgram(words[0])) {
    complain(`there is no program '${words[0]}'`);
    return 1;
  }
  if (isProgramTape(words[0])) return (await import('./run.js')).runProgramAgain(words[0], args.slice(1));
  if (words[0] === 'replay' && isProgramTape(words[1])) {
    complain(`'${words[1]}' is a recording of a program: redis-lab ${words[1]} shows it`);
    return 2;
  }
  if (isProgram(words[0])) return (await import('./run.js')).runProgram(words[0], args.slice(1));
  const recording = words[0] === 'replay' ? null : await recordingArgument(words);
  const shown = recording !== null && isForScreen(recording) ? recording : null;
  if (words[0] === 'replay') return replayInLines(words.slice(1));
  if (recording !== null && shown === null) return replayInLines(replayWords(recording));
  if (words[0] === 'learn' && words.some(needsNoScreen)) return (await import('./learn.js')).learnInLines(args.slice(1));
  const request = await parseCommandLine(shown?.rest ?? words);
  if (request.kind === 'text') {
    process.stdout.write(request.text);
    return 0;
  }
  if (request.kind === 'complaint') {
    complain(request.complaint);
    return 1;
  }
  const { run } = request;
  if (run.learn !== null && isInLines(run)) return (await import('./learn.js')).teach(run.learn.experiment, run.language, run.poller);
  if (run.engine === 'threads') return (await import('./threads.js')).serveThreads(run, start);
  if (run.headless) return serve(run, start);
  return (await import('./run.js')).runLab(run, start, shown?.file ?? null);
}

/** True if the lab runs in lines; experiments need no screen. */
function isInLines({ screenReader }: Run): boolean {
  const { stdin, stdout, env } = process;
  return screenReader || env.INK_SCREEN_READER === 'true' || env.TERM === 'dumb' || !stdin.isTTY || !stdout.isTTY;
}

async function replayInLines(words: readonly string[]): Promise<number> {
  return (await import('./replay.js')).replay(words);
}

/** With these flags `learn` runs in lines. */
const needsNoScreen = (word: string): boolean => /^--(?:list|check|template|reset)$/.test(word);
