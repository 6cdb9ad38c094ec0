import { expect, test } from 'vitest';
import { leavingQuestion } from '../../../src/tui/state/leaving.js';
import { initialModel, type Model } from '../../../src/tui/state/model/model.js';
import { initialClient, initialRepl, type ReplState } from '../../../src/tui/state/repl-state.js';

const model = (connections: number, ...keys: number[]): Model => ({
  ...initialModel,
  rates: { ...initialModel.rates, connections },
  keyspace: { ...initialModel.keyspace, databases: keys.map((count, index) => ({ index, keys: count, volatile: 0 })) },
});
const own = (...states: ReplState['client']['state'][]): ReplState => ({ ...initialRepl, clients: states.map((state) => ({ ...initialClient, state })) });

test.each<[string | null, Model, ReplState]>([
  [null, model(1), own('ready')],
  [null, model(2), own('ready', 'waiting', 'closed')],
  [null, model(0), own('connecting')],
  ['Leave the lab, with 1 client in it', model(2), own('ready')],
  ['Leave the lab, with 21 clients in it', model(22), own('monitor')],
  ['Leave the lab, with 1 key in it', model(1, 1), own('ready')],
  ['Leave the lab, with 21 clients and 1,005 keys in it', model(22, 1000, 5), own('ready', 'closed')],
])('%j', (question, newest, repl) => {
  expect(leavingQuestion(newest, repl, 'en')).toBe(question);
});

test('the keys of a recording that has only been opened are in its file', () => {
  const opened = (total: number): Model => ({ ...model(1, 5), rates: { ...initialModel.rates, connections: 1, total } });
  const recording = { name: 'shop.lab', commands: 7 };
  expect(leavingQuestion(opened(7), own('ready'), 'en', recording)).toBe(null);
  expect(leavingQuestion(opened(8), own('ready'), 'en', recording)).toBe('Leave the lab, with 5 keys in it');
});

test('keys that are on the disk when the lab has ended are not lost', () => {
  const { keyspace } = model(1, 5);
  const kept = (isKept: boolean): Model => ({ ...model(2, 5), keyspace: { ...keyspace, persistence: { loading: null, saving: null, appendOnly: null, isKept } } });
  expect(leavingQuestion(kept(true), own('ready'), 'en')).toBe('Leave the lab, with 1 client in it');
  expect(leavingQuestion(kept(false), own('ready'), 'en')).toBe('Leave the lab, with 1 client and 5 keys in it');
});
