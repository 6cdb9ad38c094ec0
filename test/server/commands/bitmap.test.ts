import { describe, expect, test } from 'vitest';
import { type LabClient, simulate } from '../simulation/harness.js';

const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n';
const SYNTAX = '-ERR syntax error\r\n';
const BIT_OFFSET = '-ERR bit offset is not an integer or out of range\r\n';
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

function start(strings: { readonly [key: string]: string } = {}): LabClient {
  const client = simulate().connect();
  client.ask('SADD', 'set', 'member');
  for (const [key, value] of Object.entries(strings)) client.ask('SET', key, value);
  return client;
}

describe('SETBIT and GETBIT', () => {
  test('return the old bit; a string grows with zeros', () => {
    const client = start();
    expect(client.ask('SETBIT', 'k', '7', '1')).toBe(':0\r\n');
    expect(client.ask('SETBIT', 'k', '7', '1')).toBe(':1\r\n');
    expect(client.ask('SETBIT', 'k', '16', '0')).toBe(':0\r\n');
    expect(client.ask('GET', 'k')).toBe(bulk('\x01\x00\x00'));
    expect(client.ask('GETBIT', 'k', '7')).toBe(':1\r\n');
    expect(client.ask('GETBIT', 'k', '8')).toBe(':0\r\n');
    expect(client.ask('GETBIT', 'k', '4294967200')).toBe(':0\r\n');
    expect(client.ask('GETBIT', 'none', '0')).toBe(':0\r\n');
  });

  test('a string never gets longer than can be sent', () => {
    expect(start().ask('SETBIT', 'k', '4294967295', '1')).toBe('-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n');
  });

  test('read the digits of an integer', () => {
    const client = start({ k: '1' });
    expect(client.ask('GETBIT', 'k', '2')).toBe(':1\r\n');
    expect(client.ask('SETBIT', 'k', '6', '1')).toBe(':0\r\n');
    expect(client.ask('GET', 'k')).toBe(bulk('3'));
  });

  test.each([
    [['SETBIT', 'k', '-1', '1'], BIT_OFFSET],
    [['SETBIT', 'k', 'x', '1'], BIT_OFFSET],
    [['SETBIT', 'k', '4294967296', '1'], BIT_OFFSET],
    [['SETBIT', 'k', '#1', '1'], BIT_OFFSET],
    [['GETBIT', 'k', '4294967296'], BIT_OFFSET],
    [['SETBIT', 'k', '0', '2'], '-ERR bit is not an integer or out of range\r\n'],
    [['SETBIT', 'k', '0', 'x'], '-ERR bit is not an integer or out of range\r\n'],
    [['SETBIT', 'set', '0', '1'], WRONG_TYPE],
    [['GETBIT', 'set', '0'], WRONG_TYPE],
  ])('%j: %j', (argv, reply) => {
    expect(start().ask(...argv)).toBe(reply);
  });

  test('a bit that does not change wakes no watcher, unless the string grew', () => {
    const lab = simulate();
    const [client, other] = [lab.connect(), lab.connect()];
    client.ask('SETBIT', 'k', '0', '1');
    const survives = (...change: string[]): boolean => {
      client.ask('WATCH', 'k');
      other.ask(...change);
      client.ask('MULTI');
      return client.ask('EXEC') === '*0\r\n';
    };
    expect(survives('SETBIT', 'k', '0', '1')).toBe(true);
    expect(survives('SETBIT', 'k', '0', '0')).toBe(false);
    expect(survives('SETBIT', 'k', '100', '0')).toBe(false);
  });
});

describe('BITCOUNT', () => {
  test.each([
    [[], 26],
    [['0', '0'], 4],
    [['1', '1'], 6],
    [['0', '-5'], 10],
    [['5', '30', 'BIT'], 17],
    [['-8', '-1', 'bit'], 4],
    [['3', '1'], 0],
    [['-1', '-3'], 0],
    [['0', '9223372036854775807'], 26],
  ])('of foobar with %j is %d', (range, count) => {
    expect(start({ k: 'foobar' }).ask('BITCOUNT', 'k', ...range)).toBe(`:${count}\r\n`);
  });

  test.each([
    [['k', '1'], SYNTAX],
    [['k', '1', '2', 'WHAT'], SYNTAX],
    [['k', '1', '2', 'BIT', '3'], SYNTAX],
    [['k', 'x', '2'], '-ERR value is not an integer or out of range\r\n'],
    [['none', 'x'], ':0\r\n'],
    [['set'], WRONG_TYPE],
  ])('%j: %j', (argv, reply) => {
    expect(start({ k: 'foobar' }).ask('BITCOUNT', ...argv)).toBe(reply);
  });
});

describe('BITPOS', () => {
  test.each([
    ['\xff\xf0\x00', ['0'], 12],
    ['\x00\xff\xf0', ['1', '0'], 8],
    ['\x00\xff\xf0', ['1', '2'], 16],
    ['\x00\xff\xf0', ['1', '2', '-1', 'BYTE'], 16],
    ['\x00\xff\xf0', ['1', '7', '15', 'BIT'], 8],
    ['\x00\xff\xf0', ['0', '9', '12', 'bit'], -1],
    ['\x00\x00', ['1'], -1],
    ['\xff\xff', ['0'], 16],
    ['\xff\xff', ['0', '1'], 16],
    ['\xff\xff', ['0', '0', '-1'], -1],
    ['\xff', ['0', '5'], -1],
    ['', ['0'], -1],
  ])('in %j with %j is %d', (text, argv, position) => {
    expect(start({ k: text }).ask('BITPOS', 'k', ...argv)).toBe(`:${position}\r\n`);
  });

  test.each([
    [['none', '0'], ':0\r\n'],
    [['none', '1'], ':-1\r\n'],
    [['k', '2'], '-ERR The bit argument must be 1 or 0.\r\n'],
    [['k', 'x'], '-ERR value is not an integer or out of range\r\n'],
    [['k', '1', '0', '1', 'WHAT'], SYNTAX],
    [['k', '1', '0', '1', 'BIT', 'x'], SYNTAX],
    [['set', '1'], WRONG_TYPE],
  ])('%j: %j', (argv, reply) => {
    expect(start({ k: 'a' }).ask('BITPOS', ...argv)).toBe(reply);
  });
});

