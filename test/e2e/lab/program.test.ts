/**
 * A learner's own program in the lab: what its loop does is drawn, it can be held, and whatever it does the lab can be left, and nothing stays behind.
 */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { expectLeft, KEYS, type Lab, launchLab, startLab } from '../../support/lab.js';

const LESSONS = new URL('../../../dist/course/lessons', import.meta.url).pathname;

/** In a folder that has nothing of the package in it. @param text of the program, or the lesson whose solution it is */
function program(text: string, name = 'my-loop.js'): string {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-program-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, name);
  if (/^\d\d-[\w-]+$/.test(text)) copyFileSync(join(LESSONS, text, 'solution.js'), file);
  else writeFileSync(file, text);
  return file;
}

const HEAD = `import { Events, Interest, Poll, TcpListener, Token, WouldBlock } from 'redis-lab/poll';
const poll = new Poll();
const listener = TcpListener.bind(poll, '127.0.0.1:0');
poll.register(listener, Token(0), Interest.READABLE);
const events = new Events();
`;

/** Does not come back from its second turn. */
const HANGS = `${HEAD}for (let turn = 1; ; turn++) {
  poll.poll(events);
  listener.accept();
  for (;;);
}
`;

/** Like a stub of the course: it listens, and throws in its first turn. */
const UNWRITTEN = `import { Interest, TcpListener, Token } from 'redis-lab/poll';
export class Loop {
  static bind(poll, address) {
    poll.register(TcpListener.bind(poll, address), Token(0), Interest.READABLE);
    return new Loop();
  }
  runOnce() {
    throw new Error('runOnce is not written yet');
  }
}
`;

const pidIn = (lab: Lab): number => Number(/pid (\d+)/.exec(lab.pane('keyspace').join('\n'))?.[1] ?? Number.NaN);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function expectGone(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(1);
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
}

/** The line of the program that the loop pane marks. */
const marked = (lab: Lab): string => lab.pane('loop').find((row) => row.startsWith('▶'))?.replace(/^▶\s*\d+\s*/, '') ?? '';

