import { describe, expect, test } from 'vitest';
import { simulate } from '../simulation/harness.js';

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const array = (...replies: string[]): string => `*${replies.length}\r\n${replies.join('')}`;
const entry = (id: string, ...fields: string[]): string => array(bulk(id), array(...fields.map(bulk)));
const OK = '+OK\r\n';
const NIL_ARRAY = '*-1\r\n';
/** The clock of the simulation at the start. */
const NOW = 1_000_000;

describe('IDs from the clock', () => {
  test('are its milliseconds, with a sequence within one, and never decrease', () => {
    using lab = simulate({ nowMs: NOW });
    const client = lab.connect();
    expect(client.ask('XADD', 'x', '*', 'a', '1')).toBe(bulk('1000000-0'));
    expect(client.ask('XADD', 'x', '*', 'a', '1')).toBe(bulk('1000000-1'));
    lab.advance(5);
    expect(client.ask('XADD', 'x', '*', 'a', '1')).toBe(bulk('1000005-0'));
    expect(client.ask('XADD', 'x', '2000000-7', 'a', '1')).toBe(bulk('2000000-7'));
    expect(client.ask('XADD', 'x', '*', 'a', '1')).toBe(bulk('2000000-8'));
  });
});

test.each([
  ['05-1', '5-1'], ['5-02', '5-2'], ['6', '6-0'], [' 7-1', '7-1'], ['+8-1', '8-1'], ['9-*', '9-0'], ['00-10', '0-10'], ['1700000000000-5', '1700000000000-5'],
  ['18446744073709551614-1', '18446744073709551614-1'], ['018446744073709551614-*', '18446744073709551614-0'],
])('the ID given as %j is replied as %s', (given, id) => {
  using lab = simulate();
  const client = lab.connect();
  expect(client.ask('XADD', 'x', given, 'f', 'v')).toBe(bulk(id));
  expect(client.ask('XRANGE', 'x', '-', '+')).toBe(array(entry(id, 'f', 'v')));
});

describe('waiting with XREAD', () => {
  test('ends with the next entry, for all waiting clients', () => {
    using lab = simulate();
    const [a, b, writer] = [lab.connect(), lab.connect(), lab.connect()];
    expect(a.ask('XREAD', 'BLOCK', '0', 'STREAMS', 'x', '$')).toBe('');
    expect(b.ask('XREAD', 'BLOCK', '0', 'STREAMS', 'y', 'x', '0', '0')).toBe('');
    writer.ask('XADD', 'x', '1-1', 'f', 'v');
    const reply = array(array(bulk('x'), array(entry('1-1', 'f', 'v'))));
    expect([a.receive(), b.receive()]).toEqual([reply, reply]);
  });

  test('ends at the timeout', () => {
    using lab = simulate();
    const client = lab.connect();
    expect(client.ask('XREAD', 'BLOCK', '100', 'STREAMS', 'x', '$')).toBe('');
    lab.advance(99);
    expect(client.receive()).toBe('');
    lab.advance(1);
    expect(client.receive()).toBe(NIL_ARRAY);
  });
});

describe('waiting with XREADGROUP', () => {
  test('gives each new entry to one consumer, in the order of waiting', () => {
    using lab = simulate();
    const [a, b, writer] = [lab.connect(), lab.connect(), lab.connect()];
    expect(writer.ask('XGROUP', 'CREATE', 'x', 'g', '$', 'MKSTREAM')).toBe(OK);
    for (const [client, name] of [[a, 'ann'], [b, 'bob']] as const) client.ask('XREADGROUP', 'GROUP', 'g', name, 'BLOCK', '0', 'STREAMS', 'x', '>');
    writer.ask('XADD', 'x', '1-1', 'f', 'v');
    expect([a.receive(), b.receive()]).toEqual([array(array(bulk('x'), array(entry('1-1', 'f', 'v')))), '']);
    writer.ask('XADD', 'x', '1-2', 'f', 'v');
    expect(b.receive()).toBe(array(array(bulk('x'), array(entry('1-2', 'f', 'v')))));
    expect(writer.ask('XPENDING', 'x', 'g')).toBe(array(':2\r\n', bulk('1-1'), bulk('1-2'), array(array(bulk('ann'), bulk('1')), array(bulk('bob'), bulk('1')))));
  });

  test.each([
    ['the group', ['XGROUP', 'DESTROY', 'x', 'g'], '-NOGROUP the consumer group this client was blocked on no longer exists\r\n'],
    ['the key', ['DEL', 'x'], '-UNBLOCKED the stream key no longer exists\r\n'],
    ['the type', ['SET', 'x', 'text'], '-UNBLOCKED the stream key no longer exists\r\n'],
  ])('ends with an error when %s is gone', (_name, argv, error) => {
    using lab = simulate();
    const [client, other] = [lab.connect(), lab.connect()];
    other.ask('XGROUP', 'CREATE', 'x', 'g', '$', 'MKSTREAM');
    client.ask('XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', '0', 'STREAMS', 'x', '>');
    other.ask(...argv);
    expect(client.receive()).toBe(error);
  });

  test('continues through changes that add no entry', () => {
    using lab = simulate();
    const [client, other] = [lab.connect(), lab.connect()];
    other.ask('XADD', 'x', '1-1', 'f', 'v');
    other.ask('XGROUP', 'CREATE', 'x', 'g', '$');
    client.ask('XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', '0', 'STREAMS', 'x', '>');
    for (const line of ['XSETID x 5-0', 'XDEL x 1-1', 'XGROUP CREATE x h 0', 'EXPIRE x 100']) other.ask(...line.split(' '));
    expect(client.receive()).toBe('');
  });
});

