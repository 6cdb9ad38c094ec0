import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { parseCommandLine, type Run } from '../../src/cli/command-line.js';
import { readFlags } from '../../src/cli/flags.js';
import { SETTINGS, settingNames, settingOf } from '../../src/server/config.js';

async function run(...args: string[]): Promise<Run> {
  const request = await parseCommandLine(args);
  if (request.kind !== 'run') throw new Error(JSON.stringify(request));
  return request.run;
}

async function complaint(...args: string[]): Promise<string> {
  const request = await parseCommandLine(args);
  return request.kind === 'complaint' ? request.complaint : `${request.kind} instead of a complaint`;
}

test('without flags nothing is set, and the poller is chosen by itself', async () => {
  expect(await run()).toEqual({
    settings: {}, configFile: null, headless: false, engine: 'loop', poller: 'auto', sends: 'auto', coalesceUs: null, edgeTriggered: false,
    seed: null, clock: 'real',
    trace: null, traceOverwrite: false, record: null, history: null, faults: [], step: false, ascii: false, theme: null, screenReader: false, present: false,
    language: null, learn: null, readsInput: false,
  });
});

test("the lab's own flags", async () => {
  expect(await run('--headless', '--poller', 'portable', '--edge-triggered', '--seed', '7', '--trace', '/tmp/trace', '--trace-overwrite')).toMatchObject({
    headless: true, poller: 'portable', edgeTriggered: true, seed: 7, trace: '/tmp/trace', traceOverwrite: true,
  });
  expect(await run('--theme', 'light')).toMatchObject({ theme: 'light' });
  expect(await run('learn', '--lang', 'ko')).toMatchObject({ learn: { experiment: null }, language: 'ko' });
  expect(await run('learn', 'pipeline', '--port', '0')).toMatchObject({ learn: { experiment: 'pipeline' }, configFile: null });
  expect(await complaint('--ascii', '--lang', 'ko')).toBe('--ascii draws no Hangul: it cannot be combined with --lang ko');
  expect(await complaint('--lang', 'fr')).toBe("--lang 'fr': must be one of en, ko");
  expect(await complaint('--present', '--screen-reader')).toBe('--present needs the screen');
  expect(await complaint('learn', '--headless')).toBe('learn is interactive: it cannot be combined with --headless');
  expect([await run('--history', '16mb'), await run('--history', '0')]).toMatchObject([{ history: 16 * 2 ** 20 }, { history: 0 }]);
  expect([await run('--coalesce-us', '0'), await run('--coalesce-us', '1000')]).toMatchObject([{ coalesceUs: 0 }, { coalesceUs: 1000 }]);
  for (const wrong of ['1001', '-1', '2.5', 'x']) {
    expect(await complaint('--coalesce-us', wrong)).toBe(`--coalesce-us '${wrong}': must be a number from 0 to 1000`);
  }
  expect(await run('--engine', 'sequential')).toMatchObject({ engine: 'sequential', faults: [{ name: 'one-client-at-a-time' }] });
  expect(await run('--step', '--ascii')).toMatchObject({ headless: false, step: true, ascii: true });
});

test.each([
  [['--port', '7000'], { port: 7000 }],
  [['--port=7000'], { port: 7000 }],
  [['--port', '7000', '--port', '7001'], { port: 7001 }],
  [['--maxmemory', '100mb'], { maxmemory: 104857600 }],
  [['--list-max-ziplist-size', '-5'], { 'list-max-listpack-size': -5 }],
  [['--no-appendfsync-on-rewrite', 'yes'], { 'no-appendfsync-on-rewrite': true }],
  [['--save', '900', '1', '--save', '300', '10'], { save: '900 1 300 10' }],
  [['--save', ''], { save: '' }],
  [['--bind', '127.0.0.1', '::1', '--port', '0'], { bind: '127.0.0.1 ::1', port: 0 }],
  [['--requirepass', 'a b'], { requirepass: 'a b' }],
  [['--slowlog-log-slower-than', '-1'], { 'slowlog-log-slower-than': -1 }],
  [['--shutdown-on-sigterm', 'now', 'force'], { 'shutdown-on-sigterm': 'now force' }],
  // From here on as redis-server 7.0.15 reads them.
  [['--save'], { save: '' }],
  [['--save', '--port', '1'], { save: '', port: 1 }],
  [['--save', '900', '1', '--save', '', '--save', '60', '2'], { save: '60 2' }],
  [['--save', '900 1 300 10'], { save: '900 1 300 10' }],
  [['--bind', '--port', '1'], { bind: '', port: 1 }],
  [['--latency-tracking-info-percentiles'], { 'latency-tracking-info-percentiles': [] }],
  [['--maxmemory 700mb'], { maxmemory: 734003200 }],
  [['--save 60 1', '120', '2', '--port 1'], { save: '60 1 120 2', port: 1 }],
  [["--requirepass 'a b'"], { requirepass: 'a b' }],
  [['--requirepass', '--abc'], { requirepass: '--abc' }],
  [['--PORT', '7'], { port: 7 }],
  [['--loading-process-events-interval-bytes', '1024'], { 'loading-process-events-interval-bytes': 1024 }],
  // With =, what stands behind it is the value, whatever it looks like.
  [['--requirepass=--port'], { requirepass: '--port' }],
  [['--requirepass=a=b c'], { requirepass: 'a=b c' }],
])('%j', async (args, settings) => {
  expect((await run(...args)).settings).toEqual(settings);
});

