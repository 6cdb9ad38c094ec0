import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadCommandReference } from '../../../../src/server/index.js';
import { reduceRepl, type ReplAction } from '../../../../src/tui/state/repl-reduce.js';
import { initialClient, initialRepl, type ReplClient, type ReplLine, type ReplState } from '../../../../src/tui/state/repl-state.js';
import type { State } from '../../../../src/tui/state/state.js';
import { replPane } from '../../../../src/tui/view/panes/repl.js';
import type { Size } from '../../../../src/tui/view/pane.js';
import { width } from '../../../../src/tui/view/text.js';
import { COLORED, PLAIN, stage } from '../../scene.js';

const commands = await loadCommandReference();
const client: ReplClient = { ...initialClient, address: '127.0.0.1:6379', state: 'ready' };
const prompt = '127.0.0.1:6379> ';

function talked(...actions: readonly ReplAction[]): ReplState {
  return [{ type: 'commands-loaded', commands } as const, { type: 'clients-changed', clients: [client], current: '' } as const, ...actions].reduce<ReplState>(reduceRepl, initialRepl);
}

const heard = (...lines: readonly (Partial<ReplLine> & { text: string })[]): ReplAction => ({ type: 'lines-received', lines: lines.map((line) => ({ kind: 'out', client: '', ...line })) });
const typed = (text: string): ReplAction => ({ type: 'type-text', text });

function stateWith(repl: ReplState, ui: Partial<State['ui']['panes']['repl']> = {}): State {
  using scene = stage();
  scene.set('repl', ui);
  return { ...scene.state, repl };
}

/** The rows, with | where the cursor is. */
function picture(repl: ReplState, size: Size, ui: Partial<State['ui']['panes']['repl']> = {}): string {
  const state = stateWith(repl, ui);
  const rows = [...replPane.render(state, { theme: PLAIN, size, isFocused: true })];
  const cursor = replPane.cursor!(state, { theme: PLAIN, size })!;
  const row = rows[cursor.row]!;
  rows[cursor.row] = `${row.slice(0, cursor.column)}|${row.slice(cursor.column)}`;
  return `\n${rows.map((each) => each.trimEnd()).join('\n')}\n`;
}

test('the newest line is at the bottom, above the line being typed with its hint', () => {
  const repl = talked(
    heard({ kind: 'in', text: 'SET greeting hello', prompt }, { text: 'OK' }, { kind: 'in', text: 'INCR greeting', prompt }, { kind: 'error', text: '(error) ERR value is not an integer or out of range' }),
    typed('EXPIRE greeting '),
  );
  expect(picture(repl, { width: 60, height: 7 })).toBe(`

127.0.0.1:6379> SET greeting hello
OK
127.0.0.1:6379> INCR greeting
(error) ERR value is not an integer or out of range
127.0.0.1:6379> EXPIRE greeting |seconds [NX | XX | GT | LT]
EXPIRE takes at least 2 arguments: key seconds [NX | XX | G…
`);
});

test('on an empty line the last row shows the keys', () => {
  expect(picture(talked(), { width: 50, height: 3 })).toBe(`

127.0.0.1:6379> |
Tab completes, Ctrl-R searches, help explains
`);
});

test('a long line is broken at the edge, and the cursor goes with it', () => {
  expect(picture(talked(typed('SET key aaaaaaaaaabbbbbbbbbb')), { width: 24, height: 4 })).toBe(`

6379> SET key aaaaaaaaaa
bbbbbbbbbb| [NX | XX] […

`);
  expect(picture(talked(typed('SET keys aaaaaaaaa')), { width: 24, height: 4 })).toBe(`

6379> SET keys aaaaaaaaa
| [NX | XX] [GET] [EX s…

`);
});

test.each<[Partial<ReplClient>, number, string]>([
  [{ db: 2 }, 30, '6379[2]> '],
  [{ name: 'a', inTransaction: true }, 30, '@a 6379(TX)> '],
  [{ db: 2 }, 50, '127.0.0.1:6379[2]> '],
  [{ db: 2 }, 10, '> '],
  [{ address: '[::1]:6379' }, 20, '6379> '],
  [{ address: 'redis /run/lab.sock' }, 30, '> '],
  [{ state: 'closed' }, 30, 'not connected> '],
  [{ state: 'closed' }, 20, '> '],
])('the prompt of %j in %i columns is %j', (change, columns, expected) => {
  const repl = talked({ type: 'clients-changed', clients: [{ ...client, ...change }], current: change.name ?? '' });
  expect(picture(repl, { width: columns, height: 1 }).trim()).toBe(`${expected}|`);
});

test('candidates are below the line, including the chosen one', () => {
  const repl = talked(typed('SET a 1 p'), { type: 'complete-next', keys: [] });
  expect(picture(repl, { width: 60, height: 3 })).toBe(`

127.0.0.1:6379> SET a 1 px| milliseconds [NX | XX] [GET]
px pxat                                                  1/2
`);
});

