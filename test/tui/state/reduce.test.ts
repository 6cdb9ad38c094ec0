import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../../src/server/index.js';
import { initialModel } from '../../../src/tui/state/model/model.js';
import { initialState, reduce, type Action } from '../../../src/tui/state/reduce.js';
import type { PaneUi, State } from '../../../src/tui/state/state.js';

const INFO = { addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: 'test' } as const;
const EVENT: TraceEvent = { kind: 'ready', token: 2, readiness: 1, seq: 1, atUs: 0 };

function after(...actions: Action[]): State {
  return actions.reduce(reduce, initialState(INFO, initialModel));
}

const inPane = (pane: 'readiness' | 'frames' | 'keyspace', ...actions: Action[]): PaneUi => after({ type: 'focus', pane }, ...actions).ui.panes[pane];

describe('time', () => {
  test('a notice of when the loop will hold is over once it does, and other notices stay', () => {
    const hold: Action = { type: 'hold', event: EVENT };
    expect(after({ type: 'notice', text: 'will hold', untilHeld: true }).ui.notice).toBe('will hold');
    expect(after({ type: 'notice', text: 'will hold', untilHeld: true }, hold).ui.notice).toBeNull();
    expect(after({ type: 'notice', text: 'will hold', untilHeld: true }, { type: 'notice', text: 'something else' }, hold).ui.notice).toBe('something else');
  });

  test.each<[string, Action[]]>([
    ['live', []],
    ['paused', [{ type: 'hold', event: EVENT }]],
    ['stepping', [{ type: 'hold', event: EVENT }, { type: 'step', goal: 'command' }, { type: 'hold', event: null }]],
    ['paused', [{ type: 'hold', event: EVENT }, { type: 'step', goal: 'event' }, { type: 'hold', event: null }, { type: 'hold', event: EVENT }]],
    ['slow', [{ type: 'slow-down', eventsPerSecond: 5 }]],
    ['live', [{ type: 'slow-down', eventsPerSecond: 5 }, { type: 'slow-down', eventsPerSecond: null }]],
    ['history', [{ type: 'hold', event: EVENT }, { type: 'show-moment', model: initialModel, nowMs: 1, moment: { turn: 3, event: 1 }, position: { at: 3, of: 7 } }]],
    ['paused', [{ type: 'hold', event: EVENT }, { type: 'show-moment', model: initialModel, nowMs: 1, moment: { turn: 3, event: 1 }, position: { at: 3, of: 7 } }, { type: 'show-moment', model: initialModel, nowMs: 1, moment: null, position: null }]],
  ])('it is %s', (mode, actions) => {
    expect(after(...actions).control.mode).toBe(mode);
  });

  test('from the key that asks for the past on it is the history, until now is shown again', () => {
    const hold: Action = { type: 'hold', event: EVENT };
    const show = { type: 'show-moment', model: initialModel, nowMs: 1, moment: { turn: 3, event: 1 }, position: { at: 3, of: 7 } } as const;
    expect(after(hold, { type: 'travel', how: 'brief' }).control).toMatchObject({ mode: 'history', moment: null });
    expect(after(hold, { type: 'travel', how: 'brief' }, show, { type: 'travel', how: null }).control).toMatchObject({ mode: 'history', travel: null });
    expect(after(hold, { type: 'travel', how: 'slow' }, { type: 'travel', how: null }).control.mode).toBe('paused');
  });
});

describe('a list that grows', () => {
  const scroll = (by: number, length: number, forgotten = 0): Action => ({ type: 'scroll', by, length, forgotten });

  test('freezes where it was scrolled back, moves on through new rows, and follows again at its end', () => {
    expect(inPane('readiness', scroll(-3, 20))).toMatchObject({ scroll: 3, frozenAt: 20 });
    expect(inPane('readiness', scroll(-3, 20), scroll(3, 25))).toMatchObject({ scroll: 0, frozenAt: 20 });
    expect(inPane('readiness', scroll(-3, 20), scroll(5, 25))).toMatchObject({ scroll: 0, frozenAt: 22 });
    expect(inPane('readiness', scroll(-3, 20), scroll(8, 25))).toMatchObject({ scroll: 0, frozenAt: null });
    expect(inPane('readiness', scroll(-3, 20), { type: 'follow' })).toMatchObject({ scroll: 0, frozenAt: null });
    expect(inPane('readiness', scroll(3, 20))).toMatchObject({ scroll: 0, frozenAt: null });
  });

  test('is not scrolled beyond the rows that are kept, so that scrolling back takes as many steps', () => {
    expect(inPane('readiness', scroll(-1000, 20, 15))).toMatchObject({ scroll: 5, frozenAt: 20 });
    expect(inPane('readiness', scroll(-1000, 20, 15), scroll(5, 20, 15))).toMatchObject({ frozenAt: null });
  });

  test('freezes when a row is selected, the newest first; rows that were walked to count as seen', () => {
    const select = (by: number, rows: string[], length: number): Action => ({ type: 'select', by, rows, length, offset: 0 });
    expect(inPane('frames', select(-1, ['a', 'b', 'c'], 3))).toMatchObject({ selected: 'c', frozenAt: 3 });
    expect(inPane('frames', select(-1, ['a', 'b', 'c'], 3), select(-1, ['a', 'b', 'c', 'd', 'e'], 5))).toMatchObject({ selected: 'b', frozenAt: 3 });
    expect(inPane('frames', select(-1, ['a', 'b', 'c'], 3), select(1, ['a', 'b', 'c', 'd', 'e'], 5))).toMatchObject({ selected: 'd', frozenAt: 4 });
    expect(inPane('frames', select(-1, [], 0))).toMatchObject({ selected: null, frozenAt: null });
  });
});

