/**
 * Time in the hand: the loop is held and stepped while a client waits, and what was can be seen again. One lab for the whole file, held at the beginning of each test.
 */
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { KEYS, Lab, startLab } from '../../support/lab.js';
import { isRedisCliInstalled, openRedisCli, type RedisCli } from '../../support/redis-cli.js';
import { TestTerminal } from '../../support/terminal.js';

let lab: Lab;
let redisCli: RedisCli;

beforeAll(async () => {
  lab = await new Lab().ready();
  redisCli = await openRedisCli(lab.port!);
  redisCli.send('SET counter 1');
  await redisCli.printed('');
  await lab.toPanes();
});
afterAll(() => {
  redisCli?.close();
  lab.close();
});

beforeEach(async () => {
  if (lab.header.includes('HISTORY')) {
    lab.type(KEYS.end);
    await lab.until(() => !lab.header.includes('HISTORY'));
  }
  if (lab.header.includes('PAUSED')) await lab.resume();
  const before = redisCli.output;
  redisCli.send('PING');
  await redisCli.printed(before);
  await lab.pause();
});

/** The line of the loop that is marked. */
const line = (): string => (lab.pane('loop').find((row) => row.startsWith('▶')) ?? '').slice(1).replace(/ {2,}[\d.]+ [mµ]?s$/, '').trim();
const sentence = (): string => {
  const rows = lab.pane('loop');
  const first = rows.findIndex((row) => row.startsWith('held'));
  return first === -1 ? '' : `${rows[first]!} ${rows[first + 1]!}`.trim();
};
const heldAt = (): string => /held at ([\w-]+)/.exec(lab.header)?.[1] ?? '';

/** Where in the history the moment lies that is shown; null: now is. */
function position(): { readonly at: number; readonly of: number; readonly behind: number } | null {
  const match = /HISTORY ([\d,]+) of ([\d,]+) PAUSED/.exec(lab.header);
  if (match === null) return null;
  const [at, of] = match.slice(1).map((text) => Number(text.replaceAll(',', ''))) as [number, number];
  return { at, of, behind: of - at };
}

/** The moment that is shown, as the header names it; empty: now. */
const moment = (): string => (position() === null ? '' : (/turn [\d,]+(?:, event |\.)[\d,]+/.exec(lab.header)?.[0] ?? ''));

/** Presses a key that leads to another moment, and resolves when that is shown. */
async function travel(key: string): Promise<void> {
  const before = moment();
  lab.type(key);
  await lab.until(() => moment() !== '' && moment() !== before);
}

interface Held {
  readonly at: string;
  readonly line: string;
  readonly sentence: string;
  /** What the client has printed by then. */
  readonly printed: string;
}

/** Presses a key for a step, and resolves with where the loop is held then. */
async function step(key: string, before: string): Promise<Held> {
  const last = sentence();
  lab.type(key);
  await lab.until(() => lab.header.includes('PAUSED') && sentence() !== '' && sentence() !== last);
  return { at: heldAt(), line: line(), sentence: sentence(), printed: redisCli.output.slice(before.length) };
}

/** Steps from the client's request being there to its reply having left. */
async function stepUntilWritten(key: string, before: string): Promise<Held[]> {
  const held: Held[] = [];
  while (held.at(-1)?.at !== 'write' && held.length < 40) held.push(await step(key, before));
  // What came before belongs to the turn in which the loop was held.
  return held.slice(held.findIndex(({ at, sentence }) => at === 'ready' && sentence.includes('token 3')));
}