test('the search has a prompt of its own', () => {
  const repl = talked({ type: 'history-loaded', history: ['SET a 1'] }, { type: 'search-history' }, typed('set'));
  expect(picture(repl, { width: 60, height: 3 })).toBe(`

(reverse-i-search) 'set|': SET a 1
Enter runs it, Ctrl-R finds an older one, Esc leaves
`);
});

test('output of the console is broken between words, and keeps its indentation', () => {
  const repl = talked(heard({ kind: 'note', text: 'quit' }, { kind: 'note', text: '    Leaves the lab; exit does the same.' }, { kind: 'out', text: '"broken anywhere, as a terminal does"' }));
  expect(picture(repl, { width: 24, height: 7 })).toBe(`
quit
    Leaves the lab; exit
    does the same.
"broken anywhere, as a t
erminal does"
6379> |
Tab completes, Ctrl-R s…
`);
});

test('errors are broken between words, values where the row ends', () => {
  const repl = talked(heard({ kind: 'error', text: '(error) WRONGTYPE Operation against a key holding the wrong kind of value' }, { text: '"one two three four five six seven eight nine ten"' }));
  expect(picture(repl, { width: 30, height: 7 })).toBe(`
(error) WRONGTYPE Operation
against a key holding the
wrong kind of value
"one two three four five six s
even eight nine ten"
6379> |
Tab completes, Ctrl-R searche…
`);
});

test('lines of other clients show their names', () => {
  const repl = talked(heard({ kind: 'in', text: '@a PING', prompt }, { client: 'a', text: 'PONG' }));
  expect(picture(repl, { width: 50, height: 4 })).toBe(`
127.0.0.1:6379> @a PING
@a PONG
127.0.0.1:6379> |
Tab completes, Ctrl-R searches, help explains
`);
});

test.each<[Partial<ReplClient>, string]>([
  [{ state: 'waiting', awaited: 'BLPOP' }, 'BLPOP waits for its reply; Ctrl-C leaves it'],
  [{ state: 'waiting', awaited: 'BLPOP', behind: 2 }, 'BLPOP waits for its reply, 2 more behind it; Ctrl-C leaves it'],
  [{ state: 'subscribed' }, 'subscribed: messages appear as they come; Ctrl-C leaves'],
  [{ state: 'monitor' }, 'MONITOR shows every command; Ctrl-C leaves'],
  [{ isReadingPaused: true }, 'reading is paused: resume-reading resumes it'],
  [{ state: 'connecting' }, 'connecting'],
])('a client that is %j is explained', (change, note) => {
  const repl = talked({ type: 'clients-changed', clients: [{ ...client, ...change }], current: '' });
  expect(picture(repl, { width: 70, height: 2 + 1 }).split('\n').at(-2)).toBe(note);
});

test.each([[37, 'history: answers as of that moment'], [80, 'this is the history: commands are answered as of that moment']] as const)('while the past is shown the title in %i columns says that answers are as of that moment, also if the loop is held', (columns, text) => {
  const state = stateWith(talked());
  const heldAt = { seq: 1, atUs: 0, kind: 'turn-begin' as const, turn: 1 };
  const past = { ...state, control: { ...state.control, mode: 'history' as const, heldAt } };
  expect(replPane.render(past, { theme: PLAIN, size: { width: columns, height: 5 }, isFocused: true }).at(-1)!.trimEnd()).toBe(text);
});

test.each<[Partial<ReplClient>, number, string]>([
  [{}, 37, 'loop paused: Esc, then e or Space'],
  [{}, 60, 'the loop is paused: Esc, then e steps, Space resumes'],
  [{ state: 'waiting', awaited: 'GET' }, 37, 'loop paused: Esc, then e or Space'],
  [{ state: 'waiting', awaited: 'GET' }, 50, 'GET waits: loop paused: Esc, then e or Space'],
  [{ state: 'waiting', awaited: 'GET' }, 80, 'GET waits: the loop is paused. Esc, then e c t step it, Space resumes it'],
  [{ state: 'connecting' }, 80, 'connecting: the loop is paused. Esc, then e c t step it, Space resumes it'],
])('while the loop is held, a client that is %j in %i columns shows which keys let the loop go on', (change, width, note) => {
  const state = stateWith(talked({ type: 'clients-changed', clients: [{ ...client, ...change }], current: '' }));
  const held = { ...state, control: { ...state.control, mode: 'paused' as const, heldAt: { seq: 1, atUs: 0, kind: 'turn-begin' as const, turn: 1 } } };
  expect(replPane.render(held, { theme: PLAIN, size: { width, height: 3 }, isFocused: true }).at(-1)!.trimEnd()).toBe(note);
});

