/** The course: stubs are RED, solutions are GREEN, and what learners get wrong is told by the test that it concerns. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Course, difference, findLesson, isGreen, LESSONS } from '../../src/course/index.js';
import { cli, command } from '../support/cli.js';
import { installPacked } from '../support/packed.js';
import { TestTerminal } from '../support/terminal.js';
import { MISTAKES } from './mistakes.js';
import { expectTold, fileOf, ManyVerdicts, redTests, ROOT, said, verdict } from './verdict.js';

/** Lesson 10 begins with a program that works, within the limits of one lock for everything. */
const WORKS_WITH_LOCKS = ['a sink gets all existing keys', 'a sink that joins during the writes gets each of them once', 'three sinks'];

test.concurrent.for(LESSONS)('lesson $number: the stub is RED, the solution is GREEN', async ({ number }, { expect }) => {
  const stub = await verdict(number, fileOf(number, 'stub.js'));
  expect({ isGreen: isGreen(stub), failure: stub.failure }).toEqual({ isGreen: false, failure: null });
  const greenTests = stub.tests.filter(({ outcome }) => outcome.kind === 'green').map(({ name }) => name.en);
  expect(greenTests.map((name) => name.split(/[:;,]/)[0])).toEqual(number === '10' ? WORKS_WITH_LOCKS : []);
  const solution = await verdict(number, fileOf(number, 'solution.js'));
  expect({ red: redTests(solution), failure: solution.failure }).toEqual({ red: [], failure: null });
});

test.concurrent.for([
  ['locks', join(ROOT, 'dist/course/lessons/10-propagation/stub.js'), 'tasks that wait for the lock: 1'],
  ['a channel with one owner', join(ROOT, 'test/course/channel-with-one-owner.js'), 'requests that wait for the owner: 1'],
] as const)('lesson 10, %s: one slow sink delays all clients, and the test says who waits for what', async ([, file, says], { expect }) => {
  const { tests } = await verdict('10', readFileSync(file, 'utf8'));
  const slow = tests.find(({ name }) => name.en.startsWith('a sink that takes nothing'))!.outcome;
  expect(said(slow)).toMatch(/^\+PONG for an unrelated client; "" came; /);
  expect(said(slow)).toContain(says);
  const gone = tests.find(({ name }) => name.en.startsWith('a disconnected sink'))!.outcome;
  expect(said(gone)).toMatch(/^\+OK for the write during which the sink disconnected; "" came; /);
});

test.concurrent('a test that hangs is ended', { timeout: 60_000 }, async ({ expect }) => {
  const report = await verdict('01', 'export class Server { static bind() { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); } }');
  expect(report.tests.slice(0, 2).map(({ outcome }) => outcome)).toEqual([{ kind: 'hangs' }, { kind: 'notRun' }]);
  expect(isGreen(report)).toBe(false);
});

describe('typical mistakes', () => {
  let many: ManyVerdicts;
  beforeAll(() => {
    many = new ManyVerdicts();
    return () => many.end();
  });
  test.concurrent.for(MISTAKES)('typical mistakes: $lesson, $what', (mistake) => expectTold(mistake, (number, program) => many.verdict(number, program)));
});

/** False for a process that has ended, and that nothing has waited for: it has no command line any more. Linux only. */
const isAlive = (pid: string): boolean => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'latin1') !== '';

