import { describe, expect, test } from 'vitest';
import { type LabClient, simulate } from '../simulation/harness.js';

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const array = (...texts: string[]): string => `*${texts.length}\r\n${texts.map(bulk).join('')}`;
const error = (text: string): string => `-ERR ${text}\r\n`;

const NIL = '$-1\r\n';
const NIL_ARRAY = '*-1\r\n';
const EMPTY = '*0\r\n';
const OK = '+OK\r\n';
const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n';
const NOT_AN_INTEGER = error('value is not an integer or out of range');
const SYNTAX = error('syntax error');

/** `list` holds b c a, `text` a string; `none` does not exist. */
function prepared(client: LabClient): LabClient {
  client.ask('RPUSH', 'list', 'a', 'b', 'c', 'a');
  client.ask('SET', 'text', 'v');
  return client;
}

type Case = [argv: string, reply: string, after?: string[]];

const CASES: readonly Case[] = [
  ['LPUSH list x y', ':6\r\n', ['y', 'x', 'a', 'b', 'c', 'a']],
  ['RPUSH list x y', ':6\r\n', ['a', 'b', 'c', 'a', 'x', 'y']],
  ['LPUSHX list x', ':5\r\n', ['x', 'a', 'b', 'c', 'a']],
  ['RPUSHX none x', ':0\r\n'],
  ['LPUSH text x', WRONG_TYPE],
  ['LPOP list', bulk('a'), ['b', 'c', 'a']],
  ['RPOP list 2', array('a', 'c'), ['a', 'b']],
  ['LPOP list 99', array('a', 'b', 'c', 'a'), []],
  ['LPOP list 0', EMPTY, ['a', 'b', 'c', 'a']],
  ['LPOP none', NIL],
  ['LPOP none 0', NIL_ARRAY],
  ['LPOP list -1', error('value is out of range, must be positive')],
  ['LPOP list 1 2', error("wrong number of arguments for 'lpop' command")],
  ['LPOP text', WRONG_TYPE],
  ['LLEN list', ':4\r\n'],
  ['LLEN none', ':0\r\n'],
  ['LRANGE list 0 -1', array('a', 'b', 'c', 'a')],
  ['LRANGE list -2 99', array('c', 'a')],
  ['LRANGE list 2 1', EMPTY],
  ['LRANGE list 9223372036854775807 -9223372036854775808', EMPTY],
  ['LRANGE none x 1', NOT_AN_INTEGER],
  ['LRANGE none 0 -1', EMPTY],
  ['LINDEX list -1', bulk('a')],
  ['LINDEX list 4', NIL],
  ['LINDEX none x', NIL],
  ['LINDEX list x', NOT_AN_INTEGER],
  ['LSET list -1 z', OK, ['a', 'b', 'c', 'z']],
  ['LSET list 4 z', error('index out of range')],
  ['LSET none 0 z', error('no such key')],
  ['LINSERT list BEFORE b z', ':5\r\n', ['a', 'z', 'b', 'c', 'a']],
  ['LINSERT list after a z', ':5\r\n', ['a', 'z', 'b', 'c', 'a']],
  ['LINSERT list AFTER q z', ':-1\r\n'],
  ['LINSERT none AFTER q z', ':0\r\n'],
  ['LINSERT list BESIDE b z', SYNTAX],
  ['LREM list 0 a', ':2\r\n', ['b', 'c']],
  ['LREM list 1 a', ':1\r\n', ['b', 'c', 'a']],
  ['LREM list -1 a', ':1\r\n', ['a', 'b', 'c']],
  ['LREM none 1 a', ':0\r\n'],
  ['LTRIM list 1 2', OK, ['b', 'c']],
  ['LTRIM list 5 9', OK, []],
  ['LTRIM none 0 1', OK],
  ['LPOS list a', ':0\r\n'],
  ['LPOS list a RANK 2', ':3\r\n'],
  ['LPOS list a RANK -1', ':3\r\n'],
  ['LPOS list a RANK -9223372036854775808 COUNT 1', '*2\r\n:3\r\n:0\r\n'],
  ['LPOS list a COUNT 0', '*2\r\n:0\r\n:3\r\n'],
  ['LPOS list a COUNT 0 MAXLEN 3', '*1\r\n:0\r\n'],
  ['LPOS list q', NIL],
  ['LPOS list q COUNT 1', EMPTY],
  ['LPOS list a RANK 0', error("RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list")],
  ['LPOS list a COUNT -1', error("COUNT can't be negative")],
  ['LPOS list a MAXLEN x', error("MAXLEN can't be negative")],
  ['LPOS list a RANK', SYNTAX],
  ['LMOVE list list LEFT RIGHT', bulk('a'), ['b', 'c', 'a', 'a']],
  ['LMOVE list to RIGHT LEFT', bulk('a'), ['a', 'b', 'c']],
  ['LMOVE list text LEFT LEFT', WRONG_TYPE, ['a', 'b', 'c', 'a']],
  ['LMOVE none text LEFT LEFT', NIL],
  ['LMOVE list to UP LEFT', SYNTAX],
  ['RPOPLPUSH list list', bulk('a'), ['a', 'a', 'b', 'c']],
  ['LMPOP 2 none list RIGHT COUNT 3', `*2\r\n${bulk('list')}${array('a', 'c', 'b')}`, ['a']],
  ['LMPOP 1 none LEFT', NIL_ARRAY],
  ['LMPOP 0 list LEFT', error('numkeys should be greater than 0')],
  ['LMPOP 2 list LEFT', SYNTAX],
  ['LMPOP 1 list LEFT COUNT 0', error('count should be greater than 0')],
  ['LMPOP 1 list LEFT COUNT 1 COUNT 1', SYNTAX],
  ['BLPOP none list 0', array('list', 'a'), ['b', 'c', 'a']],
  ['BRPOP text list 0', WRONG_TYPE],
  ['BLMOVE list to LEFT LEFT 0', bulk('a'), ['b', 'c', 'a']],
  ['BLMPOP 0 1 list LEFT', `*2\r\n${bulk('list')}${array('a')}`, ['b', 'c', 'a']],
  ['BLMPOP x 0 list LEFT', error('numkeys should be greater than 0')],
  ['OBJECT ENCODING list', bulk('quicklist')],
  ['TYPE list', '+list\r\n'],
];

describe('on the list a b c a', () => {
  test.each(CASES)('%s', (argv, reply, after) => {
    using lab = simulate();
    const client = prepared(lab.connect());
    expect(client.ask(...argv.split(' '))).toBe(reply);
    if (after !== undefined) expect(client.ask('LRANGE', 'list', '0', '-1')).toBe(after.length === 0 ? EMPTY : array(...after));
    if (after?.length === 0) expect(client.ask('EXISTS', 'list')).toBe(':0\r\n');
  });
});

test('a move reports the push before the pop, and the deletion of an emptied list', () => {
  using lab = simulate();
  const [client, listener] = [lab.connect(), lab.connect()];
  client.ask('CONFIG', 'SET', 'notify-keyspace-events', 'Elg');
  client.ask('RPUSH', 'from', 'x');
  listener.ask('PSUBSCRIBE', '*');
  client.ask('RPOPLPUSH', 'from', 'to');
  const events = [...listener.receive().matchAll(/__keyevent@0__:(\w+)\r\n\$\d+\r\n(\w+)/g)].map(([, event, key]) => `${event} ${key}`);
  expect(events).toEqual(['lpush to', 'rpop from', 'del from']);
});
