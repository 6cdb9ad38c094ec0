/**
 * The lab as a new user meets it: the built program in a pseudo-terminal, and an emulator that reads back the cells.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { RespClient } from '../support/resp-client.js';
import { TestTerminal, type TerminalOptions } from '../support/terminal.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const ESC = '\x1b';
const LEFT = '\x1b[D';
const END = '\x1b[F';

function start(args: readonly string[] = ['--port', '0'], options: TerminalOptions = {}): TestTerminal {
  const home = mkdtempSync(join(tmpdir(), 'redis-lab-home-'));
  const terminal = new TestTerminal(process.execPath, [MAIN, ...args], { ...options, env: { HOME: home, XDG_STATE_HOME: home, XDG_DATA_HOME: home, ...options.env } });
  onTestFinished(() => {
    terminal.close();
    rmSync(home, { recursive: true, force: true });
  });
  return terminal;
}

/** Until the console is connected, and the port it is connected to. */
async function ready(terminal: TestTerminal): Promise<number> {
  // In a narrow pane the prompt is only the port.
  const screen = await terminal.until(/\b\d{4,5}>/);
  return Number(/\b(\d{4,5})>/.exec(screen)![1]);
}

async function connect(port: number): Promise<RespClient> {
  const client = await RespClient.connect(port);
  onTestFinished(() => void client.socket.destroy());
  return client;
}

/** Away from the REPL, where letters type. */
async function toPanes(terminal: TestTerminal): Promise<void> {
  terminal.type(ESC);
  await terminal.until('Space pause');
}

test('a first session: it invites, and a command typed shows as a frame, as readiness, and as a key whose time runs', async () => {
  const terminal = start();
  const port = await ready(terminal);
  expect(terminal.isOnAlternateScreen).toBe(true);
  expect(terminal.screen()).toContain(`redis-cli -p ${port}`);
  terminal.type('SET greeting hello EX 60\r');
  const screen = await terminal.until((text) => /greeting +string/.test(text) && /SET greeting hello EX 60 +54 B/.test(text) && text.includes('read 54 B'));
  expect(screen).toMatch(/\bOK\b/);
  expect(screen).not.toContain('Welcome');
  await terminal.until(/5[0-8]\.\d s/);
});

test('another client is a second token, and a first one makes the invitation go', async () => {
  const terminal = start();
  const port = await ready(terminal);
  expect(terminal.screen()).toContain('Welcome');
  const client = await connect(port);
  await client.call('CLIENT', 'SETNAME', 'visitor');
  const screen = await terminal.until((text) => text.includes('visitor') && text.includes('2 connections'));
  expect(screen).not.toContain('Welcome');
});

test('paused, a command of a client is stepped until its reply leaves; the past can be shown, and LIVE comes back', async () => {
  const terminal = start();
  const client = await connect(await ready(terminal));
  await client.call('SET', 'k', '1');
  await toPanes(terminal);
  terminal.type(' ');
  await terminal.until('PAUSED');
  let isAnswered = false;
  const reply = client.call('INCR', 'k').finally(() => (isAnswered = true));
  for (let steps = 0; steps < 60 && !isAnswered; steps++) {
    const before = terminal.raw.length;
    terminal.type('e');
    await terminal.until((screen) => isAnswered || (terminal.raw.length > before && screen.includes('PAUSED')));
  }
  expect(await reply).toBe(2);
  await terminal.until('INCR k');
  // The client may have its reply before the screen has heard that it is written.
  await terminal.until('held at write');
  terminal.type(LEFT);
  await terminal.until('HISTORY -1');
  terminal.type(LEFT);
  await terminal.until('HISTORY -2');
  terminal.type(END);
  await terminal.until((screen) => screen.includes('PAUSED') && !screen.includes('HISTORY'));
  terminal.type(' ');
  await terminal.until('LIVE');
  expect(await client.call('PING')).toEqual({ simple: 'PONG' });
});

