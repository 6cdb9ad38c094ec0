/** What the tests of a lesson say of a program. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { Course, describeOutcome, findLesson, isGreen, type KernelName, type LessonReport } from '../../src/course/index.js';
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

export const redTests = ({ tests }: LessonReport): string[] => tests.filter(({ outcome }) => outcome.kind !== 'green').map(({ name }) => name.en);

export const fileOf = (number: string, file: string): string => readFileSync(join(ROOT, 'dist/course/lessons', findLesson(number)!.name, file), 'utf8');

/** What is said of a test, in English. */
export function said(outcome: LessonReport['tests'][number]['outcome']): string {
  if (outcome.kind === 'unmet') return `${outcome.expected.en}; ${outcome.did.en}`;
  if (outcome.kind === 'thrown') return outcome.message;
  return outcome.kind === 'spins' ? describeOutcome(outcome, 'en', '').join(' ') : outcome.kind;
}

/** Throws unless the test of the lesson tells this mistake. */
export async function expectTold({ lesson, instead, red, says }: Mistake, kernel: KernelName = 'simulated'): Promise<void> {
  let program = fileOf(lesson, 'solution.js');
  for (const [right, wrong] of instead) {
    expect(program).toContain(right);
    program = program.replace(right, wrong);
  }
  const report = await verdict(lesson, program, kernel);
  expect(isGreen(report)).toBe(false);
  const first = report.tests.find(({ name }) => name.en.startsWith(red));
  expect(first?.outcome.kind, redTests(report).join('\n')).not.toBe('green');
  expect(said(first!.outcome)).toContain(says);
}
