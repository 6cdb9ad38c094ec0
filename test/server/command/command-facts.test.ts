import { expect, test } from 'vitest';
import { Command, type CommandDeclaration } from '../../../src/server/command/command.js';
import { categoriesOf, flagNames, legacyRange } from '../../../src/server/command/command-facts.js';
import { key, keys, keyword, numkeys, unknownKeys, type KeySpec } from '../../../src/server/command/key-spec.js';

const declared = (part: Partial<CommandDeclaration>): Command => new Command({ name: 'x', since: '1.0.0', group: 'generic', complexity: 'O(1)', summary: '', syntax: '', ...part });

test.each([
  [['readonly', 'fast'], ['string'], ['read', 'string', 'fast']],
  [['write'], [], ['write', 'slow']],
  [['admin'], [], ['admin', 'slow', 'dangerous']],
  [['pubsub', 'blocking'], [], ['pubsub', 'slow', 'blocking']],
  [['readonly'], ['scripting'], ['slow', 'scripting']],
] as const)('flags %j and categories %j are the categories %j', (flags, categories, all) => {
  expect(categoriesOf(declared({ flags, categories }))).toEqual(all);
});

test('flags are listed in one order, whatever the order of the declaration', () => {
  expect(flagNames(declared({ flags: ['fast', 'denyoom', 'write'] }))).toEqual(['write', 'denyoom', 'fast']);
});

test.each<[string, KeySpec[], readonly number[]]>([
  ['none', [], [0, 0, 0]],
  ['one key', [key(1, 'RO')], [1, 1, 1]],
  ['all arguments', [keys(1, -1, 1, 'RO')], [1, -1, 1]],
  ['every second argument', [keys(1, -1, 2, 'OW')], [1, -1, 2]],
  ['two neighbours', [key(1, 'RW'), key(2, 'OW')], [1, 2, 1]],
  ['a destination and all that follows', [key(1, 'OW'), keys(2, -1, 1, 'RO')], [1, -1, 1]],
  ['a gap', [key(1, 'RW'), key(3, 'OW')], [0, 0, 0]],
  ['a counted list', [numkeys(1, 'RO')], [0, 0, 0]],
  ['a destination and a counted list', [key(1, 'OW'), numkeys(2, 'RO')], [1, 1, 1]],
  ['a keyword', [keyword('STREAMS', 1, -1, 1, 'RO', 2)], [0, 0, 0]],
  ['a key and others that nobody can name', [key(1, 'RO'), unknownKeys('RO'), unknownKeys('OW')], [1, 1, 1]],
])('the one range that old clients see: %s', (_name, specs, range) => {
  expect(legacyRange(specs)).toEqual(range);
});