test.each(['03-many-clients', '06-expiry'])('the solution of lesson %s is drawn, and the line is marked that has called wait, accept, read and write', async (lesson) => {
  const lab = await startLab({ args: [program(lesson)], columns: 200, rows: 60 });
  await lab.until(() => lab.pane('frames').length > 0 && lab.pane('readiness').some((row) => row.includes('LISTENER READABLE accept ×1 then WouldBlock')));
  await lab.run('PING', lesson.startsWith('03') ? '1) "PING"' : 'PONG');
  await lab.until(() => lab.pane('frames').some((row) => row.includes('PING')) && lab.pane('readiness').some((row) => /#1\s+READABLE read 14 B/.test(row)));
  await lab.until(() => marked(lab).includes('this.#poll.poll('));
  await lab.toPanes();
  await lab.pause();
  const other = lab.connect();
  const seen = new Set<string>();
  // A second client connects, and what the console sends is read and answered, event by event.
  await lab.toConsole();
  lab.type(`ECHO hi\r${KEYS.escape}`);
  await lab.until('Space pause');
  const calls = ['.poll(', '.accept()', '.read(', '.write('];
  for (let step = 0; step < 60 && !calls.every((call) => [...seen].some((line) => line.includes(call))); step++) {
    const before = lab.screen;
    lab.type('e');
    await lab.until(() => lab.screen !== before && lab.header.includes('PAUSED'));
    seen.add(marked(lab));
  }
  for (const call of calls) expect([...seen].join('\n')).toContain(call);
  await lab.resume();
  expect((await other).socket.destroyed).toBe(false);
});

const WAYS_OUT: readonly ((lab: Lab) => void | Promise<void>)[] = [
  async (lab) => (await lab.toPanes(), lab.type('q')),
  (lab) => lab.type(KEYS.ctrlC + KEYS.ctrlC),
  (lab) => lab.signal('SIGTERM'),
  (lab) => lab.signal('SIGHUP'),
];

test('a program that never returns from a turn is left with q, Ctrl-C twice, SIGTERM and SIGHUP, and ends', async () => {
  await Promise.all(
    WAYS_OUT.map(async (leave) => {
      const lab = await startLab({ args: [program(HANGS)], inShell: true });
      const pid = pidIn(lab);
      await lab.until(() => lab.header.includes('BUSY'));
      expect(marked(lab)).toBe('listener.accept();');
      await leave(lab);
      await expectLeft(lab);
      await expectGone(pid);
    }),
  );
});

test('a program ends with its terminal, and so does what it has started', async () => {
  const started = `import { spawn } from 'node:child_process';
const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
console.log('started ' + child.pid);
`;
  const lab = await startLab({ args: [program(`${started}${HANGS}`)] });
  const pid = pidIn(lab);
  await lab.until(/\| started \d+/);
  const sleeper = Number(/started (\d+)/.exec(lab.screen)![1]);
  expect(isAlive(sleeper)).toBe(true);
  lab.terminal.hangUp();
  await expectGone(pid);
  await expectGone(sleeper);
});

test('what the program writes is shown, and no control byte of it reaches the terminal', async () => {
  const lab = await startLab({ args: [program(`${HEAD}console.log('first \\x1b[2J line');\nconsole.error('second');\nfor (;;) poll.poll(events, 1000);\n`)] });
  await lab.until(() => lab.screen.includes('| first \\x1b[2J line') && lab.screen.includes('| second'));
  expect(lab.terminal.raw).not.toContain('\x1b[2J line');
});

test('what cannot be shown is reported in one line', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const cases: readonly (readonly [string, RegExp])[] = [
    [program('import { Poll } from "redis-lab/poll";\nlet y = ;\n'), /my-loop\.js': it threw SyntaxError: .*\(my-loop\.js:2\)/],
    [program('import { Poll } from "redis-lab/poll";\nnew Poll().pol();\n'), /it threw TypeError: .*pol is not a function \(my-loop\.js:2\)/],
    [program(UNWRITTEN), /my-loop\.js': it threw Error: runOnce is not written yet \(my-loop\.js:8\)/],
    [program('const a = 1;\nprocess.exit(3);\n'), /it has ended with exit code 3/],
    [program(HEAD.replace(':0', `:${port}`)), new RegExp(`it threw .*EADDRINUSE.*\\(my-loop\\.js:3\\)`)],
  ];
  await Promise.all(
    cases.map(async ([file, expected]) => {
      const lab = launchLab({ args: [file], columns: 400 });
      expect(await lab.exitCode).toBe(1);
      expect(lab.terminal.raw).toMatch(/^redis-lab: [^\n]*\r\n$/);
      expect(lab.terminal.raw).toMatch(expected);
    }),
  );
});

test('a program that does not listen is shown at once, and named; when it does, the console connects', async () => {
  const late = HEAD.replace('const listener', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 15000);\nconst listener');
  const cases: readonly (readonly [string, RegExp])[] = [
    ['setInterval(() => {}, 1000);\n', /it has used nothing of redis-lab\/poll for \d+ s/],
    ["import { Events, Poll } from 'redis-lab/poll';\nnew Poll().poll(new Events());\n", /it has not listened yet, for \d+ s: it has opened a poll and bound no listener/],
    [`${late}for (;;) poll.poll(events);\n`, /it has not listened yet, for \d+ s: .*/],
  ];
  await Promise.all(
    cases.map(async ([text, expected], at) => {
      const lab = launchLab({ args: [program(text)], columns: 120, rows: 40 });
      await lab.until(() => /has not listened yet|has used nothing/.test(lab.pane('keyspace').join(' ')) && lab.header.includes('no address'));
      await lab.until(() => expected.test(lab.pane('keyspace').join(' ').replace(/\s+/g, ' ')));
      if (at < 2) {
        expect(lab.screen).toContain('not connected>');
        await lab.run('PING', 'there is no address to connect to');
      } else {
        await lab.until(() => /127\.0\.0\.1:\d+>/.test(lab.screen) && lab.header.includes('127.0.0.1:'));
      }
      const pid = pidIn(lab);
      await lab.toPanes();
      lab.type('q');
      expect(await lab.exitCode).toBe(0);
      await expectGone(pid);
    }),
  );
});

test('a program that has thrown is shown with the line that did; its past can be walked through, and keys that it does not have say so', async () => {
  const text = `${HEAD}for (;;) {
  poll.poll(events);
  const stream = listener.accept();
  poll.register(stream, Token(1), Interest.READABLE);
  poll.poll(events);
  stream.read(Buffer.alloc(9)).oh();
}
`;
  const lab = await startLab({ args: [program(text)] });
  await lab.toPanes();
  lab.type('L');
  await lab.until(() => lab.footer.includes('L is not available yet for a program of your own'));
  await lab.toConsole();
  lab.type('PING\r');
  await lab.until(() => lab.header.includes('ENDED') && lab.pane('keyspace').join(' ').includes('it threw TypeError'));
  await lab.until(() => marked(lab).includes('stream.read(Buffer.alloc(9)).oh();'));
  lab.type(KEYS.escape);
  await lab.until(() => lab.footer.includes('q quit'));
  lab.type(KEYS.home);
  await lab.until(() => lab.header.includes('HISTORY 1 of') && marked(lab) === 'poll.poll(events);');
  await lab.until(() => lab.pane('keyspace').join(' ').includes('run again with its recorded inputs'));
  lab.type(KEYS.end);
  await lab.until(() => lab.header.includes('ENDED'));
});

/** Counts the bytes that it has echoed. */
const COUNTS = `${HEAD}const buffer = Buffer.alloc(64);
let stream;
let bytes = 0;
for (;;) {
  poll.poll(events);
  for (const { token } of events) {
    if (token === 0) {
      stream = listener.accept();
      poll.register(stream, Token(1), Interest.READABLE);
      continue;
    }
    for (let n = stream.read(buffer); n !== WouldBlock && n !== 0; n = stream.read(buffer)) {
      bytes += n;
      stream.write(buffer.subarray(0, n));
    }
  }
}
`;

test('the past is the program run again: its variables at that moment, forward and back, where it diverges, and its end', async () => {
  const file = program(COUNTS);
  const lab = await startLab({ args: [file], columns: 120, rows: 40 });
  await lab.run('PING', '1) "PING"');
  await lab.run('ECHO a', '"a"');
  await lab.toPanes();
  const pane = (): string => lab.pane('keyspace').join(' ').replace(/\s+/g, ' ');
  lab.type(KEYS.left);
  await lab.until(() => pane().includes('here the recording ends, and it does not go on by itself: End leads back to the live program') || pane().includes('run again with'));
  await lab.until(() => pane().includes('bytes = 35'));
  for (let turn = 0; turn < 2; turn++) lab.type('\x1b[1;2D');
  await lab.until(() => pane().includes('bytes = 14') && pane().includes('run again with its recorded inputs'));
  lab.type(KEYS.home);
  await lab.until(() => pane().includes('bytes = 0') && lab.header.includes('HISTORY 1 of'));
  lab.type('e');
  await lab.until(() => pane().includes('run again with'));
  writeFileSync(file, COUNTS.replace('stream.write(buffer.subarray(0, n))', 'stream.read(buffer)'));
  lab.type(KEYS.end);
  await lab.until(() => !lab.header.includes('HISTORY'));
  lab.type(KEYS.left);
  await lab.until(() => /diverges at call \d+: recorded write\(#1, 14 bytes\), now read\(#1\)/.test(pane()) && lab.pane('loop').join(' ').includes('diverges at call'));
  const pid = lab.pid;
  lab.type(KEYS.end);
  await lab.until(() => !lab.header.includes('HISTORY'));
  lab.type('q');
  expect(await lab.exitCode).toBe(0);
  await expectGone(pid);
});

test('a program is recorded in a file, which shows it again, and is refused where the program is not the one that was recorded', async () => {
  const file = program(COUNTS);
  const record = join(file, '..', 'run.tape');
  const lab = await startLab({ args: [file, '--record', record, '--', 'an argument'], columns: 120, rows: 40 });
  await lab.run('PING', '1) "PING"');
  await lab.toPanes();
  lab.type('q');
  expect(await lab.exitCode).toBe(0);
  const again = launchLab({ args: [record], columns: 120, rows: 40 });
  const pane = (): string => again.pane('keyspace').join(' ').replace(/\s+/g, ' ');
  await again.until(() => again.header.includes('ENDED') && pane().includes('the recording ends here, and the program does not go on by itself'));
  await again.until(() => again.pane('frames').some((row) => row.includes('PING')));
  again.type(KEYS.escape);
  await again.until(() => again.footer.includes('q quit'));
  again.type(KEYS.left);
  await again.until(() => pane().includes('bytes = 14'));
  again.type(KEYS.home);
  await again.until(() => pane().includes('bytes = 0'));
  again.type('q');
  expect(await again.exitCode).toBe(0);
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [[file, '--record', record], /already exists|exists/],
    [[file, '--record', '/dev/null'], /must be a file and not a pipe/],
    [[record, '--record', 'other'], /a recording takes neither/],
    [['replay', record], /is a recording of a program: redis-lab .* shows it/],
  ];
  for (const [args, expected] of refusals) {
    const refused = launchLab({ args, columns: 400 });
    expect(await refused.exitCode).not.toBe(0);
    expect(refused.terminal.raw).toMatch(/^redis-lab: [^\n]*\r\n$/);
    expect(refused.terminal.raw).toMatch(expected);
  }
  writeFileSync(file, `${COUNTS}// changed\n`);
  const changed = launchLab({ args: [record], columns: 400 });
  expect(await changed.exitCode).toBe(1);
  expect(changed.terminal.raw).toMatch(/has been changed since it was recorded, so it would not do the same\r\n$/);
});
