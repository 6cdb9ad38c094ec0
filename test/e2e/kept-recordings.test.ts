/**
 * Recordings of released versions, which every later version opens. Only the build that recorded one is sure to replay it identically; any other replays it
 * as far as it does the same, shows its events, and says in one line who recorded it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readRecording } from '../../src/server/recording/index.js';
import { walkTape } from '../../src/server/recording/tape-walk.js';
import { cli } from '../support/cli.js';
import { temporaryDirectory } from '../support/headless.js';

const FOLDER = fileURLToPath(new URL('../fixtures/', import.meta.url));
const VERSION = (JSON.parse(readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8')) as { version: string }).version;

const KEPT = readdirSync(FOLDER).filter((name) => name.endsWith('.lab'));

const buildOf = (name: string): string => /^(\d+\.\d+\.\d+)/.exec(name)![1]!;

test('one of each kind of clock is kept', () => {
  expect(KEPT.map((name) => name.replace(/^[\d.]+/, ''))).toEqual(expect.arrayContaining(['-virtual.lab', 'lab']));
});

test.each(KEPT)('%s: head and tape can be read to the end', (name) => {
  const { head, tape, damage, containsSecrets } = readRecording(readFileSync(join(FOLDER, name)));
  expect(head).toMatchObject({ build: buildOf(name), seed: 7, poll: { name: 'epoll' }, hasVirtualClock: name.includes('virtual') });
  expect({ damage, containsSecrets }).toEqual({ damage: null, containsSecrets: false });
  let received = '';
  walkTape(tape, { read: (_, start, end) => void (received += tape.latin1Slice(start, end)), secret: () => {}, aclFile: () => {} });
  for (const text of ['greeting', 'BLPOP', 'EVAL', 'GENPASS']) expect(received).toContain(text);
});

test.each(KEPT)('%s: its content is recognised, and its events are shown', async (name) => {
  const path = join(FOLDER, name);
  const trace = join(temporaryDirectory(), 'trace.jsonl');
  const { stdout, stderr, code } = await cli(path, '--trace', trace, '--digest');
  expect(code).toBeLessThan(2);
  expect(stdout).toMatch(/^replayed \d+ turns, \d+ commands: (identical|diverged in turn \d+[^\n]*)\nkeys \d+ [0-9a-f]{40} clients \d+ [0-9a-f]{40}\n$/);
  const build = buildOf(name);
  expect(stderr).toBe(build === VERSION ? '' : `redis-lab: '${path}' was recorded by redis-lab ${build}: another build may behave differently\n`);
  const events = readFileSync(trace, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as { kind: string });
  expect(events.filter(({ kind }) => kind === 'execute')[0]).toMatchObject({ token: 2 });
});
