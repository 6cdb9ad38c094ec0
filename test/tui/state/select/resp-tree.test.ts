import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { inlineTree, requestTree, respTree, type RespNode } from '../../../../src/tui/state/select/resp-tree.js';

const brief = (nodes: readonly RespNode[], bytes: string): string[] =>
  nodes.map(({ depth, type, length, start, end, bodyStart, bodyEnd, isCut }) => `${'  '.repeat(depth)}${type}${length === null ? '' : ` ${length}`} [${start}, ${end}) ${JSON.stringify(bytes.slice(bodyStart, bodyEnd))}${isCut ? ' cut' : ''}`);

test.each<[string, string[]]>([
  ['+OK\r\n', ['simple string [0, 5) "OK"']],
  ['-ERR no\r\n', ['error [0, 9) "ERR no"']],
  [':-42\r\n', ['integer [0, 6) "-42"']],
  ['$5\r\nhello\r\n', ['bulk string 5 [0, 11) "hello"']],
  ['$0\r\n\r\n', ['bulk string 0 [0, 6) ""']],
  ['$4\r\n\r\n\r\n\r\n', ['bulk string 4 [0, 10) "\\r\\n\\r\\n"']],
  ['$-1\r\n', ['null [0, 5) "-1"']],
  ['*-1\r\n', ['null [0, 5) "-1"']],
  ['*0\r\n', ['array 0 [0, 4) "0"']],
  ['*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n', ['array 2 [0, 22) "2"', '  bulk string 4 [4, 14) "ECHO"', '  bulk string 2 [14, 22) "hi"']],
  ['*2\r\n*1\r\n:1\r\n:2\r\n', ['array 2 [0, 16) "2"', '  array 1 [4, 12) "1"', '    integer [8, 12) "1"', '  integer [12, 16) "2"']],
  ['_\r\n', ['null [0, 3) ""']],
  ['#t\r\n', ['boolean [0, 4) "t"']],
  [',3.5\r\n', ['double [0, 6) "3.5"']],
  ['(123\r\n', ['big number [0, 6) "123"']],
  ['!3\r\nERR\r\n', ['bulk error 3 [0, 9) "ERR"']],
  ['=7\r\ntxt:abc\r\n', ['verbatim string 7 [0, 13) "txt:abc"']],
  ['%1\r\n+a\r\n:1\r\n', ['map 1 [0, 12) "1"', '  simple string [4, 8) "a"', '  integer [8, 12) "1"']],
  ['~1\r\n:1\r\n', ['set 1 [0, 8) "1"', '  integer [4, 8) "1"']],
  ['>1\r\n+x\r\n', ['push 1 [0, 8) "1"', '  simple string [4, 8) "x"']],
  ['|1\r\n+k\r\n+v\r\n:5\r\n', ['attribute 1 [0, 12) "1"', '  simple string [4, 8) "k"', '  simple string [8, 12) "v"', 'integer [12, 16) "5"']],
  ['$10\r\nhel', ['bulk string 10 [0, 8) "hel" cut']],
  ['*3\r\n:1\r\n', ['array 3 [0, 8) "3" cut', '  integer [4, 8) "1"']],
  ['*3', ['array [0, 2) "3" cut']],
  ['', []],
  ['hello\r\n', ['no RESP [0, 7) "hello\\r\\n" cut']],
])('%j', (bytes, expected) => {
  expect(brief(respTree(bytes), bytes)).toEqual(expected);
});

test('an inline request has a node for each word, quotes included', () => {
  const bytes = 'SET a "b c"\r\n';
  expect(brief(inlineTree(bytes), bytes)).toEqual(['inline request [0, 13) "SET a \\"b c\\"\\r\\n"', '  word [0, 3) "SET"', '  word [4, 5) "a"', '  word [6, 11) "\\"b c\\""']);
});

test('a request is RESP if it begins with an array', () => {
  expect(requestTree('*1\r\n$4\r\nPING\r\n')[0]!.type).toBe('array');
  expect(requestTree('PING\r\n')[0]!.type).toBe('inline request');
});

test('no more nodes than asked for', () => {
  expect(respTree(`*9\r\n${':1\r\n'.repeat(9)}`, 4)).toHaveLength(4);
});

test('whatever the bytes are, nodes lie within them, and children within their parents', () => {
  const piece = fc.constantFrom('*2\r\n', '$3\r\n', 'abc', '\r\n', ':1\r\n', '%1\r\n', '+', '-1', '*', '$', '|1\r\n', '"', ' ', '99999999999999\r\n');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const bytes = pieces.join('');
      for (const nodes of [respTree(bytes), requestTree(bytes)]) {
        for (const { start, end, bodyStart, bodyEnd } of nodes) {
          expect(start).toBeLessThanOrEqual(bodyStart);
          expect(bodyStart).toBeLessThanOrEqual(bodyEnd);
          expect(bodyEnd).toBeLessThanOrEqual(end);
          expect(end).toBeLessThanOrEqual(bytes.length);
        }
      }
    }),
  );
});
