import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Lab, type LabClient, simulate } from '../simulation/harness.js';

const NIL = '$-1\r\n';
const OK = '+OK\r\n';
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

let lab: Lab;
let client: LabClient;

beforeEach(() => {
  lab = simulate();
  client = lab.connect();
});
afterEach(() => lab.close());

/** A request as words, which therefore contain no spaces. */
const ask = (line: string): string => client.ask(...line.split(' '));

describe('deleting and looking up', () => {
  test('DEL and UNLINK count the existing keys', () => {
    ask('SET a 1');
    ask('SET b 1');
    expect(ask('DEL a none a')).toBe(':1\r\n');
    expect(ask('UNLINK b')).toBe(':1\r\n');
  });

  test('EXISTS counts a key as often as it is named', () => {
    ask('SET a 1');
    expect(ask('EXISTS a a none')).toBe(':2\r\n');
  });

  test('TYPE names the type, or none', () => {
    ask('SET a 1');
    ask('SADD s x');
    expect([ask('TYPE a'), ask('TYPE s'), ask('TYPE none')]).toEqual(['+string\r\n', '+set\r\n', '+none\r\n']);
  });

  test('KEYS leaves out expired keys, and RANDOMKEY never returns one', () => {
    ask('SET a 1');
    ask('SET b 1');
    ask('PEXPIRE b 10');
    lab.clock.advance(11);
    expect(ask('KEYS *')).toBe('*1\r\n$1\r\na\r\n');
    expect(ask('RANDOMKEY')).toBe(bulk('a'));
  });
});

describe('expiry', () => {
  beforeEach(() => void ask('SET k v'));

  test.each([
    ['EXPIRE k 10', 'PTTL k', 10_000],
    ['PEXPIRE k 1234', 'PTTL k', 1234],
    ['PEXPIRE k 1499', 'TTL k', 1],
    ['PEXPIRE k 1500', 'TTL k', 2],
    ['EXPIREAT k 1800000000', 'EXPIRETIME k', 1_800_000_000],
    ['PEXPIREAT k 1800000000499', 'EXPIRETIME k', 1_800_000_000],
    ['PEXPIREAT k 1800000000500', 'PEXPIRETIME k', 1_800_000_000_500],
  ])('after %s, %s is %d', (set, get, expected) => {
    expect(ask(set)).toBe(':1\r\n');
    expect(ask(get)).toBe(`:${expected}\r\n`);
  });

  test.each(['TTL', 'PTTL', 'EXPIRETIME', 'PEXPIRETIME'])('%s is -1 without an expiry and -2 without a key', (name) => {
    expect([ask(`${name} k`), ask(`${name} none`)]).toEqual([':-1\r\n', ':-2\r\n']);
  });

  test.each(['EXPIRE k 0', 'EXPIRE k -1', 'PEXPIREAT k 1', 'EXPIREAT k -5'])('%s deletes the key', (line) => {
    expect(ask(line)).toBe(':1\r\n');
    expect(ask('EXISTS k')).toBe(':0\r\n');
  });

  test.each([
    ['NX', 0, 1],
    ['XX', 1, 0],
    ['GT', 1, 0],
    ['LT', 0, 1],
  ])('%s takes a later time than the one that is set: %d, and a time for a key without one: %d', (option, later, first) => {
    expect(ask(`EXPIRE k 100 ${option}`)).toBe(`:${first}\r\n`);
    ask('EXPIRE k 100');
    expect(ask(`EXPIRE k 200 ${option}`)).toBe(`:${later}\r\n`);
  });

  test.each([
    ['EXPIRE k 10 NX XX', 'NX and XX, GT or LT options at the same time are not compatible'],
    ['EXPIRE k 10 GT LT', 'GT and LT options at the same time are not compatible'],
    ['EXPIRE k 10 SOON', 'Unsupported option SOON'],
    ['EXPIRE k soon', 'value is not an integer or out of range'],
    ['EXPIRE k 9223372036854775807', "invalid expire time in 'expire' command"],
    ['PEXPIRE k 9223372036854775807', "invalid expire time in 'pexpire' command"],
  ])('%s is an error', (line, text) => {
    expect(ask(line)).toBe(`-ERR ${text}\r\n`);
  });

  test('PERSIST removes the expiry, once', () => {
    ask('EXPIRE k 10');
    expect([ask('PERSIST k'), ask('PERSIST k'), ask('TTL k')]).toEqual([':1\r\n', ':0\r\n', ':-1\r\n']);
  });
});

