/** Where the console's history lies. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HistoryFile, historyPath } from '../../../src/tui/repl/history-file.js';

const atHome = (): string => '/home/me';

test.each([
  ['by the XDG rules in the home', {}, '/home/me/.local/state/redis-lab/history'],
  ['in the folder for state', { XDG_STATE_HOME: '/state' }, '/state/redis-lab/history'],
  ['not in a relative folder', { XDG_STATE_HOME: 'state' }, '/home/me/.local/state/redis-lab/history'],
  ['in the file that was named', { REDIS_LAB_HISTFILE: 'mine' }, 'mine'],
  ['nowhere, if that is asked for', { REDIS_LAB_HISTFILE: '' }, null],
])('%s', (_, environment, path) => {
  expect(historyPath(environment, atHome)).toBe(path);
});

test('nowhere, for a user without a home', () => {
  const homeless = (): string => {
    throw new Error('uv_os_homedir returned ENOENT');
  };
  expect(historyPath({}, homeless)).toBe(null);
  expect(historyPath({ XDG_STATE_HOME: '/state' }, homeless)).toBe('/state/redis-lab/history');
});

test('keeps a line as the bytes that were typed, whatever their encoding', () => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-history-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'history');
  const lines = ['SET ключ 1', 'SET caf\udce9 1'];
  for (const line of lines) new HistoryFile(path).append(line);
  expect(readFileSync(path, 'latin1')).toBe(`${Buffer.from(lines[0]!).toString('latin1')}\nSET caf\xe9 1\n`);
  expect(new HistoryFile(path).load()).toEqual(lines);
});