test('every setting is a flag, by its earlier name too', async () => {
  const flags = [...settingNames()].map(([name]) => name);
  expect(flags.length).toBeGreaterThan(Object.keys(SETTINGS).length);
  for (const [name, setting] of settingNames()) if (settingOf(setting).bare !== true) expect(await complaint(`--${name}`)).toBe(`--${name} needs a value`);
});

test.each([
  [['--maxmemroy', '1'], "unknown option '--maxmemroy' (Did you mean --maxmemory?)"],
  [['--history', 'much'], "--history 'much': must be a number of bytes, at least 1mb, or 0 for none"],
  [['--history', '100kb'], "--history '100kb': must be a number of bytes, at least 1mb, or 0 for none"],
  [['--hz', '1.5'], "--hz '1.5': argument couldn't be parsed into an integer"],
  [['--unixsocketperm', '999'], "--unixsocketperm '999': argument couldn't be parsed as an octal number"],
  [['--client-output-buffer-limit', 'normal', '1'], "--client-output-buffer-limit 'normal 1': Wrong number of arguments in buffer limit configuration."],
  [['--poller', 'select'], "--poller 'select': must be one of epoll, portable, auto"],
  [['--clock', 'slow'], "--clock 'slow': must be one of real, virtual"],
  [['--clock', 'virtual', '--headless'], "--clock 'virtual': only the lab's console can advance it, and --headless has none"],
  [['--port', '--headless'], '--port needs a value'],
  [['--headless=yes'], '--headless takes no value'],
  [['-x'], "unknown option '-x'"],
  [['--'], "unknown option '--'"],
  [['--loadmodule', 'x.so'], "--loadmodule 'x.so': not supported"],
  [['--timeout', '5', '6'], "--timeout '5 6': wrong number of arguments"],
  [['--port', '7000', 'redis.conf', '--hz', '10'], "--port '7000 redis.conf': wrong number of arguments"],
  [['--save', '900', '1', '2'], "--save '900 1 2': Invalid save parameters"],
])('%j is refused', async (args, message) => {
  expect(await complaint(...args)).toBe(message);
});

/** A configuration file for this test. */
function configFile(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'redis-lab-flags-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'redis.conf');
  writeFileSync(path, text);
  return path;
}

test('words without dashes after the file are settings, as for redis-server', async () => {
  const path = configFile('maxmemory 1mb\nsave 900 1\n');
  expect(await run(path, 'maxmemory', '2mb')).toMatchObject({ configFile: path, settings: { maxmemory: 2097152 } });
  expect((await run(path, 'save', '60', '2', '--headless')).settings.save).toBe('900 1 60 2');
  expect(await complaint(path, 'maxmemory', '1', 'save', '1', '1')).toBe("maxmemory '1 save 1 1': wrong number of arguments");
  expect(await complaint(path, 'second.conf')).toBe("unknown option 'second.conf'");
});

test('the file may also follow flags of the lab', async () => {
  const path = configFile('port 7\n');
  expect(await run('--headless', path, '--hz', '20')).toMatchObject({ headless: true, configFile: path, settings: { port: 7, hz: 20 } });
});

test('a file is read first, then flags in their order, and what comes later wins', async () => {
  const path = configFile('port 7\nclient-output-buffer-limit pubsub 1 1 1\n');
  const { settings } = await run(path, '--port', '8', '--client-output-buffer-limit', 'normal', '2', '2', '2');
  expect(settings).toMatchObject({ port: 8, 'client-output-buffer-limit': { pubsub: { hard: 1 }, normal: { hard: 2 } } });
});

test('--help begins with six flags, and names the flag that lists the settings', async () => {
  const request = await parseCommandLine(['--help']);
  if (request.kind !== 'text') throw new Error(request.kind);
  expect(request.text.split('\n\n')[2]!.split('\n').map((line) => line.trim().split(/ {2,}/)[0])).toEqual(['--port <number>', '--headless', '--step', '--trace <file>', '--screen-reader', '--help settings']);
  for (const name of ['maxmemory', 'hz', 'appendonly']) expect(request.text).not.toContain(`${name} <`);
  const settings = await parseCommandLine(['--help', 'settings']);
  for (const name of ['port', 'maxmemory', 'hz']) expect(settings.kind === 'text' && settings.text).toContain(`--${name} <`);
});

test('any words at all are taken or refused, without an exception', () => {
  const word = fc.constantFrom('--port', '--save', '--bind', '--headless', '--edge-triggered', '--poller', '--seed', '--trace', '--trace-overwrite', '--lua-time-limit', '--PORT', '--port=1', '-', '-5', '--', '--=', '--save "', 'auto', 'x', '1', '');
  fc.assert(fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 8 }), (args) => void expect(readFlags(args).kind).toMatch(/^(flags|help|version|unknown|complaint)$/)), { numRuns: 500 });
});
