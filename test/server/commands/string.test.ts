import { describe, expect, test } from 'vitest';
import { encodingOf } from '../../../src/server/keyspace/value.js';
import { type Lab, type LabClient, simulate } from '../simulation/harness.js';

const OK = '+OK\r\n';
const NIL = '$-1\r\n';
const SYNTAX = '-ERR syntax error\r\n';
const NOT_AN_INTEGER = '-ERR value is not an integer or out of range\r\n';
const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n';
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

function encoding(lab: Lab, key: string): string {
  return encodingOf(lab.server.keyspace.databases[0]!.peek(key)!);
}

function expireAt(lab: Lab, key: string): number {
  return lab.server.keyspace.databases[0]!.expireAt(key);
}

/** One client with a set at `set`. */
function start(): { lab: Lab; client: LabClient } {
  const lab = simulate();
  const client = lab.connect();
  client.ask('SADD', 'set', 'member');
  return { lab, client };
}

describe('SET', () => {
  test('NX stores only new keys, XX only existing ones', () => {
    const { client } = start();
    expect(client.ask('SET', 'k', '1', 'XX')).toBe(NIL);
    expect(client.ask('SET', 'k', '1', 'nx')).toBe(OK);
    expect(client.ask('SET', 'k', '2', 'NX')).toBe(NIL);
    expect(client.ask('SET', 'k', '2', 'XX')).toBe(OK);
    expect(client.ask('GET', 'k')).toBe(bulk('2'));
  });

  test('GET returns the old value, whether it stores or not', () => {
    const { client } = start();
    expect(client.ask('SET', 'k', '1', 'GET')).toBe(NIL);
    expect(client.ask('SET', 'k', '2', 'NX', 'GET')).toBe(bulk('1'));
    expect(client.ask('SET', 'k', '3', 'GET', 'XX')).toBe(bulk('1'));
    expect(client.ask('SET', 'set', '3', 'GET')).toBe(WRONG_TYPE);
    expect(client.ask('SET', 'set', '3')).toBe(OK);
  });

  test.each([
    ['EX', '10', 10_000],
    ['px', '10', 10],
    ['EXAT', '1700000100', 100_000],
    ['PXAT', '1700000000500', 500],
  ])('%s %s lets the key expire %d ms after the start', (word, time, afterMs) => {
    const { lab, client } = start();
    expect(client.ask('SET', 'k', 'v', word, time)).toBe(OK);
    lab.advance(afterMs);
    expect(client.ask('GET', 'k')).toBe(bulk('v'));
    lab.advance(1);
    expect(client.ask('GET', 'k')).toBe(NIL);
  });

  test('drops an expiry unless told to keep it', () => {
    const { lab, client } = start();
    client.ask('SET', 'k', 'v', 'PX', '100');
    client.ask('SET', 'k', 'w', 'KEEPTTL');
    expect(expireAt(lab, 'k')).toBe(lab.clock.nowMs + 100);
    client.ask('SET', 'k', 'x');
    expect(expireAt(lab, 'k')).toBe(-1);
  });

  test('a time in the past leaves no key', () => {
    const { client } = start();
    expect(client.ask('SET', 'k', 'v', 'PXAT', '1')).toBe(OK);
    expect(client.ask('GET', 'k')).toBe(NIL);
  });

  test.each([
    [['NX', 'XX']],
    [['EX', '1', 'PX', '1']],
    [['EX', '1', 'KEEPTTL']],
    [['KEEPTTL', 'EXAT', '1']],
    [['EX']],
    [['PERSIST']],
    [['WHAT']],
  ])('refuses %j', (options) => {
    const { client } = start();
    expect(client.ask('SET', 'k', 'v', ...options)).toBe(SYNTAX);
    expect(client.ask('GET', 'k')).toBe(NIL);
  });

  test('the same option twice is not an error, and the last value is used', () => {
    const { lab, client } = start();
    expect(client.ask('SET', 'k', 'v', 'NX', 'NX', 'PX', '5', 'PX', '7')).toBe(OK);
    expect(expireAt(lab, 'k')).toBe(lab.clock.nowMs + 7);
  });

  test.each([
    [['EX', '0'], "-ERR invalid expire time in 'set' command\r\n"],
    [['PX', '-1'], "-ERR invalid expire time in 'set' command\r\n"],
    [['EX', '9223372036854775807'], "-ERR invalid expire time in 'set' command\r\n"],
    [['EX', '1.5'], NOT_AN_INTEGER],
  ])('refuses the time %j', (options, error) => {
    const { client } = start();
    expect(client.ask('SET', 'k', 'v', ...options)).toBe(error);
  });
});

