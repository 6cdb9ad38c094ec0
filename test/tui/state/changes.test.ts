/** What keys have changed: how much of it is remembered, and what comes back. */
import { expect, test } from 'vitest';
import { inverseOf, isUndone, paceOf, withChange, type Change } from '../../../src/tui/state/changes.js';
import { initialModel } from '../../../src/tui/state/model/model.js';
import { initialState, reduce, type Action } from '../../../src/tui/state/reduce.js';
import type { State } from '../../../src/tui/state/state.js';

const INFO = { addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: 'test' } as const;
const after = (...actions: Action[]): State => actions.reduce(reduce, initialState(INFO, initialModel));
const ZOOM: Change = { kind: 'zoom', said: 'zoom', before: false };
const STEP: Change = { kind: 'step', said: 'goes on' };
const EVENT = { kind: 'ready', token: 2, readiness: 1, seq: 1, atUs: 0 } as const;

test('several steps in a row are one change, and the oldest changes are forgotten', () => {
  expect([STEP, STEP, ZOOM, STEP].reduce(withChange, [])).toEqual([STEP, ZOOM, STEP]);
  expect(Array.from({ length: 300 }, () => ZOOM).reduce(withChange, [])).toHaveLength(100);
});

test('the loop is held while it is stepped, and otherwise runs freely or slowly', () => {
  const pace = (...actions: Action[]): unknown => paceOf(after(...actions).control);
  expect([pace(), pace({ type: 'slow-down', eventsPerSecond: 5 }), pace({ type: 'hold', event: EVENT }), pace({ type: 'step', goal: 'turn' }), pace({ type: 'step', goal: {} })]).toEqual(['free', 5, 'held', 'held', 'held']);
});

const CHANGES: readonly [Change, Action[]][] = [
  [ZOOM, [{ type: 'toggle-zoom' }]],
  [{ kind: 'database', said: 'database 1', before: 0 }, [{ type: 'choose-next-database', by: 1, count: 3 }]],
  [{ kind: 'sort', said: 'sorted by ttl', pane: 'keyspace', before: '' }, [{ type: 'focus', pane: 'keyspace' }, { type: 'sort', sorts: ['name', 'ttl'] }]],
  [{ kind: 'filter', said: 'the filter', pane: 'frames', before: '' }, [{ type: 'focus', pane: 'frames' }, { type: 'open-prompt', kind: 'filter' }, { type: 'type-prompt', text: 'get', error: null }, { type: 'close-prompt' }]],
];

test.each(CHANGES)('$kind is undone, and is done again by its inverse', (change, actions) => {
  const done = after(...actions);
  expect([isUndone(change, after()), isUndone(change, done)]).toEqual([true, false]);
  const undone = reduce(done, { type: 'undo', change });
  expect(isUndone(change, undone)).toBe(true);
  expect(reduce(undone, { type: 'undo', change: inverseOf(change, done) }).ui.panes).toEqual(done.ui.panes);
});

test('what was typed among the panes knows what it has changed, and where that began', () => {
  const key = (text: string | null): Action => ({ type: 'type-key', text });
  const note = (change: Change): Action => ({ type: 'note-change', change });
  const state = after(note(ZOOM), key('s'), note({ ...ZOOM, said: 's' }), key('e'), note(STEP), key('t'));
  expect(state.ui.typed).toEqual({ text: 'set', changes: [{ ...ZOOM, said: 's' }, STEP], changesBefore: [ZOOM] });
  // A step has moved the loop: it stays.
  expect(reduce(state, { type: 'forget-typed' }).ui.changes).toEqual([ZOOM, STEP]);
  expect(reduce(state, key(null)).ui.typed).toEqual(after().ui.typed);
});