describe('moving', () => {
  beforeEach(() => {
    ask('SET a 1');
    ask('SET b 2');
    ask('EXPIRE a 100');
  });

  test('RENAME replaces the other key and keeps the expiry', () => {
    expect(ask('RENAME a b')).toBe(OK);
    expect([ask('GET b'), ask('TTL b'), ask('EXISTS a')]).toEqual([bulk('1'), ':100\r\n', ':0\r\n']);
  });

  test('RENAMENX does nothing if the new key exists', () => {
    expect([ask('RENAMENX a b'), ask('RENAMENX a a'), ask('RENAMENX a c')]).toEqual([':0\r\n', ':0\r\n', ':1\r\n']);
  });

  test('a key renamed to its own name stays as it is', () => {
    expect(ask('RENAME a a')).toBe(OK);
    expect(ask('TTL a')).toBe(':100\r\n');
    expect(ask('RENAME none none')).toBe('-ERR no such key\r\n');
  });

  test('COPY makes an independent value with the same expiry', () => {
    ask('SADD s x');
    expect(ask('COPY s t')).toBe(':1\r\n');
    ask('SADD t y');
    expect([ask('SCARD s'), ask('SCARD t')]).toEqual([':1\r\n', ':2\r\n']);
    expect([ask('COPY a b'), ask('COPY a b REPLACE'), ask('TTL b')]).toEqual([':0\r\n', ':1\r\n', ':100\r\n']);
    expect(ask('COPY a a DB 1')).toBe(':1\r\n');
  });

  test.each([
    ['COPY a a', 'source and destination objects are the same'],
    ['COPY a b DB 16', 'DB index is out of range'],
    ['COPY a b DB', 'syntax error'],
    ['COPY a b DB 99999999999', 'value is out of range, value must between -2147483648 and 2147483647'],
    ['MOVE a 0', 'source and destination objects are the same'],
    ['MOVE a -1', 'DB index is out of range'],
  ])('%s is an error', (line, text) => {
    expect(ask(line)).toBe(`-ERR ${text}\r\n`);
  });

  test('MOVE takes a key to another database unless that has one of this name', () => {
    expect([ask('MOVE a 1'), ask('EXISTS a')]).toEqual([':1\r\n', ':0\r\n']);
    ask('SET a new');
    expect(ask('MOVE a 1')).toBe(':0\r\n');
  });
});

describe('SCAN', () => {
  beforeEach(() => {
    for (let i = 0; i < 25; i++) client.ask('SET', `key:${i}`, 'v');
    ask('SADD set x');
  });

  test('returns every key once in steps of COUNT', () => {
    const found: string[] = [];
    let cursor = '0';
    do {
      const [, next = '', rest = ''] = /^\*2\r\n\$\d+\r\n(\d+)\r\n([^]*)$/.exec(ask(`SCAN ${cursor} COUNT 7`))!;
      cursor = next;
      found.push(...rest.split('\r\n').filter((line) => /^(key:|set)/.test(line)));
    } while (cursor !== '0');
    expect(found).toHaveLength(26);
    expect(new Set(found).size).toBe(26);
  });

  test('filters by MATCH and by TYPE', () => {
    expect(ask('SCAN 0 COUNT 100 TYPE SET')).toBe('*2\r\n$1\r\n0\r\n*1\r\n$3\r\nset\r\n');
    expect(ask('SCAN 0 COUNT 100 MATCH *:2?')).toContain('*5\r\n');
    expect(ask('SCAN 0 COUNT 100 TYPE nothing')).toBe('*2\r\n$1\r\n0\r\n*0\r\n');
  });

  test.each(['18446744073709551615', '18446744073709550592', '9007199254740993', '-1', '+5', '-18446744073709551615'])('%s is a cursor, as any 64 bits are', (cursor) => {
    expect(ask(`SCAN ${cursor} COUNT 100`)).toMatch(/^\*2\r\n\$1\r\n0\r\n/);
    expect(ask(`SSCAN set ${cursor} COUNT 100`)).toMatch(/^\*2\r\n\$1\r\n0\r\n/);
  });

  test.each([
    ['SCAN x', 'invalid cursor'],
    ['SCAN 18446744073709551616', 'invalid cursor'],
    ['SCAN -18446744073709551616', 'invalid cursor'],
    ['SCAN 0 COUNT 0', 'syntax error'],
    ['SCAN 0 COUNT x', 'value is not an integer or out of range'],
    ['SCAN 0 MATCH', 'syntax error'],
    ['SCAN 0 NOVALUES', 'syntax error'],
  ])('%s is an error', (line, text) => {
    expect(ask(line)).toBe(`-ERR ${text}\r\n`);
  });
});

