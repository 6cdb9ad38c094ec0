/** The judge, with runs made by hand; and how texts are filled from them. */
import type { TraceEvent } from 'redis-lab';
import { expect, test } from 'vitest';
import { fill, plain } from '../../../src/tui/learn/fill.js';
import { judge, passes } from '../../../src/tui/learn/judge.js';
import type { Bookmark, EventBookmark, Goal, Predicate, RunRecord, Test } from '../../../src/tui/state/learn/experiment.js';

const SAYS = { en: 'a goal' };

let seq = 0;
const at = (turn: number, event: object): RunRecord['events'][number] => ({ turn, event: { ...event, seq: ++seq, atUs: seq * 1000 } as unknown as TraceEvent });

/** @alice is #3 and was #2 before; @bob is #4. */
const RUN: RunRecord = {
  events: [
    at(1, { kind: 'read', token: 3, result: 20 }),
    at(1, { kind: 'read', token: 3, result: 'WouldBlock' }),
    at(2, { kind: 'read', token: 4, result: 5 }),
    at(3, { kind: 'execute', token: 4, command: 'get', elapsedUs: 1500, keys: ['a', 'b'] }),
    at(4, { kind: 'disconnect', token: 2, why: 'EOF' }),
  ],
  dropped: 0,
  counters: new Map([['reads', 1234], ['turns', 4]]),
  clientCounters: new Map([['bob', new Map([['outputBytes', 7]])]]),
  replies: [{ client: 'bob', kind: 'out', text: '"v"' }, { client: 'bob', kind: 'error', text: '(error) ERR' }, { client: '', kind: 'out', text: '"v"' }],
  tokens: new Map([['alice', new Set([2, 3])], ['bob', new Set([4])]]),
};

const event = (kind: Predicate['kind'], client: string | null = null, fields: { readonly [field: string]: Test } = {}): Predicate => ({ kind, client, fields: Object.entries(fields) });
const bookmark = (name: string, meant: Predicate, more: Partial<EventBookmark> = {}): Bookmark => ({ type: 'event', name, event: meant, after: null, isLast: false, says: SAYS, ...more });
const BOOKMARKS = [
  bookmark('first', event('read')),
  bookmark('last', event('read'), { isLast: true }),
  bookmark('next', event('read'), { after: 'first' }),
  bookmark('get', event('execute', 'bob')),
  bookmark('never', event('accept')),
];

const verdicts = (goals: readonly Goal[], run = RUN): readonly string[] => judge({ goals, bookmarks: BOOKMARKS }, run).goals.map(({ verdict, seen }) => `${verdict}: ${seen.en}`);
const count = (meant: Predicate, bounds: object, ends: { after?: string; before?: string } = {}): Goal => ({ says: SAYS, type: 'count', event: meant, after: null, before: null, ...ends, bounds });

test('events are counted, of a client and its former tokens, and between bookmarks', () => {
  expect(verdicts([
    count(event('read'), { exactly: 3 }),
    count(event('read', 'alice'), { atLeast: 1, atMost: 2 }),
    count(event('read', 'alice', { result: 'WouldBlock' }), { exactly: 0 }),
    count(event('disconnect', 'alice'), { exactly: 1 }),
    count(event('read', '*'), { exactly: 3 }),
    count(event('read', 'a*'), { exactly: 2 }),
    count(event('read', 'carol'), { exactly: 0 }),
    count(event('read'), { exactly: 1 }, { after: 'first', before: 'last' }),
    count(event('read'), { exactly: 0 }, { after: 'never' }),
  ])).toEqual([
    'green: there were 3 reads; there must be 3', 'green: there were 2 reads of @alice; there must be at least 1 and at most 2',
    'red: there was 1 such read of @alice; there must be none', 'green: there was 1 closed connection of @alice; there must be 1',
    'green: there were 3 reads of @*; there must be 3', 'green: there were 2 reads of @a*; there must be 2', 'green: there were no reads of @carol; there must be none',
    'green: there was 1 such read; there must be 1', 'red: there was no event "never"',
  ]);
});

test('what was found is a sentence in Korean as well, with the particles that belong there', () => {
  const goals: readonly Goal[] = [
    count(event('read', 'alice', { result: 'WouldBlock' }), { exactly: 0 }),
    count(event('disconnect', 'carol'), { atLeast: 1 }),
    { says: SAYS, type: 'counter', counter: 'turns', client: null, bounds: { atMost: 3 } },
    { says: SAYS, type: 'counter', counter: 'outputBytes', client: 'bob', bounds: { exactly: 0 } },
    { says: SAYS, type: 'reply', client: 'bob', kind: null, is: 'PONG', bounds: { exactly: 1 } },
    { says: SAYS, type: 'reply', client: '', kind: null, is: '"v"', bounds: { exactly: 2 } },
    { says: SAYS, type: 'order', events: [event('execute'), event('read')] },
  ];
  expect(judge({ goals, bookmarks: BOOKMARKS }, RUN).goals.map(({ seen }) => seen.ko)).toEqual([
    '@alice의 그런 read가 1번 있었습니다. 없어야 합니다', '@carol의 연결 종료가 없었습니다. 1번 이상이어야 합니다', '루프의 턴이 4번 있었습니다. 3번 이하여야 합니다',
    '끝날 때 @bob의 쓰지 못한 바이트가 7개 있었습니다. 없어야 합니다', '@bob이 받은 응답 "PONG"이 없었습니다. 1개여야 합니다',
    '이 콘솔이 받은 응답 "v"가 1개 있었습니다. 2개여야 합니다', '이 순서의 이벤트 2개 중 1개만 나왔습니다',
  ]);
});

