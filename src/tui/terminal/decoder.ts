/**
 * The decoder of the keyboard: bytes of a terminal (as text) in, keys out, whatever the boundaries of the chunks.
 *
 *   text ──▶ pending + text ──▶ whole sequences ──▶ keys
 *                  ▲                  │
 *                  └── a rest that may go on (`\x1b`, `\x1b[1;`, half a paste)
 *
 * Esc alone and the beginning of a sequence look the same. Whoever owns the clock calls {@link KeyDecoder.flush} when nothing has followed for a while.
 * Sequences as xterm, VTE, the Linux console, tmux and rxvt send them (xterm's ctlseqs); reports of the mouse and answers to queries are swallowed.
 */
import type { Key } from './key.js';

/** What a sequence may be long; more is no sequence of a keyboard. */
const MAX_SEQUENCE = 64;
const PASTE_BEGIN = '\x1b[200~';
const PASTE_END = '\x1b[201~';

const plain = (name: string, text = '', modifiers = 0): Key => ({ name, text, shift: (modifiers & 1) !== 0, alt: (modifiers & 2) !== 0, ctrl: (modifiers & 4) !== 0 });

/** The last character of CSI and SS3 sequences. */
const BY_FINAL: { readonly [final: string]: string } = {
  A: 'up', B: 'down', C: 'right', D: 'left', H: 'home', F: 'end', P: 'f1', Q: 'f2', R: 'f3', S: 'f4', M: 'enter', I: 'tab',
};

/** The number of `CSI number ~`. */
const BY_NUMBER: { readonly [number: string]: string } = {
  1: 'home', 2: 'insert', 3: 'delete', 4: 'end', 5: 'pageup', 6: 'pagedown', 7: 'home', 8: 'end',
  11: 'f1', 12: 'f2', 13: 'f3', 14: 'f4', 15: 'f5', 17: 'f6', 18: 'f7', 19: 'f8', 20: 'f9', 21: 'f10', 23: 'f11', 24: 'f12',
};

export class KeyDecoder {
  private pending = '';

  /** What has come so far may go on. */
  get isPending(): boolean {
    return this.pending !== '';
  }

  /** Half a paste waits for its end however long that takes. */
  get isPasting(): boolean {
    return this.pending.startsWith(PASTE_BEGIN);
  }

  push(text: string): Key[] {
    const keys: Key[] = [];
    let rest = this.pending + text;
    while (rest !== '') {
      const taken = takeKey(rest, keys);
      if (taken === 0) break;
      rest = rest.slice(taken);
    }
    this.pending = rest;
    return keys;
  }

  /** Nothing has followed: a lone Esc is Esc, the beginning of a sequence is what its characters are. */
  flush(): Key[] {
    if (this.pending === '' || this.isPasting) return [];
    const rest = this.pending;
    this.pending = '';
    if (/^\x1b+$/.test(rest)) return Array.from(rest, () => plain('escape'));
    // An unfinished sequence of several characters is broken; nobody has typed it.
    return rest.length === 2 ? [typed(rest[1]!, 2)] : [];
  }
}

/** Takes one key off the text, which is not empty. Returns how many characters it took, 0 if it may go on. */
function takeKey(text: string, keys: Key[]): number {
  if (text[0] !== '\x1b') return takeCharacter(text, keys);
  if (text.length === 1) return 0;
  if (text[1] === '[') return takeControlSequence(text, keys);
  if (text[1] === 'O') return takeSs3(text, keys);
  if (text[1] === '\x1b') return takeDoubleEscape(text, keys);
  const before = keys.length;
  const taken = takeCharacter(text.slice(1), keys);
  if (keys.length > before) keys[before] = { ...keys[before]!, text: '', alt: true };
  return taken === 0 ? 0 : taken + 1;
}

function takeCharacter(text: string, keys: Key[]): number {
  const code = text.codePointAt(0)!;
  // Half of a surrogate pair: the other one comes with the next chunk.
  if (code >= 0xd800 && code <= 0xdbff && text.length === 1) return 0;
  const char = String.fromCodePoint(code);
  if (code < 0x80 || code > 0x9f) keys.push(typed(char, 0));
  return char.length;
}