describe('the command', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'redis-lab-course-'));
    return () => rmSync(folder, { recursive: true });
  });

  test('new creates lessons, lectures and nothing else; the map shows the next one', async () => {
    const dir = join(folder, 'mine');
    const made = await cli('course', 'new', dir, '--lang', 'ko');
    expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: '' });
    expect(made.stdout).toContain('과정을 만들었습니다.');
    const names = LESSONS.map(({ name }) => name);
    expect(readdirSync(dir).toSorted()).toEqual([...names.map((name) => `${name}.js`), 'README.md', 'course.json', 'docs', 'node_modules', 'package.json'].toSorted());
    expect(readFileSync(join(dir, 'docs/poll.md'), 'utf8')).toContain('`listener.accept()` | 스트림');
    expect(readdirSync(join(dir, 'docs/lessons'))).toEqual(names.map((name) => `${name}.md`));
    const map = await cli('course', '--dir', dir);
    expect(map.code).toBe(1);
    expect(map.stdout).toBe(`${LESSONS.map(({ number, title }) => `RED    ${number}  ${title.ko}\n`).join('')}\n다음: docs/lessons/01-listener.md, npx redis-lab course test 01\n`);
  });

  test('test, hint and solve, lesson by lesson, until all is GREEN', { timeout: 180_000 }, async () => {
    const dir = join(folder, 'english');
    await cli('course', 'new', dir, '--lang', 'en');
    for (const { number, name, title } of LESSONS) {
      const red = await command('course', 'test', number, '--dir', dir);
      expect(red.code).toBe(1);
      expect(red.stdout).toContain(`RED    ${number}  ${title.en}\n`);
      if (number !== '10') expect(red.stdout).toMatch(new RegExp(`is not written yet {2}\\(\\S*${name}\\.js:\\d+\\)`));
      const solution = fileOf(number, 'solution.js');
      const { stdout } = await command('course', 'solve', number, '--dir', dir);
      // Whoever takes the lines with + and those that stay has the solution.
      const lines = stdout.slice(0, -1).split('\n').filter((line) => !line.startsWith('-')).map((line) => line.slice(1));
      expect(lines.join('\n')).toBe(solution);
      writeFileSync(join(dir, `${name}.js`), solution);
      const green = await command('course', 'test', name, '--dir', dir);
      expect(green.code, green.stdout).toBe(0);
      const next = LESSONS[LESSONS.findIndex((each) => each.name === name) + 1];
      expect(green.stdout.includes(`\nLook at your own loop as it runs: npx redis-lab ${relative(process.cwd(), join(dir, `${name}.js`))}\n`)).toBe(number === '03');
      if (next !== undefined) expect(green.stdout).toContain(`\n\nnext: docs/lessons/${next.name}.md, npx redis-lab course test ${next.number}\n`);
      expect((await command('course', 'solve', number, '--dir', dir)).stdout).toBe('Your file equals the solution.\n');
    }
    const hints = [];
    for (let i = 0; i < 4; i++) hints.push((await command('course', 'hint', '2', '--dir', dir)).stdout.slice(0, 3));
    expect(hints).toEqual(['1/3', '2/3', '3/3', 'The']);
    const map = await command('course', '--dir', dir);
    expect({ code: map.code, last: map.stdout.trimEnd().split('\n').at(-1) }).toEqual({ code: 0, last: 'All lessons are GREEN.' });
  });

  test('code that never comes back, does not load, or exports nothing', async () => {
    const dir = join(folder, 'broken');
    const course = Course.create(dir, ROOT, 'en');
    const file = course.fileOf(findLesson('01')!);
    const report = async (program: string): Promise<string> => {
      writeFileSync(file, program);
      const { code, stdout } = await command('course', 'test', '01', '--dir', dir);
      expect(code).toBe(1);
      return stdout;
    };
    expect(await report('export class Server {')).toMatch(/it does not load: SyntaxError: .* \(line 1\)\n/);
    expect(await report('export const nothing = 1;')).toContain('it does not export Server');
    expect(await report('throw new Error("\\u001b[31m oh");')).toContain('it does not load: Error:  [31m oh (line 1)');
    expect(await report('process.exit(0);')).toContain('it does not load: the program has ended before it could be tested');
    rmSync(file);
    expect((await cli('course', 'test', '01', '--dir', dir)).stdout).toContain('there is no file');
  });

  test('on a terminal a lesson that is being tested is named, until its result comes', async () => {
    const dir = join(folder, 'slow');
    const course = Course.create(dir, ROOT, 'en');
    const go = join(dir, 'go');
    const wait = `while (!existsSync(${JSON.stringify(go)})) await new Promise((resolve) => setTimeout(resolve, 20));`;
    writeFileSync(course.fileOf(findLesson('01')!), `import { existsSync } from 'node:fs';\n${wait}\nexport const nothing = 1;\n`);
    const terminal = new TestTerminal(process.execPath, [join(ROOT, 'dist/cli/main.js'), 'course', 'test', '01', '--dir', dir]);
    await terminal.until(() => terminal.raw.includes('01 testing…'));
    writeFileSync(go, '');
    expect(await terminal.exited).toBe(1);
    expect(terminal.raw).toMatch(/^01 testing…\r\x1b\[KRED {4}01 {2}A TCP listener/);
  });

  test('--watch ends at a signal in the first test, which ends with it, and when its folder is gone', async () => {
    const dir = join(folder, 'watched');
    const course = Course.create(dir, ROOT, 'en');
    const file = course.fileOf(findLesson('01')!);
    const begun = join(dir, 'begun');
    writeFileSync(file, `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(begun)}, String(process.pid));\nfor (;;);\n`);
    const watching = (): TestTerminal => new TestTerminal(process.execPath, [join(ROOT, 'dist/cli/main.js'), 'course', 'test', '--watch', '--dir', dir]);
    const first = watching();
    await first.until('01 testing');
    await expect.poll(() => existsSync(begun) && readFileSync(begun, 'utf8') !== '', { timeout: 9000 }).toBe(true);
    first.signal('SIGTERM');
    expect(await first.exited).toBe(0);
    expect(first.raw).not.toContain('RED');
    await expect.poll(() => isAlive(readFileSync(begun, 'utf8')), { timeout: 5000 }).toBe(false);
    writeFileSync(file, 'export const nothing = 1;');
    const second = watching();
    await second.until(() => second.raw.includes('Ctrl-C ends'));
    rmSync(dir, { recursive: true });
    expect(await second.exited).toBe(2);
    expect(second.raw).toContain(`${dir} is gone`);
  });

  test('the program in the lecture of lesson 03 serves the class of the lesson, in both languages', async () => {
    const dir = join(folder, 'run');
    const course = Course.create(dir, ROOT, 'en');
    writeFileSync(course.fileOf(findLesson('03')!), fileOf('03', 'solution.js'));
    const [program, korean] = ['en', 'ko'].map((language) => /```js\n(.*?)```/s.exec(fileOf('03', `lecture.${language}.md`))![1]!);
    expect(korean).toBe(program);
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, 'close');
    // It says by itself when it listens: the lecture's program says nothing.
    const says = program!.replace('for (;;)', "process.stdout.write('up');\nsetImmediate(() => { for (;;)").replace(/runOnce\(\);\n$/, 'runOnce(); });\n');
    writeFileSync(join(dir, 'run.js'), says.replace('127.0.0.1:7311', `127.0.0.1:${port}`));
    const child = spawn(process.execPath, [join(dir, 'run.js')], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const client = connect(port, '127.0.0.1', () => client.end('hello'));
    let echo = '';
    for await (const bytes of client) echo += String(bytes);
    expect(echo).toBe('hello');
  });

  test('what can not be is said in one line', async () => {
    const said = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await command('course', ...args);
      expect(code).toBe(2);
      return stderr;
    };
    const dir = join(folder, 'words');
    Course.create(dir, ROOT, 'en');
    expect(await said('new', dir)).toContain('is not empty: course new lays its lessons into a folder of their own');
    expect(await said('new', join(dir, 'README.md'))).toContain('README.md is not a folder');
    expect(await said('new')).toContain('course new needs a folder; usage:');
    expect(await said('--dir', folder)).toContain('is not a course folder: `redis-lab course new DIR` makes one');
    expect(await said('test', '77', '--dir', dir)).toContain("there is no lesson '77'; there are 01, 02");
    expect(await said('dance', '--dir', dir)).toContain("course has no command 'dance'; usage:");
    expect(await said('test', '--poller', 'select', '--dir', dir)).toContain("--poller 'select': there is ");
    expect(await said('hint', '--dir', dir)).toContain('which lesson? usage:');
    expect(await said('--nonsense')).toContain("Unknown option '--nonsense'; usage:");
    expect(await said('test', '01', '--lang', 'ko')).toContain('--lang is for course new');
    expect(await said('new', join(folder, 'x'), '--lang', 'fr')).toContain("--lang 'fr': must be one of en, ko");
    expect(await said('new', join(dir, 'README.md/sub'))).toMatch(/^redis-lab: .*README\.md\/sub cannot be used: a part of its path is not a folder\n$/);
    expect(await said('new', join(folder, 'x'.repeat(300)))).toMatch(/^redis-lab: .* cannot be used: its name is too long\n$/);
    if (process.platform === 'linux') expect(await said('new', '/proc/redis-lab')).toMatch(/^redis-lab: \/proc\/redis-lab cannot be used: no such file or directory/);
  });

  test('a folder that is damaged is no course, or is used without what is damaged', () => {
    const dir = join(folder, 'damaged');
    Course.create(dir, ROOT, 'en');
    const open = (mark: unknown): Course => {
      writeFileSync(join(dir, 'course.json'), JSON.stringify(mark));
      return Course.open(dir, ROOT);
    };
    for (const mark of [null, { course: 1 }, { course: 1, language: 'fr' }, { course: 1, language: 'en', code: '../x' }]) {
      expect(() => open(mark)).toThrow('is not a course folder');
    }
    for (const hints of [undefined, null, { '01': 'many' }]) expect(open({ course: 1, language: 'en', code: 'js', hints }).nextHint(LESSONS[0]!)?.at).toBe(1);
    rmSync(join(dir, 'node_modules'), { recursive: true });
    writeFileSync(join(dir, 'node_modules'), '');
    expect(() => Course.open(dir, ROOT)).toThrow(/cannot be used: it contains a file where a folder is needed$/);
  });

  test.runIf(process.platform === 'linux')('a lesson that never ends is ended with the command, however that ends', async () => {
    const dir = join(folder, 'endless');
    Course.create(dir, ROOT, 'en');
    writeFileSync(join(dir, '01-listener.js'), "import { writeFileSync } from 'node:fs';\nwriteFileSync('pid', String(process.pid));\nfor (;;);\n");
    const command = spawn(process.execPath, [join(ROOT, 'dist/cli/main.js'), 'course', 'test', '01'], { cwd: dir, stdio: 'ignore' });
    const pid = (): string => (existsSync(join(dir, 'pid')) ? readFileSync(join(dir, 'pid'), 'utf8') : '');
    await expect.poll(pid, { timeout: 20_000 }).not.toBe('');
    command.kill('SIGKILL');
    await expect.poll(() => isAlive(pid()), { timeout: 5000 }).toBe(false);
  });
});

test('from the packed tarball, without a network', async () => {
  const { folder, main, remove } = installPacked();
  onTestFinished(remove);
  const run = (...args: string[]) => spawnSync(process.execPath, [main, 'course', ...args], { cwd: folder, encoding: 'utf8' });
  expect(run('new', 'mine', '--lang', 'en')).toMatchObject({ status: 0, stderr: '' });
  const red = run('test', '01', '--dir', 'mine');
  expect({ status: red.status, stderr: red.stderr }).toEqual({ status: 1, stderr: '' });
  expect(red.stdout).toContain('Server.bind is not written yet  (mine/01-listener.js:');
  writeFileSync(join(folder, 'mine/01-listener.js'), fileOf('01', 'solution.js'));
  // As npx runs it, inside of the folder.
  const green = spawnSync(join('node_modules', '.bin', 'redis-lab'), ['course', 'test', '01'], { cwd: join(folder, 'mine'), encoding: 'utf8' });
  expect({ status: green.status, stderr: green.stderr }).toEqual({ status: 0, stderr: '' });
});

test('a difference keeps what is common', () => {
  expect(difference('a\nb\nc', 'a\nx\nc\nd')).toEqual([' a', '-b', '+x', ' c', '+d']);
});
