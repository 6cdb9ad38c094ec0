/** The whole screen as text, at the three sizes it has layouts for. The picture in the README is the middle one. */
import { describe, expect, test } from 'vitest';
import type { State } from '../../../src/tui/state/state.js';
import { width } from '../../../src/tui/view/text.js';
import { drawScreen, SIZES } from '../draw-screen.js';
import { stage } from '../scene.js';

/** A learner has typed a SET; an application has pushed a job while a worker waits for another queue; and some time has passed. */
function lesson(): State {
  using scene = stage();
  // Every event takes a moment, so that the times on the screen are not all zero; and the simulated kernel passes for a real one.
  const { sink } = scene.lab.server.tap;
  scene.lab.server.tap.sink = {
    emit(event) {
      scene.lab.clock.nowUs += 6;
      sink!.emit(event.kind === 'poll' ? { ...event, emulated: false } : event);
    },
  };
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

describe('the whole screen', () => {
  test.each(SIZES)('at $width×$height', async (size) => {
    const lines = drawScreen(lesson(), size);
    expect(lines).toHaveLength(size.height);
    expect(lines.filter((line) => width(line) > size.width)).toEqual([]);
    await expect(`${lines.map((line) => line.trimEnd()).join('\n')}\n`).toMatchFileSnapshot(`../goldens/screen-${size.width}x${size.height}.txt`);
  });
});
