/**
 * `redis-lab my-loop.js`: a learner's own program in a process of its own, and the screen beside it.
 *
 * The screen opens when the program listens. A program that cannot be shown (it ends at once, it has an error, it uses no poll) is told in one line.
 */
import { join, resolve } from 'node:path';
import { toBytes, toText } from '../server/config/bytes.js';
import type { Language } from '../shared/language.js';
import { stripsTypes } from '../shared/strips-types.js';
import { colorDepthOf, loadScreen, showLab } from '../tui/index.js';
import { ProgramServer } from '../program/index.js';
import { complain } from './complain.js';
import { THEMES } from './flags.js';
import { Warnings } from './warnings.js';
import { parseWords, readLanguage, UsageError } from './words.js';

const USAGE = 'usage: redis-lab FILE [--lang en|ko] [--theme dark|light] [--ascii] [--present] [-- ARGUMENTS of the program]';

/** A program that does nothing with a poll for so long is none for the lab. */
const PATIENCE_MS = 3000;

/** @param file a byte string. @param words behind it, as text. Resolves with the exit code */
export async function runProgram(file: string, words: readonly string[]): Promise<number> {
  try {
    return await show(file, words);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    complain(toBytes(error.message));
    return 1;
  }
}

async function show(file: string, words: readonly string[]): Promise<number> {
  const { stdin: input, stdout: output, env } = process;
  const { values, own } = readWords(words);
  const language = values.ascii === true ? 'en' : readLanguage(values.lang);
  const background = values.theme === undefined ? null : (THEMES.find((each) => each === values.theme) ?? null);
  if (values.theme !== undefined && background === null) throw new UsageError(`--theme '${values.theme}': must be one of ${THEMES.join(', ')}`);
  if (!input.isTTY || !output.isTTY || env.TERM === 'dumb') {
    complain('a program is shown on the screen, which needs a terminal on standard input and output');
    return 1;
  }
  if (/\.[cm]?ts$/.test(file) && !stripsTypes()) {
    complain(`'${file}': Node runs TypeScript from 22.18 on, and this is ${process.version}`);
    return 1;
  }
  const colors = colorDepthOf(env);
  void loadScreen(colors);
  const path = resolve(toText(file));
  const program = new ProgramServer({ name: file, file: path, args: own, main: join(__dirname, '../program/child/main.js') });
  const stopKilling = killOnSignals(program);
  await program.started(PATIENCE_MS);
  const complaint = complaintOf(program, file, language);
  if (complaint !== null) {
    const lines: string[] = [];
    program.onLine((line) => void lines.push(line));
    await program.close();
    stopKilling();
    complain(complaint);
    return 1;
  }
  stopKilling();
  const { addresses, poller, pollerFallback, isEdgeTriggered: edgeTriggered } = program;
  const info = { addresses, poller, edgeTriggered, pollerFallback, hasVirtualClock: false, wantedPort: null, version: __VERSION__ };
  const code = await showLab(program, {
    info, password: '', input, output, colors, ascii: values.ascii === true, background, warnings: new Warnings(), language, lead: 'never', experiment: null,
    isPresenting: values.present === true, showsCommand: null, program,
  });
  await program.close();
  return code;
}

function readWords(words: readonly string[]) {
  const at = words.indexOf('--');
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  const { values } = parseWords({ args: at === -1 ? [...words] : words.slice(0, at), options: { ascii: flag, present: flag, lang: text, theme: text } }, USAGE);
  return { values, own: at === -1 ? [] : words.slice(at + 1) };
}

/** Why there is nothing to show, as a byte string; null: it is to be shown. */
function complaintOf(program: ProgramServer, file: string, language: Language): string | null {
  if (program.ending !== null) return `'${file}': ${toBytes(program.ending.text[language])}`;
  if (program.addresses.length > 0) return null;
  const time = `${PATIENCE_MS / 1000} s`;
  if (program.hasPoll) return `'${file}' has opened a poll, but has bound no listener for ${time}: there is nothing that a client could connect to`;
  return `'${file}' has used nothing of redis-lab/poll for ${time}: the lab shows programs whose loop is turned with its Poll (docs/poll.md)`;
}

/** Until the screen has taken over. Returns how to stop. */
function killOnSignals(program: ProgramServer): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const end = (): void => void program.close().then(() => process.exit(1));
  for (const signal of signals) process.on(signal, end);
  return () => signals.forEach((signal) => process.off(signal, end));
}
