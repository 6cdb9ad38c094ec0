/**
 * `redis-lab course`: makes a course, runs its tests, gives hints, shows solutions.
 */
import { existsSync, type FSWatcher, readFileSync, statSync, watch } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import {
  type Code, Course, CourseError, describeFailure, describeMade, describeOutcome, difference, findLesson, isGreen, type KernelName, type Lesson,
  type LessonReport, LESSONS, WORDS,
} from '../course/index.js';
import { type Language, languageOf } from '../shared/language.js';
import { parseWords, readLanguage, sayUsage, UsageError } from './words.js';

const USAGE = 'usage: redis-lab course [new DIR [--ts] [--lang en|ko] | test [NN] [--watch] [--poller epoll|portable] | hint NN | solve NN] [--dir DIR]';

/** Exit codes. */
const GREEN = 0;
const RED = 1;
const NOT_POSSIBLE = 2;

/** After this time a terminal says that tests run. */
const PATIENCE_MS = 300;
const CLEAR_LINE = '\r\x1b[K';

/** From this lesson on, the lab can show the learner's loop serving many clients. */
const FIRST_TO_LOOK_AT = '03';

/** The root of the package: this file is bundled into a folder of dist. */
const ROOT = join(__dirname, '../..');

/** @param args text, after `course`. Resolves with the exit code */
export async function runCourse(args: readonly string[]): Promise<number> {
  try {
    return await obey(args);
  } catch (error) {
    if (!(error instanceof CourseError || error instanceof UsageError)) throw error;
    return sayUsage(error, NOT_POSSIBLE);
  }
}

async function obey(args: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const options = { lang: text, dir: text, watch: { type: 'boolean' }, ts: { type: 'boolean' }, poller: text } as const;
  const { values, positionals } = parseWords({ args: [...args], allowPositionals: true, options }, USAGE);
  const [verb, subject, ...more] = positionals;
  if (more.length > 0) throw new UsageError(USAGE);
  if (verb === 'new') return make(subject, values.lang, values.ts === true ? 'ts' : 'js');
  if (values.lang !== undefined) throw new UsageError(`--lang is for course new; ${USAGE}`);
  if (values.ts === true) throw new UsageError(`--ts is for course new; ${USAGE}`);
  const kernel = kernelOf(values.poller);
  const course = Course.open(resolve(values.dir ?? '.'), ROOT);
  switch (verb) {
    case undefined:
      return showMap(course);
    case 'test':
      return values.watch === true ? watchFiles(course, subject, kernel) : test(course, subject, kernel);
    case 'hint':
      return hint(course, lessonOf(subject));
    case 'solve':
      return solve(course, lessonOf(subject));
    default:
      throw new UsageError(`course has no command '${verb}'; ${USAGE}`);
  }
}

/** @param poller the value of --poller; left out: the simulated kernel */
function kernelOf(poller: string | undefined): KernelName {
  if (poller === undefined || poller === 'portable' || (poller === 'epoll' && process.platform === 'linux')) return poller ?? 'simulated';
  throw new UsageError(`--poller '${poller}': there is ${process.platform === 'linux' ? 'epoll, portable' : 'portable'}; ${USAGE}`);
}

function lessonOf(typed: string | undefined): Lesson {
  if (typed === undefined) throw new UsageError(`which lesson? ${USAGE}`);
  const lesson = findLesson(typed);
  if (lesson === undefined) throw new UsageError(`there is no lesson '${typed}'; there are ${LESSONS.map(({ number }) => number).join(', ')}`);
  return lesson;
}

const say = (...lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);

function make(folder: string | undefined, lang: string | undefined, code: Code): number {
  if (folder === undefined) throw new UsageError(`course new needs a folder; ${USAGE}`);
  const language = readLanguage(lang);
  Course.create(resolve(folder), ROOT, language, code);
  say(describeMade(language, code), '', `  cd ${quoted(folder)}`, '  npx redis-lab course test 01');
  return GREEN;
}

/** Prints each lesson with RED or GREEN, and the next command. */
async function showMap(course: Course): Promise<number> {
  let next: Lesson | null = null;
  for (const lesson of LESSONS) {
    const green = isGreen(await runTests(course, lesson));
    if (!green) next ??= lesson;
    say(`${green ? 'GREEN' : 'RED  '}  ${lesson.number}  ${lesson.title[course.language]}`);
  }
  const { language } = course;
  say('', next === null ? WORDS.allGreen[language] : describeNext(course, next));
  return next === null ? GREEN : RED;
}

const describeNext = ({ language }: Course, { name, number }: Lesson): string =>
  `${WORDS.next[language]} docs/lessons/${name}.md, npx redis-lab course test ${number}`;