describe('BITOP', () => {
  test.each([
    ['AND', ['a', 'b'], 'a`c\x00'],
    ['or', ['a', 'b'], 'cbcd'],
    ['XOR', ['a', 'b'], '\x02\x02\x00d'],
    ['NOT', ['a'], '\x9e\x9d\x9c\x9b'],
    ['OR', ['a', 'none'], 'abcd'],
  ])('%s of %j is %j', (operation, sources, result) => {
    const client = start({ a: 'abcd', b: 'c`c' });
    expect(client.ask('BITOP', operation, 'target', ...sources)).toBe(`:${result.length}\r\n`);
    expect(client.ask('GET', 'target')).toBe(bulk(result));
  });

  test('of missing keys deletes the target', () => {
    const client = start({ target: 'x' });
    expect(client.ask('BITOP', 'AND', 'target', 'none', 'none')).toBe(':0\r\n');
    expect(client.ask('GET', 'target')).toBe('$-1\r\n');
  });

  test.each([
    [['NOT', 'target', 'a', 'b'], '-ERR BITOP NOT must be called with a single source key.\r\n'],
    [['NAND', 'target', 'a'], SYNTAX],
    [['AND', 'target', 'a', 'set'], WRONG_TYPE],
  ])('%j: %j', (argv, reply) => {
    expect(start({ a: 'x', b: 'y' }).ask('BITOP', ...argv)).toBe(reply);
  });
});

describe('BITFIELD', () => {
  test('SET returns the old value, INCRBY the new one, GET the current one, in order', () => {
    const client = start();
    expect(client.ask('BITFIELD', 'k', 'SET', 'u8', '#1', '200', 'INCRBY', 'u8', '#1', '50', 'GET', 'i8', '8', 'get', 'u4', '100')).toBe('*4\r\n:0\r\n:250\r\n:-6\r\n:0\r\n');
    expect(client.ask('GET', 'k')).toBe(bulk('\x00\xfa'));
    expect(client.ask('BITFIELD', 'k')).toBe('*0\r\n');
  });

  test('OVERFLOW applies to what follows', () => {
    const client = start();
    expect(client.ask('BITFIELD', 'k', 'OVERFLOW', 'SAT', 'SET', 'u8', '0', '300', 'INCRBY', 'u8', '0', '1', 'overflow', 'fail', 'INCRBY', 'u8', '0', '1', 'OVERFLOW', 'WRAP', 'INCRBY', 'u8', '0', '1')).toBe(
      '*4\r\n:0\r\n:255\r\n$-1\r\n:0\r\n',
    );
  });

  test('64 bits are 64 bits', () => {
    const client = start();
    client.ask('BITFIELD', 'k', 'SET', 'i64', '3', '9223372036854775807');
    expect(client.ask('BITFIELD', 'k', 'GET', 'i64', '3', 'GET', 'u63', '4', 'INCRBY', 'i64', '3', '1')).toBe(
      '*3\r\n:9223372036854775807\r\n:9223372036854775807\r\n:-9223372036854775808\r\n',
    );
  });

  test('everything is parsed before anything is executed', () => {
    const client = start();
    expect(client.ask('BITFIELD', 'k', 'SET', 'u8', '0', '1', 'GET', 'u8')).toBe(SYNTAX);
    expect(client.ask('GET', 'k')).toBe('$-1\r\n');
  });

  test.each([
    [['GET', 'u64', '0'], '-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.\r\n'],
    [['GET', 'u8', '-1'], BIT_OFFSET],
    [['GET', 'u8', '#-1'], BIT_OFFSET],
    [['GET', 'u8', '4294967296'], BIT_OFFSET],
    [['SET', 'u8', '0', 'x'], '-ERR value is not an integer or out of range\r\n'],
    [['OVERFLOW', 'WHAT'], '-ERR Invalid OVERFLOW type specified\r\n'],
    [['WHAT', 'u8', '0'], SYNTAX],
    // Redis's multiplication wraps around at 2^64.
    [['GET', 'u8', '#2305843009213693952'], '*1\r\n:0\r\n'],
  ])('%j: %j', (argv, reply) => {
    expect(start().ask('BITFIELD', 'k', ...argv)).toBe(reply);
  });

  test('BITFIELD_RO only reads', () => {
    const client = start({ k: 'a' });
    expect(client.ask('BITFIELD_RO', 'k', 'GET', 'u8', '0')).toBe('*1\r\n:97\r\n');
    expect(client.ask('BITFIELD_RO', 'k', 'SET', 'u8', '0', '1')).toBe('-ERR BITFIELD_RO only supports the GET subcommand\r\n');
    expect(client.ask('BITFIELD_RO', 'set', 'GET', 'u8', '0')).toBe(WRONG_TYPE);
    expect(client.ask('BITFIELD', 'set', 'SET', 'u8', '0', '1')).toBe(WRONG_TYPE);
  });
});
