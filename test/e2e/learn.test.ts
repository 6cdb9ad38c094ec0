/** `redis-lab learn` in lines, as a program would call it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cli, command } from '../support/cli.js';
import { MAIN } from '../support/lab.js';
import { installPacked } from '../support/packed.js';

test('--list prints one line each, the name first', async () => {
  const { code, stdout } = await cli('learn', '--list', '--lang', 'en');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^pipeline\tA pipeline is not a transaction$/m);
  expect((await command('learn', '--list', '--lang', 'ko')).stdout).toMatch(/^pipeline\t파이프라인은 트랜잭션이 아니다$/m);
});

test('--check plays what is named', async () => {
  const { code, stdout } = await cli('learn', '--check', 'pipeline');
  expect(stdout).toMatch(/^pipeline: passes\n {2}run: GREEN\n {4}GREEN .+: there (?:was|were) \d+ .*; there must be .*$/m);
  expect(stdout).toMatch(/^ {2}break: RED \(/m);
  expect(stdout).toMatch(/\n1 experiment passes\n$/);
  expect(code).toBe(0);
});

test.concurrent.for([
  ['epoll', [], /\nall 17 experiments pass\n$/],
  ['portable', ['head-of-line: needs epoll, left out', 'herd: needs epoll, left out'], /\nall 15 experiments pass\n$/],
] as const)('all experiments pass on the poller %s, but for those that are about epoll', { timeout: 600_000 }, async ([poller, leftOut, summary], { expect }) => {
  const { code, stdout } = await cli('learn', '--check', '--poller', poller);
  expect(stdout.split('\n').filter((line) => /FAILS|^ +!/.test(line))).toEqual([]);
  expect(stdout.split('\n').filter((line) => line.endsWith('left out'))).toEqual(leftOut);
  expect(stdout).toMatch(summary);
  expect(code).toBe(0);
});

test('experiments, texts and template come with the packed tarball', async () => {
  const installed = installPacked();
  onTestFinished(() => installed.remove());
  const run = (...args: readonly string[]): string => execFileSync(process.execPath, [installed.main, 'learn', ...args], { cwd: installed.folder, encoding: 'utf8' });
  expect(run('--check', 'wouldblock')).toMatch(/\n1 experiment passes\n$/);
  expect(run('--template')).toContain('"name": "mine"');
});

test('between pipes an experiment is plain questions and lines, and its end is remembered', () => {
  const state = mkdtempSync(join(tmpdir(), 'redis-lab-learn-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  const learn = (input: string, ...args: readonly string[]): string =>
    execFileSync(process.execPath, [MAIN, 'learn', ...args], { input, encoding: 'utf8', env: { ...process.env, XDG_STATE_HOME: state, LANG: 'C', LC_ALL: '', LC_MESSAGES: '' } });
  const told = learn('x\n2\n\n\n1\n3\n', 'pipeline');
  const at = ['1 to 3?\n1 to 3?', '@ben (integer) 5', 'GREEN', 'You said: one read, five commands, one write.', 'Now the same with a common mistake', 'RED', 'comes next?', 'RED', 'GREEN', 'Done.']
    .reduce((from, text) => (from === -1 ? -1 : told.indexOf(text, from)), 0);
  expect(at, told).toBeGreaterThan(0);
  expect(learn('', '--lang', 'en')).toMatch(/^7 {2}pipeline {2}A pipeline is not a transaction {2}done$/m);
  expect(learn('3\n', 'herd', '--poller', 'portable')).toMatch(/\nIt could not be run to its end: It shows what epoll does, but this loop uses another poller\.\n$/);
  expect(learn('', '--reset')).toBe('no experiment is done\n');
  expect(learn('', '--lang', 'en')).not.toContain('done');
});

test('--template is a file that passes, and one that does not fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-learn-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'mine.json');
  const { stdout } = await command('learn', '--template');
  writeFileSync(file, stdout);
  expect(await command('learn', '--check', file)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mine: passes\n/) });
  writeFileSync(file, stdout.replace('"exactly": 1', '"exactly": 2'));
  const failed = await command('learn', '--check', file);
  expect(failed).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^mine: FAILS\n {2}run: RED, must be GREEN\n {4}RED one read: there was 1 such read of @alice; there must be 2\n/),
  });
  writeFileSync(file, stdout.replace('"goals"', '"gaols"'));
  expect((await command('learn', '--check', file, '--lang', 'en')).stderr).toContain(`redis-lab: ${file}:`);
  expect((await command('learn', '--check', file, '--lang', 'ko')).stderr).toMatch(/\.json:\d+: gaols: 여기에 없는 필드입니다 \(혹시 "goals"\?\)\. 있는 것: format, /);
});

test.each([
  [['--check', 'piplin'], "there is no experiment 'piplin': did you mean pipeline?"],
  [['--check', './missing.json'], "cannot open './missing.json': no such file or directory"],
  [['--check', '/'], "cannot open '/': is a directory"],
  [['--check', '--list'], 'usage: redis-lab learn'],
  [['--list', '--all'], "Unknown option '--all'; usage: redis-lab learn"],
  [['--list', '--lang', 'fr'], "--lang 'fr': must be one of en, ko"],
  [['--check', 'pipeline', '--lang', 'fr'], "--lang 'fr': must be one of en, ko"],
  [['--list', '--lang'], "Option '--lang <value>' argument missing; usage: redis-lab learn"],
  [['--check', '--poller', 'kqueue'], "--poller 'kqueue': must be one of epoll, portable, auto"],
  [['--check', 'piplin', '--lang', 'ko'], "실험 'piplin'은 없습니다. 비슷한 이름: pipeline"],
  [['piplin', '--lang', 'ko'], "실험 'piplin'은 없습니다. 비슷한 이름: pipeline"],
])('learn %j is answered in one line', async (args, complaint) => {
  const { code, stderr } = await command('learn', ...args);
  expect(stderr).toContain(`redis-lab: ${complaint}`);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
});
