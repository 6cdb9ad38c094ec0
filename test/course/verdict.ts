/** What the tests of a lesson say of a program. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { Course, describeOutcome, findLesson, isGreen, type KernelName, type LessonReport } from '../../src/course/index.js';
import type { Message } from '../../src/course/report.js';
import type { Mistake } from './mistakes.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What becomes of a lesson with this file. */
export async function verdict(number: string, program: string, kernel: KernelName = 'simulated'): Promise<LessonReport> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-course-'));
  try {
    const course = Course.create(join(folder, 'course'), ROOT, 'en');
    const lesson = findLesson(number)!;
    writeFileSync(course.fileOf(lesson), program);
    return await course.test(lesson, kernel);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Says of many programs what {@link verdict} says of one, in one process for all of them: only for programs that return. */
export class ManyVerdicts {
  private readonly folder = mkdtempSync(join(tmpdir(), 'redis-lab-course-'));
  private readonly course = Course.create(join(this.folder, 'course'), ROOT, 'en');
  private readonly child: ChildProcess = fork(join(ROOT, 'test/course/many.mjs'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  private readonly waiting = new Map<string, { readonly resolve: (report: LessonReport) => void; readonly reject: (error: Error) => void }>();
  private programs = 0;

  constructor() {
    this.child.on('message', ({ file, messages }: { file: string; messages: readonly Message[] }) => {
      this.waiting.get(file)!.resolve(reportOf(messages));
      this.waiting.delete(file);
    });
    this.child.on('exit', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('a program has ended the process that tests it'));
    });
  }

  verdict(number: string, program: string, kernel: KernelName = 'simulated'): Promise<LessonReport> {
    const file = join(this.course.folder, `program-${++this.programs}.js`);
    writeFileSync(file, program);
    return new Promise((resolve, reject) => {
      this.waiting.set(file, { resolve, reject });
      this.child.send({ file, number, kernel });
    });
  }

  async end(): Promise<void> {
    const ended = once(this.child, 'exit');
    if (this.child.kill('SIGKILL')) await ended;
    rmSync(this.folder, { recursive: true });
  }
}

function reportOf(messages: readonly Message[]): LessonReport {
  const named = messages.flatMap((message) => (message.kind === 'loaded' ? message.tests : []));
  const failed = messages.find((message) => message.kind === 'failed');
  const outcomes = new Map(messages.flatMap((message) => (message.kind === 'ended' ? [[message.test, message.outcome] as const] : [])));
  return {
    failure: failed === undefined ? null : { reason: failed.reason, detail: failed.detail },
    tests: named.map((name, test) => ({ name, outcome: outcomes.get(test) ?? { kind: 'notRun' } })),
  };
}

export const redTests = ({ tests }: LessonReport): string[] => tests.filter(({ outcome }) => outcome.kind !== 'green').map(({ name }) => name.en);

export const fileOf = (number: string, file: string): string => readFileSync(join(ROOT, 'dist/course/lessons', findLesson(number)!.name, file), 'utf8');

/** What is said of a test, in English. */
export function said(outcome: LessonReport['tests'][number]['outcome']): string {
  if (outcome.kind === 'unmet') return `${outcome.expected.en}; ${outcome.did.en}`;
  if (outcome.kind === 'thrown') return outcome.message;
  return outcome.kind === 'spins' ? describeOutcome(outcome, 'en', '').join(' ') : outcome.kind;
}

/** Throws unless the test of the lesson tells this mistake. */
export async function expectTold({ lesson, instead, red, says }: Mistake, judge: (number: string, program: string) => Promise<LessonReport>): Promise<void> {
  let program = fileOf(lesson, 'solution.js');
  for (const [right, wrong] of instead) {
    expect(program).toContain(right);
    program = program.replace(right, wrong);
  }
  const report = await judge(lesson, program);
  expect(isGreen(report)).toBe(false);
  const first = report.tests.find(({ name }) => name.en.startsWith(red));
  expect(first?.outcome.kind, redTests(report).join('\n')).not.toBe('green');
  expect(said(first!.outcome)).toContain(says);
}
