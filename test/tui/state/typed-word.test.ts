/** Words for the console that are typed among the panes, key by key. */
import { loadCommandReference } from 'redis-lab';
import { expect, test } from 'vitest';
import { intentOf } from '../../../src/tui/keymap.js';
import { initialModel } from '../../../src/tui/state/model/model.js';
import { initialState, reduce } from '../../../src/tui/state/reduce.js';
import { initialRepl } from '../../../src/tui/state/repl-state.js';
import { typedForConsole } from '../../../src/tui/state/typed-word.js';
import { KeyDecoder } from '../../../src/tui/terminal/decoder.js';
import { PANES } from '../../../src/tui/view/panes/index.js';

const commands = await loadCommandReference();
const INFO = { addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: 'test' } as const;
const atKeys = reduce(initialState(INFO, initialModel), { type: 'focus', pane: 'keyspace' });

/** What gets to the console, and the letters that were keys until then; null: all of them. */
function typed(line: string, input = ''): { readonly text: string; readonly keys: string } | null {
  let before = '';
  for (const key of new KeyDecoder().push(line, 0)) {
    const isBound = intentOf(key, atKeys, PANES.keyspace) !== null;
    const text = typedForConsole({ before, text: key.text, isBound }, { ...initialRepl, commands, input });
    if (text !== null) return { text, keys: before };
    before += key.text;
  }
  return null;
}

test.each([
  ['get foo', 'get ', 'get'],
  ['GET foo', 'GE', 'G'],
  ['set k v', 'set ', 'set'],
  ['hset h f v', 'hset ', 'hset'],
  ['ping\r', 'pi', 'p'],
  ['del k', 'del', 'de'],
  ['flushall\r', 'fl', 'f'],
  ['unlink k', 'un', 'u'],
  ['reset\r', 'reset', 'reset'],
  ['echo x', 'echo', 'ech'],
  ['exec\r', 'ex', 'e'],
  ['help set', 'hel', 'he'],
  ['slice 1 PING', 'sl', 's'],
])('%j reaches the console as %j', (line, text, keys) => {
  expect(typed(line)).toEqual({ text, keys });
});

test('every command in lower case reaches the console before its first space, unless its first letter opens a prompt or a question', () => {
  const names = commands.map(({ name }) => name.toLowerCase()).filter((name) => !/^[bq]/.test(name));
  expect(names.filter((name) => typed(`${name} `) === null)).toEqual([]);
});

test.each(['eeee', 'cct', 'jjk', 'zz', 'e e ', 'c\r', 'gg', 'nnn', 'ttr', '  ', '-+', 'x', 'zsek'])('%j are keys', (line) => {
  expect(typed(line)).toBeNull();
});

test('after a partial line in the console, letters that are not keys continue it', () => {
  expect(typed('o bar', 'SET fo')).toEqual({ text: 'o', keys: '' });
  expect(typed('ee', 'SET fo')).toBeNull();
});
