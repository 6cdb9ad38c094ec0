/**
 * What a client sends may be anything; the terminal of whoever watches obeys none of it, and the columns stay straight.
 *
 * One lab for the whole file: everything that it has ever written is looked at after each test.
 */
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { RespClient, type Wire } from '../../support/resp-client.js';
import { KEYS, Lab, launchLab } from '../../support/lab.js';
import { PAYLOADS, TEXTS } from './payloads.js';

const PASTE_BEGIN = '\x1b[200~';
const PASTE_END = '\x1b[201~';

/** The same, several in each. */
const FEW_TEXTS = Array.from({ length: Math.ceil(TEXTS.length / 4) }, (_, i) => TEXTS.slice(i * 4, i * 4 + 4).join(' '));

let lab: Lab;
let client: RespClient;

beforeAll(async () => {
  lab = await new Lab({ columns: 200, rows: 60 }).ready();
  client = await lab.connect();
});
afterAll(() => lab.close());
afterEach(() => {
  expect(foreignSequences(lab.terminal.raw)).toEqual([]);
});

/** Several commands at once; resolves with their replies. */
function ask(...commands: readonly (readonly string[])[]): Promise<Wire[]> {
  return Promise.all(commands.map((command) => client.call(...command)));
}

let marks = 0;

/** Resolves when everything so far has been drawn. What comes faster than it can be drawn is left out, and counted in the last row: then another mark is sent. */
async function drawn(): Promise<void> {
  for (let isDrawn = false; !isDrawn; ) {
    const mark = `"drawn-${++marks}"`;
    const hasMark = (): boolean => lab.pane('frames').some((row) => row.includes(mark));
    await client.call('ECHO', mark.slice(1, -1));
    await lab.until(() => hasMark() || lab.pane('frames').findLast((row) => row !== '')!.includes('not shown'));
    isDrawn = hasMark();
  }
  expect(lab.bentRows()).toEqual([]);
}

/** Types keys, and resolves when the screen shows what they do. */
async function press(keys: string, expected: () => boolean): Promise<void> {
  lab.type(keys);
  await lab.until(expected);
  expect(lab.bentRows()).toEqual([]);
}

/** The same for keys that change something, whatever it is. */
async function pressAny(...keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    const before = lab.terminal.raw.length;
    await press(key, () => lab.terminal.raw.length > before);
  }
}

const isPromptOpen = (): boolean => lab.footer.startsWith(' filter:');
const keyRows = (): string[] => lab.pane('keyspace').slice(1).filter((row) => row !== '');

/** Runs a line in the console, which is zoomed. */
async function run(line: string): Promise<void> {
  const mark = `ran-${++marks}`;
  lab.type(`${line}\r`);
  lab.type(`ECHO ${mark}\r`);
  await lab.until(() => lab.pane('repl', true).some((row) => row.includes(`"${mark}"`)));
  expect(lab.bentRows()).toEqual([]);
}

test('as keys, values, fields, names, channels, words of commands and errors', async () => {
  for (const payload of PAYLOADS) {
    await ask(
      ['SET', `key${payload}`, `value${payload}`, 'EX', '1000'],
      ['XADD', `stream${payload}`, '*', `field${payload}`, payload],
      ['XGROUP', 'CREATE', `stream${payload}`, `group${payload}`, '0'],
      ['SUBSCRIBE', `channel${payload}`],
      ['UNSUBSCRIBE', `channel${payload}`],
      ['CLIENT', 'SETNAME', `name${payload}`],
      ['HELLO', '2', 'AUTH', `user${payload}`, payload],
      [`no${payload}such`, payload],
      ['CLIENT', `no${payload}such`],
      ['CONFIG', 'SET', payload, payload],
      ['EVAL', 'return redis.error_reply(ARGV[1])', '0', `error ${payload}`],
      ['EVAL', payload, '0'],
    );
    await drawn();
  }
});

test('in requests that are not RESP', async () => {
  for (const payload of PAYLOADS) {
    const broken = await RespClient.connect(lab.port!);
    // As words of a line, and where a length should stand. Either may be all that the server has to say to it.
    broken.socket.end(`${payload}\r\n*1\r\n${payload}\r\n`, 'latin1');
    await once(broken.socket, 'close');
  }
  await drawn();
});

