/** What each editing key does to a line. The cursor is drawn as |. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { edit, type EditAction, type EditedLine } from '../../../src/tui/state/repl/line-editor.js';

function line(drawn: string, killed = ''): EditedLine {
  return { input: drawn.replace('|', ''), cursor: drawn.indexOf('|'), killed };
}

const draw = ({ input, cursor }: EditedLine): string => `${input.slice(0, cursor)}|${input.slice(cursor)}`;

test.each<[string, EditAction['type'], string]>([
  ['SET a|', 'move-left', 'SET |a'],
  ['|SET', 'move-left', '|SET'],
  ['S|ET', 'move-right', 'SE|T'],
  ['SET|', 'move-right', 'SET|'],
  ['a 👩‍👩‍👧|', 'move-left', 'a |👩‍👩‍👧'],
  ['|é', 'move-right', 'é|'],
  ['SET key-1 va|l', 'move-word-left', 'SET key-1 |val'],
  ['SET key-1 |val', 'move-word-left', 'SET key-|1 val'],
  ['SET| key', 'move-word-right', 'SET key|'],
  ['SET ключ|', 'move-word-left', 'SET |ключ'],
  ['SET a|', 'move-to-start', '|SET a'],
  ['|SET a', 'move-to-end', 'SET a|'],
  ['SET a|b', 'delete-backward', 'SET |b'],
  ['|SET', 'delete-backward', '|SET'],
  ['SET |ab', 'delete-forward', 'SET |b'],
  ['SET|', 'delete-forward', 'SET|'],
  ['a 🇩🇪|', 'delete-backward', 'a |'],
  ['SET user:1 | x', 'delete-word-backward', 'SET | x'],
  ['SET| user x', 'delete-word-forward', 'SET| x'],
  ['SET a|b', 'delete-to-start', '|b'],
  ['SET a|b', 'delete-to-end', 'SET a|'],
  ['ab|', 'transpose', 'ba|'],
  ['a|b', 'transpose', 'ba|'],
  ['|ab', 'transpose', '|ab'],
  ['SET a|b', 'discard-line', '|'],
])('%j, %s: %j', (before, type, after) => {
  expect(draw(edit(line(before), { type } as EditAction))).toBe(after);
});

test('what was cut comes back with yank', () => {
  const cut = edit(line('SET one two|'), { type: 'delete-word-backward' });
  expect(cut.killed).toBe('two');
  expect(draw(edit(edit(cut, { type: 'move-to-start' }), { type: 'yank' }))).toBe('two|SET one ');
});

test('a typed text goes in at the cursor, without control characters', () => {
  expect(draw(edit(line('SET |b'), { type: 'type-text', text: 'a\x1b[2J\t\x07\x9b ' }))).toBe('SET a[2J  |b');
});

const TYPES: readonly EditAction['type'][] = [
  'move-left', 'move-right', 'move-word-left', 'move-word-right', 'move-to-start', 'move-to-end', 'delete-backward', 'delete-forward', 'delete-word-backward', 'delete-word-forward',
  'delete-to-start', 'delete-to-end', 'yank', 'transpose', 'discard-line',
];

test('the cursor stays within the line, whatever is pressed', () => {
  const action = fc.oneof(fc.constantFrom(...TYPES).map((type) => ({ type }) as EditAction), fc.string({ unit: 'grapheme' }).map((text): EditAction => ({ type: 'type-text', text })));
  fc.assert(fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
    const { input, cursor } = actions.reduce(edit, line('|'));
    expect(cursor).toBeGreaterThanOrEqual(0);
    expect(cursor).toBeLessThanOrEqual(input.length);
    expect(input).not.toMatch(/\p{Cc}/u);
  }));
});