test('a client parked on a sorted set is woken by a new one, and not by one that replaces a key of another type', () => {
  using lab = simulate();
  const [client, other] = [lab.connect(), lab.connect()];
  other.ask('ZADD', 'source', '1', 'm');
  client.ask('BZPOPMIN', 'z', 'w', '0');
  other.ask('SET', 'z', 'text');
  other.ask('ZUNIONSTORE', 'z', '1', 'source');
  expect(client.receive()).toBe('');
  other.ask('ZUNIONSTORE', 'w', '1', 'source');
  expect(client.receive()).toBe(array(bulk('w'), bulk('m'), bulk('1')));
});

describe('idle times', () => {
  test('count from the last delivery, and decide what may be claimed', () => {
    using lab = simulate({ nowMs: NOW });
    const client = lab.connect();
    client.ask('XADD', 'x', '1-1', 'f', 'v');
    client.ask('XGROUP', 'CREATE', 'x', 'g', '0');
    client.ask('XREADGROUP', 'GROUP', 'g', 'ann', 'STREAMS', 'x', '>');
    lab.advance(500);
    expect(client.ask('XPENDING', 'x', 'g', '-', '+', '5')).toBe(array(array(bulk('1-1'), bulk('ann'), ':500\r\n', ':1\r\n')));
    expect(client.ask('XCLAIM', 'x', 'g', 'bob', '501', '1-1')).toBe('*0\r\n');
    expect(client.ask('XAUTOCLAIM', 'x', 'g', 'bob', '500', '0', 'JUSTID')).toBe(array(bulk('0-0'), array(bulk('1-1')), '*0\r\n'));
    expect(client.ask('XPENDING', 'x', 'g', '-', '+', '5')).toBe(array(array(bulk('1-1'), bulk('bob'), ':0\r\n', ':1\r\n')));
    expect(client.ask('XCLAIM', 'x', 'g', 'ann', '0', '1-1', 'IDLE', '40', 'RETRYCOUNT', '7', 'JUSTID')).toBe(array(bulk('1-1')));
    expect(client.ask('XPENDING', 'x', 'g', 'IDLE', '40', '-', '+', '5')).toBe(array(array(bulk('1-1'), bulk('ann'), ':40\r\n', ':7\r\n')));
  });
});

describe('RESTORE', () => {
  const FIVE = Buffer.from('00c0050a00632f5f66832fb351', 'hex').latin1Slice();

  test('restores a value, with its time to live', () => {
    using lab = simulate({ nowMs: NOW });
    const client = lab.connect();
    expect(client.ask('RESTORE', 'k', '1500', FIVE)).toBe(OK);
    expect(client.ask('GET', 'k')).toBe(bulk('5'));
    expect(client.ask('PTTL', 'k')).toBe(':1500\r\n');
    expect(client.ask('RESTORE', 'k', '0', FIVE)).toBe('-BUSYKEY Target key name already exists.\r\n');
    expect(client.ask('RESTORE', 'k', '2000000', FIVE, 'REPLACE', 'ABSTTL', 'IDLETIME', '77')).toBe(OK);
    expect(client.ask('PEXPIRETIME', 'k')).toBe(':2000000\r\n');
    expect(client.ask('OBJECT', 'IDLETIME', 'k')).toBe(':77\r\n');
  });

  test('of an expired value deletes the key that it was to replace', () => {
    using lab = simulate({ nowMs: NOW });
    const client = lab.connect();
    client.ask('SET', 'k', 'v');
    expect(client.ask('RESTORE', 'k', '5', FIVE, 'REPLACE', 'ABSTTL')).toBe(OK);
    expect(client.ask('EXISTS', 'k')).toBe(':0\r\n');
  });

  test('keeps a counter of uses if the policy counts them', () => {
    using lab = simulate({ settings: { 'maxmemory-policy': 'allkeys-lfu' } });
    const client = lab.connect();
    expect(client.ask('RESTORE', 'k', '0', FIVE, 'FREQ', '99')).toBe(OK);
    expect(client.ask('OBJECT', 'FREQ', 'k')).toBe(':99\r\n');
  });
});

test('SORT gives a small sorted set its dict permanently', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('ZADD', 'z', '1', 'b', '2', 'a');
  expect(client.ask('SORT', 'z', 'ALPHA')).toBe(array(bulk('a'), bulk('b')));
  expect(client.ask('OBJECT', 'ENCODING', 'z')).toBe(bulk('skiplist'));
});

test('a range that a transaction has read is that of its moment', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('XADD', 'x', '1-0', 'f', 'a');
  client.ask('MULTI');
  for (const request of [['XRANGE', 'x', '-', '+'], ['XREAD', 'STREAMS', 'x', '0'], ['XDEL', 'x', '1-0'], ['XADD', 'x', '2-0', 'f', 'b']]) client.ask(...request);
  const before = array(entry('1-0', 'f', 'a'));
  expect(client.ask('EXEC')).toBe(array(before, array(array(bulk('x'), before)), ':1\r\n', bulk('2-0')));
  expect(client.ask('XRANGE', 'x', '-', '+')).toBe(array(entry('2-0', 'f', 'b')));
});
