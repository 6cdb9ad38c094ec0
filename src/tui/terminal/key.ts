/**
 * A key press as decoded, before it is interpreted.
 *
 *   { name: 'a', text: 'a' }            a letter types itself
 *   { name: 'left', ctrl: true }        Ctrl-Left
 *   { name: 'paste', text: 'two\nlines' }   text between the marks of a bracketed paste; line ends are \n
 */
export interface Key {
  /**
   * The key: the character itself if it is printable, otherwise `enter`, `tab`, `escape`, `backspace`, `delete`, `insert`, `up`, `down`, `left`, `right`,
   * `home`, `end`, `pageup`, `pagedown`, `f1`–`f12`, `space`, `paste`; `typed` for several characters at once. With Ctrl the lower-case letter.
   */
  readonly name: string;
  /** The text that it types: a character, a pasted text; empty for other keys, and with Ctrl or Alt. */
  readonly text: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
  /** Only for keys without text; a typed character contains it. */
  readonly shift: boolean;
}

/** Names a key as the table of keys does: `ctrl+alt+left`. */
export function spell({ name, ctrl, alt, shift }: Key): string {
  return `${ctrl ? 'ctrl+' : ''}${alt ? 'alt+' : ''}${shift ? 'shift+' : ''}${name}`;
}

/** The run of keys that type characters, from here on; or the one key that does not. */
export function typedRun(keys: readonly Key[], from: number): readonly Key[] {
  let to = from;
  while (to < keys.length && keys[to]!.text !== '' && keys[to]!.name !== 'paste') to++;
  return keys.slice(from, Math.max(to, from + 1));
}

/** One key that types the text of several; no binding has its name. */
export function joined(keys: readonly Key[]): Key {
  return keys.length === 1 ? keys[0]! : { name: 'typed', text: keys.map(({ text }) => text).join(''), ctrl: false, alt: false, shift: false };
}