function typed(char: string, modifiers: number): Key {
  const code = char.codePointAt(0)!;
  if (char === '\r' || char === '\n') return plain('enter', '', modifiers);
  if (char === '\t') return plain('tab', '', modifiers);
  if (char === '\x7f' || char === '\b') return plain('backspace', '', modifiers);
  if (char === '\x1b') return plain('escape', '', modifiers);
  if (code === 0) return plain('space', '', modifiers | 4);
  if (code < 0x20) return plain(String.fromCharCode(code + 0x40).toLowerCase(), '', modifiers | 4);
  return plain(char === ' ' ? 'space' : char, modifiers === 0 ? char : '', modifiers);
}

/** Two of them: Alt with a key that has a sequence of its own (rxvt), or Esc twice. */
function takeDoubleEscape(text: string, keys: Key[]): number {
  const next = text[2];
  if (next === undefined) return 0;
  if (next !== '[' && next !== 'O') {
    keys.push(plain('escape'));
    return 1;
  }
  const before = keys.length;
  const taken = takeKey(text.slice(1), keys);
  if (taken > 0 && keys.length > before) keys[before] = { ...keys[before]!, text: '', alt: true };
  return taken === 0 ? 0 : taken + 1;
}

/** `ESC O [modifiers] final`. */
function takeSs3(text: string, keys: Key[]): number {
  const match = /^\x1bO(\d?)([A-Za-z])/.exec(text);
  if (match === null) return text.length > 2 && !/^\x1bO\d$/.test(text) ? takeBroken(text, keys) : 0;
  const name = BY_FINAL[match[2]!];
  if (name !== undefined) keys.push(plain(name, '', modifiersOf(match[1])));
  return match[0].length;
}

/** Alt with the character, after all. */
function takeBroken(text: string, keys: Key[]): number {
  keys.push(typed(text[1]!, 2));
  return 2;
}

/** `ESC [ parameters intermediates final`. */
function takeControlSequence(text: string, keys: Key[]): number {
  if (text.startsWith(PASTE_BEGIN)) return takePaste(text, keys);
  // Three bytes follow: a mouse report of old terminals.
  if (text.startsWith('\x1b[M')) return text.length < 6 ? 0 : 6;
  // The Linux console's F1 to F5.
  const console = /^\x1b\[\[([A-E])/.exec(text);
  if (console !== null) {
    keys.push(plain(`f${console[1]!.charCodeAt(0) - 0x40}`));
    return 4;
  }
  if (text === '\x1b[[') return 0;
  const match = /^\x1b\[([0-?]*)([ -/]*)([@-~])/.exec(text);
  if (match === null) return /^\x1b\[[0-?]*[ -/]*$/.test(text) && text.length <= MAX_SEQUENCE ? 0 : skipBroken(text);
  const key = keyOf(match[1]!, match[2]!, match[3]!);
  if (key !== null) keys.push(key);
  return match[0].length;
}

/** Up to the character that does not belong to a sequence. */
function skipBroken(text: string): number {
  return /^\x1b\[[0-?]*[ -/]*/.exec(text)![0].length;
}

function keyOf(parameters: string, intermediates: string, final: string): Key | null {
  if (intermediates !== '' || /[<=>?]/.test(parameters)) return null;
  const [first = '', second] = parameters.split(';');
  if (final === 'Z') return plain('tab', '', 1);
  if (final === '~') return BY_NUMBER[first] === undefined ? null : plain(BY_NUMBER[first], '', modifiersOf(second));
  const name = BY_FINAL[final];
  return name === undefined ? null : plain(name, '', modifiersOf(second));
}

/** xterm counts from one: 2 is Shift, 3 is Alt, 5 is Ctrl. */
function modifiersOf(parameter: string | undefined): number {
  const number = Number(parameter ?? '');
  return number > 1 ? (number - 1) & 7 : 0;
}

function takePaste(text: string, keys: Key[]): number {
  const end = text.indexOf(PASTE_END, PASTE_BEGIN.length);
  if (end === -1) return 0;
  keys.push(plain('paste', text.slice(PASTE_BEGIN.length, end).replace(/\r\n?/g, '\n')));
  return end + PASTE_END.length;
}
