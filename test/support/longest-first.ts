/** The order of the files: those that take longest come first, so that at the end no worker waits for another. */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** In descending order. What is not here takes less than 20 s on two processors. */
const LONGEST = [
  'check/check', 'e2e/learn', 'course/pollers', 'course/course', 'e2e/lab/program', 'e2e/snapshots', 'e2e/history', 'e2e/lab/leaving', 'program/again',
  'e2e/sentinel', 'tui/app', 'e2e/append-only-file', 'e2e/memory', 'e2e/replicas', 'e2e/recording', 'e2e/outputs', 'e2e/lab/first-minute', 'tui/repl/repl',
  'e2e/lab/attacks', 'e2e/lab/screen-reader', 'e2e/threads', 'e2e/background-save', 'e2e/lab/busy', 'e2e/clients/failover', 'e2e/cli', 'e2e/lab/goldens',
  'e2e/faults',
];

export class LongestFirst extends BaseSequencer {
  /** Of the others, as vitest sorts them: by their last durations, or by size. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project.name))];
    const place = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.indexOf(relative(`${this.ctx.config.root}/test`, moduleId).replace(/\.test\.tsx?$/, ''));
      return index === -1 ? LONGEST.length : index;
    };
    // Files of one project stay together: they share processes.
    return sorted.toSorted((a, b) => projects.indexOf(a.project.name) - projects.indexOf(b.project.name) || place(a) - place(b));
  }
}
