import { expect, test } from 'vitest';
import { KEPT_TURNS, linesOf, readinessSlice, ROWS_PER_TURN, type ReadinessModel } from '../../../../src/tui/state/model/readiness.js';
import type { TraceBody } from '../../../../src/server/trace/events.js';
import { after, dropped, happened, served, ticked } from '../../happened.js';

const begin = (turn: number) => [happened(0, { kind: 'turn-begin', turn }), happened(0, { kind: 'wait', timeoutMs: -1, why: 'no timer' })];
const ready = (token: number, readiness = 1) => happened(0, { kind: 'ready', token, readiness });
const told = (body: TraceBody) => happened(0, body);

const allTurns = ({ turns, open }: ReadinessModel) => [...turns, open];

test('a row for each ready token shows its results, including the reply that is written after the turn', () => {
  expect(after(readinessSlice, ...served(1, 0)).open).toEqual({
    kind: 'turn', turn: 1, more: 0, isCut: false,
    rows: [{ token: 7, readiness: 1, steps: [{ kind: 'read', bytes: 27, count: 1, end: null }, { kind: 'frames', count: 1 }, { kind: 'write', bytes: 11, of: 11, end: null }] }],
  });
});

test('steps of one kind are added up', () => {
  const { open } = after(
    readinessSlice, ...begin(1), ready(0),
    told({ kind: 'accept', token: 0, client: 7 }), told({ kind: 'accept', token: 0, client: 8 }), told({ kind: 'accept', token: 0, client: 'WouldBlock' }),
    ready(7),
    told({ kind: 'read', token: 7, result: 10 }), told({ kind: 'read', token: 7, result: 20 }), told({ kind: 'read', token: 7, result: 'WouldBlock' }),
    told({ kind: 'write', token: 7, result: 100, of: 100 }), told({ kind: 'write', token: 7, result: 40, of: 90 }),
    told({ kind: 'interest', token: 7, before: 1, after: 3 }),
  );
  expect(open.rows[0]!.steps).toEqual([{ kind: 'accept', count: 2, end: 'WouldBlock' }]);
  expect(open.rows[1]!.steps).toEqual([
    { kind: 'read', bytes: 30, count: 2, end: 'WouldBlock' },
    { kind: 'write', bytes: 140, of: 190, end: null },
    { kind: 'interest', before: 1, after: 3 },
  ]);
});

test('a token that is written to without having been ready has a row without readiness', () => {
  const { open } = after(readinessSlice, ...served(1, 0), told({ kind: 'write', token: 9, result: 5, of: 5 }));
  expect(open.rows.map(({ token, readiness }) => [token, readiness])).toEqual([[7, 1], [9, 0]]);
});

test('turns in which no token did anything leave no line', () => {
  const model = after(readinessSlice, ...served(1, 0), ...ticked(2, 100), ...ticked(3, 100_000), ...served(4, 200_000));
  expect(allTurns(model).map((turn) => turn.kind === 'turn' && turn.turn)).toEqual([1, 4]);
  expect(model.lines).toBe(2);
});

test('turns that were dropped are a gap with its counts', () => {
  const model = after(readinessSlice, ...served(1, 0), dropped(248, 1447), ...served(250, 100));
  expect(allTurns(model).map((turn) => (turn.kind === 'gap' ? turn : turn.turn))).toEqual([1, { kind: 'gap', turns: 248, commands: 1447 }, 250]);
  expect(model.lines).toBe(3);
  expect(readinessSlice.reduce(model, dropped(0, 0))).toBe(model);
});

test('only the last turns are kept, and lines keep their numbers', () => {
  const model = after(readinessSlice, ...Array.from({ length: KEPT_TURNS + 50 }, (_, i) => served(i + 1, i * 100)).flat());
  expect(model.turns).toHaveLength(KEPT_TURNS);
  expect(model.lines).toBe(KEPT_TURNS + 50);
  expect(model.forgotten + allTurns(model).reduce((sum, turn) => sum + linesOf(turn), 0)).toBe(model.lines);
});

test('of a turn with very many tokens the first are kept, and the others counted', () => {
  const model = after(readinessSlice, ...begin(1), ...Array.from({ length: ROWS_PER_TURN + 20 }, (_, i) => ready(i + 2)), told({ kind: 'write', token: 115, result: 5, of: 5 }));
  expect(model.open.rows).toHaveLength(ROWS_PER_TURN);
  expect(model.open.more).toBe(20);
  expect(model.lines).toBe(ROWS_PER_TURN + 1);
});

test('events of other panes change nothing', () => {
  const model = after(readinessSlice, ...begin(1), ready(7));
  expect(readinessSlice.reduce(model, told({ kind: 'reply', token: 7, frame: 1, bytes: 5, raw: '' }))).toBe(model);
  expect(readinessSlice.reduce(model, told({ kind: 'turn-end', turn: 1, busyUs: 1, commands: 0 }))).toBe(model);
});
