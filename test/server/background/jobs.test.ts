/** Jobs on the helper's thread: files that are actually written, errors as values, disk faults, and a loop that is woken. */
import { constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { receiveMessageOnPort } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppendFile } from '../../../src/server/background/append-file.js';
import type { Job, JobResult } from '../../../src/server/background/job.js';
import { JobQueue } from '../../../src/server/background/job-queue.js';
import { closeWaker } from '../../../src/server/background/loop-waker.js';
import type { FromHelper, ToHelper } from '../../../src/server/background/protocol.js';
import { Events } from '../../../src/server/io/event.js';
import { WAKER } from '../../../src/server/io/token.js';
import { HelperThread } from '../../../src/server/thread/helper-thread.js';
import { temporaryDirectory } from '../../support/headless.js';

let helper: HelperThread;

beforeEach(() => {
  helper = new HelperThread();
});
afterEach(() => helper.close());

const done = (job: Job): Promise<JobResult> => new Promise((resolve) => helper.jobs.submit(job, resolve));
const bytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text));

async function openNew(path: string): Promise<number> {
  const { value, error } = await done({ kind: 'open', path, flags: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode: 0o600 });
  expect(error).toBe(null);
  return value;
}

test('a file is written, synced, put in the place of another, and its folder synced', async () => {
  const folder = temporaryDirectory();
  const [draft, name] = [join(folder, 'draft'), join(folder, 'name')];
  const fd = await openNew(draft);
  // Without waiting in between: jobs are done in their order.
  const results = await Promise.all(
    ([
      { kind: 'write', fd, bytes: bytes('one ') },
      { kind: 'write', fd, bytes: bytes('two') },
      { kind: 'fsync', fd },
      { kind: 'close', fd },
      { kind: 'rename', from: draft, to: name },
      { kind: 'fsync-folder', path: folder },
    ] satisfies Job[]).map(done),
  );
  expect(results).toEqual([4, 3, 0, 0, 0, 0].map((value) => ({ value, error: null })));
  expect(readFileSync(name, 'utf8')).toBe('one two');
  expect(existsSync(draft)).toBe(false);
});

test('a failure is a value', async () => {
  const path = join(temporaryDirectory(), 'none', 'file');
  expect(await done({ kind: 'open', path, flags: constants.O_RDONLY, mode: 0 })).toMatchObject({ value: 0, error: { code: 'ENOENT' } });
  const { value: full } = await done({ kind: 'open', path: '/dev/full', flags: constants.O_WRONLY, mode: 0 });
  expect(await done({ kind: 'write', fd: full, bytes: bytes('x') })).toMatchObject({ value: 0, error: { code: 'ENOSPC' } });
  expect(await done({ kind: 'close', fd: full })).toEqual({ value: 0, error: null });
  expect(await done({ kind: 'close', fd: full })).toMatchObject({ error: { code: 'EBADF' } });
});

test('a full disk takes what fits, and everything again when the fault is removed', async () => {
  const path = join(temporaryDirectory(), 'file');
  const fd = await openNew(path);
  const told: string[] = [];
  helper.jobs.onInjected = (id, effect) => void told.push(`${id}: ${effect}`);
  helper.jobs.setFaults([{ id: 7, fault: { name: 'disk-full', afterBytes: 5, next: 2 } }]);
  const write = (text: string): Promise<JobResult> => done({ kind: 'write', fd, bytes: bytes(text) });
  expect(await write('123')).toEqual({ value: 3, error: null });
  expect(await write('456')).toMatchObject({ value: 2, error: { code: 'ENOSPC' } });
  expect(await write('7')).toMatchObject({ value: 0, error: { code: 'ENOSPC' } });
  expect(await write('8')).toEqual({ value: 1, error: null });
  expect(readFileSync(path, 'utf8')).toBe('123458');
  expect(told).toEqual(['7: write: ENOSPC', '7: write: ENOSPC']);
});

test('an append is written and synced, or cut off again', async () => {
  const path = join(temporaryDirectory(), 'file');
  const fd = await openNew(path);
  const append = (text: string, at: number): Promise<JobResult> => done({ kind: 'append', fd, at, bytes: bytes(text) });
  expect(await append('12345', 0)).toEqual({ value: 5, error: null });
  helper.jobs.setFaults([{ id: 1, fault: { name: 'disk-full', afterBytes: 2 } }]);
  expect(await append('678', 5)).toMatchObject({ value: 0, error: { code: 'ENOSPC' } });
  expect(readFileSync(path, 'utf8')).toBe('12345');
});

