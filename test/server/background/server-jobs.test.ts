/** The jobs of a server: done by the helper or at once, reported in a turn, recorded, replayed without being done again, and continued by a restored server. */
import { closeSync, constants, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Job, JobResult } from '../../../src/server/background/job.js';
import { digestOf } from '../../../src/server/recording/digest.js';
import { Replay } from '../../../src/server/recording/replay.js';
import type { Server } from '../../../src/server/server.js';
import { LoopHelper } from '../../../src/server/thread/loop-helper.js';
import { Events } from '../../../src/server/io/event.js';
import { HELPER_URL } from '../../../src/server/thread/helper-thread.js';
import { temporaryDirectory } from '../../support/headless.js';
import { record } from '../recording/scenarios.js';
import { type LabHelper, ScriptedHelper, simulate } from '../simulation/harness.js';

const open = (path: string): Job => ({ kind: 'open', path, flags: constants.O_WRONLY | constants.O_CREAT, mode: 0o600 });
const bytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text));

/** A server that writes a file by jobs, and stores their results as keys. */
function write(server: Server, path: string): void {
  const note = (name: string) => ({ value, error }: JobResult): void => server.keyspace.databases[0]!.set(name, error?.code ?? String(value));
  server.jobs.submit(open(path), (opened) => {
    note('open')(opened);
    const fd = opened.value;
    server.jobs.submit({ kind: 'write', fd, bytes: bytes('0123456789') }, note('write'));
    server.jobs.submit({ kind: 'truncate', fd, length: 4 }, note('truncate'));
    server.jobs.submit({ kind: 'close', fd }, note('close'));
    server.jobs.submit({ kind: 'rename', from: path, to: `${path}2` }, note('rename'));
    server.jobs.submit({ kind: 'unlink', path }, note('unlink'));
  });
}

const DONE = '*5\r\n$2\r\n10\r\n$1\r\n0\r\n$1\r\n0\r\n$1\r\n0\r\n$6\r\nENOENT\r\n';
const WRITTEN = ['MGET', 'write', 'truncate', 'close', 'rename', 'unlink'] as const;

test('without a helper they are done at once, and their ends are reported in a later turn; a replay does nothing again', () => {
  const path = join(temporaryDirectory(), 'file');
  const recorded = record();
  const { lab } = recorded;
  write(lab.server, path);
  expect(existsSync(path)).toBe(true);
  expect(lab.server.keyspace.databases[0]!.size).toBe(0);
  lab.settle();
  expect(lab.connect().ask(...WRITTEN)).toBe(DONE);
  expect(readFileSync(`${path}2`, 'utf8')).toBe('0123');
  const tape = recorded.tape();
  const again = new Replay(recorded.head, tape);
  write(again.server, join(temporaryDirectory(), 'none', 'file'));
  expect(again.run()).toMatchObject({ divergence: null });
  expect(digestOf(again.server)).toBe(digestOf(lab.server));
});

test('results of the helper are reported in the turn that it has woken, and are inputs of the recording', () => {
  const path = join(temporaryDirectory(), 'file');
  const helper = new ScriptedHelper();
  const recorded = record({ helper });
  const { lab } = recorded;
  const client = lab.connect();
  write(lab.server, path);
  lab.settle();
  expect(existsSync(path)).toBe(false);
  helper.finish();
  expect(existsSync(path)).toBe(true);
  expect(client.ask('GET', 'open')).not.toBe('$-1\r\n');
  expect(helper.waiting.map(({ kind }) => kind)).toEqual(['write', 'truncate', 'close', 'rename', 'unlink']);
  helper.finishAll();
  expect(client.ask(...WRITTEN)).toBe(DONE);
  const before = statSync(`${path}2`).mtimeMs;
  const again = new Replay(recorded.head, recorded.tape());
  again.turn();
  // As a command would have done it, at the same place.
  write(again.server, path);
  expect(again.run()).toMatchObject({ divergence: null });
  expect(digestOf(again.server)).toBe(digestOf(lab.server));
  expect(existsSync(path)).toBe(false);
  expect(statSync(`${path}2`).mtimeMs).toBe(before);
});

test('an unfinished job continues in a replay of the same recording, and does not belong to another server', () => {
  const helper = new ScriptedHelper();
  const recorded = record({ helper });
  const { lab } = recorded;
  const client = lab.connect();
  lab.server.jobs.submit({ kind: 'unlink', path: '/none' }, () => {});
  lab.settle();
  const state = lab.server.capture();
  helper.finish({ value: 7, error: null });
  client.ask('PING');
  const replay = new Replay(recorded.head, recorded.tape());
  replay.server.jobs.submit({ kind: 'unlink', path: '/none' }, () => {});
  const told: number[] = [];
  for (; ; replay.turn()) {
    if (replay.server.loop.turnNumber === state.turn) break;
  }
  replay.server.jobs.resume(1, ({ value }) => void told.push(value));
  expect(replay.run()).toMatchObject({ divergence: null });
  expect(told).toEqual([7]);
  const other = simulate({ from: state });
  other.server.jobs.submit({ kind: 'unlink', path: '/none' }, ({ error }) => void told.push(error === null ? 0 : 1));
  other.settle();
  expect(told).toEqual([7, 1]);
});

