/** Where the console's history lies. */
import { expect, test } from 'vitest';
import { historyPath } from '../../../src/tui/repl/history-file.js';

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
