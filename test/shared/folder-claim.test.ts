import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createServer } from 'redis-lab';
import { claimFolder } from '../../src/shared/folder-claim.js';
import { temporaryDirectory } from '../support/headless.js';

describe.runIf(process.platform === 'linux')('a claim of a folder', () => {
  test('is refused to others, whatever the name, until it is released', async () => {
    const dir = temporaryDirectory();
    const [real, other, link] = ['real', 'other', 'link'].map((name) => join(dir, name)) as [string, string, string];
    mkdirSync(real);
    mkdirSync(other);
    symlinkSync(real, link);
    const release = await claimFolder(real, 'aof');
    expect([await claimFolder(link, 'aof'), await claimFolder(dir, 'real/aof')]).toEqual([null, null]);
    for (const [around, name] of [[real, 'aof2'], [other, 'aof']] as const) (await claimFolder(around, name))!();
    release!();
    const again = await claimFolder(link, 'aof');
    expect(again).not.toBe(null);
    again!();
  });

  test('is made by a server with an append-only file: a second one says so in its log, and when they have ended it can be claimed again', async () => {
    const lines: string[][] = [[], []];
    const dir = temporaryDirectory();
    const start = (at: number) => createServer({ port: 0, dir, appendonly: true, log: (level, line) => void lines[at]!.push(`${level}: ${line}`) });
    {
      await using _first = await start(0);
      await using _second = await start(1);
    }
    const told = lines.map((each) => each.filter((line) => line.includes('another redis-lab')));
    expect(told).toEqual([[], [expect.stringMatching(/^warning: .*appendonlydir is already written by another redis-lab/)]]);
    (await claimFolder(dir, 'appendonlydir'))!();
  });
});
