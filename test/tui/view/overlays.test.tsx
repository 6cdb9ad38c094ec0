/** What lies over the panes, and screens that show only one of them, as Ink's components. */
import { render } from 'ink-testing-library';
import { expect, test } from 'vitest';
import { reduce, type Action } from '../../../src/tui/state/reduce.js';
import type { State } from '../../../src/tui/state/state.js';
import { Screen } from '../../../src/tui/view/screen.js';
import { width as widthOf } from '../../../src/tui/view/text.js';
import { PLAIN, stage } from '../scene.js';

const SIZE = { width: 100, height: 30 };

function fresh(...actions: Action[]): State {
  using scene = stage();
  return actions.reduce(reduce, scene.state);
}

function drawn(state: State, size = SIZE): string {
  const { lastFrame, unmount } = render(<Screen state={state} size={size} theme={PLAIN} />);
  const frame = lastFrame()!;
  unmount();
  return frame;
}

test('the first screen invites, in whole lines also at 80×24, until something happens', () => {
  const state = fresh();
  const small = drawn(state, { width: 80, height: 24 });
  for (const line of ['redis-cli -p 6379', 'SET greeting hello EX 60', 'one event, command, turn', 'back and forward in time', 'what a pane shows']) expect(small).toContain(line);
  expect(small).not.toContain('…');
  expect(drawn(reduce(state, { type: 'begin' }))).not.toContain('Welcome');
  expect(drawn(reduce(state, { type: 'toggle-zoom' }))).not.toContain('Welcome');
});

test('help is drawn over the panes, with the title of the focused one, and the footer says how to close it', () => {
  const frame = drawn(fresh({ type: 'focus', pane: 'tokens' }, { type: 'open-help' }));
  expect(frame).toContain('─ Help: Tokens ─');
  expect(frame).toContain('Everything the loop has registered with the poll');
  expect(frame.trimEnd().split('\n').at(-1)).toMatch(/^ Esc close help/);
});

test('the list of breakpoints is above the prompt', () => {
  const open: Action = { type: 'open-prompt', kind: 'breakpoint' };
  expect(drawn(fresh({ type: 'focus', pane: 'loop' }, open))).toContain('No breakpoint yet.');
  const listed = drawn(fresh({ type: 'focus', pane: 'loop' }, { type: 'set-breakpoints', breakpoints: [{ command: 'del' }, { key: 'a\x1b[2J' }] }, open, { type: 'type-prompt', text: 'us>', error: { en: 'us> needs a number', ko: '' } }));
  expect(listed).toContain('1  DEL');
  expect(listed).toContain('2  key a\\x1b[2J');
  expect(listed.trimEnd().split('\n').at(-1)).toMatch(/^ stop at: us> +us> needs a number/);
});

test('a zoomed pane has the screen to itself', () => {
  const frame = drawn(fresh({ type: 'begin' }, { type: 'focus', pane: 'keyspace' }, { type: 'toggle-zoom' }));
  expect(frame).toContain('5 Keyspace');
  expect(frame).not.toMatch(/1 Loop|2 Tokens|6 REPL/);
});

test('a screen that is too small shows the required size', () => {
  expect(drawn(fresh(), { width: 59, height: 20 })).toContain('The lab needs 60x16;\nthis is 59x20.');
});

test('the welcome of the smallest screen has the whole address and the whole command', () => {
  const inBox = drawn(fresh(), { width: 60, height: 16 }).split('\n').filter((row) => row.endsWith(' │')).map((row) => row.slice(row.indexOf('│') + 1, -1).trim());
  expect(inBox).toEqual(['Connect: redis-cli -p 6379', 'Or type here: SET greeting', 'hello EX 60', '']);
});

test.each([[60, 16], [80, 24], [100, 30]])('at %i×%i every row fits, whatever is open', (width, height) => {
  const states = [fresh(), fresh({ type: 'open-help' }), fresh({ type: 'begin' }), fresh({ type: 'focus', pane: 'loop' }, { type: 'open-prompt', kind: 'breakpoint' }), fresh({ type: 'toggle-zoom' })];
  for (const state of states) {
    const lines = drawn(state, { width, height }).split('\n');
    expect(lines.length).toBeLessThanOrEqual(height);
    expect(lines.filter((line) => widthOf(line) > width)).toEqual([]);
  }
});
