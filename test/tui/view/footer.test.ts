/** The prompt in the footer, with text of more than one byte a character. */
import { expect, test } from 'vitest';
import { initialModel } from '../../../src/tui/state/model/model.js';
import { initialState, reduce } from '../../../src/tui/state/reduce.js';
import type { State } from '../../../src/tui/state/state.js';
import { withoutLastCharacter } from '../../../src/tui/state/typed-text.js';
import { footer, promptColumn } from '../../../src/tui/view/footer.js';
import { PANES } from '../../../src/tui/view/panes/index.js';
import { width } from '../../../src/tui/view/text.js';
import { PLAIN } from '../scene.js';

function typed(text: string): State {
  const fresh = initialState({ addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: '' }, initialModel);
  const open = reduce(reduce(fresh, { type: 'focus', pane: 'keyspace' }), { type: 'open-prompt', kind: 'filter' });
  return reduce(open, { type: 'type-prompt', text, error: null });
}

test('a filter is shown as it was typed, and the cursor stands behind it', () => {
  const state = typed('é漢*');
  expect(footer(state, PANES.keyspace, PLAIN, 80)).toMatch(/^ filter: é漢\* /);
  expect(promptColumn(state, PLAIN)).toBe(width(' filter: é漢*'));
});

test('what is too long shows its end, whole characters of it', () => {
  const line = footer(typed('漢'.repeat(60)), PANES.keyspace, PLAIN, 60);
  expect(line).toMatch(/^ filter: 漢+ *$/);
  expect(width(line)).toBe(60);
});

test('Backspace takes a character, not a byte', () => {
  expect(withoutLastCharacter('é漢👍')).toBe('é漢');
  expect(withoutLastCharacter('')).toBe('');
});

test('control characters of a paste are shown, not obeyed', () => {
  expect(footer(typed('a\x1b]0;owned\x07\u009b'), PANES.keyspace, PLAIN, 80)).toContain('a\\x1b]0;owned\\a\\xc2\\x9b');
});
