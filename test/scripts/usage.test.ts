import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

function run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('the usage of a script is the comment at its head', () => {
  test.each([
    ['of its own', 'scripts/kill9.mjs', /^Kills a server .*\n\n {4}node scripts\/kill9\.mjs \[--rounds 20\]/],
    ['in lines', 'scripts/redis-suite.mjs', /^Runs the test suite .*\n.*\n\n {2}node scripts\/redis-suite\.mjs FOLDER /],
    ['with what is there', 'scripts/campaign.mjs', /^Runs the tests that draw [^]*The names: CAPTURES, CHECKPOINTS, FORKS, REPLAYS, STORMS, WHAT_IFS\.\n$/],
    ['of the program that it runs', 'scripts/check-matrix.mjs', /^npm run check-matrix -- \[--runs 5\]/],
  ])('%s: --help', (_, script, usage) => {
    expect(run(script, '--help')).toEqual({ status: 0, stdout: expect.stringMatching(usage), stderr: '' });
  });

  test('an option that does not exist is named, and the usage follows', () => {
    expect(run('scripts/campaign.mjs', 'NOTHING')).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(/^There is no campaign 'NOTHING'\n\nRuns the tests/) });
    expect(run('scripts/campaign.mjs', '--times', '0')).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(/^--times '0' must be a whole number from 1 on\n\nRuns/) });
    expect(run('scripts/kill9.mjs', '--nothing')).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(/^Unknown option '--nothing'.*\n\nKills a server/) });
  });
});
