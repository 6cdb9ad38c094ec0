/**
 * How it starts, or why it does not: in one clear line, with the terminal as it was.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { launchLab, MAIN, startLab } from '../../support/lab.js';
import { TestTerminal, UNTIL_READ } from '../../support/terminal.js';

test('without any terminal it says so, names --headless, and exits with 1', async () => {
  const run = promisify(execFile)(process.execPath, [MAIN, '--port', '0']);
  await expect(run).rejects.toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^redis-lab: the screen needs a terminal on standard input and output; redis-lab --headless runs the server without it.*\n$/) });
});

test.each([
  ['output', '| cat', /^redis-lab: the screen needs a terminal on standard output; redis-lab --headless runs the server without it/m],
  ['input', '< /dev/null', /^redis-lab: the screen needs a terminal on standard input; redis-lab --headless runs the server without it/m],
])('without a terminal on standard %s it names just that', async (_, redirection, expected) => {
  const shell = new TestTerminal('sh', ['-c', `("${process.execPath}" "${MAIN}" --port 0; echo "exit $?" >&2) ${redirection}; ${UNTIL_READ}`], { columns: 200 });
  onTestFinished(() => shell.close());
  await shell.exited;
  expect(shell.screen()).toMatch(expected);
  expect(shell.screen()).toContain('exit 1');
  expect(shell.raw).not.toContain('\x1b');
});

test('if 6379 is taken and no port was given, the next free one is used, and the header shows it', async () => {
  const other = createServer();
  other.listen(6379, '127.0.0.1');
  // Somebody else may hold it: that will do as well.
  await once(other, 'listening').catch(() => {});
  onTestFinished(() => void other.close());
  const lab = await startLab({ args: [] });
  expect(lab.port).toBeGreaterThan(6379);
  expect(lab.header).toContain('6379 is taken');
});

/** Bold, dim, underlined, inverse, and their ends; with the eight basic colours. */
const PLAIN_STYLE = /^(?:(?:0|1|2|4|7|22|24|27)(?:;|$))+$/;
const BASIC_STYLE = /^(?:(?:0|1|2|4|7|22|24|27|3[0-79]|4[0-79])(?:;|$))+$/;

test('a port that was asked for and is taken is one line, and the terminal is not touched', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const lab = launchLab({ args: ['--port', String(port)] });
  expect(await lab.exitCode).toBe(1);
  expect(lab.terminal.raw).toBe(`redis-lab: cannot listen on 127.0.0.1:${port}: the address is already in use\r\n`);
});

test.each<[string, { [name: string]: string }, RegExp]>([
  ['FORCE_COLOR=0', { FORCE_COLOR: '0' }, PLAIN_STYLE],
  ['a vt100', { TERM: 'vt100', COLORTERM: '' }, PLAIN_STYLE],
  ['the Linux console', { TERM: 'linux', COLORTERM: '' }, BASIC_STYLE],
  ['FORCE_COLOR=1', { FORCE_COLOR: '1' }, BASIC_STYLE],
  ['a terminal of 256 colours', { TERM: 'xterm-256color' }, /^(?:(?:0|1|2|4|7|22|24|27|3\d|49|38;5;\d+)(?:;|$))+$/],
])('only the colours that it has: %s', async (_, env, style) => {
  const lab = await startLab({ env });
  await lab.run('SET greeting hello', /greeting +string/);
  // eslint-disable-next-line no-control-regex
  const styles = new Set([...lab.terminal.raw.matchAll(/\x1b\[([\d;]*)m/g)].map(([, parameters]) => parameters!));
  expect([...styles].filter((parameters) => !style.test(parameters))).toEqual([]);
  expect([...styles].some((parameters) => /3[1-8]/.test(parameters))).toBe(style !== PLAIN_STYLE);
});

test('messages of the log are on the screen: a trace that cannot be written, a warning of a script', async () => {
  const lab = await startLab({ args: ['--port', '0', '--trace', '/dev/full'], until: "the trace '/dev/full' is incomplete" });
  await lab.until(() => lab.port !== null);
  // The next key takes it away.
  lab.type('EVAL "redis.log(redis.LOG_WARNING, \\"look out\\")" 0\r');
  await lab.until(() => lab.footer.includes('look out'));
});

test('NO_COLOR is obeyed, and --ascii draws with nothing else', async () => {
  const lab = await startLab({ args: ['--port', '0', '--ascii'], env: { NO_COLOR: '1' } });
  // redis-cli, too, escapes what is not ASCII.
  await lab.run('SET ключ é', String.raw`\xd0\xba`);
  const { raw } = lab.terminal;
  /* eslint-disable no-control-regex */
  expect(raw.match(/\x1b\[[\d;]*m/g)!.filter((sequence) => !/^\x1b\[(?:0|1|2|4|7|22|24|27)(?:;(?:7|27))?m$/.test(sequence))).toEqual([]);
  expect(raw).not.toMatch(/[^\x00-\x7f]/);
  /* eslint-enable no-control-regex */
  expect(lab.screen).toMatch(/\+- 1 Loop/);
});
