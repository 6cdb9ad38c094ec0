/** What the console says while a line is being typed: the hint, the red line, and what Tab offers; against the real table of commands. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadCommandReference, loadSettingReference } from '../../../src/server/index.js';
import { completionsFor, errorFor, hintFor } from '../../../src/tui/state/repl/advice.js';
import { splitLine, typeable } from '../../../src/tui/state/repl/words.js';

const commands = await loadCommandReference();
const settings = await loadSettingReference();
const everyCommand = commands.flatMap((command) => [command, ...command.subcommands]);

test.each([
  ['', ''],
  ['GET', ' key'],
  ['get', ' key'],
  ['GET ', 'key'],
  ['GET a', ''],
  ['GET a ', ''],
  ['GET a b', ''],
  ['NOSUCH ', ''],
  ['SET', ' key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]'],
  ['SET a 1 ', '[NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]'],
  ['SET a 1 EX', ' seconds [NX | XX] [GET]'],
  ['SET a 1 ex ', 'seconds [NX | XX] [GET]'],
  ['SET a 1 EX 5', ' [NX | XX] [GET]'],
  ['SET a 1 EX 5 nx ', '[GET]'],
  ['SET a 1 EX 5 NX GET', ''],
  ['SET a 1 E', ' [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]'],
  ['SET a 1 WRONG ', ''],
  ['MSET a', ' value [key value ...]'],
  ['MSET a 1 ', '[key value ...]'],
  ['MSET a 1 b', ' value [key value ...]'],
  ['DEL a b ', '[key ...]'],
  ['CONFIG', ' subcommand'],
  ['CONFIG GET', ' parameter [parameter ...]'],
  ['ZADD z NX ', '[GT | LT] [CH] [INCR] score member [score member ...]'],
  ['ZADD z 1 ', 'member [score member ...]'],
  ['ZADD z 1 a', ' [score member ...]'],
  ['LPOP list', ' [count]'],
  ['LPOP list 2', ''],
  ['BLPOP a', ' [key ...] timeout'],
  ['@b GET', ' key'],
  ['@b', ''],
  ['help', ' [command | @group | word | lab]'],
  ['fault', ' name [value] [on target] [next number] | off [number]'],
  ['fault off ', '[number]'],
  ['fault slice', ' bytes [on #token] [next number]'],
  ['fault slice 1 ', '[on #token] [next number]'],
  ['fault nonsense ', ''],
  ['rule', ' [seam [expression | off]]'],
  ['rule on-eof', " 'close'"],
  ['slice', ' bytes command'],
  ['slice 1 ', 'command'],
  ['slice 1 GET', ' key'],
  ['raw', ' "bytes"'],
  ['5', ' command'],
  ['5 ', 'command'],
  ['5 GET', ' key'],
  ['@b 5 GET ', 'key'],
  ['SET "a b" ', 'value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]'],
  ['SET "a b', ''],
])('behind %j the hint is %j', (line, hint) => {
  expect(hintFor(commands, line)).toBe(hint);
});

test.each([
  ['', null],
  ['GE', null],
  ['GE ', 'there is no command GE'],
  ['GET', null],
  ['GET ', 'GET takes 1 argument: key'],
  ['GET a', null],
  ['GET a b', 'GET takes 1 argument: key'],
  ['@b GET a b', 'GET takes 1 argument: key'],
  ['MSET a', 'MSET takes at least 2 arguments: key value [key value ...]'],
  ['DISCARD x', 'DISCARD takes no arguments'],
  ['PING', null],
  ['CONFIG ', 'CONFIG needs a subcommand'],
  ['CONFIG NOSUCH', 'CONFIG has no such subcommand'],
  ['CONFIG GET', 'CONFIG GET takes at least 1 argument: parameter [parameter ...]'],
  ['CONFIG GET a', null],
  ['COMMAND', null],
  ['COMMAND ', null],
  ['help nonsense', null],
  ['5', null],
  ['5 ', null],
  ['5 PING', null],
  ['5 GET a b', 'GET takes 1 argument: key'],
  ['0 PING', 'the repeat count must be 1 or more'],
  ['5x PING', 'there is no command 5X'],
  ['slice 1', null],
  ['SET "a', 'a quote is open, or something follows it without a space'],
])('of %j the red line says %j', (line, error) => {
  expect(errorFor(commands, line)?.en ?? null).toBe(error);
});

test('without the table nothing is wrong, and nothing is known', () => {
  expect(errorFor([], 'GET a b')).toBe(null);
  expect(hintFor([], 'GET')).toBe('');
});

test.each([
  ['get', ['get', 'getbit', 'getdel', 'getex', 'getrange', 'getset']],
  ['GETD', ['GETDEL']],
  ['pau', ['pause-reading']],
  ['CONFIG R', ['CONFIG RESETSTAT', 'CONFIG REWRITE'].map((name) => name.slice(7))],
  ['config se', ['set']],
  ['SET a 1 ', ['NX', 'XX', 'GET', 'EX', 'PX', 'EXAT', 'PXAT', 'KEEPTTL']],
  ['SET a 1 p', ['px', 'pxat']],
  ['SET a 1 NX ', ['GET', 'EX', 'PX', 'EXAT', 'PXAT', 'KEEPTTL']],
  ['SET a 1 EX ', []],
  ['GET ', ['apple', 'avocado', '"two words"', 'яблоко']],
  ['GET a', ['apple', 'avocado']],
  ['GET "tw', ['"two words"']],
  ['DEL apple av', ['avocado']],
  ['ECHO a', []],
  ['@w', ['@worker']],
  ['@worker GET ap', ['apple']],
  ['fault sli', ['slice']],
  ['rule on-e', ['on-eof']],
  ['rule after-frame fr', ['frames']],
  ['fault of', ['off']],
  ['fault slice 1 o', ['on']],
  ['fault slice 1 on #3 ', ['next']],
  ['fault error on getd', ['GETDEL']],
  ['slice 1 GET ap', ['apple']],
  ['slice 1 getd', ['getdel']],
  ['help @str', ['@stream', '@string'].filter((group) => everyCommand.some((command) => `@${command.group}` === group))],
  ['help getd', ['getdel']],
  ['nosuch ', []],
  ['5 GET av', ['avocado']],
  ['CONFIG GET maxmemory-', ['maxmemory-clients', 'maxmemory-eviction-tenacity', 'maxmemory-policy', 'maxmemory-samples']],
  ['config get maxmemory-policy MAXMEMORY-P', []],
  ['CONFIG SET maxmemory-policy vol', ['volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl']],
  ['CONFIG SET appendonly ', ['yes', 'no']],
  ['CONFIG SET maxmemory ', []],
  ['CONFIG SET maxmemory 1 maxmemory-p', ['maxmemory-policy']],
  ['CONFIG GET databa', ['databases']],
  // Not while the server runs.
  ['CONFIG SET databa', []],
  ['CONFIG SET nosuch ', []],
])('Tab behind %j offers %j', (line, candidates) => {
  const keys = ['apple', 'avocado', 'two words', Buffer.from('яблоко').toString('latin1')];
  expect(completionsFor({ commands, settings, keys, clients: ['worker'] }, line).candidates).toEqual(candidates);
});

test('every command has a hint, and its least arguments are not wrong', () => {
  for (const { name, arity, subcommands, arguments: syntax } of everyCommand) {
    if (subcommands.length > 0 || name === 'QUIT') continue;
    const least = `${name} ${'1 '.repeat(Math.abs(arity) - name.split(' ').length)}`;
    expect([name, errorFor(commands, least)]).toEqual([name, null]);
    expect(hintFor(commands, name)).toEqual(syntax.length === 0 ? '' : expect.stringMatching(/^ ./));
  }
});

test('whatever is typed, advice is given without failing', () => {
  const word = fc.oneof(fc.string(), fc.constantFrom(...everyCommand.map(({ name }) => name), 'NX', 'EX', 'COUNT', 'LIMIT', '1', '"', 'slice', 'help', '@a', 'raw'));
  fc.assert(fc.property(fc.array(word, { maxLength: 8 }), (words) => {
    const line = words.join(' ');
    expect(typeof hintFor(commands, line)).toBe('string');
    expect(errorFor(commands, line)).toSatisfy((error) => error === null || typeof error.en === 'string');
    expect(Array.isArray(completionsFor({ commands, settings, keys: ['k'], clients: ['a'] }, line).candidates)).toBe(true);
  }), { numRuns: 500 });
});

test('a key is typed as it was, whatever bytes it has', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1 }).map((bytes) => String.fromCharCode(...bytes)), (key) => {
    expect(splitLine(typeable(key))).toEqual([key]);
  }));
});
