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
import { Forks, type OwnOptions } from '../forks.js';
import { printable } from '../state/repl/line-editor.js';
import type { Language } from '../../shared/language.js';
import type { ServerInfo } from '../state/state.js';
import { fromBytes } from '../state/typed-text.js';
import { PatientOutput } from '../terminal/patient-output.js';
import { createTheme } from '../view/theme.js';
import { NarratedLab } from './narrated-lab.js';
import { NARRATION_TEXTS } from './narration-texts.js';

export interface NarrationOptions {
  readonly info: ServerInfo;
  /** What the server asks of its clients; empty: nothing. */
  readonly password: string;
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
  readonly ascii: boolean;
  readonly language: Language;
  readonly warnings: { listen(tell: (text: string) => void): void };
}

/** So much may wait for a reader that is slow; for one that has taken nothing for so long, less: memory is not for what nobody reads. */
const MOST_WAITING = 1 << 26;
const MOST_WAITING_IN_SILENCE = 1 << 20;
const SILENCE_MS = 2000;

/** Of a disk that takes nothing at the moment. */
const DISK_ERRORS: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Resolves with the exit code when the lab is left, its input has ended, nobody reads its output any more, or the server has ended. */
export function narrate(server: RedisLabServer, { info, password, input, output, ascii, language, warnings }: NarrationOptions): Promise<number> {
  const isTyped = input.isTTY === true;
  return new Promise((resolve) => {
    // The terminal echoes and edits lines; readline would do it with escape sequences. Lines are bytes until they are whole.
    const lines = createInterface({ input: input.setEncoding('latin1'), terminal: false });
    let hasEnded = false;
    /** What has been told is read to its end, however slowly; a signal waits for a moment only. */
    const end = (code: number, isSignalled = false): void => {
      if (hasEnded) return;
      hasEnded = true;
      lines.close();
      labs.stop();
      if (isSignalled && output instanceof PatientOutput) output.flushNow();
      if (isSignalled || output.writableLength === 0) resolve(code);
      // Called when all before it has been taken, or the reader has left.
      else output.write('', () => resolve(code));
    };
    const theme = createTheme({ palette: 'plain', ascii });
    const write = withinLimits(output, language);
    const create = (own: OwnOptions): NarratedLab => new NarratedLab({ ...own, password, language, theme, write, keepsHistory: isTyped, quit: () => end(0) });
    const labs = new Forks({ create, begin: () => {} }, server, info);
    /** The line that is being done; the next one goes to whichever lab is told by then. */
    let running = Promise.resolve();
    const take = (line: string): void => {
      running = running.then(() => taken(output)).then(() => labs.top.take(line));
    };
    const finish = async (): Promise<void> => {
      await running;
      await Promise.all(labs.all.map((lab) => lab.finish()));
    };
    warnings.listen((text) => labs.top.warn(text));
    let isLeaving = false;
    lines.on('line', (line) => {
      isLeaving = false;
      const text = fromBytes(line);
      // Keys that a terminal's own line editing does not know are no part of a line; what a program sends is.
      take(isTyped ? printable(text) : text);
    });
    lines.on('close', () => void (isTyped ? end(0) : finish().then(() => end(0))));
    process.on('SIGINT', () => {
      if (hasEnded) process.exit(0);
      if (!isTyped || isLeaving) return end(0, true);
      isLeaving = true;
      // What the terminal has echoed, ^C, stands in a line of its own.
      output.write('\n');
      if (!labs.top.interrupt()) labs.top.say(NARRATION_TEXTS[language].leaving);
    });
    // The first one ends the lab in its order, another one at once.
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => (hasEnded ? process.exit(0) : end(0, true)));
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

/** Writes lines unless nobody takes them, and says how many are missing as soon as somebody does. */
export function withinLimits(output: Writable, language: Language): (line: string) => void {
  let missing = 0;
  return (line) => {
    if (isOverfull(output)) missing++;
    else {
      output.write(missing === 0 ? line : `${NARRATION_TEXTS[language].missing(missing)}\n${line}`);
      missing = 0;
    }
  };
}

function isOverfull(output: Writable): boolean {
  const isSilent = output instanceof PatientOutput && output.silentMs > SILENCE_MS;
  return output.writableLength > (isSilent ? MOST_WAITING_IN_SILENCE : MOST_WAITING);
}

/** Resolves when a reader that is behind has taken what waits, so that a script runs no faster than its replies are read. */
async function taken(output: Writable): Promise<void> {
  if (output.writableLength > MOST_WAITING_IN_SILENCE) await new Promise<void>((resolve) => output.write('', () => resolve()));
}
