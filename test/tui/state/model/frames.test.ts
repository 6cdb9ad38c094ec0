import { expect, test } from 'vitest';
import { frameId, framesSlice, MAX_FRAME_ROWS, type FrameRow, type FramesModel } from '../../../../src/tui/state/model/frames.js';
import { after, dropped, happened } from '../../happened.js';
import { stage, type Scene } from '../../scene.js';

const rows = (scene: Scene): readonly FrameRow[] => scene.model.frames.rows.items();
const told = (scene: Scene): string[] => rows(scene).map((row) => (row.kind === 'gap' ? `gap ${row.commands}` : `${row.kind} ${row.frame}${row.kind === 'request' ? ` ${row.argv.join(' ')}` : ''}`));
const newest = (scene: Scene): FrameRow => scene.model.frames.rows.newest!;

test('a request and its reply are two rows with one number, and both know how long it took', () => {
  using scene = stage();
  scene.connect().ask('SET', 'k', 'v');
  expect(told(scene)).toEqual(['request 1 SET k v', 'reply 1']);
  expect(rows(scene).map((row) => (row.kind === 'request' || row.kind === 'reply') && row.elapsedUs)).toEqual([0, 0]);
  expect(newest(scene)).toMatchObject({ raw: '+OK\r\n', bytes: 5, isPush: false });
});

test('a partial frame shows its bytes and the required bytes, and becomes complete in its place', () => {
  using scene = stage();
  const client = scene.connect();
  client.send('*1\r\n$4\r\nPI');
  scene.lab.settle();
  expect(rows(scene)).toMatchObject([{ kind: 'partial', have: 10, need: 14 }]);
  client.send('NG\r\n');
  scene.lab.settle();
  expect(told(scene)).toEqual(['request 1 PING', 'reply 1']);
});

test('a frame shows which reads returned it, and the part of each', () => {
  using scene = stage();
  const client = scene.connect();
  client.send('*1\r\n$4\r\nPI');
  scene.lab.settle();
  client.send('NG\r\n');
  scene.lab.settle();
  const [request] = rows(scene);
  expect(request).toMatchObject({ reads: [{ bytes: 10, start: 0, end: 10 }, { bytes: 4, start: 10, end: 14 }] });
  const [first, second] = request!.kind === 'request' ? request.reads : [];
  expect(second!.turn).toBeGreaterThan(first!.turn);
});

test('one read may bring many frames, and the beginning of another one', () => {
  using scene = stage();
  const client = scene.connect();
  const ping = '*1\r\n$4\r\nPING\r\n';
  client.send(ping + ping + '*1\r\n');
  scene.lab.settle();
  client.send('$4\r\nPING\r\n');
  scene.lab.settle();
  const requests = rows(scene).flatMap((row) => (row.kind === 'request' ? [row.reads.map(({ bytes, start, end }) => [bytes, start, end])] : []));
  expect(requests).toEqual([[[32, 0, 14]], [[32, 0, 14]], [[32, 0, 4], [10, 4, 14]]]);
});

test('where reads were dropped, the ones that are known are not mistaken for all', () => {
  using scene = stage();
  const client = scene.connect();
  client.send('*1\r\n$4\r\n');
  scene.lab.settle();
  scene.take({ type: 'dropped', turns: 1, commands: 1 });
  client.send('PING\r\n');
  scene.lab.settle();
  expect(rows(scene).findLast((row) => row.kind === 'request')).toMatchObject({ argv: ['PING'], reads: [] });
});

test('what was left out of the trace is a gap, and gaps without anything between them are one', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('PING');
  scene.take({ type: 'dropped', turns: 3, commands: 40 });
  scene.take({ type: 'dropped', turns: 2, commands: 2 });
  client.ask('PING');
  scene.take({ type: 'dropped', turns: 1, commands: 0 });
  expect(told(scene)).toEqual(['request 1 PING', 'reply 1', 'gap 42', 'request 2 PING', 'reply 2']);
  expect(new Set(rows(scene).map(frameId)).size).toBe(5);
});

