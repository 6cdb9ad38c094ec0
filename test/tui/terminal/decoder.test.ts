/**
 * The decoder of the keyboard: each sequence whole, and cut at every place.
 */
import { describe, expect, test } from 'vitest';
import { KeyDecoder } from '../../../src/tui/terminal/decoder.js';
import { spell, type Key } from '../../../src/tui/terminal/key.js';

/** What keys type stands in quotes behind their names. */
const show = (key: Key): string => (key.text === '' || key.text === key.name ? spell(key) : `${spell(key)} ${JSON.stringify(key.text)}`);

const CASES: readonly (readonly [input: string, keys: readonly string[]])[] = [
  ['a', ['a']],
  ['A', ['A']],
  ['SET k', ['S', 'E', 'T', 'space " "', 'k']],
  ['é日🙂', ['é', '日', '🙂']],
  ['\r', ['enter']],
  ['\n', ['enter']],
  ['\t', ['tab']],
  ['\x7f', ['backspace']],
  ['\x08', ['backspace']],
  ['\x1b[3~', ['delete']],
  ['\x00', ['ctrl+space']],
  ['\x01\x03\x1a', ['ctrl+a', 'ctrl+c', 'ctrl+z']],
  ['\x1b[A\x1b[B\x1b[C\x1b[D', ['up', 'down', 'right', 'left']],
  ['\x1bOA\x1bOD', ['up', 'left']],
  ['\x1b[H\x1b[F\x1b[1~\x1b[4~\x1bOH\x1bOF', ['home', 'end', 'home', 'end', 'home', 'end']],
  ['\x1b[5~\x1b[6~\x1b[2~', ['pageup', 'pagedown', 'insert']],
  ['\x1b[1;2D\x1b[1;3D\x1b[1;5D\x1b[1;6C', ['shift+left', 'alt+left', 'ctrl+left', 'ctrl+shift+right']],
  ['\x1b[3;5~', ['ctrl+delete']],
  ['\x1b[Z', ['shift+tab']],
  ['\x1bOP\x1b[11~\x1b[[A\x1b[15~\x1b[24~', ['f1', 'f1', 'f1', 'f5', 'f12']],
  ['\x1bb\x1b\x7f\x1b\r', ['alt+b', 'alt+backspace', 'alt+enter']],
  ['\x1b\x1b[A', ['alt+up']],
  ['\x1b[200~two\r\nlines\x1b[A\x1b[201~x', ['paste "two\\nlines\\u001b[A"', 'x']],
  ['\x1b[<0;10;20M\x1b[<0;10;20m\x1b[M !!x', ['x']],
  ['\x1b[?1;2c\x1b[I\x1b[Ox', ['tab', 'x']],
  ['a\x1b[99~b', ['a', 'b']],
];

test.each(CASES)('%j', (input, keys) => {
  expect(new KeyDecoder().push(input, 0).map(show)).toEqual(keys);
});

test.each(CASES)('%j in two chunks, wherever it is cut', (input, keys) => {
  for (let at = 0; at <= input.length; at++) {
    const decoder = new KeyDecoder();
    const decoded = [...decoder.push(input.slice(0, at), 0), ...decoder.push(input.slice(at), 0)];
    expect(decoded.map(show), `cut at ${at}`).toEqual(keys);
    expect(decoder.isPending).toBe(false);
  }
});

test.each(CASES)('%j one character at a time', (input, keys) => {
  const decoder = new KeyDecoder();
  expect(Array.from({ length: input.length }, (_, i) => decoder.push(input[i]!, i)).flat().map(show)).toEqual(keys);
});

/** A decoder, the keyboard in front of it, and the clock beside it: what comes after how much silence, and which keys that makes. */
class Keyboard {
  private readonly decoder = new KeyDecoder();
  private nowMs = 0;

  /** Silence, in which the owner of the decoder does what it has to. */
  after(silenceMs: number): string[] {
    const end = this.nowMs + silenceMs;
    const keys: Key[] = [];
    for (let waitMs = this.decoder.waitMs(this.nowMs); waitMs !== null && this.nowMs + waitMs <= end; waitMs = this.decoder.waitMs(this.nowMs)) {
      this.nowMs += waitMs;
      keys.push(...this.decoder.flush(this.nowMs));
    }
    this.nowMs = end;
    return keys.map(show);
  }

  type(text: string): string[] {
    return this.decoder.push(text, this.nowMs).map(show);
  }

  /** Chunks, each so long after the one before. */
  hear(gapMs: number, ...chunks: readonly string[]): string[] {
    return chunks.flatMap((chunk, i) => [...(i === 0 ? [] : this.after(gapMs)), ...this.type(chunk)]);
  }
}