test('an order is one of events that need not follow at once', () => {
  const order = (...events: readonly Predicate[]): Goal => ({ says: SAYS, type: 'order', events });
  expect(verdicts([
    order(event('read', 'alice'), event('execute', 'bob'), event('disconnect')),
    order(event('execute'), event('read')),
    order(event('read', 'bob'), event('read', 'bob')),
  ])).toEqual(['green: all 3 events came in this order', 'red: of 2 events in this order only 1 came', 'red: of 2 events in this order only 1 came']);
});

test('counters and replies are judged by number', () => {
  expect(verdicts([
    { says: SAYS, type: 'counter', counter: 'reads', client: null, bounds: { atLeast: 1000 } },
    { says: SAYS, type: 'counter', counter: 'outputBytes', client: 'bob', bounds: { exactly: 0 } },
    { says: SAYS, type: 'counter', counter: 'outputBytes', client: 'alice', bounds: { exactly: 0 } },
    { says: SAYS, type: 'reply', client: 'bob', kind: null, is: '"v"', bounds: { exactly: 1 } },
    { says: SAYS, type: 'reply', client: 'bob', kind: 'error', is: { matches: 'ERR' }, bounds: { atLeast: 2 } },
  ])).toEqual([
    'green: there were 1,234 reads; there must be at least 1,000', 'red: there were 7 unwritten bytes of @bob at the end; there must be none', 'red: client @alice was not there at the end',
    'green: there was 1 reply "v" to @bob; there must be 1', 'red: there was 1 such reply to @bob; there must be at least 2',
  ]);
});

test('a figure is the number in the last line that is like it', () => {
  const replies = ['woke 12 in vain', 'woke 1,234 in vain'].map((text) => ({ client: '', kind: 'note' as const, text }));
  const figure = (line: string): Goal => ({ says: SAYS, type: 'figure', line, bounds: { exactly: 1234 } });
  const run = { ...RUN, replies };
  expect(verdicts([figure('woke ([\\d,]+)'), figure('slept (\\d+)')], run)).toEqual(['green: the number was 1,234; it must be 1,234', 'red: no line matches slept (\\d+)']);
  const woken: Bookmark = { type: 'line', name: 'woken', line: 'woke (\\S+) in (\\w+)', isLast: false, says: SAYS };
  expect(plain(fill('{woken.1} {woken.2}', [woken], run, 'en'))).toBe('12 vain');
  expect(verdicts([figure('깨움 (\\d+)번|woke ([\\d,]+)')], run)).toEqual(['green: the number was 1,234; it must be 1,234']);
  expect(fill('{woken.1}', [woken], RUN, 'en').missing).toEqual(['{woken.1}']);
});

test('what the trace has dropped is not judged, and what nothing drops is', () => {
  const goals: readonly Goal[] = [
    count(event('read'), { exactly: 3 }),
    { says: SAYS, type: 'order', events: [event('read'), event('execute')] },
    { says: SAYS, type: 'counter', counter: 'turns', client: null, bounds: { exactly: 4 } },
  ];
  const run = { ...RUN, dropped: 12 };
  expect(verdicts(goals, run)).toEqual([
    'unjudged: 12 turns and commands are missing in the trace', 'unjudged: 12 turns and commands are missing in the trace', 'green: there were 4 turns of the loop; there must be 4',
  ]);
  expect(judge({ goals, bookmarks: BOOKMARKS }, run).verdict).toBe('unjudged');
  expect(judge({ goals: goals.slice(2), bookmarks: BOOKMARKS }, run).verdict).toBe('green');
});

test.each<[Test, unknown, boolean]>([
  [3, 3, true], [3, '3', false], ['EOF', 'EOF', true], [['EOF', 0], 0, true], [['EOF', 0], 1, false],
  [{ atLeast: 1 }, 1, true], [{ atLeast: 1 }, 'WouldBlock', false], [{ atMost: 1 }, 2, false], [{ atLeast: 1, atMost: 3 }, 2, true],
  [{ matches: '^E' }, 'EOF', true], [{ matches: '^E' }, 5, false], ['a b', ['a', 'b'], true], [{ matches: 'b$' }, ['a', 'b'], true], [true, undefined, false],
])('%j against %j: %s', (wanted, found, isSo) => {
  expect(passes(wanted, found)).toBe(isSo);
});

test('a text is filled from the run, and each part leads to its event', () => {
  const filled = fill('{first.token} read {first.result} bytes in turn {first.turn}, {get.command} of {get.keys} took {get.elapsedUs}, {first..get} later; {next.count} more, {last.result}; {counters.reads}', BOOKMARKS, RUN, 'en');
  expect(plain(filled)).toBe('#3 read 20 bytes in turn 1, get of a b took 1.50 ms, 3 ms later; 2 more, 5; 1,234');
  expect(filled.missing).toEqual([]);
  expect(filled.parts.filter(({ event }) => event !== null).map(({ event }) => event!.turn)).toEqual([1, 1, 1, 3, 3, 3, 3, 1, 2]);
});

test('a placeholder without its event is missed', () => {
  const filled = fill('{never.token}, {first..never}, {never.count}', BOOKMARKS, RUN, 'en');
  expect(filled.missing).toEqual(['{never.token}', '{first..never}', '{never.count}']);
  expect(plain(filled)).toBe('?, ?, ?');
});
