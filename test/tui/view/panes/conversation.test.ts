import { expect, test } from 'vitest';
import type { TraceBody } from '../../../../src/server/trace/events.js';
import { exchangesOf } from '../../../../src/tui/view/panes/conversation.js';
import { tokensPane } from '../../../../src/tui/view/panes/tokens.js';
import { width } from '../../../../src/tui/view/text.js';
import { MAX_FRAME_ROWS } from '../../../../src/tui/state/model/frames.js';
import { COLORED, stage, type Scene } from '../../scene.js';

const SIZE = { width: 84, height: 8 };

function tell(scene: Scene, body: TraceBody): void {
  scene.take({ type: 'event', event: { ...body, seq: 1_000_000, atUs: scene.lab.clock.readUs() } });
}

/** A worker that has named itself, been wrong once and slow once, and sent half a request; beside somebody else. */
function talk(): Scene {
  const scene = stage();
  const [worker, other] = [scene.connect(), scene.connect()];
  worker.ask('CLIENT', 'SETNAME', 'worker');
  other.ask('PING');
  worker.ask('LPUSH', 'jobs', 'a', 'b');
  worker.ask('GET', 'jobs');
  scene.advance(65_000);
  tell(scene, { kind: 'execute', token: 2, frame: 3, command: 'get', elapsedUs: 14_000, keys: [], db: 0 });
  worker.send('*1\r\n$4\r\nPI');
  scene.lab.settle();
  scene.look();
  scene.set('tokens', { selected: '2', isOpen: true });
  return scene;
}

test('an open row is a conversation: the connection in two lines, then what was asked and answered, newest first', () => {
  using scene = talk();
  expect(scene.picture(tokensPane, SIZE)).toBe(`
#2 worker 127.0.0.1:50000, connected 1 min 5 s ago, db 0, RESP2, idle
3 requests, read 113 B, wrote 77 B, slowest: get 14 ms (request 3)
 no request                           reply                       in     out    time
▶ 4 have 10 of 14                                               10 B
  3 GET jobs                          (error) WRONGTYPE Ope…    23 B    68 B   14 ms
  2 LPUSH jobs a b                    (integer) 2               39 B     4 B
  1 CLIENT SETNAME worker             OK                        41 B     5 B
`);
});

test('only its own requests are in it, and the cursor walks through them', () => {
  using scene = talk();
  expect(tokensPane.openRows!(scene.state)).toBe(4);
  scene.set('tokens', { cursor: 3 });
  expect(scene.draw(tokensPane, { ...SIZE, height: 5 }).at(-1)).toMatch(/^▶ +1 CLIENT SETNAME/);
  expect(scene.draw(tokensPane, SIZE).join('')).not.toContain('PING');
});

test('bytes, requests and age are the figures of the server, also when events were dropped', () => {
  using scene = talk();
  scene.lab.server.tap.sink = null;
  scene.lab.server.sessions.get(2)!.frame += 1000;
  scene.look({ clients: 0, client: 2 });
  const rows = scene.draw(tokensPane, SIZE);
  expect(rows[1]).toContain('1,003 requests, read 113 B');
  expect(rows.at(-1)!.trim()).toBe('the newest 3 of 1,003 requests');
});

test('requests that are not kept any more are counted', () => {
  using scene = talk();
  const other = scene.connect();
  for (let i = 0; i <= MAX_FRAME_ROWS / 2 + 32; i++) other.ask('PING');
  expect(scene.draw(tokensPane, SIZE).join(' ')).toContain('3 requests, of which the trace has kept none');
});

test('unsolicited messages are in rows of their own', () => {
  using scene = stage();
  const [listener, speaker] = [scene.connect(), scene.connect()];
  listener.ask('SUBSCRIBE', 'news');
  speaker.ask('PUBLISH', 'news', 'hello');
  expect(exchangesOf(scene.state, 2).map(({ request, replies }) => [request?.kind ?? null, replies.length])).toEqual([[null, 1], ['request', 1]]);
});

test.each([
  ['0', 'connections are accepted'],
  ['1', 'wake the loop'],
  ['99', 'closed'],
])('of token %s it says why there is none', (token, words) => {
  using scene = talk();
  scene.set('tokens', { selected: token });
  expect(scene.draw(tokensPane, SIZE).join(' ')).toContain(words);
});

test('rows have exactly the width, at any size', () => {
  using scene = talk();
  for (const columns of [8, 20, 41, 66, 140]) for (const height of [1, 2, 5, 9]) expect(scene.draw(tokensPane, { width: columns, height }, COLORED).map(width)).toEqual(new Array(height).fill(columns));
});

test('while it is open the title does not count rows that are not shown', () => {
  using scene = talk();
  expect(tokensPane.badge(scene.state, 60, { width: 41, height: 3 })).toBe('2 connections');
  scene.set('tokens', { isOpen: false, selected: null });
  expect(tokensPane.badge(scene.state, 60, { width: 41, height: 2 })).toBe('2 connections, … 1 more');
});