/** Runs the tests of the named lesson, or of the first that is RED. */
async function test(course: Course, typed: string | undefined, kernel: KernelName): Promise<number> {
  if (typed !== undefined) {
    const lesson = lessonOf(typed);
    if (!(await testLesson(course, lesson, kernel))) return RED;
    const next = LESSONS[LESSONS.indexOf(lesson) + 1];
    if (next !== undefined) say('', describeNext(course, next));
    return GREEN;
  }
  for (const lesson of LESSONS) if (!(await testLesson(course, lesson, kernel))) return RED;
  return GREEN;
}

async function testLesson(course: Course, lesson: Lesson, kernel: KernelName): Promise<boolean> {
  const { language } = course;
  const { number } = lesson;
  const report = await runTests(course, lesson, kernel);
  const { failure, tests } = report;
  say(`${isGreen(report) ? 'GREEN' : 'RED  '}  ${number}  ${lesson.title[language]}`);
  if (failure !== null) say(`       ${describeFailure(failure, language)}`);
  const file = relative(process.cwd(), course.fileOf(lesson));
  for (const { name, outcome } of tests) {
    say(`  ${outcome.kind === 'green' ? 'GREEN' : 'RED  '}  ${name[language]}`);
    for (const line of describeOutcome(outcome, language, file)) say(`           ${line}`);
  }
  if (number === FIRST_TO_LOOK_AT && isGreen(report)) say('', `${WORDS.lookAtIt[language]} npx redis-lab ${quoted(file)}${inLanguage(language)}`);
  return isGreen(report);
}

/** Runs the tests of a lesson; if that takes a while, a terminal says so meanwhile. */
async function runTests(course: Course, lesson: Lesson, kernel?: KernelName): Promise<LessonReport> {
  const { stdout } = process;
  let isSaid = false;
  const sayIt = (): void => {
    isSaid = true;
    stdout.write(`${lesson.number} ${WORDS.testing[course.language]}`);
  };
  const timer = stdout.isTTY ? setTimeout(sayIt, PATIENCE_MS) : undefined;
  try {
    return await course.test(lesson, kernel);
  } finally {
    clearTimeout(timer);
    if (isSaid) stdout.write(CLEAR_LINE);
  }
}

/** Adds --lang if the language of the course is not that of the environment. */
const inLanguage = (language: Language): string => (language === languageOf(process.env) ? '' : ` --lang ${language}`);

/** Quotes a path for a shell. */
const quoted = (path: string): string => (/^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

function hint(course: Course, lesson: Lesson): number {
  const next = course.nextHint(lesson);
  say(next === null ? WORDS.noMoreHints[course.language] : `${next.at}/${next.of}  ${next.hint[course.language]}`);
  return GREEN;
}

function solve(course: Course, lesson: Lesson): number {
  const lines = difference(readOwn(course, lesson), course.solutionOf(lesson));
  say(...(lines.every((line) => line.startsWith(' ')) ? [WORDS.solved[course.language]] : lines));
  return GREEN;
}

function readOwn(course: Course, lesson: Lesson): string {
  try {
    const file = course.fileOf(lesson);
    // A pipe would have to be waited for.
    return statSync(file).isFile() ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}

/**
 * Runs the next tests at every save, until the process is ended. Throws {@link CourseError} when the folder is gone: another one of its name is not watched.
 */
async function watchFiles(course: Course, typed: string | undefined, kernel: KernelName): Promise<number> {
  const { signal, interrupted, forget } = untilInterrupted();
  let isRunning = false;
  let isStale = true;
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => (fail = reject));
  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    while (isStale && !signal.aborted) {
      isStale = false;
      await test(course, typed, kernel);
      if (!existsSync(course.folder)) throw new CourseError(`${course.folder} is gone`);
      say('', WORDS.watching[course.language]);
    }
    isRunning = false;
  };
  const start = (): void => void run().catch(fail);
  const watcher = watchFolder(course.folder, (name) => {
    // Editors' own files begin with a dot; some systems name no file.
    if (name !== null && (name.startsWith('.') || !name.endsWith(`.${course.code}`))) return;
    isStale = true;
    // An editor may write a file in several steps.
    setTimeout(start, 50);
  });
  start();
  try {
    // A test that is running ends with this process.
    await Promise.race([interrupted, failed]);
  } finally {
    watcher.close();
    forget();
  }
  if (process.stdout.isTTY) process.stdout.write(CLEAR_LINE);
  return GREEN;
}

/** Throws {@link CourseError}: there may be too many watches on this machine. */
function watchFolder(folder: string, changed: (name: string | null) => void): FSWatcher {
  try {
    return watch(folder, (_event, name) => changed(name));
  } catch (error) {
    throw new CourseError(`${folder} cannot be watched: ${(error as Error).message}`, { cause: error });
  }
}

function untilInterrupted(): { readonly signal: AbortSignal; readonly interrupted: Promise<unknown>; readonly forget: () => void } {
  const controller = new AbortController();
  const { signal } = controller;
  const abort = (): void => controller.abort();
  const interrupted = new Promise((resolveEnd) => signal.addEventListener('abort', resolveEnd));
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  return { signal, interrupted, forget: () => void process.off('SIGINT', abort).off('SIGTERM', abort) };
}
