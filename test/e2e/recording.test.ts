/**
 * A real server, recorded while clients use it, and replayed without sockets.
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer, type ServerOptions } from 'redis-lab';
import { readRecording, RecordingError, Replay, type RecordingHead } from '../../src/server/recording/index.js';
import { block, fileHead } from '../../src/server/recording/recording-file.js';
import { encodeRequest } from '../../src/server/resp/request-encoder.js';
import { ALL_FAMILIES } from '../fuzz/differential.js';
import { familyTemplates, generate } from '../fuzz/generate.js';
import { Random } from '../fuzz/random.js';
import { cli, command } from '../support/cli.js';
import { temporaryDirectory } from '../support/headless.js';
import { RawClient } from '../support/raw-client.js';
import { RespClient } from '../support/resp-client.js';
import { checkTraceEvents } from '../support/trace-event-format.js';

const POLLERS = (['epoll', 'portable'] as const).filter((poller) => poller === 'portable' || process.platform === 'linux');

/** Everything that a client can set going: timers, waiting, scripts, messages, watching, time. */
async function use(port: number): Promise<void> {
  await using client = await RespClient.connect(port);
  await using other = await RespClient.connect(port);
  await client.call('CONFIG', 'SET', 'notify-keyspace-events', 'KEA');
  await other.call('HELLO', '3');
  await other.call('PSUBSCRIBE', '__key*');
  await client.call('SET', 'short', 'x', 'PX', '20');
  for (let i = 0; i < 300; i++) client.raw(`SET key:${i} ${'v'.repeat(i * 40)} PX ${10 + i}\r\n`);
  for (let i = 0; i < 300; i++) await client.next();
  await client.call('MULTI');
  await client.call('INCR', 'n');
  await client.call('SPOP', 'none');
  await client.call('EXEC');
  await client.call('EVAL', "for i = 1, 1000 do redis.call('ZADD', KEYS[1], math.random(), i) end return redis.call('ZCARD', KEYS[1])", '1', 'z');
  await client.call('SRANDMEMBER', 'z');
  await using waiter = await RespClient.connect(port);
  const waiting = waiter.call('BLPOP', 'queue', '0.05');
  await client.call('BLPOP', 'nothing', '0.06');
  await waiting;
  for (const words of [['TIME'], ['ACL', 'GENPASS'], ['SLOWLOG', 'GET'], ['CLIENT', 'LIST'], ['RANDOMKEY'], ['SCAN', '0'], ['LATENCY', 'HISTOGRAM'], ['DEBUG', 'SLEEP', '0.01'], ['INFO', 'everything'], ['MEMORY', 'STATS'], ['MEMORY', 'DOCTOR'], ['MEMORY', 'MALLOC-STATS']]) await client.call(...words);
}

/** The bytes of a recording of {@link use}. */
async function record(options: ServerOptions): Promise<Buffer> {
  const parts: Buffer[] = [];
  const server = await createServer({ port: 0, 'enable-debug-command': 'yes', ...options, record: (bytes) => parts.push(bytes) });
  const endTrace = await server.trace(() => {}, { budget: 50 });
  await use(server.port);
  await endTrace();
  await server.pause();
  await server.resume();
  await use(server.port);
  await server.close();
  return Buffer.concat(parts);
}

/** What clients could notice of a trace: not when it was, nor the numbers of the events. */
function withoutTimes(events: readonly object[]): object[] {
  return events
    .filter((event) => 'token' in event && (event.token as number) > 1)
    .map((event) => Object.fromEntries(Object.entries(event).filter(([name]) => !['seq', 'atUs', 'elapsedUs', 'deadlineMs'].includes(name))));
}

