import { expect, test } from 'vitest';
import { bindingsNow, intentOf, KEYMAP } from '../../src/tui/keymap.js';
import { History } from '../../src/tui/state/history.js';
import { initialState, reduce, type Action } from '../../src/tui/state/reduce.js';
import type { State } from '../../src/tui/state/state.js';
import { KeyDecoder } from '../../src/tui/terminal/decoder.js';
import { footer } from '../../src/tui/view/footer.js';
import { help, helpLimit } from '../../src/tui/view/help.js';
import { PANES } from '../../src/tui/view/panes/index.js';
import { width as widthOf } from '../../src/tui/view/text.js';
import { createTheme } from '../../src/tui/view/theme.js';

const theme = createTheme({ palette: 'plain', ascii: false });
const INFO = { addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: 'test' } as const;

function after(...actions: Action[]): State {
  return actions.reduce(reduce, initialState(INFO, new History().newest));
}

function press(text: string, state: State): string | null {
  return intentOf(new KeyDecoder().push(text)[0]!, state, PANES[state.ui.focus]);
}

const atLoop = after({ type: 'focus', pane: 'loop' });

test.each([
  [' ', 'toggle-pause'],
  ['p', 'toggle-pause'],
  ['e', 'step-event'],
  ['\x1b[D', 'back-event'],
  ['\x1b[1;2D', 'back-turn'],
  ['3', 'focus-pane'],
  ['z', 'zoom'],
  ['?', 'help'],
  ['q', 'quit'],
  ['x', null],
])('among the panes %j is %s', (text, intent) => {
  expect(press(text, atLoop)).toBe(intent);
});

test('in the REPL letters are no keys of the lab', () => {
  for (const key of 'abcdefghijklmnopqrstuvwxyz0123456789 ?/[]+-') expect(press(key, after())).toBeNull();
});

test('no key has two meanings at once', () => {
  const states = [after(), atLoop, after({ type: 'focus', pane: 'keyspace' }), reduce(atLoop, { type: 'open-help' }), reduce(atLoop, { type: 'open-prompt', kind: 'breakpoint' })];
  for (const state of states) {
    // Esc and End undo what is nearest: their order is their meaning.
    const keys = bindingsNow(state, PANES[state.ui.focus]).flatMap((binding) => binding.keys).filter((key) => key !== 'escape' && key !== 'end' && key !== 'enter');
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  }
});

test('what works among the panes stands in the help of some pane', () => {
  const size = { width: 100, height: 30 };
  const all = Object.values(PANES).flatMap((pane) => Array.from({ length: helpLimit(pane, theme, size) + 1 }, (_, scroll) => help(pane, scroll, theme, size).join('\n'))).join('\n');
  for (const { label } of KEYMAP.filter(({ contexts }) => contexts.includes('panes'))) expect(all).toContain(label);
});

test.each([60, 80, 120, 200])('the footer has exactly %i columns and cuts no key in two', (width) => {
  for (const state of [after(), atLoop]) {
    const row = footer(state, PANES[state.ui.focus], theme, width);
    expect(widthOf(row)).toBe(width);
    expect(row).not.toContain('…');
  }
});
