import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isFirstStart, rememberFirstStart } from '../../../src/tui/learn/first-start.js';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-state-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('the first start is the one before it is remembered', () => {
  const path = join(newFolder(), 'redis-lab', 'first-minute');
  expect(isFirstStart(path)).toBe(true);
  rememberFirstStart(path);
  expect(isFirstStart(path)).toBe(false);
});

test('without a home no start counts as the first, and a folder that takes nothing does no harm', () => {
  expect(isFirstStart(null)).toBe(false);
  rememberFirstStart(null);
  const file = join(newFolder(), 'file');
  writeFileSync(file, '');
  rememberFirstStart(join(file, 'first-minute'));
  expect(isFirstStart(join(file, 'first-minute'))).toBe(true);
});
