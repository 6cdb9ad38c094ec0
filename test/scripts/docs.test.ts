import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** It bundles the sources without the definitions of the build. That the documents are up to date is tested by docs.test.ts. */
test('npm run docs runs, and writes nothing that is up to date', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/docs.mjs'], { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
});