describe('SETNX, SETEX, PSETEX, GETSET', () => {
  test('are older forms of SET', () => {
    const { lab, client } = start();
    expect(client.ask('SETNX', 'k', '1')).toBe(':1\r\n');
    expect(client.ask('SETNX', 'k', '2')).toBe(':0\r\n');
    expect(client.ask('SETEX', 'k', '5', '3')).toBe(OK);
    expect(expireAt(lab, 'k')).toBe(lab.clock.nowMs + 5000);
    expect(client.ask('PSETEX', 'k', '5', '4')).toBe(OK);
    expect(expireAt(lab, 'k')).toBe(lab.clock.nowMs + 5);
    expect(client.ask('GETSET', 'k', '5')).toBe(bulk('4'));
    expect(expireAt(lab, 'k')).toBe(-1);
    expect(client.ask('GETSET', 'set', '5')).toBe(WRONG_TYPE);
    expect(client.ask('SETEX', 'k', '0', 'v')).toBe("-ERR invalid expire time in 'setex' command\r\n");
    expect(client.ask('PSETEX', 'k', '-1', 'v')).toBe("-ERR invalid expire time in 'psetex' command\r\n");
  });
});

describe('GETDEL and GETEX', () => {
  test('GETDEL returns a string and deletes it, and nothing else', () => {
    const { client } = start();
    client.ask('SET', 'k', 'v');
    expect(client.ask('GETDEL', 'k')).toBe(bulk('v'));
    expect(client.ask('GETDEL', 'k')).toBe(NIL);
    expect(client.ask('GETDEL', 'set')).toBe(WRONG_TYPE);
    expect(client.ask('SISMEMBER', 'set', 'member')).toBe(':1\r\n');
  });

  test('GETEX sets and removes the expiry of what it returns', () => {
    const { lab, client } = start();
    client.ask('SET', 'k', 'v');
    expect(client.ask('GETEX', 'k', 'PX', '50')).toBe(bulk('v'));
    expect(expireAt(lab, 'k')).toBe(lab.clock.nowMs + 50);
    expect(client.ask('GETEX', 'k')).toBe(bulk('v'));
    expect(expireAt(lab, 'k')).toBe(lab.clock.nowMs + 50);
    expect(client.ask('GETEX', 'k', 'persist')).toBe(bulk('v'));
    expect(expireAt(lab, 'k')).toBe(-1);
    expect(client.ask('GETEX', 'k', 'EXAT', '1')).toBe(bulk('v'));
    expect(client.ask('GETEX', 'k')).toBe(NIL);
  });

  test.each([[['GET']], [['KEEPTTL']], [['PERSIST', 'EX', '1']], [['EX', '1', 'PERSIST']], [['PX']]])('GETEX refuses %j', (options) => {
    const { client } = start();
    expect(client.ask('GETEX', 'k', ...options)).toBe(SYNTAX);
  });

  test('GETEX checks its time only if the key exists', () => {
    const { client } = start();
    expect(client.ask('GETEX', 'none', 'EX', 'x')).toBe(NIL);
    expect(client.ask('GETEX', 'set', 'EX', 'x')).toBe(WRONG_TYPE);
    client.ask('SET', 'k', 'v');
    expect(client.ask('GETEX', 'k', 'EX', 'x')).toBe(NOT_AN_INTEGER);
    expect(client.ask('GETEX', 'k', 'EX', '0')).toBe("-ERR invalid expire time in 'getex' command\r\n");
  });
});

describe('MGET, MSET, MSETNX', () => {
  test('MGET returns nil for values that are not strings', () => {
    const { client } = start();
    client.ask('MSET', 'a', '1', 'b', 'two');
    expect(client.ask('MGET', 'a', 'none', 'set', 'b')).toBe(`*4\r\n${bulk('1')}${NIL}${NIL}${bulk('two')}`);
  });

  test('MSETNX stores all or nothing', () => {
    const { client } = start();
    expect(client.ask('MSETNX', 'a', '1', 'set', '2')).toBe(':0\r\n');
    expect(client.ask('GET', 'a')).toBe(NIL);
    expect(client.ask('MSETNX', 'a', '1', 'b', '2', 'a', '3')).toBe(':1\r\n');
    expect(client.ask('GET', 'a')).toBe(bulk('3'));
  });

  test.each(['mset', 'msetnx'])('%s needs pairs', (name) => {
    const { client } = start();
    expect(client.ask(name, 'a', '1', 'b')).toBe(`-ERR wrong number of arguments for '${name}' command\r\n`);
  });
});

