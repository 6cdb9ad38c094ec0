/**
 * What a program does with the descriptors and the processes that the lab has given it, or has not, does not end the lab.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { messageIn } from '../../src/program/message-check.js';
import { digestOf } from '../../src/program/tape-file.js';
import { Sources } from '../../src/program/sources.js';
import { startProgram, written } from './support.js';

const HEAD = `import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { Events, Interest, Poll, TcpListener, Token } from 'redis-lab/poll';
const poll = new Poll();
const listener = TcpListener.bind(poll, '127.0.0.1:0');
poll.register(listener, Token(0), Interest.READABLE);
const events = new Events();
`;

const CALM = { timeout: 20_000 };

const read = { kind: 'read', token: 1, result: 4 };

test.each([
  { kind: 'begun' },
  { kind: 'event', body: read, fd: 9, number: 1, atUs: 5, at: [0, 1, 1], bytes: 'AA==', waits: true },
  { kind: 'over', how: { why: 'diverged', call: 1, recorded: 'a', now: 'b' }, variables: [{ name: 'a', value: '1' }] },
])('%j is a message', (message) => {
  expect(messageIn(JSON.stringify(message))).toEqual(message);
});

test.each([
  'no JSON',
  'null',
  '[]',
  '{"kind":"constructor"}',
  '{"kind":"event"}',
  JSON.stringify({ kind: 'event', body: { ...read, result: {} }, fd: 9, number: 1, atUs: 5 }),
  JSON.stringify({ kind: 'event', body: read, fd: 9, number: 1, atUs: null }),
  JSON.stringify({ kind: 'event', body: read, fd: 9, number: 1, atUs: 5, at: [1] }),
  JSON.stringify({ kind: 'bound', fd: 1, address: 5 }),
  JSON.stringify({ kind: 'over', how: { why: 'diverged' }, variables: [] }),
])('%s is none', (line) => {
  expect(messageIn(line)).toBe(null);
});

test('what a program writes to the pipe of its trace is counted, and its next events are heard', async () => {
  const server = await startProgram(written(`${HEAD}writeSync(3, 'mine\\nnull\\n');\nfor (;;) poll.poll(events, 20);\n`));
  await expect.poll(() => server.view.droppedEvents, CALM).toBe(2);
  await expect.poll(() => server.hasPast, CALM).toBe(true);
  expect(server.ending).toBe(null);
});

const isAlive = (pid: number): boolean => {
  try {
    // A process that has ended, and that nothing has waited for, has no command line any more.
    return readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false;
  }
};

test.runIf(process.platform === 'linux').each([
  ['its environment', 'process.env'],
  ['an empty one', '{}'],
])('a process that has left the group of its program, with %s, ends with it, and does not keep the lab', async (_, env) => {
  const text = `${HEAD}const child = spawn('/bin/sleep', ['1000'], { detached: true, stdio: 'inherit', env: ${env} });\nconsole.log(child.pid);\nfor (;;) poll.poll(events);\n`;
  const server = await startProgram(written(text));
  let pid = 0;
  server.onLine((line) => (pid = Number(line)));
  await expect.poll(() => pid, CALM).toBeGreaterThan(0);
  expect(isAlive(pid)).toBe(true);
  await server.close();
  await expect.poll(() => isAlive(pid), CALM).toBe(false);
});

test('a program that replaces what the lab uses of the language runs as it does without the lab', async () => {
  const server = await startProgram(written(`${HEAD}import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
fs.writeSync = fs.readSync = JSON.stringify = JSON.parse = Error.captureStackTrace = process.exit = () => { throw new Error('replaced'); };
syncBuiltinESMExports();
Object.freeze(Error);
for (;;) poll.poll(events, 20);
`));
  await expect.poll(() => server.history.range.newest.turn, CALM).toBeGreaterThan(3);
  expect(server.view).toMatchObject({ end: null, droppedEvents: 0 });
});

test('a device that a program calls its source has no lines', () => {
  const sources = new Sources('/home/me/loop.js');
  sources.add(0, '/dev/zero');
  expect(sources.all.get(0)!.lines).toEqual([]);
});

test('a pipe, a device or a folder in the place of a program is not waited for', () => {
  const file = written('1;');
  const pipe = `${file}.pipe`;
  execFileSync('mkfifo', [pipe]);
  expect([pipe, '/dev/zero', '/', `${file}.gone`].map(digestOf)).toEqual(['', '', '', '']);
  expect(digestOf(file)).toMatch(/^[\da-f]{64}$/);
});

test('the source of a program is shown whatever its name', async () => {
  const text = `${HEAD}for (;;) poll.poll(events, 20);\n`;
  const server = await startProgram(written(text, '내 루프 😀%41#?.mjs'));
  await expect.poll(() => server.view.sources.size, CALM).toBe(1);
  expect([...server.view.sources.values()]).toEqual([{ name: Buffer.from('내 루프 😀%41#?.mjs').latin1Slice(), lines: text.split('\n') }]);
  await server.close();
});

test('the place of an error is found in a file whose name is not ASCII', async () => {
  const server = await startProgram(written(`${HEAD}poll.poll(events, 0);\nthrow new Error('아이고');\n`, '내 루프.mjs'));
  await expect.poll(() => server.ending, CALM).not.toBe(null);
  expect(server.view.end?.en).toBe('it threw Error: 아이고 (내 루프.mjs:9)');
  expect(server.view.endedAt?.line).toBe(9);
});
