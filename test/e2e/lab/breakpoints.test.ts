/**
 * Breakpoints: the loop stops by itself, before a command executes, or after one that took long. One lab for the whole file.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../support/lab.js';
import type { RespClient } from '../../support/resp-client.js';

let lab: Lab;
let client: RespClient;

beforeAll(async () => {
  lab = await new Lab({ args: ['--port', '0', '--enable-debug-command', 'yes'] }).ready();
  client = await lab.connect();
  await client.call('SET', 'doomed', '1');
  await lab.until(() => lab.pane('keyspace').some((row) => row.includes('doomed')));
  await lab.toPanes();
});
afterAll(() => lab.close());

const isPaused = (): boolean => lab.header.includes('PAUSED');
const heldAt = (): string => (isPaused() ? (/held at ([\w-]+)/.exec(lab.header)?.[1] ?? '') : '');
const sentence = (): string => lab.pane('loop').find((row) => row.startsWith('held')) ?? '';

async function stopAt(breakpoint: string): Promise<void> {
  lab.type('b');
  await lab.until('stop at:');
  lab.type(`${breakpoint}\r`);
  await lab.until(() => lab.header.includes('1 breakpoint'));
}

/** Takes the only breakpoint away, and lets the loop go on. */
async function goOn(): Promise<void> {
  lab.type('b');
  await lab.until('stop at:');
  lab.type('-1\r');
  await lab.until(() => !lab.header.includes('breakpoint') && !lab.screen.includes('stop at:'));
  if (isPaused()) await lab.resume();
}

test('on a command: before DEL executes the key is still there, and afterwards it is gone', async () => {
  await stopAt('DEL');
  const reply = client.call('DEL', 'doomed');
  await lab.until(() => heldAt() === 'frame');
  expect(sentence()).toContain('held before executing DEL doomed');
  expect(lab.pane('keyspace').join('\n')).toMatch(/doomed +string/);
  await lab.resume();
  expect(await reply).toBe(1);
  await lab.until(() => !/doomed +string/.test(lab.pane('keyspace').join('\n')));
  await goOn();
});

test('on a glob of keys: other keys pass', async () => {
  await stopAt('key user:é*');
  expect(await client.call('GET', 'user:e')).toBe(null);
  const reply = client.call('GET', Buffer.from('user:é1').toString('latin1'));
  await lab.until(() => heldAt() === 'frame');
  expect(sentence()).toContain('held before executing GET user:é1');
  await goOn();
  expect(await reply).toBe(null);
});

test('on a connection: whatever happens to its token', async () => {
  const other = await lab.connect();
  await other.call('CLIENT', 'SETNAME', 'watched');
  await lab.until(() => lab.pane('tokens').some((row) => row.includes('watched')));
  const token = /#(\d+) .*watched/.exec(lab.pane('tokens').join('\n'))![1]!;
  await stopAt(`token ${token}`);
  expect(await client.call('PING')).toEqual({ simple: 'PONG' });
  const reply = other.call('PING');
  await lab.until(() => heldAt() === 'ready');
  expect(sentence()).toContain(`held: token ${token} is READABLE`);
  await goOn();
  expect(await reply).toEqual({ simple: 'PONG' });
});

test('on a kind of event', async () => {
  await stopAt('event publish');
  expect(await client.call('PING')).toEqual({ simple: 'PONG' });
  const reply = client.call('PUBLISH', 'news', 'hello');
  await lab.until(() => heldAt() === 'publish');
  await goOn();
  expect(await reply).toBe(0);
});

test('on a condition: after a command that took longer than a second', async () => {
  // On a busy machine a PING may take milliseconds.
  await stopAt('µs > 1000000');
  expect(await client.call('PING')).toEqual({ simple: 'PONG' });
  const reply = client.call('DEBUG', 'SLEEP', '1.1');
  await lab.until(() => heldAt() === 'execute');
  expect(sentence()).toMatch(/token \d+ sent DEBUG/);
  await goOn();
  expect(await reply).toEqual({ simple: 'OK' });
});

test('an invalid breakpoint is reported while it is typed, and not accepted', async () => {
  lab.type('b');
  await lab.until('stop at:');
  lab.type('event nonsense');
  await lab.until(() => lab.footer.includes('event needs one of'));
  lab.type('\r');
  lab.type('\x1b');
  await lab.until(() => !lab.footer.includes('stop at:'));
  expect(lab.header).not.toContain('breakpoint');
});