test('a breakpoint holds the loop before DEL executes', async () => {
  const terminal = start();
  const client = await connect(await ready(terminal));
  await client.call('SET', 'k', '1');
  await toPanes(terminal);
  terminal.type('b');
  await terminal.until('stop at:');
  terminal.type('DEL\r');
  await terminal.until('1 breakpoint');
  const reply = client.call('DEL', 'k');
  await terminal.until((screen) => screen.includes('PAUSED') && screen.includes('held at frame'));
  expect(terminal.screen()).toMatch(/k +string/);
  terminal.type('b');
  await terminal.until('1  DEL');
  terminal.type('-1\r');
  await terminal.until((screen) => !screen.includes('breakpoint'));
  terminal.type(' ');
  expect(await reply).toBe(1);
});

test('resized, the screen takes the new layout; too small, it says what it needs', async () => {
  const terminal = start(['--port', '0'], { columns: 120, rows: 40 });
  await ready(terminal);
  terminal.resize(200, 60);
  await terminal.until((screen) => screen.split('\n')[2]!.startsWith('╭─ 1 Loop') && screen.split('\n')[2]!.length === 200);
  terminal.resize(80, 24);
  await terminal.until((screen) => screen.split('\n')[1]!.startsWith('─ 1 Loop'));
  terminal.resize(50, 12);
  await terminal.until('The lab needs 60x16');
  terminal.resize(60, 16);
  await terminal.until('6 REPL');
  expect(terminal.rows()).toHaveLength(16);
});

test.each([
  [80, 24],
  [120, 40],
  [200, 60],
])('at %i×%i every pane has its title and the header is whole', async (columns, rows) => {
  const terminal = start(['--port', '0'], { columns, rows });
  const port = await ready(terminal);
  terminal.type('PING\r');
  const screen = await terminal.until((text) => text.includes('PONG') && text.includes('4 Frames'));
  for (const title of ['1 Loop', '2 Tokens', '3 Readiness', '4 Frames', '5 Keyspace', '6 REPL']) expect(screen).toContain(title);
  const header = screen.split('\n').slice(0, 2).join(' ');
  for (const part of ['redis-lab', 'LIVE', `127.0.0.1:${port}`, 'epoll', '1 connection', 'cmd/s', 'turn ']) expect(header).toContain(part);
});

test('NO_COLOR is obeyed, and --ascii draws with nothing else', async () => {
  const terminal = start(['--port', '0', '--ascii'], { env: { NO_COLOR: '1' } });
  await ready(terminal);
  terminal.type('SET ключ é\r');
  // redis-cli, too, escapes what is not ASCII.
  await terminal.until(String.raw`\xd0\xba`);
  expect(terminal.raw.match(/\x1b\[[\d;]*m/g)!.filter((sequence) => !/^\x1b\[(?:0|1|2|4|7|22|24|27)(?:;(?:7|27))?m$/.test(sequence))).toEqual([]);
  expect(terminal.raw).not.toMatch(/[^\x00-\x7f]/);
  expect(terminal.screen()).toMatch(/\+- 1 Loop/);
});

test('--step holds the loop before its first poll', async () => {
  const terminal = start(['--port', '0', '--step']);
  await terminal.until('PAUSED');
  expect(terminal.screen()).toContain('held at turn-begin');
});

test('without a terminal it says so, names --headless, and exits with 1', async () => {
  const run = promisify(execFile)(process.execPath, [MAIN, '--port', '0']);
  await expect(run).rejects.toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--headless') });
});

test('if 6379 is taken and no port was asked for, the next free one is, and the header says so', async () => {
  const other = createServer();
  other.listen(6379, '127.0.0.1');
  // Somebody else may hold it: that will do as well.
  await once(other, 'listening').catch(() => {});
  onTestFinished(() => void other.close());
  const terminal = start([]);
  const port = await ready(terminal);
  expect(port).toBeGreaterThan(6379);
  expect(terminal.screen()).toContain('6379 is taken');
});

test('a port that was asked for and is taken is a plain error', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const terminal = start(['--port', String((other.address() as AddressInfo).port)]);
  expect(await terminal.exited).toBe(1);
  expect(terminal.screen()).toContain('the address is already in use');
});
