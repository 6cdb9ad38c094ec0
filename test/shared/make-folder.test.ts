/** makeFolder, where Node's recursive mkdir does not return, and elsewhere. */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolder } from '../../src/shared/make-folder.js';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-folders-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('folders that are missing are created with the mode, and one that exists is left as it is', () => {
  const folder = scratch();
  makeFolder(join(folder, 'one/two/three'), 0o700);
  expect(statSync(join(folder, 'one/two')).mode & 0o777).toBe(0o700);
  makeFolder(join(folder, 'one/two/three'));
  expect(statSync(join(folder, 'one/two/three')).mode & 0o777).toBe(0o700);
});

test('a file in the way is an error', () => {
  const folder = scratch();
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeFolder(join(folder, 'file'))).toThrow('EEXIST');
  expect(() => makeFolder(join(folder, 'file/below'))).toThrow('ENOTDIR');
});

test.runIf(existsSync('/proc/self'))('where the system creates none, its error is thrown, however deep the folder is', () => {
  expect(() => makeFolder('/proc/redis-lab')).toThrow('ENOENT');
  expect(() => makeFolder('/proc/redis-lab/docs/lessons')).toThrow('ENOENT');
});
