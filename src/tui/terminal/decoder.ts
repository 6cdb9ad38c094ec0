/**
 * The keyboard decoder: turns text of a terminal into keys, whatever the boundaries of the chunks.
 *
 *   text ──▶ pending + text ──┬──▶ whole sequences ──▶ keys
 *                  ▲          ├──▶ a paste, up to its end mark ──▶ one key
 *                  │          └──▶ a string: an answer of the terminal, up to its terminator ──▶ nothing
 *                  └── a rest that may go on (`\x1b`, `\x1b[1;`)
 *
 * Every wait is limited: the owner of the clock calls {@link KeyDecoder.flush} after {@link KeyDecoder.waitMs}, and Ctrl-C ends every wait. Sequences are those
 * of xterm, VTE, the Linux console, tmux and rxvt (xterm's ctlseqs); mouse reports and answers to queries are swallowed.
 */
import type { Key } from './key.js';

/** Maximum length of a sequence; longer ones do not come from a keyboard. */
const MAX_SEQUENCE = 64;
/** Maximum number of characters of a paste that are kept until its end mark, and of a string that are swallowed. */
const MAX_TEXT = 1 << 24;
const PASTE_BEGIN = '\x1b[200~';
const PASTE_END = '\x1b[201~';

/** How long a lone Esc may be the beginning of a sequence: terminals write sequences as a whole, but connections split them. */
export const ESCAPE_MS = 150;
/** The same for a remote terminal. */
export const REMOTE_ESCAPE_MS = 400;
/** The same once a sequence has been split, and the wait was too short. */
const PATIENT_ESCAPE_MS = 800;
/** A chunk that arrives sooner after the previous one belongs to it: no person types so fast. */
const SAME_MS = 40;
/** How long the rest of a sequence may take: it can be nothing else. */
const SEQUENCE_MS = 1000;
/** A paste or a string without input for this time has ended. */
const SILENCE_MS = 2000;
/** How long after a lone Esc the rest of its sequence is still recognised. */
const LATE_MS = 1000;

/** Behind an Esc that neither begins a sequence nor, with a backslash, ends a string. */
// eslint-disable-next-line no-control-regex
const APART = /(?<=\x1b)(?=[^\x1b[O\]PX^_\\])/;

const plain = (name: string, text = '', modifiers = 0): Key => ({
  name, text, shift: (modifiers & 1) !== 0, alt: (modifiers & 2) !== 0, ctrl: (modifiers & 4) !== 0,
});

/** The last character of CSI and SS3 sequences. */
const BY_FINAL: { readonly [final: string]: string } = {
  A: 'up', B: 'down', C: 'right', D: 'left', H: 'home', F: 'end', P: 'f1', Q: 'f2', R: 'f3', S: 'f4', M: 'enter', I: 'tab',
};

/** The number of `CSI number ~`. */
const BY_NUMBER: { readonly [number: string]: string } = {
  1: 'home', 2: 'insert', 3: 'delete', 4: 'end', 5: 'pageup', 6: 'pagedown', 7: 'home', 8: 'end',
  11: 'f1', 12: 'f2', 13: 'f3', 14: 'f4', 15: 'f5', 17: 'f6', 18: 'f7', 19: 'f8', 20: 'f9', 21: 'f10', 23: 'f11', 24: 'f12',
};

/** Text with a marked end: what has arrived so far. For a string only the length is kept. */
interface Marked {
  readonly kind: 'paste' | 'string';
  readonly pieces: string[];
  length: number;
}

export class KeyDecoder {
  private pending = '';
  private marked: Marked | null = null;
  private heardAtMs = 0;
  /** Since when there was no input for a paste or a string: typing into it does not keep it open. */
  private silentSinceMs = 0;
  /** The pending Esc is so old that it is not Alt with what follows. */
  private isApart = false;
  /** When a lone Esc was reported as a key; null: something has followed. */
  private escapedAtMs: number | null = null;

  /** @param escapeMs how long to wait after a lone Esc; increased once that was too short */
  constructor(private escapeMs = ESCAPE_MS) {}

  /** True if the input so far may be incomplete. */
  get isPending(): boolean {
    return this.pending !== '' || this.marked !== null;
  }

  /** The time without input after which {@link flush} is due; null: nothing is pending. */
  waitMs(nowMs: number): number | null {
    const { pending, marked } = this;
    if (pending === '\x1b' && marked?.kind !== 'paste') return this.escapeMs;
    if (marked !== null) return Math.max(0, this.silentSinceMs + SILENCE_MS - nowMs);
    return pending === '' ? null : SEQUENCE_MS;
  }

