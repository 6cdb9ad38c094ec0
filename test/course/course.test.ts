/** The course: stubs are RED, solutions are GREEN, and what learners get wrong is told by the test that it concerns. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Course, difference, findLesson, isGreen, LESSONS, type LessonReport } from '../../src/course/index.js';
import { cli } from '../support/cli.js';
import { installPacked } from '../support/packed.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const temporary = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-course-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

/** What becomes of a lesson with this file. */
async function verdict(number: string, program: string): Promise<LessonReport> {
  const course = Course.create(join(temporary(), 'course'), ROOT, 'en');
  const lesson = findLesson(number)!;
  writeFileSync(course.fileOf(lesson), program);
  return course.test(lesson);
}

const redTests = ({ tests }: LessonReport): string[] => tests.filter(({ outcome }) => outcome.kind !== 'green').map(({ name }) => name.en);

const fileOf = (number: string, file: string): string => readFileSync(join(ROOT, 'dist/course/lessons', findLesson(number)!.name, file), 'utf8');

test.each(LESSONS)('lesson $number: the stub is RED, the solution is GREEN', async ({ number }) => {
  const stub = await verdict(number, fileOf(number, 'stub.js'));
  expect(stub.failure).toBe(null);
  expect(stub.tests.filter(({ outcome }) => outcome.kind === 'green').map(({ name }) => name.en)).toEqual([]);
  const solution = await verdict(number, fileOf(number, 'solution.js'));
  expect({ red: redTests(solution), failure: solution.failure }).toEqual({ red: [], failure: null });
});