describe('INCR and its family', () => {
  test.each([
    ['9', ['INCR'], ':10\r\n'],
    ['9007199254740991', ['INCR'], ':9007199254740992\r\n'],
    ['9007199254740993', ['DECR'], ':9007199254740992\r\n'],
    ['9007199254740993', ['DECRBY', '2'], ':9007199254740991\r\n'],
    ['9223372036854775806', ['INCR'], ':9223372036854775807\r\n'],
    ['9223372036854775807', ['INCR'], '-ERR increment or decrement would overflow\r\n'],
    ['-9223372036854775808', ['DECR'], '-ERR increment or decrement would overflow\r\n'],
    ['-1', ['INCRBY', '9223372036854775807'], ':9223372036854775806\r\n'],
    ['-1', ['INCRBY', '-9223372036854775808'], '-ERR increment or decrement would overflow\r\n'],
    ['0', ['DECRBY', '-9223372036854775808'], '-ERR decrement would overflow\r\n'],
    ['0', ['INCRBY', '1.5'], NOT_AN_INTEGER],
    ['01', ['INCR'], NOT_AN_INTEGER],
    [' 1', ['INCR'], NOT_AN_INTEGER],
    ['', ['INCR'], NOT_AN_INTEGER],
  ])('%j, then %j: %j', (value, [name = '', ...rest], reply) => {
    const { client } = start();
    client.ask('SET', 'k', value);
    expect(client.ask(name, 'k', ...rest)).toBe(reply);
  });

  test('begin at zero, keep the expiry, and leave an int', () => {
    const { lab, client } = start();
    expect(client.ask('DECR', 'k')).toBe(':-1\r\n');
    client.ask('SET', 'k', '12', 'PX', '100');
    client.ask('APPEND', 'k', '3');
    expect(encoding(lab, 'k')).toBe('raw');
    expect(client.ask('INCRBY', 'k', '1')).toBe(':124\r\n');
    expect(encoding(lab, 'k')).toBe('int');
    expect(expireAt(lab, 'k')).toBe(lab.clock.nowMs + 100);
    expect(client.ask('INCR', 'set')).toBe(WRONG_TYPE);
  });

  test('INCRBYFLOAT counts in long doubles and leaves text', () => {
    const { lab, client } = start();
    expect(client.ask('INCRBYFLOAT', 'k', '3.0e3')).toBe(bulk('3000'));
    expect(encoding(lab, 'k')).toBe('embstr');
    expect(client.ask('INCRBYFLOAT', 'k', '0.1')).toBe(bulk('3000.10000000000000009'));
    expect(client.ask('INCRBYFLOAT', 'k', 'inf')).toBe('-ERR increment would produce NaN or Infinity\r\n');
    expect(client.ask('INCRBYFLOAT', 'k', 'nan')).toBe('-ERR value is not a valid float\r\n');
    expect(client.ask('INCRBYFLOAT', 'set', '1')).toBe(WRONG_TYPE);
    client.ask('SET', 'k', 'abc');
    expect(client.ask('INCRBYFLOAT', 'k', '1')).toBe('-ERR value is not a valid float\r\n');
  });
});

describe('APPEND and SETRANGE', () => {
  test('APPEND stores a missing key, and makes an existing one raw', () => {
    const { lab, client } = start();
    expect(client.ask('APPEND', 'k', '12')).toBe(':2\r\n');
    expect(encoding(lab, 'k')).toBe('int');
    expect(client.ask('APPEND', 'k', '')).toBe(':2\r\n');
    expect(encoding(lab, 'k')).toBe('raw');
    expect(client.ask('APPEND', 'k', '\xff\r\n')).toBe(':5\r\n');
    expect(client.ask('GET', 'k')).toBe(bulk('12\xff\r\n'));
  });

  test('SETRANGE fills the gap with zero bytes', () => {
    const { lab, client } = start();
    expect(client.ask('SETRANGE', 'k', '3', 'ab')).toBe(':5\r\n');
    expect(client.ask('GET', 'k')).toBe(bulk('\0\0\0ab'));
    expect(client.ask('SETRANGE', 'k', '1', 'x')).toBe(':5\r\n');
    expect(client.ask('SETRANGE', 'k', '7', 'yz')).toBe(':9\r\n');
    expect(client.ask('GET', 'k')).toBe(bulk('\0x\0ab\0\0yz'));
    expect(encoding(lab, 'k')).toBe('raw');
  });

  test('SETRANGE with an empty value changes nothing', () => {
    const { lab, client } = start();
    expect(client.ask('SETRANGE', 'none', '5', '')).toBe(':0\r\n');
    expect(client.ask('GET', 'none')).toBe(NIL);
    client.ask('SET', 'k', '12');
    expect(client.ask('SETRANGE', 'k', '5', '')).toBe(':2\r\n');
    expect(encoding(lab, 'k')).toBe('int');
    expect(client.ask('SETRANGE', 'k', '-1', 'x')).toBe('-ERR offset is out of range\r\n');
  });

  test('no string grows beyond proto-max-bulk-len, nor beyond what can be sent', () => {
    const tooLong = '-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n';
    using lab = simulate({ settings: { 'proto-max-bulk-len': 1024 * 1024 } });
    const client = lab.connect();
    expect(client.ask('SETRANGE', 'k', '1048575', 'x')).toBe(':1048576\r\n');
    expect(client.ask('APPEND', 'k', 'x')).toBe(tooLong);
    expect(client.ask('SETRANGE', 'k', '1048576', 'x')).toBe(tooLong);
    expect(start().client.ask('SETRANGE', 'k', '536870888', 'x')).toBe(tooLong);
    expect(start().client.ask('SETRANGE', 'k', '9223372036854775807', 'x')).toBe(tooLong);
  });
});

