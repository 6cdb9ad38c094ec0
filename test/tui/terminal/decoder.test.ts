/**
 * The decoder of the keyboard: each sequence whole, and cut at every place.
 */
import { expect, test } from 'vitest';
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
  expect(new KeyDecoder().push(input).map(show)).toEqual(keys);
});

test.each(CASES)('%j in two chunks, wherever it is cut', (input, keys) => {
  for (let at = 0; at <= input.length; at++) {
    const decoder = new KeyDecoder();
    const decoded = [...decoder.push(input.slice(0, at)), ...decoder.push(input.slice(at))];
    expect(decoded.map(show), `cut at ${at}`).toEqual(keys);
    expect(decoder.isPending).toBe(false);
  }
});

test.each(CASES)('%j one character at a time', (input, keys) => {
  const decoder = new KeyDecoder();
  expect(Array.from({ length: input.length }, (_, i) => decoder.push(input[i]!)).flat().map(show)).toEqual(keys);
});

test('Esc alone is Esc once nothing follows, and twice if it was pressed twice', () => {
  const decoder = new KeyDecoder();
  expect(decoder.push('\x1b')).toEqual([]);
  expect(decoder.isPending).toBe(true);
  expect(decoder.flush().map(show)).toEqual(['escape']);
  expect(decoder.push('\x1b\x1ba').map(show)).toEqual(['escape', 'alt+a']);
  expect(decoder.flush()).toEqual([]);
  expect(decoder.push('\x1b\x1b')).toEqual([]);
  expect(decoder.flush().map(show)).toEqual(['escape', 'escape']);
});

test('the beginning of a sequence that never goes on is Alt with its character, or nothing', () => {
  const decoder = new KeyDecoder();
  decoder.push('\x1b[');
  expect(decoder.flush().map(show)).toEqual(['alt+[']);
  decoder.push('\x1b[1;');
  expect(decoder.flush()).toEqual([]);
  expect(decoder.push('x').map(show)).toEqual(['x']);
});

test('half a paste waits, however long its end takes', () => {
  const decoder = new KeyDecoder();
  decoder.push('\x1b[200~half');
  expect(decoder.isPasting).toBe(true);
  expect(decoder.flush()).toEqual([]);
  expect(decoder.push(' and half\x1b[201~').map(show)).toEqual(['paste "half and half"']);
});

test('a sequence without end is given up', () => {
  const decoder = new KeyDecoder();
  expect(decoder.push(`\x1b[${'1'.repeat(100)}`)).toEqual([]);
  expect(decoder.isPending).toBe(false);
});
