/**
 * `redis-lab my-loop.js`: runs a learner's program in its own process, with the screen beside it; or the recording of one.
 *
 * The screen opens when the program listens, or has run for a moment. If the program has ended by then, for example with an error, one line says so.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { toBytes, toText } from '../server/config/bytes.js';
import type { Language } from '../shared/language.js';
import { stripsTypes } from '../shared/strips-types.js';
import { colorDepthOf, loadScreen, showLab } from '../tui/index.js';
import { beginTape, headOf, openTape, type OpenTape, ProgramServer, TapeFileError } from '../program/index.js';
import { complain } from './complain.js';
import { explain } from './explain.js';
import { THEMES } from './flags.js';
import { openForWriting } from './trace-file.js';
import { Warnings } from './warnings.js';
import { parseWords, readLanguage, sayUsage, UsageError } from './words.js';

const USAGE =
  'usage: redis-lab FILE [--record FILE [--trace-overwrite]] [--lang en|ko] [--theme dark|light] [--ascii] [--present] [-- ARGUMENTS of the program]';

/** The screen opens after at most these times for the process to begin, its code to open a poll, and that to be used. Errors come earlier. */
const PATIENCE = { toBeginMs: 10_000, toOpenMs: 3000, toUseMs: 1500 };

/** Lines that a program has written before it ended, without having been shown. */
const MOST_LINES = 20;

/** @param file a byte string. @param words after it, as text. Resolves with the exit code */
export function runProgram(file: string, words: readonly string[]): Promise<number> {
  return told(() => show(file, words, false));
}

/** @param file a recording of a program, a byte string */
export function runProgramAgain(file: string, words: readonly string[]): Promise<number> {
  return told(() => show(file, words, true));
}

/** Reports errors in the arguments or in the file in one line. */
async function told(act: () => Promise<number>): Promise<number> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return sayUsage(error, 1);
  }
}

async function show(file: string, words: readonly string[], isAgain: boolean): Promise<number> {
  const { stdin: input, stdout: output, env } = process;
  const { values, own } = readWords(words);
  const language = values.ascii === true ? 'en' : readLanguage(values.lang);
  if (isAgain && (values.record !== undefined || own.length > 0)) throw new UsageError('a recording takes neither --record nor arguments');
  const background = values.theme === undefined ? null : (THEMES.find((each) => each === values.theme) ?? null);
  if (values.theme !== undefined && background === null) throw new UsageError(`--theme '${values.theme}': must be one of ${THEMES.join(', ')}`);
  if (!input.isTTY || !output.isTTY || env.TERM === 'dumb') {
    complain('a program is shown on the screen, which needs a terminal on standard input and output');
    return 1;
  }
  if (/\.[cm]?ts$/.test(file) && !stripsTypes()) {
    complain(`'${file}': Node runs TypeScript from 22.18 on, but this is ${process.version}`);
    return 1;
  }
  const colors = colorDepthOf(env);
  void loadScreen(colors);
  const path = resolve(toText(file));
  const tape = isAgain ? recordingAt(path, file, language) : tapeFor(path, own, values);
  const program = new ProgramServer({
    name: file, file: tape?.head.file ?? path, args: tape?.head.args ?? own, main: join(__dirname, '../program/child/main.js'), tape, isAgain,
    isTapeUnlimited: values.record !== undefined,
  });
  const stopKilling = killOnSignals(program);
  await program.started(PATIENCE);
  const complaint = complaintOf(program, file, language);
  if (complaint !== null) {
    const lines: string[] = [];
    program.onLine((line) => void lines.push(line));
    await program.close();
    stopKilling();
    complain([complaint, ...(explainsItself(program) ? lines.slice(-MOST_LINES).map((line) => `| ${line}`) : [])].join('\n'));
    return 1;
  }
  stopKilling();
  const { addresses, poller, pollerFallback, isEdgeTriggered: edgeTriggered } = program;
  const info = { addresses, poller, edgeTriggered, pollerFallback, hasVirtualClock: false, wantedPort: null, version: __VERSION__ };
  const code = await showLab(program, {
    info, password: '', input, output, colors, ascii: values.ascii === true, background, warnings: new Warnings(), language, lead: 'never', experiment: null,
    isPresenting: values.present === true, showsCommand: null, shutDown: null, program,
  });
  await program.close();
  return code;
}

function readWords(words: readonly string[]) {
  const at = words.indexOf('--');
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  const { values } = parseWords({
    args: at === -1 ? [...words] : words.slice(0, at), options: { ascii: flag, present: flag, lang: text, theme: text, record: text, 'trace-overwrite': flag },
  }, USAGE);
  return { values, own: at === -1 ? [] : words.slice(at + 1) };
}

/** Why there is nothing to show, as a byte string; null: the program is shown. */
function complaintOf(program: ProgramServer, file: string, language: Language): string | null {
  const { ending } = program;
  return ending === null || program.hasPast ? null : `'${file}': ${toBytes(ending.text[language])}`;
}

/** True if what it has written may say why it has ended: an error is in the complaint, and the rest of that would be a stack. */
const explainsItself = ({ ending }: ProgramServer): boolean => ending !== null && !ending.hasThrown && ending.signal === null;

/** The tape for going back, or the named file. Null: none is possible, which is reported when the user goes back. Throws UsageError */
function tapeFor(path: string, args: readonly string[], values: { readonly record?: string; readonly 'trace-overwrite'?: boolean }): OpenTape | null {
  const head = headOf(path, args, __VERSION__);
  const { record } = values;
  if (record !== undefined) return beginTape(head, openRecord(toBytes(record), values['trace-overwrite'] === true));
  try {
    return beginTape(head, null);
  } catch {
    return null;
  }
}

/** @param path a byte string */
function openRecord(path: string, overwrite: boolean): { readonly fd: number; readonly readFd: number } {
  try {
    const fd = openForWriting(path, overwrite);
    if (fstatSync(fd).isFile()) return { fd, readFd: openSync(toText(path), 'r') };
    closeSync(fd);
  } catch (error) {
    throw new UsageError(`--record '${toText(path)}': ${toText(explain(error))}`);
  }
  throw new UsageError(`--record '${toText(path)}': the recording of a program is read again for going back, so it must be a file and not a pipe`);
}

/** @param file as given, a byte string. Throws UsageError */
function recordingAt(path: string, file: string, language: Language): OpenTape {
  try {
    return openTape(path);
  } catch (error) {
    throw new UsageError(`'${toText(file)}': ${error instanceof TapeFileError ? error.text[language] : toText(explain(error))}`);
  }
}

/** Kills the program on signals until the screen takes over. Returns how to stop that. */
function killOnSignals(program: ProgramServer): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const end = (): void => void program.close().then(() => process.exit(1));
  for (const signal of signals) process.on(signal, end);
  return () => signals.forEach((signal) => process.off(signal, end));
}
