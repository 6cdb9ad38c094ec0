/**
 * The program that runs the tests of one lesson, in a separate process that can be ended whatever the learner's code does.
 *
 *   node run.js FILE LESSON KERNEL     reports the results over the channel of fork()
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { endWithParent } from '../server/io/backends/parent-death.js';
import type { Exports, LessonTest } from './lesson.js';
import { LESSONS } from './lessons.js';
import type { Message, Outcome } from './report.js';
import { TESTS } from './tests.js';
import { Spinning, Unmet } from './workbench.js';

const tell = (message: Message): void => void process.send!(message);

const [file = '', number = ''] = process.argv.slice(2);

async function run(names: readonly string[], tests: readonly LessonTest[]): Promise<void> {
  const exports = await load(names);
  if (exports === null) return;
  tell({ kind: 'loaded', tests: tests.map(({ name }) => name) });
  tests.forEach((each, test) => {
    tell({ kind: 'began', test });
    tell({ kind: 'ended', test, outcome: outcomeOf(() => each.run(exports)) });
  });
}

async function load(names: readonly string[]): Promise<Exports | null> {
  if (!existsSync(file)) {
    tell({ kind: 'failed', reason: 'missing', detail: file });
    return null;
  }
  try {
    const exports = (await import(pathToFileURL(file).href)) as Exports;
    const missing = names.find((name) => exports[name] === undefined);
    if (missing === undefined) return exports;
    tell({ kind: 'failed', reason: 'export', detail: missing });
  } catch (error) {
    const line = lineIn(error) ?? (error instanceof SyntaxError ? lineOfSyntaxError() : null);
    tell({ kind: 'failed', reason: 'broken', detail: `${messageOf(error)}${line === null ? '' : ` (line ${line})`}` });
  }
  return null;
}

function outcomeOf(test: () => void): Outcome {
  try {
    test();
    return { kind: 'green' };
  } catch (error) {
    if (error instanceof Unmet) return { kind: 'unmet', expected: error.expected, did: error.did };
    if (error instanceof Spinning) return { kind: 'spins', ...error.spin };
    return { kind: 'thrown', message: messageOf(error), at: lineIn(error) };
  }
}

/** A syntax error has no stack; Node names the line when it checks the file. */
function lineOfSyntaxError(): number | null {
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
  const [, line] = /:(\d+)\r?\n/.exec(stderr) ?? [];
  return line === undefined ? null : Number(line);
}

const messageOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));

/** The innermost line of the learner's file in a stack. */
function lineIn(error: unknown): number | null {
  const { stack } = Object(error) as { stack?: unknown };
  const name = pathToFileURL(file).href;
  for (const line of typeof stack === 'string' ? stack.split('\n') : []) {
    const at = line.indexOf(`${name}:`);
    if (at !== -1) return Number.parseInt(line.slice(at + name.length + 1), 10);
  }
  return null;
}

try {
  // An endless loop would otherwise go on when nothing is left to end it.
  endWithParent();
} catch {
  // Elsewhere it goes on until it is ended by hand.
}
await run(LESSONS.find((each) => each.number === number)?.exports ?? [], TESTS[number] ?? []);
// Timers and sockets of the learner's code must not keep the process alive.
process.disconnect!();
process.exit(0);
