/**
 * What is only told to somebody never ends the server: a log, a trace and a narration on a full disk, or with nobody to read them. And what a client or a file has put
 * into them reaches a file as it is, and a terminal escaped.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cli } from '../support/cli.js';
import { connectWhenReady, MAIN, startHeadless, startInShell, temporaryDirectory, type Headless } from '../support/headless.js';
import { TestTerminal } from '../support/terminal.js';

/** The server answers, and ends as it was told to. */
async function expectAlive(server: Headless, address: number | string): Promise<void> {
  const client = await connectWhenReady(address);
  for (let i = 0; i < 3; i++) expect(await client.call('EVAL', "redis.log(redis.LOG_WARNING, 'a line') return 'alive'", '0')).toBe('alive');
  await server.end();
}

test('a log that takes nothing from the start on is reported once, and the server serves', async () => {
  const socket = join(temporaryDirectory(), 'lab.sock');
  const server = startHeadless('--port', '0', '--unixsocket', socket, '--logfile', '/dev/full');
  await expectAlive(server, socket);
  const [first, last, ...rest] = server.errors.trimEnd().split('\n');
  expect(first).toBe("redis-lab: the log '/dev/full' is incomplete from here on: no space is left on the device");
  expect(last).toMatch(/^redis-lab: the log '\/dev\/full' lacks the last \d+ lines: no space is left on the device$/);
  expect(rest).toEqual([]);
});

test('so is standard output on a full disk', async () => {
  const socket = join(temporaryDirectory(), 'lab.sock');
  const server = startInShell('exec "$@" >/dev/full', '--port', '0', '--unixsocket', socket);
  await expectAlive(server, socket);
  expect(server.errors).toMatch(/^redis-lab: the log on standard output is incomplete from here on: no space is left on the device\n/);
});

test('standard error on a full disk is nothing to end for', async () => {
  const socket = join(temporaryDirectory(), 'lab.sock');
  const server = startInShell('exec "$@" >/dev/full 2>/dev/full', '--port', '0', '--unixsocket', socket);
  await expectAlive(server, socket);
});

test('a trace that takes nothing is reported in the log, and the server serves', async () => {
  const server = startHeadless('--port', '0', '--trace', '/dev/full');
  await expectAlive(server, await server.ready());
  expect(server.output.match(/the trace '\/dev\/full' is incomplete from here on: no space is left on the device/g)).toHaveLength(1);
  expect(server.output).toMatch(/the trace '\/dev\/full' lacks the last \d+ lines/);
});

test('a trace that has reached the size that files may have holds whole lines only', async () => {
  const path = join(temporaryDirectory(), 'trace.jsonl');
  const server = startInShell('ulimit -f 40; exec "$@"', '--port', '0', '--trace', path);
  const client = await server.connect();
  for (let i = 0; i < 100; i++) await client.call('SET', `key:${i}`, 'x'.repeat(1000));
  await server.end();
  expect(server.output).toContain('is incomplete from here on: the file has reached its size limit');
  const lines = readFileSync(path, 'utf8').split('\n');
  // The last line ends with the file: nothing could be written behind it.
  for (const line of lines.slice(0, -1)) expect(JSON.parse(line)).toHaveProperty('kind');
});

test('a recording that takes nothing ends with a word in the log, and the server serves', async () => {
  const server = startHeadless('--port', '0', '--record', '/dev/full');
  const client = await server.connect();
  await server.says("the recording '/dev/full' ends here: no space is left on the device");
  expect(await client.call('PING')).toEqual({ simple: 'PONG' });
  await server.end();
  expect(server.output.match(/the recording/g)).toHaveLength(1);
});

