/** The whole screen as text, at the three sizes it has layouts for. The picture in the README is the middle one. */
import { render } from 'ink';
import { describe, expect, test } from 'vitest';
import type { State } from '../../../src/tui/state/state.js';
import { FrameSink } from '../../../src/tui/terminal/sink.js';
import { Screen } from '../../../src/tui/view/screen.js';
import { width } from '../../../src/tui/view/text.js';
import { PLAIN, stage } from '../scene.js';

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

function draw(state: State, columns: number, rows: number): string {
  const sink = new FrameSink(columns, rows, () => {});
  let frame = '';
  const stdout = Object.assign(Object.create(sink) as FrameSink, { write: (text: string) => ((frame = text), true) });
  const stdin = { isTTY: false, on() {}, off() {}, setEncoding() {}, ref() {}, unref() {} } as unknown as NodeJS.ReadStream;
  const ink = render(<Screen state={state} size={{ width: columns, height: rows }} theme={PLAIN} />, { stdout: stdout as unknown as NodeJS.WriteStream, stdin, debug: true, patchConsole: false, exitOnCtrlC: false });
  const drawn = frame;
  ink.unmount();
  return drawn;
}

describe('the whole screen', () => {
  test.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])('at %i×%i', async (columns, rows) => {
    const text = draw(lesson(), columns, rows);
    const lines = text.replace(/\n$/, '').split('\n');
    expect(lines).toHaveLength(rows);
    expect(lines.filter((line) => width(line) > columns)).toEqual([]);
    await expect(`${lines.map((line) => line.trimEnd()).join('\n')}\n`).toMatchFileSnapshot(`../goldens/screen-${columns}x${rows}.txt`);
  });
});