describe('a lone Esc', () => {
  test('is Esc once nothing follows, and twice if it was pressed twice', () => {
    const keyboard = new Keyboard();
    expect(keyboard.type('\x1b')).toEqual([]);
    expect(keyboard.after(1000)).toEqual(['escape']);
    expect(keyboard.type('\x1b\x1ba')).toEqual(['escape', 'alt+a']);
    expect(keyboard.type('\x1b\x1b')).toEqual([]);
    expect(keyboard.after(1000)).toEqual(['escape', 'escape']);
  });

  test('is Esc at once when a character follows that is not its own', () => {
    expect(new Keyboard().hear(50, '\x1b', 'q')).toEqual(['escape', 'q']);
    expect(new Keyboard().hear(10, '\x1b', 'q')).toEqual(['alt+q']);
  });

  test.each([60, 100, 149])('followed by the rest of an arrow key after %i ms is the arrow key', (gapMs) => {
    for (const [rest, key] of [['[A', 'up'], ['OB', 'down'], ['[1;5C', 'ctrl+right'], ['[5~', 'pageup']] as const) expect(new Keyboard().hear(gapMs, '\x1b', rest)).toEqual([key]);
    expect(new Keyboard().hear(gapMs, '\x1b', '[', 'A')).toEqual(['up']);
    expect(new Keyboard().hear(gapMs, '\x1b[', 'A')).toEqual(['up']);
    expect(new Keyboard().hear(gapMs, '\x1b[1;', '5C')).toEqual(['ctrl+right']);
  });

  test('reported too early does not turn the rest of its sequence into other keys, and the timeout of the next one is longer', () => {
    const keyboard = new Keyboard();
    expect(keyboard.hear(500, '\x1b', '[A')).toEqual(['escape', 'up']);
    expect(keyboard.hear(500, '\x1b', '[A')).toEqual(['up']);
    expect(keyboard.hear(500, '\x1b', 'OA\x1bOB')).toEqual(['up', 'down']);
  });

  test('and a bracket that a person types later are two keys', () => {
    expect(new Keyboard().hear(300, '\x1b', '[')).toEqual(['escape', '[']);
    const keyboard = new Keyboard();
    expect([...keyboard.hear(100, '\x1b', '['), ...keyboard.after(2000)]).toEqual(['escape', '[']);
  });

  test('before a paste is Esc, and the paste a paste', () => {
    expect(new Keyboard().type('\x1b\x1b[200~q\n\x1b[201~')).toEqual(['escape', 'paste "q\\n"']);
  });
});

test('the beginning of a sequence that never goes on is Alt with its character, or nothing', () => {
  const keyboard = new Keyboard();
  keyboard.type('\x1b[');
  expect(keyboard.after(1000)).toEqual(['alt+[']);
  keyboard.type('\x1b[1;');
  expect(keyboard.after(1000)).toEqual([]);
  expect(keyboard.type('x')).toEqual(['x']);
});

test('a sequence without end is given up', () => {
  const decoder = new KeyDecoder();
  expect(decoder.push(`\x1b[${'1'.repeat(100)}`, 0)).toEqual([]);
  expect(decoder.isPending).toBe(false);
});

describe('a paste without end', () => {
  test('ends after two seconds of silence, and later input is keys', () => {
    const keyboard = new Keyboard();
    expect(keyboard.type('\x1b[200~half')).toEqual([]);
    expect(keyboard.after(1900)).toEqual([]);
    expect(keyboard.hear(1900, ' and half', ' of it')).toEqual([]);
    expect(keyboard.after(2000)).toEqual(['paste "half and half of it"']);
    expect(keyboard.type('x\x1b[201~y')).toEqual(['x', 'y']);
  });

  test('is not kept open by typing into it', () => {
    expect(new Keyboard().hear(300, '\x1b[200~half', ...'0123456789'.split(''))).toEqual(['paste "half012345"', '6', '7', '8', '9']);
  });

  test('is ended by Ctrl-C, which is a key', () => {
    const keyboard = new Keyboard();
    expect(keyboard.hear(10, '\x1b[200~DEL k\r', '\x03', '\x03')).toEqual(['ctrl+c', 'ctrl+c']);
    expect(keyboard.type('x')).toEqual(['x']);
  });

  test('does not grow beyond a limit: the text so far is passed on, and it continues', () => {
    const decoder = new KeyDecoder();
    const piece = 'x'.repeat(1 << 20);
    const keys = [...decoder.push('\x1b[200~', 0), ...Array.from({ length: 20 }, () => decoder.push(piece, 0)).flat(), ...decoder.push('\x1b[201~', 0)];
    expect(keys.map(({ name, text }) => [name, text.length])).toEqual([['paste', 17 << 20], ['paste', 3 << 20]]);
  });
});

