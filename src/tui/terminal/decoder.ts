/**
 * The decoder of the keyboard: text of a terminal in, keys out, whatever the boundaries of the chunks.
 *
 *   text ──▶ pending + text ──┬──▶ whole sequences ──▶ keys
 *                  ▲          ├──▶ a paste, up to its end mark ──▶ one key
 *                  │          └──▶ a string: an answer of the terminal, up to its terminator ──▶ nothing
 *                  └── a rest that may go on (`\x1b`, `\x1b[1;`)
 *
 * Nothing is waited for without a limit: the owner of the clock calls {@link KeyDecoder.flush} when {@link KeyDecoder.waitMs} have
 * passed, and Ctrl-C ends every wait. Sequences as xterm, VTE, the Linux console, tmux and rxvt send them (xterm's ctlseqs); reports of
 * the mouse and answers to queries are swallowed.
 */
import type { Key } from './key.js';

/** The most characters of a sequence; more is no sequence of a keyboard. */
const MAX_SEQUENCE = 64;
/** The most characters of a paste that are kept until its end mark comes, and of a string that are swallowed. */
const MAX_TEXT = 1 << 24;
const PASTE_BEGIN = '\x1b[200~';
const PASTE_END = '\x1b[201~';

/** How long a lone Esc may be the beginning of a sequence: terminals write sequences whole, but connections cut them. */
export const ESCAPE_MS = 150;
/** The same where the terminal is far away. */
export const REMOTE_ESCAPE_MS = 400;
/** The same once a sequence has been cut, and the wait was too short. */
const PATIENT_ESCAPE_MS = 800;
/** What comes sooner after the chunk before belongs to it: no person types so fast. */
const SAME_MS = 40;
/** How long the rest of a sequence may take: it can be nothing else. */
const SEQUENCE_MS = 1000;
/** How long a paste or a string may be silent before it has ended. */
const SILENCE_MS = 2000;
/** How long after a lone Esc the rest of its sequence is still recognised. */
const LATE_MS = 1000;

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

/** Text whose end is marked: what has come of it. Of a string only the length is kept. */
interface Marked {
  readonly kind: 'paste' | 'string';
  readonly pieces: string[];
  length: number;
}

export class KeyDecoder {
  private pending = '';
  private marked: Marked | null = null;
  private heardAtMs = 0;
  /** Since when a paste or a string is silent: a person who types into it does not keep it open. */
  private silentSinceMs = 0;
  /** The Esc that is pending came so long ago that it is not Alt with what follows. */
  private isApart = false;
  /** When a lone Esc has been told; null: something has followed. */
  private escapedAtMs: number | null = null;

  /** @param escapeMs how long a lone Esc is waited for; longer once that has been too short */
  constructor(private escapeMs = ESCAPE_MS) {}

  /** What has come so far may go on. */
  get isPending(): boolean {
    return this.pending !== '' || this.marked !== null;
  }

  /** After how much silence {@link flush} is due; null: nothing is waited for. */
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

  /** Nothing has followed: a lone Esc is Esc, the beginning of a sequence is what its characters are, and a paste is what has come of it. */
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
    // An unfinished sequence of several characters is broken: no person has typed it.
    if (rest.length !== 2) return [];
    return isApart ? [plain('escape'), typed(rest[1]!, 0)] : [typed(rest[1]!, 2)];
  }

  /** The text with what was pending in front of it, or with the Esc that was told too soon. */
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

  /** Takes a key, or the mark that text begins with. Returns what is left, all of it if it may go on. */
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
    // At the end of a chunk it is a key: the end mark of this paste does not come.
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

  /** Swallows what belongs to the string. BEL, ST and its 8-bit form end it; any other control character ends it, too, and is a key again. */
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

/** `[A`, `OA`, `[1;5C`, the beginning of a paste or of an answer: what no person types at once. */
function isRestOfSequence(text: string): boolean {
  return /^(?:\[[0-?]*[ -/]*[@-~]|O[A-DFHP-S])(?:$|\x1b)|^\[200~|^\]\d+;|^P[\d>+]/.test(text);
}

/**
 * Whether a text begins a string: OSC (of which terminals answer those with a number), DCS, APC, PM or SOS. With nothing behind its second
 * character it may still be Alt with that. DCS answers begin with a digit or a sign: Alt-P and then a letter is typed.
 */
function beginsString(text: string): boolean {
  return /^\x1b(?:\][\dlLI]|P[\d>|+$!=\x1b]|[X^_].)/s.test(text);
}

/** How many characters at the end of the text may be the beginning of the end mark. */
function lengthOfBegunMark(text: string): number {
  for (let length = Math.min(PASTE_END.length - 1, text.length); length > 0; length--) if (PASTE_END.startsWith(text.slice(-length))) return length;
  return 0;
}

/** The paste as a key; none if it is empty. */
function pasteKeys(pieces: readonly string[]): Key[] {
  const text = pieces.join('').replace(/\r\n?/g, '\n');
  return text === '' ? [] : [plain('paste', text)];
}

/** Takes one key off the text, which is not empty. Returns how many characters it took, 0 if it may go on. */
function takeKey(text: string, keys: Key[]): number {
  if (text[0] !== '\x1b') return takeCharacter(text, keys);
  if (text.length === 1) return 0;
  if (text[1] === '[') return takeControlSequence(text, keys);
  if (text[1] === 'O') return takeSs3(text, keys);
  if (text[1] === '\x1b') return takeDoubleEscape(text, keys);
  // A string of the terminal may begin here; its third character says.
  if (text.length === 2 && /[\]PX^_]/.test(text[1]!)) return 0;
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
  // A paste is no key.
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

/** Alt with the character, after all. */
function takeBroken(text: string, keys: Key[]): number {
  keys.push(typed(text[1]!, 2));
  return 2;
}

/** `ESC [ parameters intermediates final`. */
function takeControlSequence(text: string, keys: Key[]): number {
  // Three bytes follow, and none of them is a control character: a mouse report of old terminals.
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

/** Up to the character that does not belong to a sequence. */
function skipBroken(text: string): number {
  return /^\x1b\[[0-?]*[ -/]*/.exec(text)![0].length;
}

function keyOf(parameters: string, intermediates: string, final: string): Key | null {
  if (intermediates !== '' || /[<=>?]/.test(parameters)) return null;
  const [first = '', second] = parameters.split(';');
  if (final === 'Z') return plain('tab', '', 1);
  if (final === '~') return BY_NUMBER[first] === undefined ? null : plain(BY_NUMBER[first], '', modifiersOf(second));
  // Other numbers are no key's: the place of the cursor, or a mouse of rxvt.
  const name = first === '' || first === '1' ? BY_FINAL[final] : undefined;
  return name === undefined ? null : plain(name, '', modifiersOf(second));
}

/** xterm counts from one: 2 is Shift, 3 is Alt, 5 is Ctrl. */
function modifiersOf(parameter: string | undefined): number {
  const number = Number(parameter ?? '');
  return number > 1 ? (number - 1) & 7 : 0;
}
