import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitInline } from '../../../src/server/resp/inline.js';
import { quoteWord } from '../../../src/server/resp/request-encoder.js';

test.each<[line: string, words: string[] | null]>([
  ['', []],
  [' \t\v\f', []],
  ['GET k', ['GET', 'k']],
  ['  GET \t k  ', ['GET', 'k']],
  ['a\vb\fc', ['a\vb\fc']],
  ['a\rb', ['a', 'b']],
  ['a\0b c', ['a']],
  ['"" \'\'', ['', '']],
  ['a"b c"', ['ab c']],
  ["a'b c'", ['ab c']],
  ['"a"\vb', ['a', 'b']],
  ['"a""b"', null],
  ["'a'b", null],
  ['"a', null],
  ["'a", null],
  ['"a\\', null],
  ['"a\\"', null],
  ["'a\\'", null],
  ['"\\n\\r\\t\\b\\a\\q\\"\\\\"', ['\n\r\t\b\x07q"\\']],
  ['"\\x41\\xfF\\x4"', ['A\xffx4']],
  ['"\\xzz"', ['xzz']],
  ["'it\\'s\\n'", ["it's\\n"]],
  ['\\x41 \\', ['\\x41', '\\']],
  ['"it\'s" \'say "x"\'', ["it's", 'say "x"']],
])('splits %j as Redis does', (line, words) => {
  expect(splitInline(line)).toEqual(words);
});

test('any words are restored after quoting', () => {
  const word = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  fc.assert(fc.property(fc.array(word), (words) => void expect(splitInline(words.map(quoteWord).join(' '))).toEqual(words)));
});

test('no line throws', () => {
  const unit = fc.constantFrom('"', "'", '\\', 'x', '4', 'a', ' ', '\0', '\xff');
  fc.assert(fc.property(fc.string({ unit }), (line) => void expect(() => splitInline(line)).not.toThrow()));
});
