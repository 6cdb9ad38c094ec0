/**
 * The first minute of a new user, as the README describes it, in one lab.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KEYS, Lab } from '../../support/lab.js';
import { openRedisCli, type RedisCli } from '../../support/redis-cli.js';

let lab: Lab;
let redisCli: RedisCli;

beforeAll(async () => {
  lab = await new Lab().ready();
});
afterAll(() => {
  redisCli?.close();
  lab.close();
});

test('the first screen invites, on the alternate screen', () => {
  expect(lab.terminal.isOnAlternateScreen).toBe(true);
  expect(lab.screen).toContain('Welcome');
  expect(lab.screen).toContain(`redis-cli -p ${lab.port}`);
  expect(lab.terminal.cursor.isVisible).toBe(true);
});

test('a typed command is a frame, a readiness and a key, and the invitation disappears', async () => {
  lab.type('SET greeting hello EX 60\r');
  await lab.until(() => lab.pane('repl').includes('OK') && lab.pane('keyspace').some((row) => row.includes('"hello"')) && lab.pane('readiness').some((row) => row.includes('wrote 5 B')));
  expect(lab.pane('frames').find((row) => row.includes('SET greeting hello EX 60'))).toMatch(/> +#2 +\d+ SET greeting hello EX 60 +54 B/);
  expect(lab.pane('readiness').find((row) => row.includes('read 54 B'))).toMatch(/#2 +READABLE read 54 B · 1 frame · wrote 5 B/);
  expect(lab.pane('keyspace').find((row) => row.includes('greeting'))).toMatch(/greeting +string +5 B \d\d\.\d s .*"hello"/);
  expect(lab.screen).not.toContain('Welcome');
});

test('its time to live runs down', async () => {
  const leftMs = (): number => Number(/greeting.* (\d+\.\d) s /.exec(lab.screen)?.[1]) * 1000;
  const before = leftMs();
  expect(before).toBeLessThanOrEqual(60_000);
  await lab.until(() => leftMs() < before);
});

test('opened, its frame shows the bytes', async () => {
  await lab.toPanes();
  // The newest row is its reply.
  lab.type(`4${KEYS.up}${KEYS.up}${KEYS.enter}`);
  await lab.until(() => lab.pane('frames')[0]!.startsWith('#2 request'));
  expect(lab.pane('frames').join('\n')).toMatch(/2a 35 0d 0a/);
  lab.type(KEYS.escape);
  await lab.until(() => lab.pane('frames')[0]!.includes('tok'));
  lab.type(KEYS.end);
  await lab.until(() => !lab.pane('frames').some((row) => row.includes('▶')));
});

test('redis-cli is a second token, with what it has sent last', async () => {
  redisCli = await openRedisCli(lab.port!);
  redisCli.send('GET greeting');
  expect(await redisCli.printed('')).toContain('hello');
  await lab.until(() => lab.header.includes('2 connections') && lab.pane('tokens').some((row) => /#3 .* get/.test(row)));
  await lab.until(() => lab.pane('frames').some((row) => /> +#3 +\d+ GET greeting/.test(row)));
});

test('a client that waits for a queue is parked, and continues with a push', async () => {
  const before = redisCli.output;
  redisCli.send('BLPOP queue 0');
  await lab.until(() => lab.pane('tokens').some((row) => /#3 .*parked: queue/.test(row)));
  await lab.toConsole();
  lab.type('LPUSH queue job\r');
  expect(await redisCli.printed(before)).toContain('job');
  await lab.until(() => lab.pane('tokens').some((row) => /#3 .*idle/.test(row)));
});

test('Esc, then typing: the words appear in the REPL, and the loop continues', async () => {
  for (const line of ['get foo', 'SET foo bar', 'incr hits', 'hset h f v']) {
    await lab.toPanes();
    lab.type(line);
    await lab.until(() => lab.pane('repl').some((row) => row.endsWith(`> ${line}`) || row.includes(`> ${line} `)));
    expect(lab.header).toContain('LIVE');
    lab.type('\x15');
    await lab.until(() => lab.pane('repl').every((row) => !row.includes(`> ${line}`)));
  }
});

test('one byte at a time: the decoder shows the bytes that it has and needs', async () => {
  lab.type('slice 1 PING\r');
  await lab.until(() => lab.pane('readiness').some((row) => /have 1 of \d+/.test(row)));
  await lab.until(() => lab.pane('repl').some((row) => row === 'PONG'));
});
