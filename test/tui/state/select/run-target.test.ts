/** Whose next request `r` runs to. */
import { expect, test } from 'vitest';
import { initialModel, reduceModel } from '../../../../src/tui/state/model/model.js';
import { initialState, reduce, type Action } from '../../../../src/tui/state/reduce.js';
import { runTargetOf } from '../../../../src/tui/state/select/run-target.js';
import type { State } from '../../../../src/tui/state/state.js';
import { stage } from '../../scene.js';

using scene = stage();
const [one, other] = [scene.connect(), scene.connect()];
one.ask('SET', 'k', '1');
other.ask('GET', 'k');
const newest = scene.model;
const entries = [...scene.entries];
const frames = newest.frames.rows.items().flatMap((row) => (row.kind === 'request' ? [row] : []));
const [first, second] = frames.map(({ token }) => token) as [number, number];

const INFO = { addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: 'test' } as const;
const after = (...actions: Action[]): State => actions.reduce(reduce, initialState(INFO, newest));
const focus = (pane: 'tokens' | 'frames' | 'loop'): Action => ({ type: 'focus', pane });
const select = (row: number): Action => ({ type: 'select', by: 0, rows: [String(row)], length: null, offset: 0 });
const held = (token: number): Action => ({ type: 'hold', event: { kind: 'read', token, result: 9, seq: 1, atUs: 0 } });

test.each<[string, Action[], number | undefined]>([
  ['anybody, while nothing is selected and no event of a client is shown', [], undefined],
  ['the connection that is selected among the tokens', [held(first), focus('tokens'), select(second)], second],
  ['that one, whatever pane has the focus', [focus('tokens'), select(second), focus('loop')], second],
  ['the connection of the frame that is selected', [focus('tokens'), select(first), focus('frames'), select(frames[1]!.seq)], second],
  ['the connection at whose event the loop is held', [held(second)], second],
  ['anybody, if the loop is held at the LISTENER or the WAKER', [held(0)], undefined],
  ['anybody, if that connection is gone', [held(99)], undefined],
  ['the held connection, if the LISTENER is selected', [held(second), focus('tokens'), select(0)], second],
])('of %s', (_name, actions, token) => {
  expect(runTargetOf(after(...actions))).toEqual(token === undefined ? {} : { token });
});

test('in the history, of the connection of the event that is shown', () => {
  const index = entries.findIndex((entry) => entry.type === 'event' && entry.event.kind === 'frame' && entry.event.token === second);
  const model = entries.slice(0, index + 1).reduce(reduceModel, initialModel);
  const state = after(held(first), { type: 'show-moment', model, nowMs: 0, moment: { turn: 1, event: 1 }, position: { at: 1, of: 1 } });
  expect(runTargetOf(state)).toEqual({ token: second });
});
