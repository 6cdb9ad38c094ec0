/**
 * The narration's way out: lines from standard input to the lab, its sentences to standard output, and how both end. Nothing is written but text and line ends.
 *
 *   a terminal    its own line editing; Ctrl-D ends the lab, and so does Ctrl-C twice
 *   a pipe        every line is done, every reply told, and then the lab ends
 */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { RedisLabServer } from '../../server/index.js';
import { describeFailure } from '../failure.js';
import { printable } from '../state/repl/line-editor.js';
import type { ServerInfo } from '../state/state.js';
import { fromBytes } from '../state/typed-text.js';
import { PatientOutput } from '../terminal/patient-output.js';
import { createTheme } from '../view/theme.js';
import { NarratedLab } from './narrated-lab.js';

export interface NarrationOptions {
  readonly info: ServerInfo;
  /** What the server asks of its clients; empty: nothing. */
  readonly password: string;
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
  readonly ascii: boolean;
  readonly warnings: { listen(tell: (text: string) => void): void };
}

/** The most that waits for a terminal that takes nothing: memory is not for what nobody reads. */
const MOST_WAITING = 1 << 20;

/** How long a slow terminal may take what has been told when the lab is left, and when a signal ends it. */
const LAST_WORDS_MS = 10_000;
const SIGNALLED_MS = 1000;

/** Of a disk that takes nothing at the moment. */
const DISK_ERRORS: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Resolves with the exit code when the lab is left, its input has ended, nobody reads its output any more, or the server has ended. */
export function narrate(server: RedisLabServer, { info, password, input, output, ascii, warnings }: NarrationOptions): Promise<number> {
  const isTyped = input.isTTY === true;
  return new Promise((resolve) => {
    // The terminal echoes and edits lines; readline would do it with escape sequences. Lines are bytes until they are whole.
    const lines = createInterface({ input: input.setEncoding('latin1'), terminal: false });
    let hasEnded = false;
    /** @param limitMs how long a terminal that is slow may still take what has been told */
    const end = (code: number, limitMs = LAST_WORDS_MS): void => {
      if (hasEnded) return;
      hasEnded = true;
      lines.close();
      lab.stop();
      if (output instanceof PatientOutput) output.flushNow(limitMs);
      resolve(code);
    };
    const lab = new NarratedLab({
      server, info, password,
      theme: createTheme({ palette: 'plain', ascii }),
      keepsHistory: isTyped,
      write: withinLimits(output),
      quit: () => end(0),
    });
    warnings.listen((text) => lab.warn(text));
    let isLeaving = false;
    lines.on('line', (line) => {
      isLeaving = false;
      const text = fromBytes(line);
      // Keys that a terminal's own line editing does not know are no part of a line; what a program sends is.
      lab.take(isTyped ? printable(text) : text);
    });
    lines.on('close', () => void (isTyped ? end(0) : lab.finish().then(() => end(0))));
    process.on('SIGINT', () => {
      if (!isTyped || isLeaving) return end(0);
      isLeaving = true;
      // What the terminal has echoed, ^C, stands in a line of its own.
      output.write('\n');
      if (!lab.interrupt()) lab.say('Ctrl-C again leaves the lab');
    });
    // The first one ends the lab in its order, another one at once.
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => (hasEnded ? process.exit(0) : end(0, SIGNALLED_MS)));
    // A full disk is no reason to end a server; that nobody reads any more is, since nobody can type either.
    let isComplete = true;
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (!DISK_ERRORS.has(error.code ?? '')) return end(0);
      if (isComplete) process.stderr.write(`redis-lab: the narration is incomplete from here on: ${error.code}\n`);
      isComplete = false;
    });
    const fail = (error: unknown): void => {
      if (!hasEnded) process.stderr.write(`${describeFailure(error)}\n`);
      end(1);
    };
    process.on('uncaughtException', fail);
    process.on('unhandledRejection', fail);
    server.closed.then(() => end(0), fail);
  });
}

/** Writes lines as long as not too much of them waits, and says how many are missing as soon as there is room again. */
export function withinLimits(output: Writable): (line: string) => void {
  let missing = 0;
  return (line) => {
    if (output.writableLength > MOST_WAITING) missing++;
    else {
      output.write(missing === 0 ? line : `${missing} lines are missing here: the terminal did not take them\n${line}`);
      missing = 0;
    }
  };
}