describe.each(POLLERS)('%s', (poller) => {
  test.each([false, true])('a recorded server does the same again, edge-triggered: %s', async (edgeTriggered) => {
    const path = join(temporaryDirectory(), 'use.lab');
    writeFileSync(path, await record({ poller, edgeTriggered }));
    // By the built program, as it was recorded: INFO names the version.
    const { stdout, stderr, code } = await command('replay', path);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const [, commands] = /^replayed \d+ turns, (\d+) commands: identical\n$/.exec(stdout) ?? expect.fail(stdout);
    expect(Number(commands)).toBeGreaterThan(600);
  });
});

/** Random commands of all families from a few clients; one that does not answer in time has been parked for ever, and is replaced. */
async function useAtRandom(port: number, random: Random, commands: number): Promise<void> {
  const templates = ALL_FAMILIES.flatMap(familyTemplates);
  const clients = await Promise.all([0, 1, 2, 3].map(() => RawClient.connect(port)));
  for (let sent = 0; sent < commands; ) {
    const at = random.below(clients.length);
    const count = random.between(1, 200);
    const batch = Array.from({ length: count }, () => generate(random, random.pick(templates)).argv);
    const replies = await clients[at]!.exchange(batch.map((argv) => encodeRequest(argv)).join(''), count, 100);
    sent += count;
    if (replies.length === count && random.chance(0.98)) continue;
    clients[at]!.close();
    clients[at] = await RawClient.connect(port);
  }
  for (const client of clients) client.close();
}

/** RECORDINGS=20 COMMANDS=20000 tries more. A client that is parked is waited for, so pollers are tried at the same time. */
const RECORDINGS = Number(process.env.RECORDINGS ?? 1);
const COMMANDS = Number(process.env.COMMANDS ?? 8000);

test.concurrent.each(POLLERS)(`${RECORDINGS} recordings of random commands are replayed to the same replies, %s`, { timeout: 3_600_000 }, async (poller) => {
  for (let seed = 1; seed <= RECORDINGS; seed++) {
    const parts: Buffer[] = [];
    const server = await createServer({ port: 0, poller, edgeTriggered: seed % 2 === 0, seed, 'enable-debug-command': 'yes', record: (bytes) => parts.push(bytes) });
    await useAtRandom(server.port, new Random(seed), COMMANDS);
    await server.close();
    const { head, tape } = readRecording(Buffer.concat(parts));
    expect({ seed, ...new Replay(head, tape).run() }).toMatchObject({ seed, divergence: null, hasEnd: true });
  }
});

