/** The course in TypeScript: its programs have the types that they say, and Node runs them by itself where it can. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { Course, isGreen, LESSONS } from '../../src/course/index.js';
import { cli } from '../support/cli.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** This Node takes types away by itself. */
const STRIPS_TYPES = Boolean((process.features as { readonly typescript?: unknown }).typescript);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'redis-lab-typescript-'));
  return () => rmSync(folder, { recursive: true });
});

const programOf = (name: string, which: 'stub' | 'solution'): string => readFileSync(join(ROOT, 'dist/course/lessons', name, `${which}.ts`), 'utf8');

test('every stub and every solution is sound, by the strictest rules, and has types that can be taken away', { timeout: 120_000 }, () => {
  const compilerOptions = {
    target: 'es2023', module: 'nodenext', strict: true, noEmit: true, erasableSyntaxOnly: true, skipLibCheck: true, allowUnreachableCode: true,
    types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')],
  };
  const project = join(folder, 'tsconfig.json');
  writeFileSync(project, JSON.stringify({ compilerOptions, include: [join(ROOT, 'dist/course/lessons/*/*.ts')] }));
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/lib/tsc.js'), '-p', project], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});

test('course new --ts creates TypeScript files, or names the required version of Node', { timeout: 120_000 }, async () => {
  const dir = join(folder, 'mine');
  const { code, stdout, stderr } = await cli('course', 'new', dir, '--ts', '--lang', 'en');
  if (!STRIPS_TYPES) {
    const says = `redis-lab: a course in TypeScript needs Node 22.18 or newer, which takes the types away by itself; this is ${process.version}\n`;
    expect({ code, stdout, stderr, exists: existsSync(dir) }).toEqual({ code: 2, stdout: '', stderr: says, exists: false });
    return;
  }
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('write 01-listener.ts, and check it');
  expect(readdirSync(dir).filter((name) => /\.[jt]s$/.test(name))).toEqual(LESSONS.map(({ name }) => `${name}.ts`));
  expect(readFileSync(join(dir, 'docs/lessons/01-listener.md'), 'utf8')).toContain('`01-listener.ts`');
  const course = Course.open(dir, ROOT);
  for (const lesson of LESSONS) {
    expect(isGreen(await course.test(lesson)), lesson.name).toBe(false);
    writeFileSync(course.fileOf(lesson), programOf(lesson.name, 'solution'));
    expect(await course.test(lesson)).toMatchObject({ failure: null });
    expect(isGreen(await course.test(lesson)), lesson.name).toBe(true);
  }
});

test('types are in the code, and comments do not repeat them', () => {
  const stream = '    const stream = this.#listener.accept();\n    return stream === WouldBlock ? null : stream;\n';
  expect(programOf('01-listener', 'solution')).toContain(`  acceptOne(): TcpStream | null {\n${stream}`);
  expect(programOf('01-listener', 'stub')).toContain("  acceptOne(): TcpStream | null {\n    throw new Error('acceptOne is not written yet');\n");
  for (const { name } of LESSONS) expect(programOf(name, 'solution')).not.toMatch(/@(?:param|returns) \{/);
});