test('event by event, each step marks its line and describes the event, and the reply is written with the last one', async () => {
  const before = redisCli.output;
  redisCli.send('INCR counter');
  const held = await stepUntilWritten('e', before);
  expect(held.map(({ at, line }) => [at, line])).toEqual([
    ['ready', 'for each ready token'],
    ['read', 'client:   read'],
    ['frame', 'execute'],
    ['key-change', 'execute'],
    ['execute', 'execute'],
    ['reply', 'reply'],
    ['turn-end', 'run the timers that are due'],
    ['turn-begin', 'write the replies that are pending'],
    ['write', 'write the replies that are pending'],
  ]);
  const sentences = Object.fromEntries(held.map(({ at, sentence }) => [at, sentence]));
  expect(sentences['ready']).toMatch(/^held: token 3 is READABLE/);
  expect(sentences['read']).toMatch(/^held: 27 B came from token 3/);
  expect(sentences['frame']).toMatch(/^held before executing INCR counter/);
  expect(sentences['execute']).toMatch(/^held: token 3 sent INCR counter; it took/);
  expect(sentences['reply']).toMatch(/^held: the reply for token 3 is ready: 4 B/);
  expect(sentences['write']).toMatch(/^held: 4 B went out to token 3/);
  expect(held.slice(0, -1).map(({ printed }) => printed)).toEqual(held.slice(0, -1).map(() => ''));
  expect(await redisCli.printed(before)).toMatch(/^(\(integer\) |:)?2\b/);
});

test('by phases: poll, read, decode, execute, timers, and the next turn, which begins with the write', async () => {
  const before = redisCli.output;
  redisCli.send('INCR counter');
  const held: Held[] = [];
  while ((held.at(-1)?.at !== 'wait' || redisCli.output === before) && held.length < 20) held.push(await step('h', before));
  const of = held.slice(held.findIndex(({ at }) => at === 'read'));
  expect(of.map(({ at }) => at)).toEqual(['read', 'frame', 'key-change', 'turn-end', 'turn-begin', 'wait']);
  expect(of.slice(0, -1).every(({ printed }) => printed === '')).toBe(true);
  await redisCli.printed(before);
});

test('by commands, and by turns: the reply leaves at the beginning of the next turn', async () => {
  const before = redisCli.output;
  redisCli.send('INCR counter');
  const executed = await step('c', before);
  expect(executed).toMatchObject({ at: 'execute', sentence: expect.stringMatching(/token 3 sent INCR counter; it took/), printed: '' });
  const next = await step('t', before);
  expect(next).toMatchObject({ at: 'turn-begin', printed: '' });
  expect(await step('e', before)).toMatchObject({ at: 'write' });
  expect(await redisCli.printed(before)).toMatch(/\d/);
});

test('back and forward: all panes show that moment, and End is now again', async () => {
  const value = (): string => /counter +string .*"(\d+)"/.exec(lab.pane('keyspace').join('\n'))?.[1] ?? '';
  const isAsked = (): boolean => lab.pane('frames').some((row) => row.includes('INCR counter'));
  const before = redisCli.output;
  redisCli.send('DEL other');
  await stepUntilWritten('e', before);
  await redisCli.printed(before);
  const was = value();
  const asked = redisCli.output;
  redisCli.send('INCRBY counter 100');
  const steps = await stepUntilWritten('e', asked);
  await redisCli.printed(asked);
  const is = String(Number(was) + 100);
  await lab.until(() => value() === is);
  // The status line says what the last key has done.
  const panes = (): string => lab.screen.split('\n').slice(0, -1).join('\n');
  const now = panes();

  // From the write back to the ready: seven events.
  for (let i = 1; i < steps.length; i++) {
    await travel(KEYS.left);
    expect(line()).toBe(steps.at(-1 - i)!.line);
    const isDecoded = steps.length - 1 - i >= steps.findIndex(({ at }) => at === 'frame');
    expect(lab.pane('frames').some((row) => row.includes('INCRBY counter 100'))).toBe(isDecoded);
  }
  expect(value()).toBe(was);
  expect(isAsked()).toBe(true);
  // As often as wanted: each moment is the same again.
  const first = panes();
  await travel(KEYS.right);
  const second = panes();
  for (let i = 0; i < 5; i++) {
    await travel(KEYS.left);
    expect(panes()).toBe(first);
    await travel(KEYS.right);
    expect(panes()).toBe(second);
  }
  lab.type(KEYS.home);
  await lab.until(() => position()?.at === 1 && value() === '');
  lab.type(KEYS.end);
  await lab.until(() => !lab.header.includes('HISTORY'));
  expect(panes()).toBe(now);
});

