/** The console's state: submitting, pasting, walking through the history, searching it, completing, and what the connections report. */
import { expect, test } from 'vitest';
import { loadCommandReference } from '../../../src/server/index.js';
import { isSecret, MAX_LINES, reduceRepl, remember, submittedLines, type ReplAction } from '../../../src/tui/state/repl-reduce.js';
import { initialClient, initialRepl, promptOf, type ReplClient, type ReplState } from '../../../src/tui/state/repl-state.js';

const commands = await loadCommandReference();
const fresh = reduceRepl(initialRepl, { type: 'commands-loaded', commands });

const act = (state: ReplState, ...actions: readonly ReplAction[]): ReplState => actions.reduce(reduceRepl, state);
const typed = (text: string, state = fresh): ReplState => act(state, { type: 'type-text', text });
const remembering = (...history: readonly string[]): ReplState => act(fresh, { type: 'history-loaded', history });
const drawn = ({ input, cursor }: ReplState): string => `${input.slice(0, cursor)}|${input.slice(cursor)}`;

test('typing shows the hint, and the red line when it is wrong', () => {
  expect(typed('GET ')).toMatchObject({ input: 'GET ', hint: 'key', error: { en: 'GET takes 1 argument: key' } });
  expect(typed('GET a')).toMatchObject({ hint: '', error: null });
  expect(act(typed('GET '), { type: 'move-left' }).hint).toBe('');
});

test('the table of commands may come while something is typed already', () => {
  expect(act(typed('GET ', initialRepl), { type: 'commands-loaded', commands })).toMatchObject({ hint: 'key' });
});

test('Enter takes the line, and remembers it', () => {
  const state = typed(' GET a ');
  expect(submittedLines(state, { type: 'submit' })).toEqual(['GET a']);
  expect(act(state, { type: 'submit' })).toMatchObject({ input: '', cursor: 0, history: ['GET a'], error: null, hint: '' });
  expect(submittedLines(fresh, { type: 'submit' })).toEqual([]);
  expect(act(fresh, { type: 'submit' }).history).toEqual([]);
});

test('each line of a paste runs in order; the text after the last line break stays', () => {
  const state = act(typed('SET a |'), { type: 'move-left' }, { type: 'delete-forward' });
  const paste: ReplAction = { type: 'paste', text: '1\r\nSET b 2\n\n  SET c 3\nSET d' };
  expect(submittedLines(state, paste)).toEqual(['SET a 1', 'SET b 2', 'SET c 3']);
  expect(act(state, paste)).toMatchObject({ input: 'SET d', history: ['SET a 1', 'SET b 2', 'SET c 3'] });
});

test('a paste of one line goes in at the cursor', () => {
  const state = act(typed('SET b'), { type: 'move-left' });
  expect(submittedLines(state, { type: 'paste', text: 'a\x1b ' })).toEqual([]);
  expect(drawn(act(state, { type: 'paste', text: 'a\x1b ' }))).toBe('SET a |b');
});

test('up and down walk through the history, and back to what was being typed', () => {
  const state = typed('dra', remembering('one', 'two'));
  const up: ReplAction = { type: 'history-previous' };
  const down: ReplAction = { type: 'history-next' };
  expect(act(state, up)).toMatchObject({ input: 'two', cursor: 3 });
  expect(act(state, up, up).input).toBe('one');
  expect(act(state, up, up, up).input).toBe('one');
  expect(act(state, up, up, down).input).toBe('two');
  expect(act(state, up, down)).toMatchObject({ input: 'dra', browsing: null });
  expect(act(state, down).input).toBe('dra');
});

test('Ctrl-R finds the newest line with the text, and again the next older one', () => {
  const state = act(remembering('SET a 1', 'GET a', 'SET b 2'), { type: 'search-history' });
  expect(state.search).toMatchObject({ text: '', found: null });
  const found = act(state, { type: 'type-text', text: 'set' });
  expect(found.search).toMatchObject({ text: 'set', found: 'SET b 2' });
  const older = act(found, { type: 'search-history' });
  expect(older.search!.found).toBe('SET a 1');
  expect(act(older, { type: 'search-history' }).search!.found).toBe('SET a 1');
  expect(act(found, { type: 'delete-backward' }).search).toMatchObject({ text: 'se', found: 'SET b 2' });
  expect(act(found, { type: 'type-text', text: 'x' }).search).toMatchObject({ found: null });
});

