/** `redis-lab learn` in lines, as a program would call it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cli } from '../support/cli.js';

test('--list prints one line each, the name first', async () => {
  const { code, stdout } = await cli('learn', '--list', '--lang', 'en');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^pipeline\tA pipeline is no transaction$/m);
  expect((await cli('learn', '--list', '--lang', 'ko')).stdout).toMatch(/^pipeline\t파이프라인은 트랜잭션이 아니다$/m);
});

test('--check plays what is named', async () => {
  const { code, stdout } = await cli('learn', '--check', 'pipeline');
  expect(stdout).toMatch(/^pipeline: passes\n {2}run: GREEN\n {4}GREEN .*: \d+, must be \d+$/m);
  expect(stdout).toMatch(/^ {2}break: RED \(/m);
  expect(stdout).toMatch(/\n1 experiment passes\n$/);
  expect(code).toBe(0);
});

test('--template is a file that passes, and one that does not fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-learn-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'mine.json');
  const { stdout } = await cli('learn', '--template');
  writeFileSync(file, stdout);
  expect(await cli('learn', '--check', file)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mine: passes\n/) });
  writeFileSync(file, stdout.replace('"exactly": 1', '"exactly": 2'));
  const failed = await cli('learn', '--check', file);
  expect(failed).toMatchObject({ code: 1, stdout: expect.stringMatching(/^mine: FAILS\n {2}run: RED, must be GREEN\n {4}RED one read: 1, must be 2\n/) });
  writeFileSync(file, stdout.replace('"goals"', '"gaols"'));
  expect((await cli('learn', '--check', file)).stderr).toContain(`redis-lab: ${file}:`);
});

test.each([
  [['--check', 'piplin'], "there is no experiment 'piplin': did you mean pipeline?"],
  [['--check', './missing.json'], "cannot open './missing.json': no such file or directory"],
  [['--check', '--list'], 'usage: redis-lab learn --list'],
  [['--list', '--all'], "unknown option '--all'; usage: redis-lab learn --list"],
])('learn %j is answered in one line', async (args, complaint) => {
  const { code, stderr } = await cli('learn', ...args);
  expect(stderr).toContain(`redis-lab: ${complaint}`);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
});
