/** The whole screen as text, at the three sizes it has layouts for. The picture in the README is the middle one. */
import { describe, expect, test } from 'vitest';
import type { State } from '../../../src/tui/state/state.js';
import { width } from '../../../src/tui/view/text.js';
import { drawScreen, SIZES } from '../draw-screen.js';
import { eventAt } from '../happened.js';
import { stage, type Scene } from '../scene.js';

/**
 * Every event takes a moment, so that the times on the screen are not all zero; and the simulated kernel passes for a real one.
 * @param slow a command that takes so many µs
 */
function passForReal({ lab }: Scene, momentUs: number, slow?: { readonly command: string; readonly us: number }): void {
  const { sink } = lab.server.tap;
  lab.server.tap.sink = {
    emit(event) {
      const isSlow = event.kind === 'execute' && event.command === slow?.command;
      lab.clock.nowUs += isSlow ? slow!.us : momentUs;
      sink!.emit(event.kind === 'poll' ? { ...event, emulated: false } : isSlow ? { ...event, elapsedUs: slow!.us } : event);
    },
  };
}

/** A learner has typed a SET; an application has pushed a job while a worker waits for another queue; and some time has passed. */
function lesson(): State {
  using scene = stage();
  passForReal(scene, 6);
  const learner = scene.connect();
  learner.ask('SET', 'greeting', 'hello', 'EX', '60');
  const application = scene.connect();
  application.ask('CLIENT', 'SETNAME', 'app');
  application.ask('LPUSH', 'jobs', 'resize:42', 'mail:7');
  scene.connect().send('BLPOP events 30\r\n');
  scene.lab.settle();
  scene.advance(2500);
  learner.ask('INCR', 'visits');
  scene.look();
  const { state } = scene;
  const lines = [
    { kind: 'in', client: '', text: 'SET greeting hello EX 60' },
    { kind: 'out', client: '', text: 'OK' },
    { kind: 'in', client: '', text: 'INCR visits' },
    { kind: 'out', client: '', text: '(integer) 1' },
  ] as State['repl']['lines'];
  return { ...state, ui: { ...state.ui, isFresh: false }, repl: { ...state.repl, lines, client: { ...state.repl.client, state: 'ready' } } };
}

/** A breakpoint has held the last of many clients before a DEL; workers wait, and one client has been slow. */
function crowd(count: number): State {
  using scene = stage();
  passForReal(scene, 6, { command: 'sort', us: 14_000 });
  const clients = Array.from({ length: count }, () => scene.connect());
  for (const [i, client] of clients.entries()) {
    if (i % 3 === 0) client.ask('CLIENT', 'SETNAME', `worker-${i}`);
    else if (i % 7 === 5) client.send('BLPOP jobs 30\r\n');
  }
  scene.lab.settle();
  scene.advance(5000);
  const last = clients.at(-1)!;
  clients[0]!.ask('SET', 'session:1001:token', 'a value that is longer than the key that it stands behind', 'EX', '60');
  const slow = clients[Math.ceil(count / 2)]!;
  slow.ask('RPUSH', 'ranking', '3', '1', '2');
  slow.ask('SORT', 'ranking');
  const heldAt = eventAt(0, { kind: 'frame', token: count + 1, frame: 1, bytes: 24, argv: ['DEL', 'ranking'], raw: '' });
  last.send('*2\r\n$3\r\nDEL');
  scene.lab.settle();
  scene.look();
  const { state } = scene;
  return { ...state, control: { ...state.control, mode: 'paused', heldAt }, ui: { ...state.ui, isFresh: false } };
}

/** The lab as it is when it has just been started for the first time. */
function invitation(): State {
  using scene = stage();
  passForReal(scene, 0);
  scene.connect();
  scene.lab.settle();
  scene.look();
  const { state } = scene;
  return { ...state, repl: { ...state.repl, client: { ...state.repl.client, address: '127.0.0.1:6379', state: 'ready' } }, firstMinute: { step: 'invitation' } };
}

/** What the first minute ends with: one client has kept the loop, the others have waited. */
function explained(): State {
  using scene = stage();
  passForReal(scene, 6, { command: 'eval', us: 3_000_000 });
  const [learner, ben, ann] = [scene.connect(), scene.connect(), scene.connect()];
  ben.ask('CLIENT', 'SETNAME', 'ben');
  ann.ask('CLIENT', 'SETNAME', 'ann');
  learner.ask('SET', 'greeting', 'hello', 'EX', '60');
  ann.ask('EVAL', 'return ARGV[1]', '0', '3');
  const { turnNumber: turn } = scene.lab.server.loop;
  ben.ask('PING');
  learner.ask('GET', 'greeting');
  scene.look();
  const { state } = scene;
  const lines = [
    { kind: 'out', client: 'ann', text: '"3"' },
    { kind: 'out', client: 'ben', text: 'PONG' },
    { kind: 'out', client: '', text: '"hello"' },
    { kind: 'note', client: '', text: 'your turn: redis-cli -p 6379, or type here; Esc and L: experiments' },
  ] as State['repl']['lines'];
  return {
    ...state,
    ui: { ...state.ui, isFresh: false },
    repl: { ...state.repl, lines, client: { ...state.repl.client, address: '127.0.0.1:6379', state: 'ready' } },
    firstMinute: { step: 'explained', answer: 'served', evidence: { turn, busyUs: 3_000_000, waitedMs: 2848 } },
  };
}

describe('the first minute', () => {
  test.each([['invitation', invitation], ['explained', explained]])('%s', async (name, stateOf) => {
    const lines = drawScreen(stateOf(), { width: 80, height: 24 });
    await expect(`${lines.map((line) => line.trimEnd()).join('\n')}\n`).toMatchFileSnapshot(`../goldens/first-minute-${name}.txt`);
  });
});

describe('the whole screen', () => {
  test.each(SIZES)('at $width×$height', async (size) => {
    const lines = drawScreen(lesson(), size);
    expect(lines).toHaveLength(size.height);
    expect(lines.filter((line) => width(line) > size.width)).toEqual([]);
    await expect(`${lines.map((line) => line.trimEnd()).join('\n')}\n`).toMatchFileSnapshot(`../goldens/screen-${size.width}x${size.height}.txt`);
  });

  test.each([2, 21, 500].flatMap((clients) => SIZES.map((size) => ({ ...size, clients }))))('with $clients clients, at $width×$height', async ({ clients, ...size }) => {
    const lines = drawScreen(crowd(clients), size);
    expect(lines.filter((line) => width(line) > size.width)).toEqual([]);
    await expect(`${lines.map((line) => line.trimEnd()).join('\n')}\n`).toMatchFileSnapshot(`../goldens/clients-${clients}-${size.width}x${size.height}.txt`);
  });
});