test('what was found is run by Enter, edited by any other key, and left by Esc', () => {
  const state = act(typed('draft', remembering('SET a 1')), { type: 'search-history' }, { type: 'type-text', text: 'a' });
  expect(submittedLines(state, { type: 'submit' })).toEqual(['SET a 1']);
  expect(act(state, { type: 'submit' })).toMatchObject({ search: null, input: '' });
  expect(drawn(act(state, { type: 'move-to-start' }))).toBe('|SET a 1');
  expect(act(state, { type: 'dismiss' })).toMatchObject({ search: null, input: 'draft' });
  expect(act(state, { type: 'discard-line' })).toMatchObject({ search: null, input: 'draft' });
});

const tab: ReplAction = { type: 'complete-next', keys: [] };
const shiftTab: ReplAction = { type: 'complete-previous', keys: [] };

test('Tab walks through the candidates, Shift-Tab back', () => {
  const state = typed('SET a 1 p');
  expect(act(state, tab)).toMatchObject({ input: 'SET a 1 px', completion: { candidates: ['px', 'pxat'], index: 0 } });
  expect(act(state, tab, tab).input).toBe('SET a 1 pxat');
  expect(act(state, tab, tab, tab).input).toBe('SET a 1 px');
  expect(act(state, shiftTab).input).toBe('SET a 1 pxat');
  expect(act(state, tab, { type: 'type-text', text: ' ' })).toMatchObject({ input: 'SET a 1 px ', completion: null, hint: expect.stringMatching(/^milliseconds/) });
});

test('the only candidate goes in with a space, and the next Tab is about the next word', () => {
  expect(act(typed('getd'), tab)).toMatchObject({ input: 'getdel ', completion: null });
  expect(act(typed('getd'), tab, { type: 'complete-next', keys: ['apple'] }).input).toBe('getdel apple ');
  expect(drawn(act(typed('getd a'), { type: 'move-left' }, { type: 'move-left' }, tab))).toBe('getdel |a');
});

test('Tab without anything to offer changes nothing', () => {
  const state = typed('nosuch ');
  expect(act(state, tab)).toBe(state);
});

test('the transcript keeps the newest lines, and counts all', () => {
  const lines = Array.from({ length: 700 }, (_, i) => ({ kind: 'out' as const, client: '', text: String(i) }));
  const state = act(fresh, { type: 'lines-received', lines }, { type: 'lines-received', lines });
  expect(state.lines).toHaveLength(MAX_LINES);
  expect(state.lines.at(-1)!.text).toBe('699');
  expect(state.lineCount).toBe(1400);
  expect(act(state, { type: 'transcript-cleared' }).lines).toEqual([]);
});

test.each<[Partial<ReplClient>, string]>([
  [{}, '127.0.0.1:6379> '],
  [{ db: 2 }, '127.0.0.1:6379[2]> '],
  [{ db: 2, inTransaction: true }, '127.0.0.1:6379[2](TX)> '],
  [{ name: 'a' }, '@a 127.0.0.1:6379> '],
  [{ state: 'closed', db: 2 }, 'not connected> '],
])('the prompt of %j is %j', (client, prompt) => {
  expect(promptOf({ ...initialClient, address: '127.0.0.1:6379', ...client })).toBe(prompt);
});

test('the current client is one of all', () => {
  const a = { ...initialClient, name: 'a', db: 3 };
  expect(act(fresh, { type: 'clients-changed', clients: [initialClient, a], current: 'a' })).toMatchObject({ client: a, clients: [initialClient, a] });
});

test.each([
  ['AUTH secret', true],
  ['auth user secret', true],
  ['"AUTH" secret', true],
  ['@a AUTH secret', true],
  ['slice 1 AUTH secret', true],
  ['5 AUTH secret', true],
  ['@a 5 slice 1 AUTH secret', true],
  ['HELLO 3 AUTH default secret', true],
  ['HELLO 3', false],
  ['CONFIG SET requirepass secret', true],
  ['config set maxmemory 1 requirepass secret', true],
  ['CONFIG SET maxmemory 1', false],
  ['CONFIG GET requirepass', false],
  ['ACL SETUSER joe on >secret', true],
  ['ACL LIST', false],
  ['raw "AUTH secret\\r\\n"', true],
  ['raw "PING\\r\\n"', false],
  ['SET auth 1', false],
])('%j is a secret: %s', (line, secret) => {
  expect(isSecret(line)).toBe(secret);
  expect(remember([], line)).toEqual(secret ? [] : [line]);
});

test('a line that is repeated is remembered once', () => {
  expect(remember(['a'], 'a')).toEqual(['a']);
  expect(remember(['a', 'b'], 'a')).toEqual(['a', 'b', 'a']);
});