describe('what learners get wrong', () => {
  interface Mistake {
    readonly lesson: string;
    readonly what: string;
    /** What stands in the solution, and what the learner has written. */
    readonly instead: readonly (readonly [string, string])[];
    /** Words of the first test that is RED, and of what is said of it. */
    readonly red: string;
    readonly says: string;
  }

  const MISTAKES: readonly Mistake[] = [
    { lesson: '01', what: 'WouldBlock is handed on', instead: [['stream === WouldBlock ? null : stream', 'stream']], red: 'nobody waits', says: 'acceptOne returned Symbol(WouldBlock)' },
    {
      lesson: '01', what: 'WouldBlock is taken for an error', instead: [['return stream === WouldBlock ? null : stream;', "if (stream === WouldBlock) throw new Error('EAGAIN');\nreturn stream;"]],
      red: 'nobody waits', says: 'Error: EAGAIN',
    },
    { lesson: '01', what: 'the listener is not registered', instead: [['poll.register(listener, LISTENER, Interest.READABLE);', '']], red: 'the listener is registered', says: 'the poll brought nothing' },
    { lesson: '01', what: 'the wrong token', instead: [['poll.register(listener, LISTENER', 'poll.register(listener, Token(5)']], red: 'the listener is registered', says: 'the poll brought token 5' },
    {
      lesson: '01', what: 'a socket that was never bound', instead: [['TcpListener.bind(poll, address)', "TcpListener.bind(poll, '127.0.0.1:9')"]],
      red: 'bind listens', says: 'a listener at 127.0.0.1:7000',
    },
    {
      lesson: '02', what: 'one read for each event', instead: [['      this.#client.write(this.#buffer.subarray(0, count));', '      return void this.#client.write(this.#buffer.subarray(0, count));']],
      red: 'the socket is read until WouldBlock', says: '4096 of 10000 bytes came back; the rest lies in the socket',
    },
    {
      lesson: '02', what: 'WouldBlock is an error', instead: [['if (count === WouldBlock) return;', "if (count === WouldBlock) throw new Error('EAGAIN');"]],
      red: 'a client gets back', says: 'Error: EAGAIN',
    },
    { lesson: '02', what: 'WouldBlock closes', instead: [['if (count === WouldBlock) return;', 'if (count === WouldBlock) return this.#end();']], red: 'reads and accepts that say WouldBlock', says: 'bytes came back' },
    { lesson: '02', what: 'the end of the stream is not seen', instead: [['if (count === 0) return this.#end();', '']], red: 'the client ends', says: 'read was called again and again' },
    { lesson: '02', what: 'the end of the stream ends the turn only', instead: [['if (count === 0) return this.#end();', 'if (count === 0) return;']], red: 'the client ends', says: 'a close after the read of 0 bytes' },
    { lesson: '02', what: 'a busy loop', instead: [['poll(this.#events, timeoutMs)', 'poll(this.#events, 0)']], red: 'nothing is ready', says: 'a wait of 250 ms' },
    { lesson: '02', what: 'waits of its own', instead: [['this.#poll.poll(this.#events, timeoutMs);', 'do this.#poll.poll(this.#events, timeoutMs); while (this.#events.isEmpty);']], red: 'nothing is ready', says: 'poll.poll was called again and again' },
    {
      lesson: '02', what: 'nobody looks into the backlog again', instead: [['    this.#client = null;\n    // A connection may have waited meanwhile; that was reported once already.\n    this.#accept();', '    this.#client = null;']],
      red: 'a client that has waited', says: 'it waited in the backlog',
    },
    { lesson: '02', what: 'accept without an event', instead: [['    for (const event of this.#events) {', '    this.#accept();\n    for (const event of this.#events) {']], red: 'nothing is ready', says: 'no accept and no read without an event' },
    {
      lesson: '03', what: 'one accept for each event', instead: [['for (let stream = this.#listener.accept(); stream !== WouldBlock; stream = this.#listener.accept()) {', 'const stream = this.#listener.accept();\nif (stream !== WouldBlock) {']],
      red: 'two clients that came together', says: 'two connections were waiting, size is 1',
    },
    { lesson: '03', what: 'an error ends the loop', instead: [['      this.#end(token);\n    }\n  }\n\n  #end', "      throw new Error('the loop ends');\n    }\n  }\n\n  #end"]], red: 'a reset ends one client', says: 'Error: the loop ends' },
    { lesson: '03', what: 'who has gone stays in the map', instead: [['    this.#clients.delete(token);', '']], red: 'who leaves is closed', says: 'size is 2' },
    { lesson: '03', what: 'tokens are used again', instead: [['Token(this.#nextToken++)', 'Token(this.#clients.size + 1)']], red: 'no token is used twice', says: 'they got 1, 1, 1, 1, 1' },
    { lesson: '03', what: 'one stream for all', instead: [['const stream = this.#clients.get(token);', 'const stream = [...this.#clients.values()][0];']], red: 'each client gets its own', says: '' },
    {
      lesson: '03', what: 'one read for each event', instead: [['        stream.write(this.#buffer.subarray(0, count));', '        return void stream.write(this.#buffer.subarray(0, count));']],
      red: 'each socket is read until WouldBlock', says: '4096 and 4096 of 10000 bytes came back',
    },
    { lesson: '04', what: 'one read is one request', instead: [['for (let argv = client.decoder.next(); argv !== null; argv = client.decoder.next()) client', 'const argv = client.decoder.next(); if (argv !== null) client']], red: 'several requests in one read', says: 'three times PONG' },
    { lesson: '04', what: 'a word without its CR LF', instead: [['bytes.length < stop + 2', 'bytes.length < stop']], red: 'byte by byte', says: "expected '*'" },
    { lesson: '04', what: 'the buffer of the read is kept', instead: [['this.#bytes = Buffer.concat([this.#bytes, bytes]);', 'this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);']], red: 'half a request', says: '' },
    { lesson: '04', what: 'half a request is dropped', instead: [['if (bytes.length < stop + 2) return null;', 'if (bytes.length < stop + 2) { this.#bytes = Buffer.alloc(0); return null; }']], red: 'half a request', says: "expected '*'" },
    { lesson: '04', what: 'one decoder for all', instead: [['decoder: new Decoder() }', 'decoder: SHARED }'], ['export class Server {', 'const SHARED = new Decoder();\nexport class Server {']], red: 'each client has a decoder', says: '' },
    { lesson: '05', what: 'lengths count characters', instead: [['argv.map((word) => word.latin1Slice())', 'argv.map((word) => word.toString())']], red: 'values are bytes', says: 'brings' },
    { lesson: '05', what: 'an object as a map', instead: [['#values = new Map();', '#values = { get(key) { return this[key]; }, set(key, value) { this[key] = value; }, delete(key) { const had = key in this; delete this[key]; return had; } };']], red: 'names that objects have', says: '' },
    { lesson: '05', what: 'a keyspace for each connection', instead: [['decoder: new Decoder() }', 'decoder: new Decoder(), store: new Store() }'], ['this.#store.execute', 'client.store.execute']], red: 'one keyspace for everyone', says: 'it brought' },
    { lesson: '06', what: 'lazy only', instead: [['    this.store.deleteDue();\n', '']], red: 'active', says: 'the store holds 1' },
    { lesson: '06', what: 'the poll sleeps on', instead: [['this.#timeout(timeoutMs)', 'timeoutMs']], red: 'active', says: 'it slept 10000 ms' },
    { lesson: '06', what: 'a poll that never sleeps', instead: [['this.#timeout(timeoutMs)', '0']], red: 'without keys that expire', says: 'one sleep of 250 ms' },
    { lesson: '06', what: 'active only', instead: [['entry.dueMs > this.#now()) return entry.value;', 'true) return entry.value;']], red: 'lazy', says: 'it brought' },
    { lesson: '07', what: 'a write takes all', instead: [['client.waiting = client.waiting.subarray(taken);', 'client.waiting = Buffer.alloc(0);']], red: 'a short write', says: 'all 50010 bytes' },
    { lesson: '07', what: 'WRITABLE is never asked for', instead: [['isArmed ? Interest.READABLE | Interest.WRITABLE : Interest.READABLE', 'Interest.READABLE']], red: 'when all is written', says: '' },
    { lesson: '07', what: 'WRITABLE is kept', instead: [['isArmed ? Interest.READABLE | Interest.WRITABLE : Interest.READABLE', 'Interest.READABLE | Interest.WRITABLE']], red: 'when all is written', says: 'READABLE and WRITABLE' },
    { lesson: '07', what: 'no backpressure', instead: [['    return !isArmed;', '    return true;']], red: 'backpressure', says: 'keeps their replies' },
    { lesson: '07', what: 'writes until all is taken', instead: [['if (taken === WouldBlock) break;', 'if (taken === WouldBlock) continue;']], red: 'a short write', says: 'write was called again and again' },
  ];

  test.each(MISTAKES)('$lesson, $what', async ({ lesson, instead, red, says }) => {
    let program = fileOf(lesson, 'solution.js');
    for (const [right, wrong] of instead) {
      expect(program).toContain(right);
      program = program.replace(right, wrong);
    }
    const report = await verdict(lesson, program);
    expect(isGreen(report)).toBe(false);
    const first = report.tests.find(({ name }) => name.en.startsWith(red));
    expect(first?.outcome.kind, redTests(report).join('\n')).not.toBe('green');
    expect(said(first!.outcome)).toContain(says);
  });

  function said(outcome: LessonReport['tests'][number]['outcome']): string {
    if (outcome.kind === 'unmet') return `${outcome.expected.en}; ${outcome.did.en}`;
    if (outcome.kind === 'thrown') return outcome.message;
    return outcome.kind === 'spins' ? `${outcome.call} was called again and again` : outcome.kind;
  }
});

