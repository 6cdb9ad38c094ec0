/**
 * The line editor: a line, a cursor, and the effects of Emacs keys on them. Pure.
 *
 *   SET greeting| hello        cursor: characters (UTF-16 units) before it, never within a visible character
 *       └ word ┘               words are letters, digits and underscores
 */
import { CHARACTERS } from '../characters.js';
import { startOfRun } from '../typed-text.js';

export interface EditedLine {
  readonly input: string;
  readonly cursor: number;
  /** The text that was cut last. */
  readonly killed: string;
}

export type EditAction =
  | { readonly type: 'type-text'; readonly text: string }
  | { readonly type: 'move-left' | 'move-right' | 'move-word-left' | 'move-word-right' | 'move-to-start' | 'move-to-end' }
  | { readonly type: 'delete-backward' | 'delete-forward' | 'delete-word-backward' | 'delete-word-forward' | 'delete-to-start' | 'delete-to-end' }
  | { readonly type: 'yank' | 'transpose' | 'discard-line' };

export function edit(line: EditedLine, action: EditAction): EditedLine {
  const { input, cursor } = line;
  switch (action.type) {
    case 'type-text':
      return insert(line, printable(action.text));
    case 'move-left':
      return { ...line, cursor: before(input, cursor) };
    case 'move-right':
      return { ...line, cursor: after(input, cursor) };
    case 'move-word-left':
      return { ...line, cursor: wordStart(input, cursor) };
    case 'move-word-right':
      return { ...line, cursor: wordEnd(input, cursor) };
    case 'move-to-start':
      return { ...line, cursor: 0 };
    case 'move-to-end':
      return { ...line, cursor: input.length };
    case 'delete-backward':
      return remove(line, before(input, cursor), cursor);
    case 'delete-forward':
      return remove(line, cursor, after(input, cursor));
    case 'delete-word-backward':
      return cut(line, spaceStart(input, cursor), cursor);
    case 'delete-word-forward':
      return cut(line, cursor, wordEnd(input, cursor));
    case 'delete-to-start':
      return cut(line, 0, cursor);
    case 'delete-to-end':
      return cut(line, cursor, input.length);
    case 'yank':
      return insert(line, line.killed);
    case 'transpose':
      return transpose(line);
    case 'discard-line':
      return { ...line, input: '', cursor: 0 };
  }
}

/** Text for a line: tabs become spaces, other control characters are removed, bytes that are not text are kept (see typed-text.ts). */
export function printable(text: string): string {
  return text.replace(/\t/g, ' ').replace(/[\p{Cc}\ud800-\udc7f\udd00-\udfff]/gu, '');
}

function insert(line: EditedLine, text: string): EditedLine {
  return { ...line, input: line.input.slice(0, line.cursor) + text + line.input.slice(line.cursor), cursor: line.cursor + text.length };
}

function remove(line: EditedLine, from: number, to: number): EditedLine {
  return from === to ? line : { ...line, input: line.input.slice(0, from) + line.input.slice(to), cursor: from };
}

/** Removes a range, and keeps it for Ctrl-Y. */
function cut(line: EditedLine, from: number, to: number): EditedLine {
  return from === to ? line : { ...remove(line, from, to), killed: line.input.slice(from, to) };
}

/** Ctrl-T: exchanges the characters before and after the cursor; at the end the last two. */
function transpose(line: EditedLine): EditedLine {
  const { input } = line;
  const middle = line.cursor === input.length ? before(input, line.cursor) : line.cursor;
  const [start, end] = [before(input, middle), after(input, middle)];
  if (start === middle || middle === end) return line;
  return { ...line, input: input.slice(0, start) + input.slice(middle, end) + input.slice(start, middle) + input.slice(end), cursor: end };
}

function before(input: string, cursor: number): number {
  return CHARACTERS.segment(input).containing(cursor - 1)?.index ?? 0;
}

function after(input: string, cursor: number): number {
  const character = CHARACTERS.segment(input).containing(cursor);
  return character === undefined ? input.length : character.index + character.segment.length;
}

const isOfWord = (char: string): boolean => /[\p{L}\p{N}_]/u.test(char);

function wordStart(input: string, cursor: number): number {
  return startOfRun(input, startOfRun(input, cursor, (char) => !isOfWord(char)), isOfWord);
}

function wordEnd(input: string, cursor: number): number {
  return cursor + /^[^\p{L}\p{N}_]*[\p{L}\p{N}_]*/u.exec(input.slice(cursor))![0].length;
}

/** Ctrl-W deletes back to a space, as in shells and redis-cli. */
function spaceStart(input: string, cursor: number): number {
  const isSpace = (char: string): boolean => /\s/.test(char);
  return startOfRun(input, startOfRun(input, cursor, isSpace), (char) => !isSpace(char));
}