  push(text: string, nowMs: number): Key[] {
    const keys: Key[] = [];
    let rest = this.completed(text, nowMs, keys);
    if (this.marked === null || text.length > 1 || nowMs - this.heardAtMs < SAME_MS) this.silentSinceMs = nowMs;
    this.heardAtMs = nowMs;
    while (rest !== '') {
      const { marked } = this;
      const left = marked === null ? this.takeNext(rest, keys) : marked.kind === 'paste' ? this.takePaste(rest, marked, keys) : this.takeString(rest, marked);
      if (left === rest && marked === this.marked) break;
      rest = left;
    }
    this.pending = rest;
    if (rest.length < 2) this.isApart = false;
    return keys;
  }

  /** Text that was typed before anything was read: nothing is known of its times, and Esc before a letter is rather Esc than Alt. */
  pushTypedAhead(text: string, nowMs: number): Key[] {
    const parts = text.split(APART);
    return parts.flatMap((part, i) => [...this.push(part, nowMs), ...(i < parts.length - 1 ? this.flush(nowMs) : [])]);
  }

  /** Nothing has followed: a lone Esc is Esc, an incomplete sequence is its characters, and an incomplete paste is its text so far. */
  flush(nowMs: number): Key[] {
    const { pending: rest, marked, isApart } = this;
    this.pending = '';
    this.marked = null;
    this.isApart = false;
    if (marked?.kind === 'paste') return pasteKeys([...marked.pieces, rest]);
    if (/^\x1b+$/.test(rest)) {
      if (rest.length === 1) this.escapedAtMs = nowMs;
      return Array.from(rest, () => plain('escape'));
    }
    // An unfinished sequence of several characters is broken: it was not typed.
    if (rest.length !== 2) return [];
    return isApart ? [plain('escape'), typed(rest[1]!, 0)] : [typed(rest[1]!, 2)];
  }

  /** The text after what was pending, or after the Esc that was reported too early. */
  private completed(text: string, nowMs: number, keys: Key[]): string {
    const { pending, escapedAtMs } = this;
    this.escapedAtMs = null;
    if (escapedAtMs !== null && nowMs - escapedAtMs < LATE_MS && isRestOfSequence(text)) {
      this.escapeMs = PATIENT_ESCAPE_MS;
      return `\x1b${text}`;
    }
    if (this.marked !== null || pending !== '\x1b' || text === '' || nowMs - this.heardAtMs < SAME_MS) return pending + text;
    if (/^[[O]/.test(text) || isRestOfSequence(text)) {
      this.isApart = true;
      return pending + text;
    }
    keys.push(plain('escape'));
    return text;
  }

  /** Takes a key, or the mark with which the text begins. Returns the rest, all of it if it may be incomplete. */
  private takeNext(text: string, keys: Key[]): string {
    const kind = text.startsWith(PASTE_BEGIN) ? 'paste' : beginsString(text) ? 'string' : null;
    if (kind === null) return text.slice(takeKey(text, keys));
    this.marked = { kind, pieces: [], length: 0 };
    return text.slice(kind === 'paste' ? PASTE_BEGIN.length : 2);
  }

  private takePaste(text: string, paste: Marked, keys: Key[]): string {
    const end = text.indexOf(PASTE_END);
    if (end !== -1) {
      this.marked = null;
      keys.push(...pasteKeys([...paste.pieces, text.slice(0, end)]));
      return text.slice(end + PASTE_END.length);
    }
    // At the end of a chunk it is a key: the end mark of this paste will not come.
    if (text.endsWith('\x03')) {
      this.marked = null;
      keys.push(typed('\x03', 0));
      return '';
    }
    const kept = lengthOfBegunMark(text);
    paste.pieces.push(text.slice(0, text.length - kept));
    paste.length += text.length - kept;
    if (paste.length > MAX_TEXT) {
      keys.push(...pasteKeys(paste.pieces));
      this.marked = { ...paste, pieces: [], length: 0 };
    }
    return text.slice(text.length - kept);
  }

  /** Swallows a part of the string. BEL, ST and its 8-bit form end it; any other control character also ends it, and is a key. */
  private takeString(text: string, string: Marked): string {
    // eslint-disable-next-line no-control-regex
    const end = text.search(/[\x00-\x1f\x9c\udc9c]/);
    string.length += text.length;
    if (end === -1) {
      if (string.length > MAX_TEXT) this.marked = null;
      return '';
    }
    const rest = text.slice(end);
    if (rest === '\x1b') return rest;
    this.marked = null;
    return rest.startsWith('\x1b\\') ? rest.slice(2) : /^[\x07\x9c\udc9c]/.test(rest) ? rest.slice(1) : rest;
  }
}

/** True for `[A`, `OA`, `[1;5C`, the beginning of a paste or of an answer: text that is not typed as single keys. */
function isRestOfSequence(text: string): boolean {
  return /^(?:\[[0-?]*[ -/]*[@-~]|O[A-DFHP-S])(?:$|\x1b)|^\[200~|^\]\d+;|^P[\d>+]/.test(text);
}

/**
 * True if a text begins a string: OSC (terminals answer those with a number), DCS, APC, PM or SOS. If nothing follows its second character it may still be Alt
 * with that character. DCS answers begin with a digit or a sign: Alt-P followed by a letter is typed.
 */
function beginsString(text: string): boolean {
  return /^\x1b(?:\][\dlLI]|P[\d>|+$!=\x1b]|[X^_].)/s.test(text);
}

/** Number of characters at the end of the text that may begin the end mark. */
function lengthOfBegunMark(text: string): number {
  for (let length = Math.min(PASTE_END.length - 1, text.length); length > 0; length--) if (PASTE_END.startsWith(text.slice(-length))) return length;
  return 0;
}

/** The paste as a key; none if it is empty. */
function pasteKeys(pieces: readonly string[]): Key[] {
  const text = pieces.join('').replace(/\r\n?/g, '\n');
  return text === '' ? [] : [plain('paste', text)];
}

/** Takes one key off the text, which is not empty. Returns the number of characters taken, 0 if it may be incomplete. */
function takeKey(text: string, keys: Key[]): number {
  if (text[0] !== '\x1b') return takeCharacter(text, keys);
  if (text.length === 1) return 0;
  if (text[1] === '[') return takeControlSequence(text, keys);
  if (text[1] === 'O') return takeSs3(text, keys);
  if (text[1] === '\x1b') return takeDoubleEscape(text, keys);
  // A string of the terminal may begin here, depending on its third character.
  if (text.length === 2 && /[\]PX^_]/.test(text[1]!)) return 0;
  const before = keys.length;
  const taken = takeCharacter(text.slice(1), keys);
  if (keys.length > before) keys[before] = { ...keys[before]!, text: '', alt: true };
  return taken === 0 ? 0 : taken + 1;
}

