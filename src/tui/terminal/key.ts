/**
 * A key press as the decoder understands it, before anybody has given it a meaning.
 *
 *   { name: 'a', text: 'a' }            a letter types itself
 *   { name: 'left', ctrl: true }        Ctrl-Left
 *   { name: 'paste', text: 'two\nlines' }   text between the marks of a bracketed paste; line ends are \n
 */
export interface Key {
  /**
   * What was pressed: the character itself if it is printable, otherwise `enter`, `tab`, `escape`, `backspace`, `delete`, `insert`, `up`,
   * `down`, `left`, `right`, `home`, `end`, `pageup`, `pagedown`, `f1`–`f12`, `space`, `paste`; `typed` for several characters at once.
   * With Ctrl the lower-case letter.
   */
  readonly name: string;
  /** What it types: a character, a pasted text; empty for keys that type nothing, and with Ctrl or Alt. */
  readonly text: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
  /** Of keys that type nothing; a typed character shows it in itself. */
  readonly shift: boolean;
}

/** `ctrl+alt+left`: the spelling that the table of keys uses. */
export function spell({ name, ctrl, alt, shift }: Key): string {
  return `${ctrl ? 'ctrl+' : ''}${alt ? 'alt+' : ''}${shift ? 'shift+' : ''}${name}`;
}

/** The keys from here on that type characters; or the one key that does not. */
export function typedRun(keys: readonly Key[], from: number): readonly Key[] {
  let to = from;
  while (to < keys.length && keys[to]!.text !== '' && keys[to]!.name !== 'paste') to++;
  return keys.slice(from, Math.max(to, from + 1));
}

/** Several keys that type as one that types as much; no binding has its name. */
export function joined(keys: readonly Key[]): Key {
  return keys.length === 1 ? keys[0]! : { name: 'typed', text: keys.map(({ text }) => text).join(''), ctrl: false, alt: false, shift: false };
}
