import { expect, test } from 'vitest';
import { Double, ErrorReply, MapReply, type Reply, SetReply, SimpleString } from '../../src/server/resp/reply.js';
import { type Likeness, valuesAreAlike } from './compare-replies.js';

test.each<[likeness: Likeness, one: Reply, other: Reply, alike: boolean]>([
  ['exact', 'a', 'a', true],
  ['exact', '1', 1, false],
  ['exact', null, '', false],
  ['exact', new SimpleString('a'), 'a', false],
  ['exact', new Double(NaN), new Double(NaN), true],
  ['exact', ['a', 'b'], ['b', 'a'], false],
  ['exact', new ErrorReply('ERR a'), new ErrorReply('ERR b'), false],
  ['unordered', ['a', 'b', 'b'], ['b', 'a', 'b'], true],
  ['unordered', ['a', 'b', 'b'], ['a', 'a', 'b'], false],
  ['unordered', ['0', ['a', 'b']], ['0', ['b', 'a']], true],
  ['unordered', new SetReply([1, 2]), new SetReply([2, 1]), true],
  ['unordered', new SetReply([1, 2]), [2, 1], false],
  ['unordered', new MapReply(['a', 1, 'b', 2]), new MapReply(['b', 2, 'a', 1]), true],
  ['unordered', new MapReply(['a', 1, 'b', 2]), new MapReply(['a', 2, 'b', 1]), false],
  ['pairs', ['a', '1', 'b', '2'], ['b', '2', 'a', '1'], true],
  ['pairs', ['a', '1', 'b', '2'], ['a', '2', 'b', '1'], false],
  ['shape', ['a', 1], ['b', 2], true],
  ['shape', ['a', 1], ['b'], false],
  ['shape', ['a', 1], ['b', 'c'], false],
  ['type', ['a'], [], true],
  ['type', 'a', null, false],
  ['type', 1, 2n ** 60n, true],
  ['near', 1000, 1400, true],
  ['near', 1000, 7000, false],
  ['near', -1, 0, false],
  ['near', -2, -1, false],
  ['near', 2n ** 62n, 2n ** 62n + 5n, true],
  ['near', new ErrorReply('ERR a'), new ErrorReply('ERR a'), true],
])('case %#: %s', (likeness, one, other, alike) => {
  expect(valuesAreAlike(one, other, likeness)).toBe(alike);
  expect(valuesAreAlike(other, one, likeness)).toBe(alike);
});