describe('what a terminal answers', () => {
  const ANSWERS: readonly (readonly [string, string])[] = [
    ['the colour of the text', '\x1b]10;rgb:ffff/ffff/ffff\x07'], ['the background', '\x1b]11;rgb:0000/0000/0000\x1b\\'], ['the clipboard', `\x1b]52;c;${'QUJD'.repeat(3000)}\x1b\\`],
    ['a setting', '\x1bP1$r0m\x1b\\'], ['its name', '\x1bP>|XTerm(390)\x1b\\'], ['a picture', '\x1b_Gi=31;OK\x1b\\'], ['a private message', '\x1b^any\x9c'], ['a string', '\x1bXany\udc9c'],
    ['what it is', '\x1b[?64;1;2c'], ['where the cursor is', '\x1b[24;80R'], ['that all is well', '\x1b[0n'], ['its size', '\x1b[8;40;120t'], ['a mode', '\x1b[?2026;2$y'], ['a mouse of rxvt', '\x1b[32;10;20M'],
  ];

  test.each(ANSWERS)('is swallowed whole: %s', (_, answer) => {
    expect(new KeyDecoder().push(`a${answer}b`, 0).map(show)).toEqual(['a', 'b']);
    for (let at = 1; at < Math.min(answer.length, 40); at++) {
      const keyboard = new Keyboard();
      // Cut behind its first character it is Esc and what follows, unless that comes soon.
      expect(keyboard.hear(at === 1 ? 30 : 100, `a${answer.slice(0, at)}`, `${answer.slice(at)}b`), `cut at ${at}`).toEqual(['a', 'b']);
    }
  });

  test('is ended after two seconds of silence, in spite of typing meanwhile', () => {
    const keyboard = new Keyboard();
    expect(keyboard.hear(500, '\x1b]52;c;QUJD', 'a', 'b', 'c', 'd', 'e', 'f')).toEqual(['d', 'e', 'f']);
    expect(keyboard.type('\x1bP1$r')).toEqual([]);
    expect(keyboard.after(2000)).toEqual([]);
    expect(keyboard.type('x')).toEqual(['x']);
  });

  test('is given up at a character that cannot be part of it', () => {
    expect(new Keyboard().hear(100, '\x1b]11;rgb:', '\x03', '\x03')).toEqual(['ctrl+c', 'ctrl+c']);
    expect(new Keyboard().hear(100, '\x1b]11;rgb:', '\x1b[A')).toEqual(['up']);
    expect(new Keyboard().hear(100, '\x1b]11;rgb:', '\r')).toEqual(['enter']);
    expect(new Keyboard().hear(200, '\x1b]11;rgb:', '\x1b', 'x')).toEqual(['escape', 'x']);
  });

  test('is distinguished from Alt with a letter', () => {
    expect(new Keyboard().hear(100, '\x1bP', 'x')).toEqual(['alt+P', 'x']);
    const keyboard = new Keyboard();
    keyboard.type('\x1b]');
    expect(keyboard.after(1000)).toEqual(['alt+]']);
  });

  test('does not swallow more than sixteen million characters', () => {
    const decoder = new KeyDecoder();
    decoder.push('\x1b]52;c;', 0);
    for (let i = 0; i < 17; i++) decoder.push('Q'.repeat(1 << 20), 0);
    expect(decoder.push('x', 0).map(show)).toEqual(['x']);
  });
});

test('Ctrl-C is a key wherever a sequence has stopped', () => {
  for (const beginning of ['\x1b', '\x1b[', '\x1b[1;', '\x1b[M', '\x1b[M !', '\x1bO', '\x1bO1', '\x1b]', '\x1b]1', '\x1bP', '\x1bP1', '\x1b_G', '\x1b[200~', '\x1b[200~\x1b[20', '\x1b\x1b', '\x1b\x1b[']) {
    for (const gapMs of [0, 100]) expect(new Keyboard().hear(gapMs, beginning, '\x03').at(-1), JSON.stringify(beginning)).toMatch(/^ctrl\+(alt\+)?c$/);
  }
});

test('a long text without marks costs as much for each character as a short one', () => {
  const decoder = new KeyDecoder();
  expect(decoder.push('x'.repeat(1 << 18), 0)).toHaveLength(1 << 18);
});

test.each([
  ['\x1bq', ['escape', 'q']],
  ['\x1b\x1bq', ['escape', 'escape', 'q']],
  ['PING\r\x1b q', ['P', 'I', 'N', 'G', 'enter', 'escape', 'space " "', 'q']],
  ['\x1b[A\x1bOB\x1b]11;rgb:00/00/00\x07q', ['up', 'down', 'q']],
  ['\x1b]11;rgb:00/00/00\x1b\\\x1bP1$r0m\x1b\\\x1b_Gi=31;OK\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\q', ['q']],
])('%j typed before anything was read: Esc is not Alt with the letter after it', (input, keys) => {
  const decoder = new KeyDecoder();
  expect(decoder.pushTypedAhead(input, 0).map(show)).toEqual(keys);
  expect(decoder.isPending).toBe(false);
});