test('the time of a parked request is that of executing and of serving it, as in commandstats', () => {
  using scene = stage();
  const [client, other] = [scene.connect(), scene.connect()];
  // Each look at the clock takes as long.
  scene.lab.clock.readUs = () => (scene.lab.clock.nowUs += 300);
  client.ask('BLPOP', 'jobs', '0');
  other.ask('RPUSH', 'jobs', 'one');
  const { elapsedUs } = scene.lab.server.commands.get('blpop')!.stats;
  expect(rows(scene)[0]).toMatchObject({ argv: ['BLPOP', 'jobs', '0'], elapsedUs });
  expect(elapsedUs).toBeGreaterThanOrEqual(600);
});

test('a parked request shows its keys until it is served, and its reply comes later', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('BLPOP', 'jobs', '0');
  expect(newest(scene)).toMatchObject({ kind: 'request', parkedOn: ['jobs'] });
  scene.connect().ask('RPUSH', 'jobs', 'a');
  expect(rows(scene)[0]).toMatchObject({ parkedOn: null, isReplied: true });
});

test('an unsolicited frame is a push', () => {
  using scene = stage();
  const listener = scene.connect();
  listener.ask('SUBSCRIBE', 'news');
  scene.connect().ask('PUBLISH', 'news', 'hi');
  const pushes = rows(scene).filter((row) => row.kind === 'reply' && row.isPush);
  expect(pushes).toHaveLength(1);
});

test.each(['2', '3'])('the confirmation of SUBSCRIBE is not a push, although RESP3 writes it as one: RESP%s', (version) => {
  using scene = stage();
  const client = scene.connect();
  client.ask('HELLO', version);
  client.ask('SUBSCRIBE', 'a', 'b');
  expect(told(scene).slice(2)).toEqual(['request 2 SUBSCRIBE a b', 'reply 2']);
  expect(rows(scene).filter((row) => row.kind === 'reply' && row.isPush)).toEqual([]);
});

test('identities are unique, also those of pushes', () => {
  using scene = stage();
  const listener = scene.connect();
  const talker = scene.connect();
  listener.ask('SUBSCRIBE', 'news');
  for (let i = 0; i < 5; i++) talker.ask('PUBLISH', 'news', 'hi');
  const ids = rows(scene).map(frameId);
  expect(new Set(ids).size).toBe(ids.length);
});

test('long requests are kept short, and the number of rows is bounded', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('DEL', ...Array.from({ length: 500 }, (_, i) => `k${i}`.padEnd(400, '.')));
  const [row] = rows(scene);
  expect(row).toMatchObject({ argumentCount: 501 });
  expect(row!.kind === 'request' && row.argv.join('').length).toBeLessThanOrEqual(16 * 256);
  for (let i = 0; i < MAX_FRAME_ROWS; i++) client.ask('PING');
  expect(scene.model.frames.rows.length).toBeLessThanOrEqual(MAX_FRAME_ROWS + 32);
});

test('a closed connection leaves only its rows', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('PING');
  client.close();
  scene.lab.settle();
  expect([scene.model.frames.pending.size, rows(scene).length]).toEqual([0, 2]);
});

test('events of others change nothing', () => {
  const model: FramesModel = framesSlice.initial;
  expect(framesSlice.reduce(model, { type: 'event', event: { kind: 'timer', name: 't', lateUs: 0, elapsedUs: 0, seq: 1, atUs: 1 } })).toBe(model);
});

test('a request whose slow execution was not dropped gets its time, and its reply a row', () => {
  const model = after(
    framesSlice, happened(0, { kind: 'frame', token: 7, frame: 1, bytes: 40, argv: ['EVAL', 'slow', '0'], raw: '' }), dropped(0, 3_000_000),
    happened(5_000_000, { kind: 'execute', token: 7, frame: 1, command: 'eval', elapsedUs: 5_000_000, keys: [], db: 0 }),
    happened(5_000_001, { kind: 'reply', token: 7, frame: 1, bytes: 5, raw: '+OK\r\n' }),
  );
  expect(model.rows.items()).toMatchObject([{ kind: 'request', elapsedUs: 5_000_000, isReplied: true }, { kind: 'gap', commands: 3_000_000 }, { kind: 'reply', elapsedUs: 5_000_000 }]);
});
