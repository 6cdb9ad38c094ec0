import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCommandLine, type Run } from '../../src/cli/command-line.js';
import { readPlainFlags } from '../../src/cli/flags.js';
import { parseFlags } from '../../src/cli/program.js';
import { SETTINGS, settingNames } from '../../src/server/config.js';

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
  expect(await run()).toEqual({ settings: {}, configFile: null, headless: false, poller: 'auto', edgeTriggered: false, seed: null, trace: null, traceOverwrite: false, step: false, ascii: false, screenReader: false });
});

test("the lab's own flags", async () => {
  expect(await run('--headless', '--poller', 'portable', '--edge-triggered', '--seed', '7', '--trace', '/tmp/trace', '--trace-overwrite')).toMatchObject({
    headless: true, poller: 'portable', edgeTriggered: true, seed: 7, trace: '/tmp/trace', traceOverwrite: true,
  });
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
])('%j', async (args, settings) => {
  expect((await run(...args)).settings).toEqual(settings);
});

test('every setting is a flag, by its earlier name too', async () => {
  const flags = [...settingNames()].map(([name]) => name);
  expect(flags.length).toBeGreaterThan(Object.keys(SETTINGS).length);
  for (const name of flags) expect(await complaint(`--${name}`)).toMatch(new RegExp(String.raw`^option '--${name} <value(\.\.\.)?>' argument missing$`));
});

test.each([
  [['--maxmemroy', '1'], "unknown option '--maxmemroy' (Did you mean --maxmemory?)"],
  [['--hz', '1.5'], "--hz '1.5': argument couldn't be parsed into an integer"],
  [['--unixsocketperm', '999'], "--unixsocketperm '999': argument couldn't be parsed as an octal number"],
  [['--client-output-buffer-limit', 'normal', '1'], "--client-output-buffer-limit 'normal 1': Wrong number of arguments in buffer limit configuration."],
  [['--poller', 'select'], "option '--poller <poller>' argument 'select' is invalid. Allowed choices are epoll, portable, auto."],
])('%j is refused', async (args, message) => {
  expect(await complaint(...args)).toBe(message);
});

test('what the quick way reads, Commander reads alike', () => {
  const word = fc.constantFrom('--port', '--save', '--bind', '--headless', '--edge-triggered', '--poller', '--seed', '--trace', '--trace-overwrite', '--lua-time-limit', '--no-appendfsync-on-rewrite', '--PORT', '--port=1', '-', '-5', '--', 'auto', 'x', '1', '');
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (args) => {
      const plain = readPlainFlags(args);
      if (plain !== null) expect(parseFlags(args)).toEqual(plain);
    }),
    { numRuns: 300 },
  );
  expect(readPlainFlags(['redis.conf', '--port', '0', '--save', '900', '1', '--headless'])).not.toBe(null);
});
