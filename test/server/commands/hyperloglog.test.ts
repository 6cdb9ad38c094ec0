import { describe, expect, test } from 'vitest';
import { simulate } from '../simulation/harness.js';

const WRONG_TYPE = '-WRONGTYPE Key is not a valid HyperLogLog string value.\r\n';
const CORRUPTED = '-INVALIDOBJ Corrupted HLL object detected\r\n';

describe('PFADD and PFCOUNT', () => {
  test('count different elements, and say whether anything changed', () => {
    using lab = simulate();
    const client = lab.connect();
    expect(client.ask('PFADD', 'h', 'a', 'b', 'a')).toBe(':1\r\n');
    expect(client.ask('PFADD', 'h', 'a')).toBe(':0\r\n');
    expect(client.ask('PFADD', 'h')).toBe(':0\r\n');
    expect(client.ask('PFADD', 'empty')).toBe(':1\r\n');
    expect(client.ask('PFCOUNT', 'h')).toBe(':2\r\n');
    expect(client.ask('PFADD', 'other', 'b', 'c')).toBe(':1\r\n');
    expect(client.ask('PFCOUNT', 'h', 'other', 'none', 'empty')).toBe(':3\r\n');
    expect(client.ask('PFCOUNT', 'none')).toBe(':0\r\n');
  });

  test('the cached count is part of the value', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('PFADD', 'h', 'a', 'b');
    client.ask('PFCOUNT', 'h');
    client.ask('SETRANGE', 'h', '8', '\x2a');
    expect(client.ask('PFCOUNT', 'h')).toBe(':42\r\n');
    client.ask('PFADD', 'h', 'c');
    expect(client.ask('PFCOUNT', 'h')).toBe(':3\r\n');
  });

  test('refuse other strings, and detect corrupted ones', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('SET', 'text', 'abc');
    client.ask('SADD', 'set', 'a');
    client.ask('SET', 'broken', `HYLL\x01${'\0'.repeat(10)}\x80\x7f\xfe`);
    expect(client.ask('PFADD', 'text', 'a')).toBe(WRONG_TYPE);
    expect(client.ask('PFCOUNT', 'text')).toBe(WRONG_TYPE);
    expect(client.ask('PFCOUNT', 'none', 'text')).toBe(WRONG_TYPE);
    expect(client.ask('PFADD', 'set', 'a')).toBe('-WRONGTYPE Operation against a key holding the wrong kind of value\r\n');
    expect(client.ask('PFCOUNT', 'broken')).toBe(CORRUPTED);
    expect(client.ask('PFCOUNT', 'broken', 'none')).toBe(CORRUPTED);
    expect(client.ask('PFMERGE', 'target', 'broken')).toBe(CORRUPTED);
  });
});

describe('PFMERGE', () => {
  test('computes the union, dense if one of the sources is', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('PFADD', 'a', '1', '2');
    client.ask('PFADD', 'b', '2', '3');
    expect(client.ask('PFMERGE', 'c', 'a', 'b', 'none')).toBe('+OK\r\n');
    expect(client.ask('PFCOUNT', 'c')).toBe(':3\r\n');
    expect(client.ask('PFDEBUG', 'ENCODING', 'c')).toBe('+sparse\r\n');
    expect(client.ask('PFDEBUG', 'TODENSE', 'a')).toBe(':1\r\n');
    expect(client.ask('PFDEBUG', 'TODENSE', 'a')).toBe(':0\r\n');
    expect(client.ask('PFMERGE', 'c', 'a')).toBe('+OK\r\n');
    expect(client.ask('PFDEBUG', 'ENCODING', 'c')).toBe('+dense\r\n');
    expect(client.ask('PFCOUNT', 'c')).toBe(':3\r\n');
  });

  test('without sources creates an empty one', () => {
    using lab = simulate();
    const client = lab.connect();
    expect(client.ask('PFMERGE', 'c')).toBe('+OK\r\n');
    expect(client.ask('PFCOUNT', 'c')).toBe(':0\r\n');
  });
});

describe('PFDEBUG', () => {
  test('shows runs and registers', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('PFADD', 'h', 'a');
    expect(client.ask('PFDEBUG', 'decode', 'h')).toBe('$20\r\nZ:12711 v:2,1 Z:3672\r\n');
    expect(client.ask('PFDEBUG', 'GETREG', 'h').startsWith('*16384\r\n')).toBe(true);
    expect(client.ask('PFDEBUG', 'DECODE', 'h')).toBe('-ERR HLL encoding is not sparse\r\n');
    expect(client.ask('PFDEBUG', 'DECODE', 'none')).toBe('-ERR The specified key does not exist\r\n');
    expect(client.ask('PFDEBUG', 'what', 'h')).toBe("-ERR Unknown PFDEBUG subcommand 'what'\r\n");
  });
});

test('PFSELFTEST passes', { timeout: 60_000 }, () => {
  using lab = simulate();
  expect(lab.connect().ask('PFSELFTEST')).toBe('+OK\r\n');
});

test('hll-sparse-max-bytes determines when a HyperLogLog becomes dense', () => {
  using lab = simulate({ settings: { 'hll-sparse-max-bytes': 20 } });
  const client = lab.connect();
  client.ask('PFADD', 'h', 'a', 'b', 'c');
  expect(client.ask('PFDEBUG', 'ENCODING', 'h')).toBe('+dense\r\n');
});
