import { expect, test } from 'vitest';
import type { TraceBody } from '../../../../src/server/trace/events.js';
import { MAX_TOKEN_ROWS, tokensSlice, type TokenRow, type TokensModel } from '../../../../src/tui/state/model/tokens.js';
import { stage } from '../../scene.js';

function after(...bodies: TraceBody[]): TokensModel {
  return bodies.reduce((model, body, i) => tokensSlice.reduce(model, { type: 'event', event: { ...body, seq: i + 1, atUs: (i + 1) * 10 } }), tokensSlice.initial);
}

const connect = (token: number): TraceBody => ({ kind: 'connect', token, fd: token + 10, peer: `10.0.0.1:${token}`, local: '' });
const turn: TraceBody = { kind: 'turn-begin', turn: 3 };
const row = (model: TokensModel, token: number): TokenRow | undefined => model.rows.get(token);

test('the listener and the waker are there from the start', () => {
  expect(tokensSlice.initial.rows.sorted().map(({ token, kind }) => [token, kind])).toEqual([[0, 'listener'], [1, 'waker']]);
});

test('a connection comes with its descriptor and address, and goes', () => {
  const model = after(connect(5), connect(6));
  expect(row(model, 5)).toMatchObject({ fd: 15, peer: '10.0.0.1:5', interest: 1 });
  expect(model.clientCount).toBe(2);
  const left = tokensSlice.reduce(model, { type: 'event', event: { kind: 'disconnect', token: 5, why: 'EOF', seq: 9, atUs: 90 } });
  expect([row(left, 5), left.clientCount]).toEqual([undefined, 1]);
});

test.each<[string, TraceBody, Partial<TokenRow>]>([
  ['ready', { kind: 'ready', token: 5, readiness: 1 }, { activity: 'ready', activityStretch: 1 }],
  ['read', { kind: 'read', token: 5, result: 42 }, { activity: 'reading', queryBytes: 42, lastActiveUs: 30 }],
  ['WouldBlock', { kind: 'read', token: 5, result: 'WouldBlock' }, { activity: 'reading', queryBytes: 0, lastActiveUs: 10 }],
  ['half a frame', { kind: 'frame-partial', token: 5, have: 12, need: 40 }, { activity: 'decoding', queryBytes: 12 }],
  ['frame', { kind: 'frame', token: 5, frame: 1, bytes: 4, argv: ['PING'], raw: '' }, { activity: 'executing', lastCommand: 'ping' }],
  ['execute', { kind: 'execute', token: 5, frame: 1, command: 'config|get', elapsedUs: 3, keys: [], db: 2 }, { lastCommand: 'config|get', db: 2 }],
  ['MULTI', { kind: 'execute', token: 5, frame: 1, command: 'multi', elapsedUs: 3, keys: [], db: 0 }, { inTransaction: true }],
  ['SUBSCRIBE', { kind: 'execute', token: 5, frame: 1, command: 'subscribe', elapsedUs: 3, keys: [], db: 0 }, { subscriptions: 1 }],
  ['MONITOR', { kind: 'execute', token: 5, frame: 1, command: 'monitor', elapsedUs: 3, keys: [], db: 0 }, { isMonitor: true }],
  ['reply', { kind: 'reply', token: 5, frame: 1, bytes: 7, raw: '' }, { activity: 'replying', outputBytes: 7 }],
  ['interest', { kind: 'interest', token: 5, before: 1, after: 3 }, { interest: 3 }],
  ['park', { kind: 'park', token: 5, keys: ['jobs'], deadlineMs: 99 }, { parkedOn: { keys: ['jobs'], deadlineMs: 99 } }],
])('%s shows in the row of its token', (_, event, expected) => {
  expect(row(after(connect(5), turn, event), 5)).toMatchObject(expected);
});

test('replies wait in the output buffer until they are written', () => {
  const replied = after(connect(5), { kind: 'reply', token: 5, frame: 1, bytes: 100, raw: '' }, { kind: 'write', token: 5, result: 60, of: 100 });
  expect(row(replied, 5)).toMatchObject({ outputBytes: 40 });
});

test('an unparked client is no longer parked, and EXEC ends what MULTI began', () => {
  const model = after(
    connect(5), { kind: 'park', token: 5, keys: ['jobs'], deadlineMs: 0 }, { kind: 'unpark', token: 5, keys: ['jobs'], why: 'ready', elapsedUs: 0 },
    { kind: 'execute', token: 5, frame: 1, command: 'multi', elapsedUs: 1, keys: [], db: 0 }, { kind: 'execute', token: 5, frame: 2, command: 'exec', elapsedUs: 1, keys: [], db: 0 },
  );
  expect(row(model, 5)).toMatchObject({ parkedOn: null, inTransaction: false });
});

test.each<TraceBody>([{ kind: 'turn-end', turn: 3, busyUs: 1, commands: 0 }, turn, { kind: 'wait', timeoutMs: -1, why: 'no timer' }])('an activity is over where $kind comes', (event) => {
  const active = after(connect(5), turn, { kind: 'write', token: 5, result: 1, of: 1 });
  expect(row(active, 5)!.activityStretch).toBe(active.stretch);
  const over = after(connect(5), turn, { kind: 'write', token: 5, result: 1, of: 1 }, event);
  expect(row(over, 5)!.activityStretch).toBeLessThan(over.stretch);
});

test('a token that accepts is a listener', () => {
  const model = after(connect(2), { kind: 'accept', token: 2, client: 'WouldBlock' });
  expect(row(model, 2)!.kind).toBe('listener');
});

test('events of tokens that are not known, and events of others, change nothing', () => {
  const model = after(connect(5));
  const event = (body: TraceBody) => ({ type: 'event', event: { ...body, seq: 9, atUs: 9 } }) as const;
  expect(tokensSlice.reduce(model, event({ kind: 'read', token: 77, result: 1 }))).toBe(model);
  expect(tokensSlice.reduce(model, event({ kind: 'expire', db: 0, key: 'k', how: 'lazy' }))).toBe(model);
});

test('a snapshot has what events lack: names, databases, and connections made while events were dropped', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('CLIENT', 'SETNAME', 'worker');
  scene.lab.server.tap.sink = null;
  scene.connect();
  scene.look();
  const rows = scene.model.tokens.rows.sorted().filter(({ kind }) => kind === 'client');
  expect(rows.map(({ name, peer }) => [name, peer])).toEqual([['worker', '127.0.0.1:50000'], ['', '127.0.0.1:50001']]);
});

test('a snapshot with all clients takes away those that are not there any more', () => {
  using scene = stage();
  const client = scene.connect();
  scene.lab.server.tap.sink = null;
  client.close();
  scene.lab.settle();
  scene.look();
  expect(scene.model.tokens.rows.size).toBe(2);
});

test('a snapshot without changes changes no row', () => {
  using scene = stage();
  scene.connect().ask('PING');
  scene.look();
  const { rows } = scene.model.tokens;
  scene.look();
  expect(scene.model.tokens.rows).toBe(rows);
});

test('of ten thousand connections a bounded number have rows, the newest among them, and all are counted', () => {
  const model = after(...Array.from({ length: 10_000 }, (_, i) => connect(i + 2)));
  expect([model.rows.size, model.clientCount]).toEqual([MAX_TOKEN_ROWS, 10_000]);
  expect(row(model, 10_001)).toBeDefined();
});