test('in values and frames that are open', async () => {
  await ask(
    ['RPUSH', 'all-list', ...PAYLOADS],
    ['SADD', 'all-set', ...PAYLOADS],
    ['HSET', 'all-hash', ...PAYLOADS.flatMap((payload) => [payload, payload])],
    ['ZADD', 'all-zset', ...PAYLOADS.flatMap((payload, i) => [String(i), payload])],
    ['XADD', 'all-stream', '*', ...PAYLOADS.flatMap((payload) => [payload, payload])],
    ['SET', 'all-string', PAYLOADS.join('')],
    ...PAYLOADS.map((payload) => ['XADD', 'all-entries', '*', payload, payload]),
    ...PAYLOADS.map((payload) => ['XGROUP', 'CREATE', 'all-entries', payload, '0']),
  );
  const frames = Array.from({ length: Math.ceil(PAYLOADS.length / 8) }, (_, i) => PAYLOADS.slice(i * 8, i * 8 + 8));
  await ask(...frames.flatMap((payloads) => [['ECHO', payloads.join(' ')], ['DEL', ...payloads]]));
  await drawn();
  await lab.toPanes();
  // Nothing but keys changes the screen from here on.
  await lab.pause();
  await pressAny('5');
  for (const key of ['all-list', 'all-set', 'all-hash', 'all-zset', 'all-stream', 'all-string', 'all-entries']) {
    await press('/', isPromptOpen);
    await press(`${key}\r`, () => !isPromptOpen() && keyRows().length === 1 && keyRows()[0]!.includes(key));
    await press(KEYS.down + KEYS.enter, () => lab.pane('keyspace')[0]!.startsWith(`${key}: `));
    await press('z', () => lab.pane('keyspace', true)[0]!.startsWith(`${key}: `));
    await press('z', () => lab.pane('keyspace')[0]!.startsWith(`${key}: `));
    await press(KEYS.escape, () => lab.pane('keyspace')[0]!.includes('encoding'));
    await press(KEYS.escape, () => !keyRows()[0]!.includes('▶'));
    await press(KEYS.escape, () => keyRows().length > 1);
  }
  await pressAny('4', KEYS.up, KEYS.up);
  for (let i = 0; i < frames.length * 4; i++) {
    await press(KEYS.up + KEYS.enter, () => lab.pane('frames')[0]!.startsWith('#'));
    await press(KEYS.escape, () => lab.pane('frames')[0]!.includes('tok'));
  }
  await press(KEYS.end, () => !lab.pane('frames').some((row) => row.includes('▶')));
  await lab.resume();
});

test('as replies, messages and monitored commands in the console', async () => {
  await pressAny('z');
  await lab.toConsole();
  for (const line of [
    'LRANGE all-list 0 -1', 'HGETALL all-hash', 'XRANGE all-entries - +', 'XINFO STREAM all-entries FULL', 'GET all-string', 'KEYS *',
    `EVAL "local all = redis.call('lrange', 'all-list', 0, -1) for i, v in ipairs(all) do all[i] = redis.error_reply(v) end return all" 0`,
    `EVAL "local all = redis.call('lrange', 'all-list', 0, -1) for i, v in ipairs(all) do all[i] = redis.status_reply(v) end return all" 0`,
    'HELLO 3', 'HGETALL all-hash', 'SMEMBERS all-set', 'HELLO 2',
  ]) {
    await run(line);
    await pressAny(KEYS.pageUp, KEYS.pageUp, KEYS.pageUp, KEYS.pageUp, KEYS.pageUp);
  }
  for (const listen of ['PSUBSCRIBE *', 'MONITOR']) {
    await press(`${listen}\r`, () => lab.screen.includes('Ctrl-C leaves'));
    for (const payload of PAYLOADS) await client.call('PUBLISH', `channel${payload}`, payload);
    await client.call('PUBLISH', 'last', 'heard');
    await lab.until(() => lab.pane('repl', true).some((row) => row.includes('heard')));
    expect(lab.bentRows()).toEqual([]);
    await press(KEYS.ctrlC, () => !lab.screen.includes('Ctrl-C leaves'));
  }
});