describe('a table', () => {
  const select = (by: number, ...rows: string[]): Action => ({ type: 'select', by, rows, length: null, offset: 50 });

  test('keeps the order that it had when a row was selected, until it follows again, is sorted or is filtered', () => {
    const frozen = { selected: 'b', frozenRows: { ids: ['a', 'b'], offset: 50 }, frozenAt: null };
    const follows = { selected: null, frozenRows: null };
    const before = [select(0, 'a', 'b'), select(1, 'a', 'b')];
    expect(inPane('keyspace', ...before)).toMatchObject(frozen);
    expect(inPane('keyspace', ...before, { type: 'follow' })).toMatchObject(follows);
    expect(inPane('keyspace', ...before, { type: 'sort', sorts: ['name', 'ttl'] })).toMatchObject({ ...follows, sort: 'ttl' });
    expect(inPane('keyspace', ...before, { type: 'choose-next-database', by: 1, count: 16 })).toMatchObject(follows);
    expect(inPane('keyspace', ...before, { type: 'open-prompt', kind: 'filter' }, { type: 'type-prompt', text: 'a*', error: null })).toMatchObject({ ...follows, filter: 'a*' });
  });

  test('stays selected at its ends, and the first row is the first to be selected', () => {
    expect([inPane('keyspace', select(-5, 'a', 'b')), inPane('keyspace', select(0, 'a', 'b'), select(99, 'a', 'b'))].map(({ selected }) => selected)).toEqual(['a', 'b']);
  });
});

test('the databases are a ring', () => {
  const choose = (by: 1 | -1): Action => ({ type: 'choose-next-database', by, count: 3 });
  expect([after(choose(1)), after(choose(-1)), after(choose(1), choose(1), choose(1))].map(({ ui }) => ui.db)).toEqual([1, 2, 0]);
});

test('a filter that is wrong changes nothing, and one that is taken back was never there', () => {
  const typed = (text: string, error: string | null): Action => ({ type: 'type-prompt', text, error: error === null ? null : { en: error, ko: error } });
  const open: Action = { type: 'open-prompt', kind: 'filter' };
  expect(inPane('keyspace', open, typed('a', null), typed('a[', 'not closed')).filter).toBe('a');
  expect(after({ type: 'focus', pane: 'keyspace' }, open, typed('a', null), { type: 'close-prompt' }, open).ui.prompt).toEqual({ kind: 'filter', text: 'a', cursor: 1, killed: '', error: null });
});

test('an open row has a cursor in its rows or in its bytes, and closing it forgets both', () => {
  const open: Action = { type: 'open-row', rows: ['a', 'b'], length: 2, offset: 0 };
  expect(inPane('frames', open)).toMatchObject({ selected: 'b', isOpen: true, cursor: 0, byte: null });
  expect(inPane('frames', open, { type: 'move-cursor', by: 9, count: 4 })).toMatchObject({ cursor: 3 });
  expect(inPane('frames', open, { type: 'move-to-byte', byte: 17, cursor: 2 })).toMatchObject({ cursor: 2, byte: 17 });
  expect(inPane('frames', open, { type: 'move-to-byte', byte: 17, cursor: 2 }, { type: 'move-to-byte', byte: null, cursor: 2 })).toMatchObject({ cursor: 2, byte: null });
  expect(inPane('frames', open, { type: 'move-to-byte', byte: 17, cursor: 2 }, { type: 'close-row' })).toMatchObject({ isOpen: false, cursor: 0, byte: null });
});

test('Esc leads from the REPL to the pane that had the focus before', () => {
  const { ui } = after({ type: 'focus', pane: 'frames' }, { type: 'focus', pane: 'repl' });
  expect([ui.focus, ui.previousFocus]).toEqual(['repl', 'frames']);
  expect([1, -1].map((by) => after({ type: 'focus-next', by: by as 1 | -1 }).ui.focus)).toEqual(['loop', 'keyspace']);
});

test('an action without effect returns the same state, so that nothing is drawn', () => {
  const state = after();
  for (const action of [{ type: 'notice', text: null }, { type: 'focus', pane: 'repl' }, { type: 'ask-to-leave', isLeaving: false }] as const) expect(reduce(state, action)).toBe(state);
});