test('output with more rows than the pane shows how to scroll, and each row can be reached', () => {
  const words = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ');
  const repl = talked(heard({ kind: 'in', text: 'help edge' }, { kind: 'note', text: words }));
  const size = { width: 30, height: 7 };
  const shown = (ui: Partial<State['ui']['panes']['repl']> = {}): string[] => picture(repl, size, ui).split('\n').slice(1, 8);
  expect(shown().at(-1)).toMatch(/^PgUp scrolls/);
  const limit = replPane.scrollLimit!(stateWith(repl), size, PLAIN);
  const seen = Array.from({ length: limit }, (_, scroll) => shown({ scroll, frozenAt: 2 }).slice(0, 5).join(' '));
  for (const word of words.split(' ')) expect(seen.some((rows) => rows.split(/\s+/).includes(word))).toBe(true);
  expect(shown({ scroll: limit, frozenAt: 2 })[0]).toContain('help edge');
  expect(shown({ scroll: 1, frozenAt: 2 }).at(-1)).not.toMatch(/PgUp/);
  const short = talked(heard({ kind: 'in', text: 'help edge' }, { kind: 'note', text: 'one row' }));
  expect(picture(short, size)).not.toContain('PgUp');
});

test('scrolled back, the transcript does not move while lines are added', () => {
  const lines = Array.from({ length: 10 }, (_, i) => ({ text: `line ${i}` }));
  const repl = talked(heard(...lines));
  const size = { width: 40, height: 5 };
  const shown = (state: ReplState, ui: Partial<State['ui']['panes']['repl']>): string[] => picture(state, size, ui).split('\n').slice(1, 4);
  expect(shown(repl, {})).toEqual(['line 7', 'line 8', 'line 9']);
  expect(shown(repl, { scroll: 2, frozenAt: 10 })).toEqual(['line 5', 'line 6', 'line 7']);
  expect(shown(reduceRepl(repl, heard({ text: 'line 10' })), { scroll: 2, frozenAt: 10 })).toEqual(['line 5', 'line 6', 'line 7']);
  expect(shown(repl, { scroll: 99, frozenAt: 10 })).toEqual(['line 0', 'line 1', 'line 2']);
  expect(replPane.length!(stateWith(repl))).toBe(10);
  const scrolled = stateWith(reduceRepl(repl, heard({ text: 'line 10' })));
  const panes = { ...scrolled.ui.panes, repl: { ...scrolled.ui.panes.repl, scroll: 2, frozenAt: 10 } };
  expect(replPane.badge({ ...scrolled, ui: { ...scrolled.ui, panes } }, 60)).toBe('frozen, 1 new, End follows');
});

test('the prompt has the colour of its token', () => {
  using scene = stage();
  scene.connect().ask('PING');
  scene.look();
  const row = scene.model.tokens.rows.sorted().find(({ kind }) => kind === 'client')!;
  const repl = talked({ type: 'clients-changed', clients: [{ ...client, peer: row.peer }], current: '' });
  const [prompted] = replPane.render({ ...scene.state, repl }, { theme: COLORED, size: { width: 40, height: 1 }, isFocused: true });
  expect(prompted!.startsWith(COLORED.token(row.token)(prompt))).toBe(true);
});

test('the title shows the client and its protocol', () => {
  const a = { ...client, name: 'a', protocol: 3 as const };
  expect(replPane.badge(stateWith(talked()), 60)).toBe('');
  expect(replPane.badge(stateWith(talked({ type: 'clients-changed', clients: [client, a], current: 'a' })), 60)).toBe('@a RESP3 2 clients');
});

test('whatever is typed and heard, every row has exactly its width, and the cursor is within', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 30 }), fc.constantFrom('SET a 1 ', '漢字漢字漢字', '👩‍👩‍👧👩‍👩‍👧', '\x1b[2J\x07', '"\u202e'));
  const action = fc.oneof(
    text.map((value) => typed(value)),
    text.map((value) => heard({ text: value.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Co}\p{Zl}\p{Zp}]/gu, '?'), client: 'a', kind: value.length % 2 === 0 ? 'note' : 'out' })),
    fc.constantFrom<ReplAction>({ type: 'move-left' }, { type: 'move-to-start' }, { type: 'search-history' }, { type: 'complete-next', keys: ['漢\x1b', 'k'] }, { type: 'submit' }),
  );
  fc.assert(fc.property(fc.array(action, { maxLength: 8 }), fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 8 }), (actions, columns, height) => {
    const state = stateWith(talked(...actions));
    const size = { width: columns, height };
    const rows = replPane.render(state, { theme: COLORED, size, isFocused: true });
    expect(rows.map(width)).toEqual(rows.map(() => columns));
    expect(rows).toHaveLength(height);
    // oxlint-disable-next-line no-control-regex -- the theme's own sequences are the only ones
    expect(rows.join('').replace(/\x1b\[[\d;]*m/g, '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
    const cursor = replPane.cursor!(state, { theme: PLAIN, size })!;
    expect(cursor.row).toBeGreaterThanOrEqual(0);
    expect(cursor.row).toBeLessThan(height);
    expect(cursor.column).toBeLessThan(columns);
  }), { numRuns: 300 });
});