describe('OBJECT', () => {
  test.each([
    ['123', 'int'],
    ['text', 'embstr'],
    ['x'.repeat(45), 'raw'],
  ])('ENCODING of %s is %s', (value, encoding) => {
    client.ask('SET', 'k', value);
    expect(ask('OBJECT ENCODING k')).toBe(bulk(encoding));
  });

  test('small integers count as shared', () => {
    ask('SET k 9999');
    expect(ask('OBJECT REFCOUNT k')).toBe(':2147483647\r\n');
    ask('SET k 10000');
    expect(ask('OBJECT REFCOUNT k')).toBe(':1\r\n');
  });

  test('IDLETIME is the seconds since the last use, and TOUCH resets it', () => {
    ask('SET k v');
    lab.advance(9500);
    expect(ask('OBJECT IDLETIME k')).toBe(':9\r\n');
    expect(ask('OBJECT IDLETIME k')).toBe(':9\r\n');
    ask('TOUCH k');
    expect(ask('OBJECT IDLETIME k')).toBe(':0\r\n');
  });

  test('FREQ needs an LFU policy, and IDLETIME another', () => {
    ask('SET k v');
    expect(ask('OBJECT FREQ k')).toMatch(/^-ERR An LFU maxmemory policy is not selected/);
    lab.server.config.set('maxmemory-policy', 'allkeys-lfu');
    ask('SET new v');
    expect(ask('OBJECT FREQ new')).toBe(':5\r\n');
    expect(ask('OBJECT IDLETIME k')).toMatch(/^-ERR An LFU maxmemory policy is selected/);
  });

  test('every subcommand returns nil for a missing key', () => {
    expect(['ENCODING', 'REFCOUNT', 'IDLETIME', 'FREQ'].map((name) => ask(`OBJECT ${name} none`))).toEqual([NIL, NIL, NIL, NIL]);
  });

  test('a subcommand must be named, also after OBJECT was called without one', () => {
    expect(ask('OBJECT')).toBe("-ERR wrong number of arguments for 'object' command\r\n");
    expect(ask('OBJECT HELP')).toMatch(/^\*15\r\n\+OBJECT <subcommand>/);
    expect(ask('OBJECT other')).toBe("-ERR unknown subcommand 'other'. Try OBJECT HELP.\r\n");
  });
});

describe('WAIT', () => {
  test('replies at once if no replica is required', () => {
    expect(ask('WAIT 0 0')).toBe(':0\r\n');
  });

  test('waits for its whole timeout, there being no replicas', () => {
    expect(ask('WAIT 1 100')).toBe('');
    lab.advance(100);
    expect(client.receive()).toBe(':0\r\n');
  });

  test.each([
    ['WAIT x 0', 'value is not an integer or out of range'],
    ['WAIT 0 x', 'timeout is not an integer or out of range'],
    ['WAIT 0 -1', 'timeout is negative'],
  ])('%s is an error', (line, text) => {
    expect(ask(line)).toBe(`-ERR ${text}\r\n`);
  });
});

test('keyspace notifications reach a subscriber, in the order of Redis', () => {
  lab.server.config.set('notify-keyspace-events', 'EA');
  const subscriber = lab.connect();
  subscriber.ask('PSUBSCRIBE', '__keyevent@*');
  ask('SET k v');
  ask('RENAME k l');
  ask('EXPIRE l -1');
  const heard = [...subscriber.receive().matchAll(/__keyevent@0__:(\w+)\r\n\$\d+\r\n(\w+)/g)].map((match) => `${match[1]} ${match[2]}`);
  expect(heard).toEqual(['set k', 'rename_from k', 'rename_to l', 'del l']);
});
