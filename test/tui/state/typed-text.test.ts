/** Typed text and its bytes: there and back, whatever the bytes are. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromBytes, showTyped, toBytes, unfinishedCharacter } from '../../../src/tui/state/typed-text.js';

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

test.each([
  ['text', 'SET ключ 👋', utf8('SET ключ 👋')],
  ['a byte of Latin-1', 'caf\udce9', 'caf\xe9'],
  ['text before and behind a byte', 'ключ\udcff👋', `${utf8('ключ')}\xff${utf8('👋')}`],
  ['half a character', '\udcd0x', '\xd0x'],
  ['an overlong form', '\udcc0\udc80', '\xc0\x80'],
  ['half a surrogate pair in UTF-8', '\udced\udca0\udc80', '\xed\xa0\x80'],
  ['the character that stands for what could not be read', '\ufffd', utf8('\ufffd')],
])('%s', (_, text, bytes) => {
  expect(fromBytes(bytes)).toBe(text);
  expect(toBytes(text)).toBe(bytes);
});

const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.array(fc.constantFrom(0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x91, 0x8b, 0x41), { maxLength: 12 })).map((all) => Buffer.from(all).toString('latin1'));

test('no byte is lost', () => {
  fc.assert(fc.property(bytes, (all) => void expect(toBytes(fromBytes(all))).toBe(all)), { numRuns: 2000 });
});

test('what is UTF-8 is read as Node reads it', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => void expect(fromBytes(utf8(text))).toBe(text)));
});

test('megabytes of text are handled', () => {
  const long = `${utf8('ключ').repeat(200_000)}\xff`;
  expect(toBytes(fromBytes(long))).toBe(long);
});

test('raw bytes are shown each for themselves, so that the text around them stays readable', () => {
  expect(showTyped('ключ \udce9 x', (all) => `<${all}>`)).toBe(`<${utf8('ключ ')}><\xe9>< x>`);
});

test.each([['', 0], ['a', 0], ['\xc3', 1], ['a\xe2\x82', 2], ['\xf0\x9f\x91', 3], ['\xc3\xa9', 0], ['\xa9', 0]])('%j ends with %i bytes of a character', (text, count) => {
  expect(unfinishedCharacter(text)).toBe(count);
});
