import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replaceFile, WRITER } from '../../src/shared/replace-file.js';
import { temporaryDirectory } from '../support/headless.js';

test.each([undefined, `temp-${WRITER}.rdb`])('a link in the place of the draft is replaced, and its target is not written to: %s', (name) => {
  const dir = temporaryDirectory();
  const other = join(temporaryDirectory(), 'other');
  writeFileSync(other, 'of somebody else');
  symlinkSync(other, join(dir, name ?? `dump.rdb.${WRITER}.tmp`));
  replaceFile(join(dir, 'dump.rdb'), (sink) => sink(Buffer.from('new')), name && join(dir, name));
  expect(readFileSync(other, 'utf8')).toBe('of somebody else');
  expect(readFileSync(join(dir, 'dump.rdb'), 'utf8')).toBe('new');
  expect(lstatSync(join(dir, 'dump.rdb')).isFile()).toBe(true);
  expect(readdirSync(dir)).toEqual(['dump.rdb']);
});