test('as text that is pasted, completed and searched for', async () => {
  await lab.toPanes();
  await lab.pause();
  await lab.toConsole();
  for (const text of FEW_TEXTS) await pressAny(`x${PASTE_BEGIN}${text.replaceAll(/[\r\n]/g, ' ')}${PASTE_END}`, '\x15');
  await pressAny('GET key', '\t', '\t', '\t', '\x15', '\x12', 'key');
  // Out of the search, then out of the console.
  await press(KEYS.escape, () => !lab.screen.includes('Enter runs it'));
  await lab.toPanes();
  await pressAny('5');
  for (const text of FEW_TEXTS) {
    await press('/', isPromptOpen);
    await pressAny(`${PASTE_BEGIN}${text}${PASTE_END}`);
    await press(KEYS.escape, () => !isPromptOpen());
  }
  await lab.resume();
});

test('in a value, a key and an unknown command of a megabyte', async () => {
  const megabyte = PAYLOADS.join('').repeat(2 ** 20 / PAYLOADS.join('').length);
  await ask(['SET', 'all-big', megabyte], ['SET', `all-${megabyte}`, '1'], ['HSET', 'all-fields', megabyte, megabyte], [megabyte, megabyte], ['EVAL', megabyte, '0']);
  await press('/', isPromptOpen);
  await press('all-b*\r', () => lab.pane('keyspace', true)[2] === '');
  await press(KEYS.down + KEYS.enter, () => lab.pane('keyspace', true)[0]!.startsWith('all-big: '));
  await lab.toConsole();
  await run('GET all-big');
  await run('HGETALL all-fields');
});

test('and at the end nothing of it was obeyed, and all of it was there', async () => {
  const { raw } = lab.terminal;
  lab.type(KEYS.ctrlC + KEYS.ctrlC);
  expect(await lab.exitCode).toBe(0);
  // Each of these the lab writes at most once, at the start or at the end.
  for (const once of ['\x1b[?1049h', '\x1b[2J', '\x1b[?2004h', '\x1b[?7l']) expect(raw.split(once)).toHaveLength(2);
  expect(raw).not.toContain('\x1b[?1049l');
  expect(raw).not.toMatch(/\x1b\[35;41m|\x1b\[7;7Howned/); // eslint-disable-line no-control-regex
  for (const shown of ['\\x1b]52;c;b3duZWQ=', '\\x1bP$q', '\\xc2\\x9b', '\\xe2\\x80\\xae', '\\x9b35;41m']) expect(raw).toContain(shown);
});

test('in lines, as a screen reader has them read, there is no sequence at all', async () => {
  const narrated = launchLab({ args: ['--screen-reader', '--port', '0'], columns: 200 });
  await narrated.until('quit ends the lab.');
  const visitor = await RespClient.connect(Number(/redis-cli -p (\d+)/.exec(narrated.screen)![1]));
  for (const payload of PAYLOADS) {
    const commands = [['SET', `key${payload}`, payload], ['HSET', 'all-hash', payload, payload], [`no${payload}such`, payload], ['EVAL', 'return redis.error_reply(ARGV[1])', '0', payload], ['PUBLISH', payload, payload]];
    await Promise.all(commands.map((command) => visitor.call(...command)));
  }
  for (const line of ['keyspace', 'frames', 'tokens', 'readiness', 'KEYS *', 'HGETALL all-hash']) narrated.type(`${line}\r`);
  narrated.type('ECHO the-last-one\r');
  await narrated.until('"the-last-one"');
  visitor.socket.destroy();
  const { raw } = narrated.terminal;
  expect(raw).toContain('\\x1b]52;c;b3duZWQ=');
  // eslint-disable-next-line no-control-regex
  expect(raw).not.toMatch(/\x1b/);
  expect(foreignSequences(raw.replaceAll('\r\n', ''))).toEqual([]);
});

/** What of the output is neither text nor one of the sequences that the lab itself writes, with what stands around it. */
function foreignSequences(raw: string): string[] {
  /* eslint-disable no-control-regex */
  const own = /\x1b\[(?:\?(?:1049|7|2004|25|2026)[hl]|\d+;\d+H|\d+G|2K|2J|[\d;]*m)/g;
  const obeyed = /.{0,12}[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd\u{e0000}-\u{e007f}].{0,12}/gu;
  /* eslint-enable no-control-regex */
  return [...raw.replace(own, '').matchAll(obeyed)].map(([found]) => JSON.stringify(found));
}