test('in the history the keys for steps go forward in it, and a client that waits gets nothing', async () => {
  const before = redisCli.output;
  redisCli.send('INCR counter');
  lab.type(KEYS.home);
  await lab.until(() => position()?.at === 1);
  for (let last = 1; position()!.behind > 0; last = position()!.at) {
    lab.type('t');
    await lab.until(() => position()!.at > last || lab.footer.includes('no later turn in the history'));
    if (position()!.at === last) break;
  }
  lab.type('eeeeeeeeeeeeeeeeeeeehhccter');
  await lab.until(() => position()?.behind === 0 && lab.footer.includes('no later request'));
  lab.type(' ');
  await lab.until(() => lab.footer.includes('Leave the history and resume the live loop?'));
  lab.type('e');
  await lab.until(() => lab.footer.includes('nothing is changed') && position()?.behind === 0);
  expect(redisCli.output).toBe(before);
  lab.type(' ');
  await lab.until(() => lab.footer.includes('y yes'));
  lab.type('y');
  expect(await redisCli.printed(before)).toMatch(/\d/);
  await lab.until(() => lab.header.includes('LIVE'));
});

test('one key leads from a loop that is held when redis-cli connects to the first command that is typed there', async () => {
  const other = await connectInteractively(lab.port!);
  lab.type('r');
  await other.ready();
  await lab.until(() => lab.header.includes('RUN to the next request'));
  other.send('APPEND mine 1');
  await lab.until(() => lab.header.includes('PAUSED') && sentence().includes('held before executing APPEND mine 1'));
  lab.type('c');
  await lab.until(() => sentence().includes('sent APPEND mine; it took'));
});

/** As redis-cli does on a terminal: it asks what commands there are, and takes one's own when it knows. */
async function connectInteractively(port: number): Promise<{ ready(): Promise<unknown>; send(line: string): void }> {
  if (isRedisCliInstalled) {
    const terminal = new TestTerminal('redis-cli', ['-p', String(port)]);
    onTestFinished(() => terminal.close());
    return { ready: () => terminal.until(`${port}>`), send: (line) => terminal.type(`${line}\r`) };
  }
  const client = await lab.connect();
  const docs = client.call('COMMAND', 'DOCS');
  return { ready: () => docs, send: (line) => void client.call(...line.split(' ')).catch(() => {}) };
}

test('in slow motion the loop makes this number of events per second, and at full speed it is LIVE again', async () => {
  for (const speed of ['SLOW 20/s', 'SLOW 5/s', 'SLOW 2/s']) {
    lab.type('-');
    await lab.until(() => lab.header.includes(speed));
  }
  lab.type('++');
  await lab.until(() => lab.header.includes('SLOW 20/s'));
  const before = redisCli.output;
  redisCli.send('INCR counter');
  await redisCli.printed(before);
  lab.type('+');
  await lab.until(() => lab.header.includes('LIVE'));
});

test('--step holds the loop before its first poll: a client gets in with the first turn', async () => {
  const held = await startLab({ args: ['--port', '0', '--step'], until: 'PAUSED' });
  expect(held.header).toContain('held at turn-begin');
  await held.until('1 Loop · turn 1 ');
  expect(held.pane('loop').find((row) => row.startsWith('▶'))).toContain('write the replies that are pending');
  expect(held.pane('loop').join(' ')).toContain('held at the beginning of turn 1: pending replies are written first');
  expect(held.pane('tokens').filter((row) => row.includes('127.0.0.1:')).length).toBeLessThanOrEqual(1);
  await held.toPanes();
  held.type('t');
  await held.until(() => held.header.includes('PAUSED') && held.header.includes('1 connection'));
});
