/**
 * The keys of the line being typed: the Emacs keys of redis-cli's line editor, and common keys of shells. Input and help use this table.
 *
 * Tab, Esc, Ctrl-C and Ctrl-D are not in it: their effect depends on the state (see repl/console.ts).
 */
import type { ReplAction } from '../repl-reduce.js';
import type { Text } from '../../../shared/language.js';
import type { EditAction } from './line-editor.js';

export interface LineKey {
  readonly keys: readonly string[];
  /** As the help shows them. */
  readonly shown: string;
  readonly label: Text;
  readonly action: ReplAction;
}

export const LINE_KEYS: readonly LineKey[] = [
  { keys: ['enter', 'ctrl+j', 'ctrl+m'], shown: 'Enter', label: { en: 'send', ko: '전송' }, action: { type: 'submit' } },
  {
    keys: ['up', 'ctrl+p'], shown: '↑ Ctrl-P',
    label: { en: 'the line before in the history', ko: '입력 기록의 이전 줄' },
    action: { type: 'history-previous' },
  },
  { keys: ['down', 'ctrl+n'], shown: '↓ Ctrl-N', label: { en: 'the line after it', ko: '입력 기록의 다음 줄' }, action: { type: 'history-next' } },
  { keys: ['ctrl+r'], shown: 'Ctrl-R', label: { en: 'search the history', ko: '입력 기록 검색' }, action: { type: 'search-history' } },
  { keys: ['left', 'ctrl+b'], shown: '← Ctrl-B', label: { en: 'a character to the left', ko: '왼쪽으로 한 글자' }, action: { type: 'move-left' } },
  { keys: ['right', 'ctrl+f'], shown: '→ Ctrl-F', label: { en: 'a character to the right', ko: '오른쪽으로 한 글자' }, action: { type: 'move-right' } },
  {
    keys: ['ctrl+left', 'alt+left', 'alt+b'], shown: 'Ctrl-← Alt-B',
    label: { en: 'a word to the left', ko: '왼쪽으로 한 단어' },
    action: { type: 'move-word-left' },
  },
  {
    keys: ['ctrl+right', 'alt+right', 'alt+f'], shown: 'Ctrl-→ Alt-F',
    label: { en: 'a word to the right', ko: '오른쪽으로 한 단어' },
    action: { type: 'move-word-right' },
  },
  { keys: ['home', 'ctrl+a'], shown: 'Home Ctrl-A', label: { en: 'to the beginning', ko: '줄의 처음으로' }, action: { type: 'move-to-start' } },
  { keys: ['end', 'ctrl+e'], shown: 'End Ctrl-E', label: { en: 'to the end', ko: '줄의 끝으로' }, action: { type: 'move-to-end' } },
  {
    keys: ['backspace', 'ctrl+h'], shown: 'Backspace',
    label: { en: 'erase the character before', ko: '앞 글자 지우기' },
    action: { type: 'delete-backward' },
  },
  { keys: ['delete'], shown: 'Delete Ctrl-D', label: { en: 'erase the character behind', ko: '뒤 글자 지우기' }, action: { type: 'delete-forward' } },
  {
    keys: ['ctrl+w', 'alt+backspace'], shown: 'Ctrl-W',
    label: { en: 'cut the word before', ko: '앞 단어 잘라내기' },
    action: { type: 'delete-word-backward' },
  },
  { keys: ['alt+d'], shown: 'Alt-D', label: { en: 'cut the word behind', ko: '뒤 단어 잘라내기' }, action: { type: 'delete-word-forward' } },
  { keys: ['ctrl+u'], shown: 'Ctrl-U', label: { en: 'cut all before', ko: '앞부분 모두 잘라내기' }, action: { type: 'delete-to-start' } },
  { keys: ['ctrl+k'], shown: 'Ctrl-K', label: { en: 'cut all behind', ko: '뒷부분 모두 잘라내기' }, action: { type: 'delete-to-end' } },
  { keys: ['ctrl+y'], shown: 'Ctrl-Y', label: { en: 'put back what was cut last', ko: '마지막에 잘라낸 것 붙여넣기' }, action: { type: 'yank' } },
  { keys: ['ctrl+t'], shown: 'Ctrl-T', label: { en: 'exchange two characters', ko: '두 글자 맞바꾸기' }, action: { type: 'transpose' } },
  { keys: ['ctrl+l'], shown: 'Ctrl-L', label: { en: 'empty the transcript', ko: '화면 비우기' }, action: { type: 'transcript-cleared' } },
];

/** Actions that only the REPL has; the others edit any line. */
const NOT_OF_A_LINE: ReadonlySet<ReplAction['type']> = new Set(['submit', 'history-previous', 'history-next', 'search-history', 'transcript-cleared']);

const EDITS: ReadonlyMap<string, EditAction> = new Map([
  ...LINE_KEYS.flatMap(({ keys, action }) => (NOT_OF_A_LINE.has(action.type) ? [] : keys.map((key) => [key, action as EditAction] as const))),
  ['ctrl+d', { type: 'delete-forward' }] as const,
]);

/** The effect of a key on the text of a prompt; null: none. @param key as spell() names it */
export function editOf(key: string): EditAction | null {
  return EDITS.get(key) ?? null;
}