test('a slow disk keeps jobs waiting until the fault is removed', async () => {
  const path = join(temporaryDirectory(), 'file');
  const fd = await openNew(path);
  const injected = new Promise<string>((resolve) => (helper.jobs.onInjected = (_, effect) => resolve(effect)));
  helper.jobs.setFaults([{ id: 1, fault: { name: 'slow-disk', ms: 3_600_000 } }]);
  const written = done({ kind: 'write', fd, bytes: bytes('late') });
  expect(await injected).toBe('write takes 3600000 ms longer');
  expect(readFileSync(path, 'utf8')).toBe('');
  helper.jobs.setFaults([]);
  expect(await written).toEqual({ value: 4, error: null });
});

test('jobs fail when their helper has ended', async () => {
  const fd = await openNew(join(temporaryDirectory(), 'file'));
  helper.jobs.setFaults([{ id: 1, fault: { name: 'slow-disk', ms: 3_600_000 } }]);
  const written = done({ kind: 'write', fd, bytes: bytes('never') });
  await helper.close();
  const failed = { value: 0, error: { code: 'EHELPER', message: 'the helper thread has ended' } };
  expect(await written).toEqual(failed);
  expect(await done({ kind: 'fsync', fd })).toEqual(failed);
});

test.runIf(process.platform === 'linux')('a loop that sleeps in the kernel is woken when its job is done, and not any more when it has ended', async () => {
  const { EpollPoll } = await import('../../../src/server/io/backends/epoll.js');
  const poll = new EpollPoll();
  const { port, word } = helper.link()!;
  const jobs = new JobQueue((message, transferred) => port.postMessage(message, transferred));
  port.postMessage({ kind: 'loop', word, wakeFd: poll.waker.fd } satisfies ToHelper);
  const results: JobResult[] = [];
  jobs.submit({ kind: 'fsync-folder', path: temporaryDirectory() }, (result) => results.push(result));
  const events = new Events();
  while (results.length === 0) {
    // This thread receives nothing else: without the waker it would wait for ever.
    poll.wait(events, -1);
    expect(events.tokens.slice(0, events.length)).toEqual([WAKER]);
    poll.waker.acknowledge();
    for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) jobs.receive(received.message as FromHelper);
  }
  expect(results).toEqual([{ value: 0, error: null }]);
  closeWaker(word);
  jobs.submit({ kind: 'fsync-folder', path: temporaryDirectory() }, (result) => results.push(result));
  // Done after the other one.
  await done({ kind: 'fsync-folder', path: temporaryDirectory() });
  poll.wait(events, 0);
  expect(events.length).toBe(0);
  poll.close();
  poll.waker.close();
  port.close();
});

/** A queue whose jobs are done by the test. */
function byHand(): { jobs: JobQueue; posted: Job[]; finish: (code?: string) => void } {
  const posted: Job[] = [];
  const jobs = new JobQueue((message) => void (message.kind === 'job' && posted.push(message.job)));
  let finished = 0;
  return { jobs, posted, finish: (code) => jobs.receive({ kind: 'done', id: ++finished, value: 0, error: code === undefined ? null : { code, message: code } }) };
}

const written = (posted: readonly Job[]): string[] => posted.map((job) => (job.kind === 'write' ? Buffer.from(job.bytes).toString() : job.kind));

test('a file grows by one write at a time, and bytes beyond the limit are refused', async () => {
  const { jobs, posted, finish } = byHand();
  const file = new AppendFile(jobs, 5, 10, () => {});
  expect(['1234', '567', '890', 'x'].map((text) => file.append(bytes(text)))).toEqual([true, true, true, false]);
  expect(written(posted)).toEqual(['1234']);
  finish();
  expect(file.append(bytes('abcd'))).toBe(true);
  expect(file.append(bytes('e'))).toBe(false);
  const synced = file.sync();
  for (let left = 3; left > 0; left--) finish();
  await Promise.resolve();
  expect(written(posted)).toEqual(['1234', '567', '890', 'abcd', 'fsync']);
  finish();
  expect(await synced).toBe(true);
});

test('nothing is written after a failed write', async () => {
  const { jobs, posted, finish } = byHand();
  const errors: string[] = [];
  const file = new AppendFile(jobs, 5, 10, ({ code }) => void errors.push(code));
  for (const text of ['1', '2', '3']) file.append(bytes(text));
  finish('ENOSPC');
  file.append(bytes('4'));
  expect(written(posted)).toEqual(['1']);
  expect(errors).toEqual(['ENOSPC']);
  expect(await file.sync()).toBe(false);
});
