import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { replaceFile } from '../../../src/server/persistence/snapshot-file.js';
import { temporaryDirectory } from '../../support/headless.js';

test('a link that lies where the draft is written is replaced, and what it points to is not written to', () => {
  const dir = temporaryDirectory();
  const other = join(temporaryDirectory(), 'other');
  writeFileSync(other, 'of somebody else');
  symlinkSync(other, join(dir, `temp-7-${threadId}.rdb`));
  replaceFile(join(dir, 'dump.rdb'), 7, (sink) => sink(Buffer.from('new')));
  expect(readFileSync(other, 'utf8')).toBe('of somebody else');
  expect(readFileSync(join(dir, 'dump.rdb'), 'utf8')).toBe('new');
  expect(lstatSync(join(dir, 'dump.rdb')).isFile()).toBe(true);
  expect(readdirSync(dir)).toEqual(['dump.rdb']);
});
