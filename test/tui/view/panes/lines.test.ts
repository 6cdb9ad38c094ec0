/** The panes as somebody hears them: from the same slices, columns and sentences as the picture. */
import { expect, test } from 'vitest';
import { PANE_IDS } from '../../../../src/tui/state/pane-id.js';
import { PANES } from '../../../../src/tui/view/panes/index.js';
import { PLAIN, stage, type Scene } from '../../scene.js';

function told(scene: Scene, pane: (typeof PANE_IDS)[number], limit = 10): readonly string[] {
  return PANES[pane].lines!(scene.state, limit, PLAIN);
}

function busy(): Scene {
  const scene = stage();
  const client = scene.connect();
  client.ask('SET', 'greeting', 'hello', 'EX', '60');
  client.ask('LPUSH', 'jobs', 'a', 'b');
  scene.connect().send('BLPOP queue 30\r\n');
  scene.lab.settle();
  scene.advance(2500);
  scene.look();
  return scene;
}

test('tokens: each with the names of its columns', () => {
  using scene = busy();
  const [listener, waker, client, worker] = told(scene, 'tokens');
  expect(listener).toMatch(/^token #0, fd \d+, peer .*, name LISTENER, state listening, interest R$/);
  expect(waker).toBe('token #1, name WAKER, state waiting, interest R');
  expect(client).toMatch(/^token #2, fd \d+, peer .*, state idle, interest R, query 0 B, output 0 B, last command lpush, idle 2 s$/);
  expect(worker).toMatch(/, state parked 28 s queue, .*, last command blpop/);
});

test('frames: the newest last, requests and replies by name', () => {
  using scene = busy();
  expect(told(scene, 'frames', 3).map((line) => line.replace(/, time .*/, ''))).toEqual([
    'request: token #2, number 2, frame LPUSH jobs a b, size 39 B',
    'reply: token #2, number 2, frame (integer) 2, size 4 B',
    'request: token #3, number 1, frame waits for queue: BLPOP queue 30, size 16 B',
  ]);
});

test('readiness: turn by turn, which tokens were ready, and the results', () => {
  using scene = busy();
  const lines = told(scene, 'readiness');
  expect(lines.filter((line) => line.includes('READABLE: read'))).toEqual([
    expect.stringMatching(/^turn \d+: token 2 READABLE: read \d+ B, 1 frame, wrote 5 B$/),
    expect.stringMatching(/^turn \d+: token 2 READABLE: read 39 B, 1 frame, wrote 4 B$/),
    expect.stringMatching(/^turn \d+: token 3 READABLE: read 16 B, 1 frame, parked$/),
  ]);
  expect(lines[0]).toMatch(/^turn \d+: LISTENER READABLE: accept ×1 then WouldBlock$/);
});

test('keyspace: keys with their countdown, without its bar', () => {
  using scene = busy();
  expect(told(scene, 'keyspace')).toEqual([
    'key greeting, type string, encoding embstr, size 5 B, ttl 57.5 s, value "hello"',
    expect.stringMatching(/^key jobs, type list, encoding \w+, size 2, value b, ?a$/),
  ]);
  expect(told(scene, 'keyspace', 1)).toHaveLength(1);
});

test('loop: what just happened, where the time went, and how long it may sleep', () => {
  using scene = busy();
  const lines = told(scene, 'loop');
  expect(lines).toContainEqual(expect.stringMatching(/^turn \d+: waited .*, worked /));
  expect(lines).toContainEqual(expect.stringMatching(/^(next timer|no timer)/));
  expect(lines.at(-1)).toMatch(/^events: ClientConnect \d+, ClientRequest \d+/);
});

test('what there is not is said', () => {
  using scene = stage();
  expect(told(scene, 'keyspace')).toEqual(['no keys']);
  expect(told(scene, 'readiness')).toEqual(['nothing has been ready yet']);
  expect(told(scene, 'frames')).toEqual(['no frame yet']);
});

test('what clients have sent is escaped, in every pane', () => {
  using scene = stage();
  const client = scene.connect();
  const attack = '\x1b[2J\r\n\x9b\u202e';
  client.ask('SET', attack, attack, 'EX', '60');
  client.ask(attack, attack);
  client.ask('BLPOP', attack, '30');
  scene.look();
  for (const pane of PANE_IDS.filter((id) => id !== 'repl')) expect(told(scene, pane, 100).filter((line) => /[^ -~µ×…]/.test(line)), pane).toEqual([]);
});