function takeCharacter(text: string, keys: Key[]): number {
  const code = text.codePointAt(0)!;
  // Half of a surrogate pair: the other half comes with the next chunk.
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

/** Two Esc: Alt with a key that has its own sequence (rxvt), or Esc twice. */
function takeDoubleEscape(text: string, keys: Key[]): number {
  const next = text[2];
  if (next === undefined) return 0;
  // A paste is not a key.
  if ((next !== '[' && next !== 'O') || text.startsWith(PASTE_BEGIN, 1)) {
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

/** Alt with the character. */
function takeBroken(text: string, keys: Key[]): number {
  keys.push(typed(text[1]!, 2));
  return 2;
}

/** `ESC [ parameters intermediates final`. */
function takeControlSequence(text: string, keys: Key[]): number {
  // Three bytes without control characters follow: a mouse report of old terminals.
  // eslint-disable-next-line no-control-regex
  const report = /^\x1b\[M[^\x00-\x1f]{0,3}/.exec(text);
  if (report !== null) return report[0].length < 6 && report[0] === text ? 0 : report[0].length;
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

/** Skips up to the character that cannot be part of a sequence. */
function skipBroken(text: string): number {
  return /^\x1b\[[0-?]*[ -/]*/.exec(text)![0].length;
}

function keyOf(parameters: string, intermediates: string, final: string): Key | null {
  if (intermediates !== '' || /[<=>?]/.test(parameters)) return null;
  const [first = '', second] = parameters.split(';');
  if (final === 'Z') return plain('tab', '', 1);
  if (final === '~') return BY_NUMBER[first] === undefined ? null : plain(BY_NUMBER[first], '', modifiersOf(second));
  // Other numbers are not keys: the cursor position, or a mouse of rxvt.
  const name = first === '' || first === '1' ? BY_FINAL[final] : undefined;
  return name === undefined ? null : plain(name, '', modifiersOf(second));
}

/** xterm counts from one: 2 is Shift, 3 is Alt, 5 is Ctrl. */
function modifiersOf(parameter: string | undefined): number {
  const number = Number(parameter ?? '');
  return number > 1 ? (number - 1) & 7 : 0;
}
