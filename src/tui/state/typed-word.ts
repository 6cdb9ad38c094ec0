/**
 * Words that were meant for the console but typed among the panes, where letters are keys: for example after an accidental Esc. They are recognised by the
 * existing commands.
 *
 *   g e t Space      a complete command name, and a space or Enter: `get ` is moved to the console
 *   f o o            no such command; letters without a key do nothing
 *   f l              no key of the pane, and the beginning of FLUSHALL: `fl` is moved to the console
 */
import type { ReplState } from './repl-state.js';
import { LAB_WORDS } from './repl/lab-words.js';

/** From this many letters on, the beginning of a word is recognised. */
const LEAST_LETTERS = 2;

export interface TypedKey {
  /** Text typed among the panes before it, since the last key that types nothing. */
  readonly before: string;
  /** What it types; empty for Enter. */
  readonly text: string;
  /** It is a key of the panes. */
  readonly isBound: boolean;
}

/** The text to move into the console's line; null: the key seems to be meant for the panes. */
export function typedForConsole({ before, text, isBound }: TypedKey, { commands, input }: ReplState): string | null {
  const words = [...commands.map(({ name }) => name.toLowerCase()), ...LAB_WORDS.map(({ name }) => name)];
  if (text === ' ' || text === '') return words.includes(before.toLowerCase()) ? before + text : null;
  if (isBound) return null;
  const typed = before + text;
  // Half a line is in the console: what is typed now continues it.
  if (input !== '') return typed;
  return typed.length >= LEAST_LETTERS && words.some((word) => word.startsWith(typed.toLowerCase())) ? typed : null;
}