test('the fault disk-full does the same, and what had been written is replayed', async () => {
  const folder = temporaryDirectory();
  const [path, trace] = [join(folder, 'full.lab'), join(folder, 'trace.jsonl')];
  const server = startHeadless('--port', '0', '--record', path, '--fault', 'disk-full 20kb next 1', '--trace', trace);
  const client = await server.connect();
  // Some of it is on the disk before it is full.
  while (readFileSync(path).length < 2000) await client.call('PING');
  for (let i = 0; !server.output.includes('ends here'); i++) await client.call('SET', `key:${i}`, 'x'.repeat(2000));
  expect(await client.call('PING')).toEqual({ simple: 'PONG' });
  await server.end();
  expect(server.output).toContain(`the recording '${path}' ends here: no space is left on the device`);
  expect(readFileSync(trace, 'utf8')).toContain('"token":1,"id":1,"fault":"disk-full 20480 next 1","effect":"write: ENOSPC"');
  // The head may have been written before the fault was set.
  expect(readFileSync(path).length).toBeGreaterThanOrEqual(20_480);
  expect(readFileSync(path).length).toBeLessThan(21_480);
  const { stdout, stderr } = await cli('replay', path);
  expect(stdout).toMatch(/^replayed \d+ turns, \d+ commands: identical \(up to where this stops/);
  expect(stderr).toMatch(/is incomplete: it is cut off in block \d+, at byte \d+; the \d+ turns before it are replayed\n$/);
});

test('a disk that takes too long is not waited for: neither by the loop, nor for ever at the end', async () => {
  const path = join(temporaryDirectory(), 'slow.lab');
  const server = startHeadless('--port', '0', '--record', path, '--fault', 'slow-disk 1h');
  const client = await server.connect();
  for (let i = 0; i < 100; i++) expect(await client.call('SET', 'k', 'x'.repeat(10_000))).toEqual({ simple: 'OK' });
  await server.end();
  expect(server.output).toContain(`the recording '${path}' lacks its end: the disk does not keep up`);
  // The head may be written before the fault is set.
  expect(readFileSync(path).length).toBeLessThan(1000);
});

test('the narration survives a full disk, too', async () => {
  const socket = join(temporaryDirectory(), 'lab.sock');
  const server = startInShell('exec "$1" "$2" --screen-reader "${@:4}" >/dev/full', '--port', '0', '--unixsocket', socket);
  const client = await connectWhenReady(socket);
  for (let i = 0; i < 3; i++) expect(await client.call('PING')).toEqual({ simple: 'PONG' });
  server.child.stdin.end();
  expect(await server.exited).toBe(0);
  expect(server.errors).toBe('redis-lab: the narration is incomplete from here on: ENOSPC\n');
});

test('a trace replaces no file, and follows no symbolic link, unless told to', async () => {
  const directory = temporaryDirectory();
  const [old, link, dangling, empty] = ['old', 'link', 'dangling', 'empty'].map((name) => join(directory, name)) as [string, string, string, string];
  writeFileSync(old, 'precious\n');
  writeFileSync(empty, '');
  symlinkSync(old, link);
  symlinkSync(join(directory, 'target'), dangling);
  for (const path of [old, link]) {
    const server = startHeadless('--port', '0', '--trace', path);
    expect(await server.exited).toBe(1);
    expect(server.errors).toBe(`redis-lab: '${path}' exists already; --trace-overwrite replaces it\n`);
  }
  expect(await startHeadless('--port', '0', '--trace', dangling).exited).toBe(1);
  expect(readFileSync(old, 'utf8')).toBe('precious\n');
  // An empty one, from mktemp for one, holds nothing that could be lost.
  for (const args of [[empty], [old, '--trace-overwrite']]) {
    const server = startHeadless('--port', '0', '--trace', ...args);
    await (await server.connect()).call('PING');
    await server.end();
    expect(readFileSync(args[0]!, 'utf8')).toMatch(/^\{"/);
  }
});

test("a log file has a script's bytes as they are", async () => {
  const path = join(temporaryDirectory(), 'log');
  const server = startInShell('exec "$@" >"$LOG"'.replace('$LOG', path), '--port', '0', '--unixsocket', `${path}.sock`);
  const client = await connectWhenReady(`${path}.sock`);
  await client.call('EVAL', "redis.log(redis.LOG_WARNING, 'caf\\255 \\155 \\195\\169')", '0');
  await server.end();
  expect(readFileSync(path, 'latin1')).toContain('# caf\xff \x9b \xc3\xa9\n');
});

test('on a terminal the log is escaped, and so is what is wrong with the start', async () => {
  const directory = temporaryDirectory();
  const socket = join(directory, 'lab.sock');
  const terminal = new TestTerminal(process.execPath, [MAIN, '--headless', '--port', '0', '--unixsocket', socket], { columns: 200 });
  onTestFinished(() => terminal.close());
  const client = await connectWhenReady(socket);
  await client.call('EVAL', "redis.log(redis.LOG_WARNING, 'caf\\255 \\155[31m \\27]0;title\\7 line\\nfeed')", '0');
  await terminal.until('# caf\\xff \\x9b[31m \\x1b]0;title\\a line\\nfeed');
  terminal.signal('SIGTERM');
  expect(await terminal.exited).toBe(0);
  expect(terminal.raw).not.toMatch(/[\x1b\x9b\ufffd]/);

  const conf = join(directory, 'redis.conf');
  writeFileSync(conf, 'port 0\nmaxmemory "\x1b[31mmuch\x9b" \n', 'latin1');
  for (const args of [[conf], ['--\x1b[31moption', '1'], ['--maxmemory', '\x1b]0;x\x07'], ['/no/\x1b[31mfile'], ['--headless', '--trace', '/no/\u009b31m/file']]) {
    const refused = new TestTerminal(process.execPath, [MAIN, ...args], { columns: 200 });
    onTestFinished(() => refused.close());
    expect(await refused.exited).toBe(1);
    expect(refused.raw).toContain('redis-lab: ');
    expect(refused.raw).not.toMatch(/[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]/);
  }
});

test('flags are bytes: what is not ASCII is the UTF-8 that clients send, in paths, too', async () => {
  const directory = temporaryDirectory();
  const socket = join(directory, 'sockét.sock');
  const log = join(directory, 'lög');
  const server = startHeadless('--port', '0', '--requirepass', 'pässword', '--unixsocket', socket, '--logfile', log);
  const client = await connectWhenReady(socket);
  expect(await client.call('AUTH', Buffer.from('pässword').toString('latin1'))).toEqual({ simple: 'OK' });
  expect(await client.call('CONFIG', 'GET', 'logfile')).toEqual(['logfile', Buffer.from(log).toString('latin1')]);
  await server.end();
  expect(readFileSync(log, 'utf8')).toContain(`, ${socket} (`);
});

test('a closed reader of the log is reported once', async () => {
  const server = startHeadless('--port', '0');
  const port = await server.ready();
  server.child.stdout.destroy();
  await expectAlive(server, port);
  expect(server.errors.match(/it is no longer read/g)).not.toBe(null);
  expect(server.errors.match(/is incomplete from here on/g)).toHaveLength(1);
});

describe('a pipe whose reader has stopped', () => {
  test.each(['--trace', '--record', '--logfile'])('%s: the server hears a signal all the same', async (option) => {
    const directory = temporaryDirectory();
    const [pipe, socket] = [join(directory, 'pipe'), join(directory, 'lab.sock')];
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(reader));
    const server = startHeadless('--port', '0', '--unixsocket', socket, option, pipe);
    const client = await connectWhenReady(socket);
    for (let i = 0; i < 20; i++) await client.call('EVAL', "for i = 1, 20 do redis.log(redis.LOG_WARNING, ARGV[1]) end redis.call('SET', 'k', ARGV[1])", '0', 'x'.repeat(5000));
    for (let i = 0; i < 300; i++) await client.call('PING');
    await server.end();
    const lines = (server.output + server.errors).split('\n').filter((line) => line.includes(' lacks '));
    expect(lines).toEqual([expect.stringMatching(/ lacks its end: its reader does not keep up$/)]);
  });

  test('one that reads gets a recording whole, however much comes at once', async () => {
    const directory = temporaryDirectory();
    const server = startInShell(`cd ${directory}; mkfifo pipe; cat pipe >copy.lab & exec "$@"`, '--port', '0', '--record', join(directory, 'pipe'));
    const client = await server.connect();
    for (let i = 0; i < 5; i++) expect(await client.call('SET', 'k', 'x'.repeat(3_000_000))).toEqual({ simple: 'OK' });
    await server.end();
    expect(execFileSync(process.execPath, [MAIN, 'replay', join(directory, 'copy.lab')]).toString()).toMatch(/^replayed \d+ turns, 5 commands: identical\n$/);
  });
});
