/**
 * Words that were meant for the console but typed among the panes, where letters are keys: after an Esc too many, for example. They are
 * known by the commands that there are.
 *
 *   g e t Space      the whole of a command's name, and a space or Enter: `get ` belongs into the console
 *   f o o            nothing is called so; letters that no key has do nothing
 *   f l              no key of the pane, and the beginning of FLUSHALL: `fl` belongs into the console
 */
import type { ReplState } from './repl-state.js';
import { LAB_WORDS } from './repl/lab-words.js';

/** From so many letters on, the beginning of a word counts. */
const LEAST_LETTERS = 2;

export interface TypedKey {
  /** What was typed among the panes before it, since the last key that types nothing. */
  readonly before: string;
  /** What it types; empty for Enter. */
  readonly text: string;
  /** It has a meaning among the panes. */
  readonly isBound: boolean;
}

/** What belongs into the console's line; null: the key is meant for the panes, as far as anybody can tell. */
export function typedForConsole({ before, text, isBound }: TypedKey, { commands, input }: ReplState): string | null {
  const words = [...commands.map(({ name }) => name.toLowerCase()), ...LAB_WORDS.map(({ name }) => name)];
  if (text === ' ' || text === '') return words.includes(before.toLowerCase()) ? before + text : null;
  if (isBound) return null;
  const typed = before + text;
  // Half a line stands in the console: what is typed now is its other half.
  if (input !== '') return typed;
  return typed.length >= LEAST_LETTERS && words.some((word) => word.startsWith(typed.toLowerCase())) ? typed : null;
}