describe('the command', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'redis-lab-course-'));
    return () => rmSync(folder, { recursive: true });
  });

  test('new lays down lessons, lectures and nothing else; the map says what is next', async () => {
    const dir = join(folder, 'mine');
    const made = await cli('course', 'new', dir, '--lang', 'ko');
    expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: '' });
    expect(made.stdout).toContain('과정을 만들었습니다.');
    const names = LESSONS.map(({ name }) => name);
    expect(readdirSync(dir).toSorted()).toEqual([...names.map((name) => `${name}.js`), 'README.md', 'course.json', 'docs', 'node_modules', 'package.json'].toSorted());
    expect(readdirSync(join(dir, 'docs/lessons'))).toEqual(names.map((name) => `${name}.md`));
    const map = await cli('course', '--dir', dir);
    expect(map.code).toBe(1);
    expect(map.stdout).toBe(`${LESSONS.map(({ number, title }) => `RED    ${number}  ${title.ko}\n`).join('')}\n다음: docs/lessons/01-listener.md, npx redis-lab course test 01\n`);
  });

  test('test, hint and solve, lesson by lesson, until all is GREEN', { timeout: 180_000 }, async () => {
    const dir = join(folder, 'english');
    await cli('course', 'new', dir, '--lang', 'en');
    for (const { number, name, title } of LESSONS) {
      const red = await cli('course', 'test', number, '--dir', dir);
      expect(red.code).toBe(1);
      expect(red.stdout).toContain(`RED    ${number}  ${title.en}\n  RED    `);
      expect(red.stdout).toMatch(new RegExp(`is not written yet {2}\\(\\S*${name}\\.js:\\d+\\)`));
      const solution = fileOf(number, 'solution.js');
      const { stdout } = await cli('course', 'solve', number, '--dir', dir);
      // Whoever takes the lines with + and those that stay has the solution.
      const lines = stdout.slice(0, -1).split('\n').filter((line) => !line.startsWith('-')).map((line) => line.slice(1));
      expect(lines.join('\n')).toBe(solution);
      writeFileSync(join(dir, `${name}.js`), solution);
      expect((await cli('course', 'test', name, '--dir', dir)).code).toBe(0);
      expect((await cli('course', 'solve', number, '--dir', dir)).stdout).toBe('Your file is the solution, line by line.\n');
    }
    const hints = [];
    for (let i = 0; i < 4; i++) hints.push((await cli('course', 'hint', '2', '--dir', dir)).stdout.slice(0, 3));
    expect(hints).toEqual(['1/3', '2/3', '3/3', 'The']);
    const map = await cli('course', '--dir', dir);
    expect({ code: map.code, last: map.stdout.trimEnd().split('\n').at(-1) }).toEqual({ code: 0, last: 'All lessons are GREEN.' });
  });

  test('code that never comes back, does not load, or exports nothing', async () => {
    const dir = join(folder, 'broken');
    const course = Course.create(dir, ROOT, 'en');
    const file = course.fileOf(findLesson('01')!);
    const report = async (program: string): Promise<string> => {
      writeFileSync(file, program);
      const { code, stdout } = await cli('course', 'test', '01', '--dir', dir);
      expect(code).toBe(1);
      return stdout;
    };
    expect(await report('export class Server {')).toMatch(/it does not load: SyntaxError: /);
    expect(await report('export const nothing = 1;')).toContain('it does not export Server');
    expect(await report('throw new Error("\\u001b[31m oh");')).toContain('it does not load: Error:  [31m oh (line 1)');
    expect(await report('process.exit(0);')).toContain('it does not load: the program has ended before it could be tested');
    rmSync(file);
    expect((await cli('course', 'test', '01', '--dir', dir)).stdout).toContain('there is no file');
  });

  test('a test that hangs is ended', { timeout: 60_000 }, async () => {
    const report = await verdict('01', 'export class Server { static bind() { for (;;); } }');
    expect(report.tests[0]!.outcome).toEqual({ kind: 'hangs' });
    expect(isGreen(report)).toBe(false);
  });

  test('what can not be is said in one line', async () => {
    const said = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await cli('course', ...args);
      expect(code).toBe(2);
      return stderr;
    };
    const dir = join(folder, 'words');
    Course.create(dir, ROOT, 'en');
    expect(await said('new', dir)).toContain('is not empty: course new lays its lessons into a folder of their own');
    expect(await said('new')).toContain('course new needs a folder; usage:');
    expect(await said('--dir', folder)).toContain('is no course: `redis-lab course new DIR` makes one');
    expect(await said('test', '77', '--dir', dir)).toContain("there is no lesson '77'; there are 01, 02");
    expect(await said('dance', '--dir', dir)).toContain("course has no command 'dance'; usage:");
    expect(await said('hint', '--dir', dir)).toContain('which lesson? usage:');
    expect(await said('--nonsense')).toContain("Unknown option '--nonsense'; usage:");
    expect(await said('new', join(folder, 'x'), '--lang', 'fr')).toContain("--lang 'fr': must be one of en, ko");
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
  expect(run('test', '01', '--dir', 'mine').status).toBe(0);
});

test('a difference keeps what is common', () => {
  expect(difference('a\nb\nc', 'a\nx\nc\nd')).toEqual([' a', '-b', '+x', ' c', '+d']);
});