describe('redis-lab replay', () => {
  let dir: string;
  let whole: Buffer;
  const file = (name: string, bytes: Uint8Array): string => {
    const path = join(dir, name);
    writeFileSync(path, bytes);
    return path;
  };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'redis-lab-recording-'));
    whole = await record({});
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('reports that it is identical, and gives the same digest each time', async () => {
    const path = file('whole.lab', whole);
    const first = await cli('replay', path, '--digest');
    expect(first.stdout).toMatch(/^replayed \d+ turns, \d+ commands: identical\nkeys \d+ [0-9a-f]{40} clients 0 [0-9a-f]{40}\n$/);
    expect(first.stderr).toBe('');
    expect(first.code).toBe(0);
    expect(await command('replay', path, '--digest')).toEqual(first);
  });

  test('stops at the given place', async () => {
    const path = file('whole.lab', whole);
    // It stops at the end of the turn in which the command was executed.
    const [, commands] = /^replayed \d+ turns, (\d+) commands: identical \(up to where this stops/.exec((await command('replay', path, '--until', 'command:20')).stdout)!;
    expect(Number(commands)).toBeGreaterThanOrEqual(20);
    expect(Number(commands)).toBeLessThan(400);
    expect((await command('replay', path, '--until', 'turn:7')).stdout).toMatch(/^replayed 7 turns, /);
    expect(await command('replay', path, '--until', 'noon')).toMatchObject({ code: 2, stderr: expect.stringContaining("--until 'noon': must be turn:N, command:N or time:T") as string });
  });

  test('--until time stops before what happened later, however the time is given', async () => {
    const parts: Buffer[] = [];
    await using server = await createServer({ port: 0, record: (bytes) => parts.push(bytes) });
    await using client = await RespClient.connect(server.port);
    await client.call('SET', 'early', '1');
    const [seconds, micros] = (await client.call('TIME')) as [string, string];
    const turnedMs = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
    while (Date.now() <= turnedMs + 2) await client.call('PING');
    await client.call('SET', 'late', '1');
    await server.close();
    const path = file('times.lab', Buffer.concat(parts));
    const { head, tape } = readRecording(Buffer.concat(parts));
    const beginMs = new Replay(head, tape).server.clock.nowMs;
    const at = new Date(turnedMs + 1);
    const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
    const forms = [at.toISOString(), `${clock}.${String(at.getMilliseconds()).padStart(3, '0')}`, `+${at.getTime() - beginMs}ms`, `+${(at.getTime() - beginMs) / 1000}s`];
    for (const form of forms) {
      const { stdout, stderr, code } = await command('replay', path, '--digest', '--until', `time:${form}`);
      expect({ form, stderr, code }).toEqual({ form, stderr: '', code: 0 });
      expect(stdout).toMatch(/identical \(up to where this stops.*\nkeys 1 /);
    }
    expect((await command('replay', path, '--digest', '--until', 'time:+1h')).stdout).toMatch(/identical\nkeys 2 /);
    const before = await command('replay', path, '--until', 'time:2001-01-01T00:00Z');
    expect(before).toMatchObject({ code: 2, stdout: '', stderr: `redis-lab: '${path}': it begins at ${new Date(beginMs).toISOString()}, but --until names an earlier time\n` });
    for (const wrong of ['time:', 'time:noon', 'time:25:00', 'time:-5s', 'time:+5', 'time:+5x', 'time:2026-13-01T00:00Z', 'turn:x', 'command:']) {
      expect(await command('replay', path, '--until', wrong)).toMatchObject({ code: 2, stderr: expect.stringContaining(`--until '${wrong}': must be turn:N, command:N or time:T`) as string });
    }
  });

  test('--trace writes the events of the live trace, and replaces no file', async () => {
    const parts: Buffer[] = [];
    const live: object[] = [];
    const server = await createServer({ port: 0, 'enable-debug-command': 'yes', record: (bytes) => parts.push(bytes) });
    const endTrace = await server.trace(({ events }) => live.push(...events), { budget: Infinity });
    await use(server.port);
    await endTrace();
    await server.close();
    const path = file('traced.lab', Buffer.concat(parts));
    const trace = join(dir, 'replayed.jsonl');
    expect(await command('replay', path, '--trace', trace)).toMatchObject({ code: 0, stderr: '' });
    const text = readFileSync(trace, 'utf8');
    const replayed = text.trimEnd().split('\n').map((line) => JSON.parse(line) as object);
    expect(live.length).toBeGreaterThan(3000);
    // What ACL GENPASS has made up is another in the recording.
    const [told = [], toldAgain = []] = [live, replayed].map((events) => withoutTimes(events).map((event) => JSON.stringify(event).replace(/(?<="\$64\\r\\n)\w{64}/, 'a password')));
    const first = told.findIndex((event, at) => event !== toldAgain[at]);
    if (first !== -1) expect(toldAgain.slice(first - 2, first + 3)).toEqual(told.slice(first - 2, first + 3));
    expect(toldAgain.length).toBeGreaterThanOrEqual(told.length);
    expect(await command('replay', path, '--trace', trace)).toEqual({ code: 2, stdout: '', stderr: `redis-lab: '${trace}' exists already; --trace-overwrite replaces it\n` });
    expect(readFileSync(trace, 'utf8')).toBe(text);
    expect(await command('replay', path, '--trace', trace, '--trace-overwrite', '--until', 'turn:9')).toMatchObject({ code: 0 });
    expect(readFileSync(trace, 'utf8').length).toBeLessThan(text.length / 2);
    expect(await command('replay', path, '--trace')).toMatchObject({ code: 2, stderr: 'redis-lab: --trace needs a value\n' });
    // What cannot be replayed leaves no file behind.
    expect(await command('replay', file('none.lab', Buffer.from('none')), '--trace', join(dir, 'unwritten'))).toMatchObject({ code: 2 });
    expect(existsSync(join(dir, 'unwritten'))).toBe(false);
  });

  test('--to perfetto writes what Perfetto opens, with a track for each client and an arrow for each reply', async () => {
    const path = file('shown.lab', whole);
    const [, commands] = /, (\d+) commands: identical\n$/.exec((await cli('replay', path, '--to', 'perfetto')).stdout)!;
    const { violations, slices, arrows, trackNames } = checkTraceEvents(readFileSync(`${path}.json`, 'utf8'));
    expect(violations).toEqual([]);
    expect(trackNames.size).toBeGreaterThan(6);
    const count = (cat: string): number => slices.filter((slice) => slice.cat === cat).length;
    expect(count('command')).toBe(Number(commands));
    // What scripts and transactions call is no request of its own.
    expect(count('request')).toBeLessThan(Number(commands));
    expect(count('request')).toBeGreaterThan(600);
    expect(arrows).toHaveLength(count('request'));
    expect(arrows.every(({ from, to }) => from.cat === 'request' && to.cat === 'write' && from.tid === to.tid && from.begin <= to.begin)).toBe(true);
    expect(count('parked')).toBe(4);
    const again = await cli('replay', path, '--to', 'perfetto');
    expect(again).toEqual({ code: 2, stdout: '', stderr: `redis-lab: '${path}.json' exists already; --trace-overwrite replaces it\n` });
    const out = join(dir, 'shown.json');
    expect(await command('replay', path, '--to', 'perfetto', '--out', out, '--until', 'turn:9')).toMatchObject({ code: 0, stderr: '' });
    expect(checkTraceEvents(readFileSync(out, 'utf8'))).toMatchObject({ violations: [] });
    expect(await command('replay', path, '--to', 'pdf')).toMatchObject({ code: 2, stderr: "redis-lab: --to 'pdf': must be one of perfetto\n" });
    expect(await command('replay', path, '--out', out)).toMatchObject({ code: 2, stderr: 'redis-lab: --out names the file of --to, which is missing\n' });
    expect(await cli('replay', path, '--to', 'perfetto', '--out', '/dev/full')).toEqual({ code: 2, stdout: '', stderr: "redis-lab: '/dev/full' is incomplete: no space is left on the device\n" });
  });

  test('passwords are replaced, and the replay is identical all the same', async () => {
    const secrets = ['secret-of-the-settings', 'secret-of-the-master', 'secret-of-a-guess', 'secret-of-a-client'];
    const [settings, master, guess, changed] = secrets as [string, string, string, string];
    const parts: Buffer[] = [];
    const server = await createServer({ port: 0, requirepass: settings, masterauth: master, record: (bytes) => parts.push(bytes) });
    await using client = await RespClient.connect(server.port);
    await client.call('AUTH', guess).catch(() => {});
    await client.call('AUTH', settings);
    await client.call('CONFIG', 'GET', '*');
    await client.call('CONFIG', 'SET', 'requirepass', changed);
    await client.call('ACL', 'LIST');
    await using other = await RespClient.connect(server.port);
    await other.call('HELLO', '3', 'AUTH', 'default', changed);
    client.raw(`AUTH ${changed}\r\n`);
    await client.next();
    const before = Buffer.concat(parts).length;
    await expect.poll(() => Buffer.concat(parts).length).toBeGreaterThan(before);
    for (const secret of secrets) expect(Buffer.concat(parts).includes(secret), secret).toBe(false);
    expect(await command('replay', file('redacted.lab', Buffer.concat(parts)))).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('identical') as string });
    // What is no password for the server cannot be told from other values.
    await client.call('SET', 'note', changed);
    await server.close();
    const path = file('secrets.lab', Buffer.concat(parts));
    const { stdout, stderr, code } = await command('replay', path);
    expect({ stderr, code }).toEqual({ stderr: `redis-lab: '${path}' contains secrets: it includes a password that a client has sent\n`, code: 0 });
    expect(stdout).toContain('identical');
  });

  test('a file that is not a recording of a server is refused in one line', async () => {
    const { head, tape } = readRecording(whole);
    const headed = (wrong: unknown): Buffer => Buffer.concat([fileHead(wrong as RecordingHead), block(tape)]);
    const refused = async (path: string): Promise<string> => {
      const { stdout, stderr, code } = await command('replay', path);
      expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
      return stderr;
    };
    expect(await refused(dir)).toBe(`redis-lab: '${dir}': is a directory\n`);
    const build = { ...head, build: '1.0\n\x1b[2J' };
    for (const [name, wrong] of Object.entries({ empty: {}, null: null, number: 5, settings: { ...head, settings: null }, poll: { ...head, poll: {} }, build })) {
      const path = file(`${name}.lab`, headed(wrong));
      expect(await refused(path)).toBe(`redis-lab: '${path}': its first block does not say which server was recorded\n`);
    }
    const foreign = file('foreign.lab', headed({ ...head, settings: { nonsense: 1 } }));
    expect(await refused(foreign)).toBe(`redis-lab: '${foreign}': its server does not start: nonsense: there is no such setting\n`);
  });

  test('a file that is cut off or damaged is replayed as far as it is whole, and says how far that is', async () => {
    const { head, tape } = readRecording(whole);
    const half = Math.floor(tape.length / 2);
    const bytes = Buffer.concat([fileHead(head), block(tape.subarray(0, half)), block(tape.subarray(half))]);
    const third = bytes.length - (tape.length - half) - 8;
    const cutOff = file('cut.lab', bytes.subarray(0, bytes.length - 5));
    const cut = await command('replay', cutOff);
    const [, turns] = /^replayed (\d+) turns, \d+ commands: identical \(up to where this stops/.exec(cut.stdout) ?? expect.fail(cut.stdout);
    expect(cut).toMatchObject({ code: 0, stderr: `redis-lab: '${cutOff}' is incomplete: it is cut off in block 3, at byte ${third}; the ${turns} turns before it are replayed\n` });
    bytes[bytes.length - 1]! ^= 1;
    const damaged = file('damaged.lab', bytes);
    expect(await command('replay', damaged)).toEqual({ ...cut, stderr: `redis-lab: '${damaged}' is incomplete: block 3, at byte ${third}, is damaged; the ${turns} turns before it are replayed\n` });
    expect(await command('replay', damaged, '--until', 'turn:5')).toMatchObject({ code: 0, stderr: `redis-lab: '${damaged}' is incomplete: block 3, at byte ${third}, is damaged\n` });
    const noTape = file('no-tape.lab', fileHead(head));
    expect(await command('replay', noTape)).toMatchObject({ code: 2, stderr: `redis-lab: '${noTape}': it ends before its server has started\n` });
  });

  test('a recording of another build is replayed, with a message', async () => {
    const { head, tape } = readRecording(whole);
    const path = file('other-build.lab', Buffer.concat([fileHead({ ...head, build: '0.0.9' }), block(tape)]));
    expect(await command('replay', path)).toMatchObject({ code: 0, stderr: `redis-lab: '${path}' was recorded by redis-lab 0.0.9: another build may behave differently\n`, stdout: expect.stringContaining('identical') as string });
  });

  test.each([
    ['no recording', () => Buffer.from('*1\r\n$4\r\nPING\r\n'), 'this is no recording'],
    ['an empty file', () => Buffer.alloc(0), 'this file is empty'],
    ['one of a newer version', () => Buffer.concat([whole.subarray(0, 7), Buffer.from([9]), whole.subarray(8)]), 'this recording has format 9; this version of redis-lab reads up to 1'],
    ['only a beginning', () => whole.subarray(0, 30), 'nothing can be read of this recording: it is cut off in block 1, at byte 8'],
    ['not even that', () => whole.subarray(0, 8), 'nothing can be read of this recording: it ends behind its first bytes'],
  ])('%s is refused in one line', async (_, bytes, complaint) => {
    expect(() => readRecording(bytes())).toThrow(RecordingError);
    const { code, stdout, stderr } = await command('replay', file('bad.lab', bytes()));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(complaint);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('a recording is known by its content, and shown without a word before it', async () => {
    const named = await command('replay', file('named.lab', whole), '--digest');
    const asConfig = file('lab.conf', whole);
    expect(await command(asConfig, '--digest')).toEqual(named);
    expect(await command(asConfig, '--headless', '--digest')).toEqual(named);
    expect(await command(asConfig, '--port', '0')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining("unknown option '--port'; usage: redis-lab replay FILE") as string });
    // A configuration stays one, whatever it is called.
    const settings = file('settings.lab', Buffer.from('nonsense 5\n'));
    expect(await command(settings, '--headless')).toMatchObject({ code: 1, stderr: expect.stringContaining(settings) as string });
    expect(await command(join(dir, 'missing.lab'))).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot read the configuration file') as string });
  });

  test('what does not exist is named', async () => {
    expect(await command('replay', join(dir, 'nowhere.lab'))).toMatchObject({ code: 2, stderr: expect.stringContaining('no such file or directory') as string });
    expect(await command('replay')).toMatchObject({ code: 2, stderr: expect.stringContaining('usage: redis-lab replay FILE') as string });
    // root may read everything
    if (process.getuid?.() !== 0) {
      const secret = file('unreadable.lab', whole);
      chmodSync(secret, 0);
      expect(await command('replay', secret)).toMatchObject({ code: 2, stderr: `redis-lab: cannot open '${secret}': permission denied\n` });
    }
    expect(await command('replay', 'x', '--without', 'y')).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown option '--without'") as string });
  });

  test('--with: the first reply that differs, or that none does', async () => {
    const path = file('whole.lab', whole);
    const same = await command('replay', path, '--with', 'edge-triggered');
    expect(same).toMatchObject({ code: 0, stderr: '' });
    const [, compared] = /^with edge-triggered: none of (\d+) replies differs\n/.exec(same.stdout) ?? expect.fail(same.stdout);
    expect(Number(compared)).toBeGreaterThan(500);
    const other = await command('replay', path, '--with', 'maxmemory=1', '--with', 'slice 100');
    expect(other).toMatchObject({ code: 1, stderr: '' });
    expect(other.stdout).toMatch(
      /^with maxmemory=1, slice 100: the first reply that differs is to token 2, request 2, turn \d+, recorded in turn \d+: SET short x PX 20\n {2}recorded {2}"\+OK\\r\\n"\n {2}now {7}"-OOM command not allowed [^\n]*\n\d+ of \d+ replies differ\n/,
    );
    const refused = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await command('replay', path, ...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      return stderr;
    };
    expect(await refused('--with', 'nonsense')).toMatch(/^redis-lab: --with 'nonsense': there is no change nonsense; there are edge-triggered, [^\n]*\n$/);
    expect(await refused('--with', 'delay=token:999:1s')).toMatch(/^redis-lab: --with: there is no token 999 in the recording; there are 2, 3, [^\n]*\n$/);
    expect(await refused('--with', 'slice 1', '--digest')).toBe('redis-lab: --with goes with no other option\n');
    expect(await refused('--with')).toBe('redis-lab: --with needs a value\n');
  });

  test('the recording holds little more than what clients have sent', () => {
    expect(readFileSync(file('whole.lab', whole)).length).toBeLessThan(6_000_000);
  });
});
