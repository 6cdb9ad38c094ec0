/**
 * The keys of the line being typed: the Emacs keys of redis-cli's line editor, and what else shells have taught fingers. Input and help are made of this table.
 *
 * Tab, Esc, Ctrl-C and Ctrl-D are not in it: what they do depends on what there is (see repl/console.ts).
 */
import type { ReplAction } from '../repl-reduce.js';
import type { EditAction } from './line-editor.js';

export interface LineKey {
  readonly keys: readonly string[];
  /** As the help names them. */
  readonly shown: string;
  readonly label: string;
  readonly action: ReplAction;
}

export const LINE_KEYS: readonly LineKey[] = [
  { keys: ['enter', 'ctrl+j', 'ctrl+m'], shown: 'Enter', label: 'send', action: { type: 'submit' } },
  { keys: ['up', 'ctrl+p'], shown: '↑ Ctrl-P', label: 'the line before in the history', action: { type: 'history-previous' } },
  { keys: ['down', 'ctrl+n'], shown: '↓ Ctrl-N', label: 'the line after it', action: { type: 'history-next' } },
  { keys: ['ctrl+r'], shown: 'Ctrl-R', label: 'search the history', action: { type: 'search-history' } },
  { keys: ['left', 'ctrl+b'], shown: '← Ctrl-B', label: 'a character to the left', action: { type: 'move-left' } },
  { keys: ['right', 'ctrl+f'], shown: '→ Ctrl-F', label: 'a character to the right', action: { type: 'move-right' } },
  { keys: ['ctrl+left', 'alt+left', 'alt+b'], shown: 'Ctrl-← Alt-B', label: 'a word to the left', action: { type: 'move-word-left' } },
  { keys: ['ctrl+right', 'alt+right', 'alt+f'], shown: 'Ctrl-→ Alt-F', label: 'a word to the right', action: { type: 'move-word-right' } },
  { keys: ['home', 'ctrl+a'], shown: 'Home Ctrl-A', label: 'to the beginning', action: { type: 'move-to-start' } },
  { keys: ['end', 'ctrl+e'], shown: 'End Ctrl-E', label: 'to the end', action: { type: 'move-to-end' } },
  { keys: ['backspace', 'ctrl+h'], shown: 'Backspace', label: 'erase the character before', action: { type: 'delete-backward' } },
  { keys: ['delete'], shown: 'Delete Ctrl-D', label: 'erase the character behind', action: { type: 'delete-forward' } },
  { keys: ['ctrl+w', 'alt+backspace'], shown: 'Ctrl-W', label: 'cut the word before', action: { type: 'delete-word-backward' } },
  { keys: ['alt+d'], shown: 'Alt-D', label: 'cut the word behind', action: { type: 'delete-word-forward' } },
  { keys: ['ctrl+u'], shown: 'Ctrl-U', label: 'cut all before', action: { type: 'delete-to-start' } },
  { keys: ['ctrl+k'], shown: 'Ctrl-K', label: 'cut all behind', action: { type: 'delete-to-end' } },
  { keys: ['ctrl+y'], shown: 'Ctrl-Y', label: 'put back what was cut last', action: { type: 'yank' } },
  { keys: ['ctrl+t'], shown: 'Ctrl-T', label: 'exchange two characters', action: { type: 'transpose' } },
  { keys: ['ctrl+l'], shown: 'Ctrl-L', label: 'empty the transcript', action: { type: 'transcript-cleared' } },
];

/** What only the REPL has: the rest edits any line. */
const NOT_OF_A_LINE: ReadonlySet<ReplAction['type']> = new Set(['submit', 'history-previous', 'history-next', 'search-history', 'transcript-cleared']);

const EDITS: ReadonlyMap<string, EditAction> = new Map([
  ...LINE_KEYS.flatMap(({ keys, action }) => (NOT_OF_A_LINE.has(action.type) ? [] : keys.map((key) => [key, action as EditAction] as const))),
  ['ctrl+d', { type: 'delete-forward' }] as const,
]);

/** What a key does to the text of a prompt; null: nothing. @param key as spell() names it */
export function editOf(key: string): EditAction | null {
  return EDITS.get(key) ?? null;
}
