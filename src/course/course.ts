/**
 * Course: a folder with the learner's files, made by `course new`, and the tests of its lessons.
 */
import { fork } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelName } from './kernels.js';
import { inKorean } from './korean.js';
import { LESSONS, type Lesson } from './lessons.js';
import type { LessonReport, Message, Outcome } from './report.js';
import { makeFolder } from '../shared/make-folder.js';
import type { Language, Text } from '../shared/language.js';
import { stripsTypes } from '../shared/strips-types.js';
import { SYSTEM_REASONS } from '../shared/system-reasons.js';
import { readme } from './words.js';

/** A course that cannot be made or found; the message is one line. */
export class CourseError extends Error {}

/** A lesson without a message for this time hangs. */
const PATIENCE_MS = 10_000;

/** What marks a folder as a course. */
const MARK = 'course.json';

/** The language of the learner's files; also their extension. */
export type Code = 'js' | 'ts';

interface Mark {
  readonly course: 1;
  readonly language: Language;
  readonly code: Code;
  /** Number of hints that were shown, by lesson. */
  readonly hints: { readonly [number: string]: number };
}

export class Course {
  /** @param root of the package, with the lessons and the library */
  private constructor(
    readonly folder: string,
    private readonly root: string,
    private mark: Mark,
  ) {
    this.link();
  }

  /** Creates all lessons in a folder that is empty or does not exist. Throws {@link CourseError}. */
  static create(folder: string, root: string, language: Language, code: Code = 'js'): Course {
    if (existsSync(folder) && !statSync(folder).isDirectory()) throw new CourseError(`${folder} is not a folder`);
    if (existsSync(folder) && reported(folder, () => readdirSync(folder)).length > 0) {
      throw new CourseError(`${folder} is not empty: course new lays its lessons into a folder of their own`);
    }
    checkNode(code);
    return reported(folder, () => Course.lay(folder, root, language, code));
  }

  private static lay(folder: string, root: string, language: Language, code: Code): Course {
    makeFolder(join(folder, 'docs/lessons'));
    for (const lesson of LESSONS) {
      const { name } = lesson;
      const from = join(root, 'dist/course/lessons', name);
      writeFileSync(join(folder, `${name}.${code}`), programOf(join(from, `stub.${code}`), lesson, language));
      const lecture = readFileSync(join(from, `lecture.${language}.md`), 'utf8');
      writeFileSync(join(folder, 'docs/lessons', `${name}.md`), lecture.replaceAll(`${name}.js`, `${name}.${code}`));
    }
    copyFileSync(join(root, 'dist/course/docs', `poll.${language}.md`), join(folder, 'docs/poll.md'));
    if (code === 'ts') writeFileSync(join(folder, 'tsconfig.json'), `${JSON.stringify(TSCONFIG, null, 2)}\n`);
    const program = { name: 'my-event-loop', private: true, type: 'module' };
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(program, null, 2)}\n`);
    writeFileSync(join(folder, 'README.md'), readme(language));
    const course = new Course(folder, root, { course: 1, language, code, hints: {} });
    course.save();
    return course;
  }

  /** Throws {@link CourseError}. */
  static open(folder: string, root: string): Course {
    const mark = readMark(folder);
    if (mark !== null) {
      checkNode(mark.code);
      return new Course(folder, root, mark);
    }
    throw new CourseError(`${folder} is not a course folder: \`redis-lab course new DIR\` makes one, and the other commands are given inside of it`);
  }

  get language(): Language {
    return this.mark.language;
  }

  get code(): Code {
    return this.mark.code;
  }

  /** The learner's file of a lesson. */
  fileOf({ name }: Lesson): string {
    return join(this.folder, `${name}.${this.code}`);
  }

  solutionOf(lesson: Lesson): string {
    return programOf(join(this.root, 'dist/course/lessons', lesson.name, `solution.${this.code}`), lesson, this.language);
  }

  /** The next hint for a lesson, from the first one on, and the number of hints; null after the last one. */
  nextHint(lesson: Lesson): { readonly hint: Text; readonly at: number; readonly of: number } | null {
    const hints = JSON.parse(readFileSync(join(this.root, 'dist/course/lessons', lesson.name, 'hints.json'), 'utf8')) as readonly Text[];
    const shown = this.mark.hints[lesson.number] ?? 0;
    const hint = hints[shown];
    if (hint === undefined) return null;
    this.mark = { ...this.mark, hints: { ...this.mark.hints, [lesson.number]: shown + 1 } };
    this.save();
    return { hint, at: shown + 1, of: hints.length };
  }

  /** Runs the tests of a lesson on the learner's file. @param kernel to run them on */
  test(lesson: Lesson, kernel: KernelName = 'simulated'): Promise<LessonReport> {
    return new Promise((resolve) => {
      const args = [this.fileOf(lesson), lesson.number, kernel];
      const child = fork(join(this.root, 'dist/course/run.js'), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      const end = (): void => void child.kill('SIGKILL');
      process.on('exit', end);
      const outcomes: Outcome[] = [];
      let running: number | null = null;
      let failure: LessonReport['failure'] = null;
      let names: readonly Text[] | null = null;
      const isLate = (): void => {
        if (running === null) failure ??= { reason: 'hangs', detail: '' };
        else outcomes[running] = { kind: 'hangs' };
        end();
      };
      let timer = setTimeout(isLate, PATIENCE_MS);
      child.on('message', (message: Message) => {
        clearTimeout(timer);
        timer = setTimeout(isLate, PATIENCE_MS);
        if (message.kind === 'loaded') names = message.tests;
        else if (message.kind === 'failed') failure = { reason: message.reason, detail: message.detail };
        else if (message.kind === 'began') running = message.test;
        else outcomes[message.test] = message.outcome;
      });
      // It could not be started; close follows.
      child.on('error', ({ message }) => (failure ??= { reason: 'broken', detail: message }));
      child.on('close', () => {
        clearTimeout(timer);
        process.off('exit', end);
        if (names === null) failure ??= { reason: 'broken', detail: 'the program has ended before it could be tested' };
        // A test that was not run is not GREEN.
        const notRun: Outcome = { kind: 'notRun' };
        resolve({ failure, tests: (names ?? []).map((name, test) => ({ name, outcome: outcomes[test] ?? notRun })) });
      });
    });
  }

  private save(): void {
    reported(this.folder, () => writeFileSync(join(this.folder, MARK), `${JSON.stringify(this.mark, null, 2)}\n`));
  }

  /** So that `import … from 'redis-lab/poll'` finds this package, for programs and for editors. */
  private link(): void {
    const modules = join(this.folder, 'node_modules');
    const link = join(modules, 'redis-lab');
    if (existsSync(join(link, 'package.json'))) return;
    reported(this.folder, () => {
      makeFolder(modules);
      rmSync(link, { recursive: true, force: true });
      symlinkSync(this.root, link, 'junction');
      this.linkCommand(join(modules, '.bin'));
    });
  }

  /** So that `npx redis-lab` finds this package, without a network. */
  private linkCommand(folder: string): void {
    makeFolder(folder);
    const command = join(folder, 'redis-lab');
    rmSync(command, { force: true });
    if (process.platform === 'win32') writeFileSync(`${command}.cmd`, '@node "%~dp0\\..\\redis-lab\\dist\\cli\\main.js" %*\r\n');
    else symlinkSync('../redis-lab/dist/cli/main.js', command);
  }
}

