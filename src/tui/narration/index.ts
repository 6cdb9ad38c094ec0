/**
 * Input and output of the narration: lines from standard input to the lab, its sentences to standard output, and the end of both. Only text and line ends are
 * written.
 *
 *   a terminal    its own line editing; Ctrl-D ends the lab, and so does Ctrl-C twice
 *   a pipe        every line is executed, once all data is loaded, every reply printed, and then the lab ends
 */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { RedisLabServer } from '../../server/index.js';
import { describeFailure } from '../failure.js';
import { Forks, type OwnOptions } from '../forks.js';
import { printable } from '../state/repl/line-editor.js';
import type { EndingSignal } from '../../shared/ending-signal.js';
import type { Language } from '../../shared/language.js';
import { Leave, type ShutDown } from '../leave.js';
import type { ServerInfo } from '../state/state.js';
import { fromBytes } from '../state/typed-text.js';
import { PatientOutput } from '../terminal/patient-output.js';
import { createTheme } from '../view/theme.js';
import { NarratedLab } from './narrated-lab.js';
import { NARRATION_TEXTS } from './narration-texts.js';

export interface NarrationOptions {
  readonly info: ServerInfo;
  /** Required by the server; empty: none. */
  readonly password: string;
  /** Resolves when all data of the server is loaded. */
  readonly loaded: Promise<void>;
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
  readonly ascii: boolean;
  readonly language: Language;
  /** Null: the server has nothing to save, and ends at once. */
  readonly shutDown: ShutDown | null;
  readonly warnings: { listen(tell: (text: string) => void): void };
}

/** Bytes that may wait for a slow reader; fewer for one that has taken nothing for a while. */
const MOST_WAITING = 1 << 26;
const MOST_WAITING_IN_SILENCE = 1 << 20;
const SILENCE_MS = 2000;

/** Errors of a disk that is full. */
const DISK_ERRORS: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Resolves with the exit code when the user has quit, the input has ended, the output has lost its reader, or the server has ended. */
export function narrate(server: RedisLabServer, options: NarrationOptions): Promise<number> {
  const { info, password, loaded, input, output, ascii, language, shutDown, warnings } = options;
  const isTyped = input.isTTY === true;
  return new Promise((resolve) => {
    // The terminal echoes and edits lines; readline would use escape sequences. Lines are bytes until they are complete.
    const lines = createInterface({ input: input.setEncoding('latin1'), terminal: false });
    let hasEnded = false;
    /** At the end all output is read, however slowly; after a signal only for a moment. */
    const end = (code: number, isSignalled = false): void => {
      if (hasEnded) return;
      hasEnded = true;
      lines.close();
      labs.stop();
      if (isSignalled && output instanceof PatientOutput) output.flushNow();
      if (isSignalled || output.writableLength === 0) resolve(code);
      // Called when everything before has been taken, or the reader has left.
      else output.write('', () => resolve(code));
    };
    let isSignalled = false;
    const leave = new Leave({
      shutDown, language,
      // A program that reads the lines waits for replies.
      say: (text) => void (isTyped ? writeAll(`${text}\n`) : process.stderr.write(`redis-lab: ${text}\n`)),
      end(code, message = '') {
        if (message !== '' && !hasEnded) process.stderr.write(`${message}\n`);
        end(code, isSignalled);
      },
    });
    const leaveFor = (signal: EndingSignal): void => {
      isSignalled = true;
      leave.begin(signal);
    };
    const theme = createTheme({ palette: 'plain', ascii });
    const writeAll = withinLimits(output, language);
    // What the end of the server looks like from here is not told.
    const write = (line: string): void => (leave.isUnderWay ? undefined : writeAll(line));
    const quit = (): void => leave.begin('SIGTERM');
    const create = (own: OwnOptions): NarratedLab => new NarratedLab({ ...own, password, language, theme, write, keepsHistory: isTyped, quit });
    const labs = new Forks({ create, begin: () => {} }, server, info);
    /** The line in progress; the next one goes to the lab that is on top by then. */
    let running = isTyped ? Promise.resolve() : loaded.catch(() => {});
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
      // Keys that a terminal's line editing does not know are not part of a line; a program's bytes are.
      take(isTyped ? printable(text) : text);
    });
    lines.on('close', () => void (isTyped ? leave.begin('SIGTERM', true) : finish().then(() => leave.begin('SIGTERM', true))));
    process.on('SIGINT', () => {
      if (hasEnded) process.exit(0);
      if (!isTyped || isLeaving || leave.isUnderWay) return leaveFor('SIGINT');
      isLeaving = true;
      // The terminal's echo, ^C, is on a line of its own.
      output.write('\n');
      if (!labs.top.interrupt()) labs.top.say(NARRATION_TEXTS[language].leaving);
    });
    // The first signal ends the lab in order, another one at once.
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => (hasEnded ? process.exit(0) : leaveFor(signal)));
    // A full disk is no reason to end a server; losing the reader is, since nobody can type either.
    let isComplete = true;
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (!DISK_ERRORS.has(error.code ?? '')) return leave.begin('SIGHUP', true);
      if (isComplete) process.stderr.write(`redis-lab: the narration is incomplete from here on: ${error.code}\n`);
      isComplete = false;
    });
    const fail = (error: unknown): void => {
      if (!hasEnded) process.stderr.write(`${describeFailure(error)}\n`);
      end(1);
    };
    process.on('uncaughtException', fail);
    process.on('unhandledRejection', fail);
    server.closed.then(() => end(0, isSignalled), fail);
  });
}

/** Writes lines unless the output is blocked, and later writes how many are missing. */
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

/** Resolves when a slow reader has taken what waits, so that a script runs no faster than its replies are read. */
async function taken(output: Writable): Promise<void> {
  if (output.writableLength > MOST_WAITING_IN_SILENCE) await new Promise<void>((resolve) => output.write('', () => resolve()));
}