test('the end of a job that was never submitted is a divergence', () => {
  const helper = new ScriptedHelper();
  const recorded = record({ helper });
  recorded.lab.server.jobs.submit({ kind: 'unlink', path: '/none' });
  helper.finish();
  recorded.lab.settle();
  const { divergence } = new Replay(recorded.head, recorded.tape()).run();
  expect(divergence?.message).toContain('the end of job 1');
});

test("a loop starts a helper thread with its first job, and gets the results when it is woken", async () => {
  const path = join(temporaryDirectory(), 'file');
  const woken: (() => void)[] = [];
  const helper = new LoopHelper(null, HELPER_URL.href, { fd: -1, wake: () => woken.shift()?.(), acknowledge() {}, close() {} });
  const wake = new Promise<void>((resolve) => woken.push(resolve));
  const results: JobResult[] = [];
  helper.jobs.submit(open(path), (result) => void results.push(result));
  await wake;
  expect(results).toEqual([]);
  helper.drain();
  expect(results).toMatchObject([{ error: null }]);
  expect(existsSync(path)).toBe(true);
  const fd = openSync(path, 'a');
  for (const at of [0, 3]) helper.jobs.submit({ kind: 'append', fd, at, bytes: bytes('abc') }, (result) => void results.push(result));
  // The loop can wait for the work itself; what has become of it is heard later all the same.
  expect(helper.settle()).toBe(true);
  expect([readFileSync(path, 'utf8'), results.length]).toEqual(['abcabc', 1]);
  helper.close();
  closeSync(fd);
});

/** A loop that wakes like one on the portable poller, and the helper of a program. */
function loopWith(program: string): { readonly helper: LoopHelper; turn(): Promise<void> } {
  let wake = (): void => {};
  let woken = new Promise<void>((resolve) => (wake = resolve));
  const helper = new LoopHelper(null, program, { fd: -1, wake: () => wake(), acknowledge() {}, close() {} });
  const turn = async (): Promise<void> => {
    await woken;
    woken = new Promise((resolve) => (wake = resolve));
    helper.drain();
  };
  return { helper, turn };
}

describe('a helper thread that cannot start', () => {
  const broken = `data:text/javascript,${encodeURIComponent("throw new Error('no such luck')")}`;

  test.each([
    ['whose program is not there', 'file:///none/helper.js', /^there is no helper thread: Cannot find module .\/none\/helper.js.$/],
    ['whose program fails', broken, /^there is no helper thread: no such luck$/],
    ['whose program has an impossible name', 'no URL', /^there is no helper thread: /],
  ])('%s fails its jobs in a turn of their own, and the next job starts another one', async (_name, program, complaint) => {
    const { helper, turn } = loopWith(program);
    const errors: unknown[] = [];
    for (let round = 1; round <= 2; round++) {
      for (let jobs = 2; jobs > 0; jobs--) helper.jobs.submit({ kind: 'unlink', path: '/none' }, ({ error }) => void errors.push(error));
      expect(errors.length).toBe(2 * (round - 1));
      await turn();
      expect(errors.length).toBe(2 * round);
      expect(helper.settle()).toBe(true);
    }
    for (const error of errors) expect(error).toMatchObject({ code: 'EHELPER', message: expect.stringMatching(complaint) });
    helper.close();
  });

  test.runIf(process.platform === 'linux')('wakes a loop that sleeps in the kernel', async () => {
    const { EpollPoll } = await import('../../../src/server/io/backends/epoll.js');
    const poll = new EpollPoll();
    const helper = new LoopHelper(null, broken, poll.waker);
    const errors: (string | undefined)[] = [];
    helper.jobs.submit({ kind: 'unlink', path: '/none' }, ({ error }) => void errors.push(error?.message));
    // Not a single event of this thread's own loop is handled meanwhile.
    const events = new Events();
    while (errors.length === 0) {
      poll.wait(events, -1);
      poll.waker.acknowledge();
      helper.drain();
    }
    expect(errors).toEqual(['there is no helper thread: no such luck']);
    helper.close();
    poll.close();
    poll.waker.close();
  });

  test('fails a BGSAVE as a full disk does: the status, the log, and MISCONF for writes', async () => {
    let woken: (() => void) | null = null;
    const wake = (): void => {
      ofLab.wake();
      woken?.();
    };
    const helper = new LoopHelper(null, broken, { fd: -1, wake, acknowledge() {}, close() {} });
    const ofLab: LabHelper = { run: (_, job, done) => helper.jobs.submit(job, done), settle: () => helper.settle(), drain: () => helper.drain(), wake: () => {} };
    using lab = simulate({ settings: { dir: temporaryDirectory(), save: '3600 1' }, helper: ofLab });
    const client = lab.connect();
    expect(client.ask('SET', 'k', 'v')).toBe('+OK\r\n');
    expect(client.ask('BGSAVE')).toBe('+Background saving started\r\n');
    while (!client.ask('INFO', 'persistence').includes('rdb_bgsave_in_progress:0')) {
      await new Promise<void>((resolve) => (woken = resolve));
      lab.settle();
    }
    expect(client.ask('INFO', 'persistence')).toContain('rdb_last_bgsave_status:err');
    expect(client.ask('SET', 'k', 'w')).toMatch(/^-MISCONF /);
    expect(client.ask('GET', 'k')).toBe('$1\r\nv\r\n');
    expect(lab.log).toContain('warning: Background saving error: there is no helper thread: no such luck');
    helper.close();
  });
});