/** A program with its comments in the language of the course. */
function programOf(file: string, { title }: Lesson, language: Language): string {
  const program = readFileSync(file, 'utf8');
  return language === 'ko' ? inKorean(program, title.ko) : program;
}

/** Null: the folder is not a course. */
function readMark(folder: string): Mark | null {
  try {
    const { course, language, code = 'js', hints } = JSON.parse(readFileSync(join(folder, MARK), 'utf8')) as Partial<Mark>;
    const isMark = course === 1 && (language === 'en' || language === 'ko') && (code === 'js' || code === 'ts');
    return isMark ? { course, language, code, hints: hintsIn(hints) } : null;
  } catch {
    return null;
  }
}

/** Without what is no number of hints. */
const hintsIn = (hints: unknown): Mark['hints'] =>
  Object.fromEntries(Object.entries(Object(hints)).flatMap(([lesson, shown]) => (Number.isInteger(shown) ? [[lesson, shown as number]] : [])));

/** Throws {@link CourseError} in place of errors of the file system. */
function reported<R>(folder: string, act: () => R): R {
  try {
    return act();
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new CourseError(`${folder} cannot be used: ${REASONS[code ?? ''] ?? message}`, { cause: error });
  }
}

const REASONS: { readonly [code: string]: string } = {
  ...SYSTEM_REASONS,
  EEXIST: 'it contains a file where a folder is needed',
  ENAMETOOLONG: 'its name is too long',
  ENOENT: 'no such file or directory, or a symbolic link to one',
  ENOTDIR: 'a part of its path is not a folder',
};

/** Throws {@link CourseError} if this Node cannot run the learner's files. */
function checkNode(code: Code): void {
  if (code === 'js' || stripsTypes()) return;
  throw new CourseError(`a course in TypeScript needs Node 22.18 or newer, which takes the types away by itself; this is ${process.version}`);
}

/** For editors; Node strips types only, so other syntax is an error. */
const TSCONFIG = {
  compilerOptions: { target: 'es2023', module: 'nodenext', strict: true, noEmit: true, erasableSyntaxOnly: true, skipLibCheck: true },
};

/** The lesson for a typed number: `1`, `01`, `01-listener`; undefined: there is none. */
export function findLesson(typed: string): Lesson | undefined {
  return LESSONS.find(({ number, name }) => typed === name || typed.padStart(2, '0') === number);
}