describe('GETRANGE, SUBSTR and STRLEN', () => {
  test.each([
    ['0', '-1', 'This is a string'],
    ['0', '3', 'This'],
    ['-3', '-1', 'ing'],
    ['10', '100', 'string'],
    ['-100', '3', 'This'],
    ['-1', '-3', ''],
    ['5', '3', ''],
    ['100', '200', ''],
    ['-9223372036854775808', '9223372036854775807', 'This is a string'],
  ])('from %s to %s is %j, in every form of a string', (from, to, text) => {
    const { client } = start();
    client.ask('SET', 'plain', 'This is a string');
    client.ask('APPEND', 'raw', 'This is ');
    client.ask('APPEND', 'raw', 'a string');
    expect(client.ask('GETRANGE', 'plain', from, to)).toBe(bulk(text));
    expect(client.ask('SUBSTR', 'raw', from, to)).toBe(bulk(text));
  });

  test('integers are text here, and a missing key is empty', () => {
    const { client } = start();
    client.ask('SET', 'k', '-123');
    expect(client.ask('GETRANGE', 'k', '1', '2')).toBe(bulk('12'));
    expect(client.ask('STRLEN', 'k')).toBe(':4\r\n');
    expect(client.ask('STRLEN', 'none')).toBe(':0\r\n');
    expect(client.ask('GETRANGE', 'none', '0', '-1')).toBe(bulk(''));
    expect(client.ask('STRLEN', 'set')).toBe(WRONG_TYPE);
    expect(client.ask('GETRANGE', 'k', 'x', '1')).toBe(NOT_AN_INTEGER);
  });
});

describe('LCS', () => {
  function twoTexts(): LabClient {
    const { client } = start();
    client.ask('MSET', 'a', 'ohmytext', 'b', 'mynewtext');
    return client;
  }

  test.each([
    [[], bulk('mytext')],
    [['LEN'], ':6\r\n'],
    [['len', 'withmatchlen'], ':6\r\n'],
    [['LEN', 'IDX'], '-ERR If you want both the length and indexes, please just use IDX.\r\n'],
    [['MINMATCHLEN'], SYNTAX],
    [['MINMATCHLEN', 'x'], NOT_AN_INTEGER],
    [['WHAT'], SYNTAX],
  ])('with %j', (options, reply) => {
    expect(twoTexts().ask('LCS', 'a', 'b', ...options)).toBe(reply);
  });

  test('IDX lists the ranges, with their lengths and without the short ones if asked', () => {
    const client = twoTexts();
    const range = (from: number, to: number): string => `*2\r\n:${from}\r\n:${to}\r\n`;
    const index = (count: number, matches: string): string => `*4\r\n${bulk('matches')}*${count}\r\n${matches}${bulk('len')}:6\r\n`;
    expect(client.ask('LCS', 'a', 'b', 'IDX')).toBe(index(2, `*2\r\n${range(4, 7)}${range(5, 8)}*2\r\n${range(2, 3)}${range(0, 1)}`));
    expect(client.ask('LCS', 'a', 'b', 'IDX', 'MINMATCHLEN', '4', 'WITHMATCHLEN')).toBe(index(1, `*3\r\n${range(4, 7)}${range(5, 8)}:4\r\n`));
  });

  test('a missing key is an empty string, and other types are refused', () => {
    const client = twoTexts();
    expect(client.ask('LCS', 'a', 'none')).toBe(bulk(''));
    expect(client.ask('LCS', 'a', 'set')).toBe('-ERR The specified keys must contain string values\r\n');
  });

  test('a table larger than proto-max-bulk-len is refused', () => {
    using lab = simulate({ settings: { 'proto-max-bulk-len': 1024 * 1024 } });
    const client = lab.connect();
    client.ask('SET', 'a', 'x'.repeat(600));
    expect(client.ask('LCS', 'a', 'a')).toBe('-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n');
  });
});
