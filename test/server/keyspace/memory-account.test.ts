/** used_memory: what counts, that all of it is released, and that INFO shows what maxmemory limits. */
import { describe, expect, test } from 'vitest';
import { BASE_BYTES } from '../../../src/server/keyspace/memory-account.js';
import { type Lab, type LabClient, simulate } from '../simulation/harness.js';

function usedMemory(client: LabClient, field = 'used_memory'): number {
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(client.ask('INFO', 'memory'))![1]);
}

/** What `act` adds, seen by another client. */
function added(lab: Lab, act: (client: LabClient) => void): { readonly before: number; readonly meanwhile: number; readonly client: LabClient } {
  const client = lab.connect();
  const before = lab.server.keyspace.usedBytes;
  act(client);
  lab.settle();
  return { before, meanwhile: lab.server.keyspace.usedBytes - before, client };
}

test('an empty server uses a megabyte, and a little for each client', () => {
  using lab = simulate();
  const client = lab.connect();
  const withOne = usedMemory(client);
  expect(withOne).toBeGreaterThan(BASE_BYTES);
  expect(withOne).toBeLessThan(BASE_BYTES + 5000);
  const other = lab.connect();
  const withTwo = usedMemory(client);
  expect(withTwo - withOne).toBe(withOne - BASE_BYTES);
  other.close();
  lab.settle();
  expect(usedMemory(client)).toBe(withOne);
});

test('used_memory is the sum of its parts, and what maxmemory limits', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('SET', 'key', 'v'.repeat(10_000));
  client.ask('EVAL', "return 'a script'", '0');
  const [used, dataset, overhead] = ['used_memory', 'used_memory_dataset', 'used_memory_overhead'].map((field) => usedMemory(client, field));
  expect(used).toBe(lab.server.keyspace.usedBytes);
  expect(dataset! + overhead!).toBe(used);
  expect(usedMemory(client, 'used_memory_startup')).toBe(BASE_BYTES);
  client.ask('CONFIG', 'SET', 'maxmemory', String(used));
  expect(client.ask('SET', 'a', '1')).toBe('+OK\r\n');
  expect(client.ask('SET', 'b', '1')).toMatch(/^-OOM/);
  expect(client.ask('DEL', 'a')).toBe(':1\r\n');
  expect(client.ask('SET', 'c', '1')).toBe('+OK\r\n');
});

test('the same requests lead to the same figure', () => {
  const figures = [1, 2].map(() => {
    using lab = simulate();
    const client = lab.connect();
    for (let i = 0; i < 500; i++) client.ask('SET', `key:${i}`, 'v'.repeat(i));
    return usedMemory(client);
  });
  expect(figures[0]).toBe(figures[1]);
});

describe('what a client holds is counted while it holds it', () => {
  test.each<[what: string, least: number, most: number, act: (client: LabClient) => void, release: (client: LabClient, other: LabClient) => void]>([
    ['half an argument', 200_000, 450_000, (client) => client.send(`*2\r\n$4\r\nECHO\r\n$300000\r\n${'x'.repeat(200_000)}`), (client) => client.send(`${'x'.repeat(100_000)}\r\n`)],
    ['whole arguments of half a request', 199_000, 300_000, (client) => client.send(`*300\r\n${`$1000\r\n${'x'.repeat(1000)}\r\n`.repeat(200)}`), (client) => client.send(`$1\r\nx\r\n`.repeat(100))],
    ['requests of a parked client', 140_000, 300_000, (client) => client.send(`BLPOP k 0\r\n${'PING\r\n'.repeat(24_000)}`), (_client, other) => void other.ask('RPUSH', 'k', 'v')],
    ['a transaction', 100_000, 110_000, (client) => client.send(`MULTI\r\n*2\r\n$4\r\nECHO\r\n$100000\r\n${'x'.repeat(100_000)}\r\n`), (client) => client.send('DISCARD\r\n')],
    ['replies that it does not read', 500_000, 600_000, (client) => {
      client.peer.setWindow(0);
      for (let i = 0; i < 5; i++) client.sendCommand('ECHO', 'x'.repeat(100_000));
    }, (client) => client.peer.setWindow(Infinity)],
  ])('%s', (_what, least, most, act, release) => {
    using lab = simulate();
    const other = lab.connect();
    const { before, meanwhile, client } = added(lab, act);
    expect(meanwhile).toBeGreaterThan(least);
    expect(meanwhile).toBeLessThan(most);
    expect(usedMemory(other, 'mem_clients_normal')).toBe(lab.server.keyspace.memory.clients);
    release(client, other);
    client.receive();
    expect(lab.server.keyspace.usedBytes).toBe(before);
  });

  test('and released when it disconnects', () => {
    using lab = simulate();
    const { before, client } = added(lab, (client) => {
      client.peer.setWindow(0);
      client.sendCommand('ECHO', 'x'.repeat(100_000));
      client.send(`MULTI\r\nSET a 1\r\n*2\r\n$4\r\nECHO\r\n$300000\r\n${'x'.repeat(200_000)}`);
    });
    client.reset();
    lab.settle();
    expect(lab.server.keyspace.usedBytes).toBeLessThan(before);
    expect(lab.server.keyspace.memory.clients).toBe(0);
  });
});

test('the table of keys that clients cache is counted, and so are scripts and libraries', () => {
  using lab = simulate();
  const client = lab.connect();
  const { memory } = lab.server.keyspace;
  client.ask('CLIENT', 'TRACKING', 'ON');
  for (let i = 0; i < 100; i++) client.ask('GET', `key:${i}`);
  expect(memory.tracking).toBeGreaterThan(100 * 200);
  for (let i = 0; i < 100; i++) client.ask('SET', `key:${i}`, 'v');
  expect(memory.tracking).toBe(0);
  client.ask('GET', 'key:1');
  client.ask('FLUSHALL');
  expect(memory.tracking).toBe(0);
  const code = `return '${'x'.repeat(10_000)}'`;
  const library = (name: string): string => `#!lua name=${name}\nredis.register_function('f${name}', function() ${code} end)`;
  client.ask('EVAL', code, '0');
  const withScript = memory.scripts;
  expect(withScript).toBeGreaterThan(10_000);
  client.ask('EVAL', code, '0');
  expect(memory.scripts).toBe(withScript);
  client.ask('FUNCTION', 'LOAD', library('a'));
  client.ask('FUNCTION', 'LOAD', library('b'));
  client.ask('FUNCTION', 'LOAD', 'REPLACE', library('b'));
  expect(memory.scripts).toBeGreaterThan(withScript + 20_000);
  client.ask('FUNCTION', 'DELETE', 'a');
  client.ask('FUNCTION', 'FLUSH');
  expect(memory.scripts).toBe(withScript);
  client.ask('SCRIPT', 'FLUSH');
  expect(memory.scripts).toBe(0);
});

describe('a limit', () => {
  test('below what is used evicts at once, without another command, and is logged', () => {
    using lab = simulate({ settings: { 'maxmemory-policy': 'allkeys-lru' } });
    const client = lab.connect();
    for (let i = 0; i < 100; i++) client.ask('SET', `key:${i}`, 'v'.repeat(1000));
    const limit = lab.server.keyspace.usedBytes - 50_000;
    expect(client.ask('CONFIG', 'SET', 'maxmemory', String(limit))).toBe('+OK\r\n');
    expect(lab.server.keyspace.usedBytes).toBeLessThanOrEqual(limit);
    expect(lab.server.keyspace.databases[0]!.size).toBeGreaterThan(40);
    expect(lab.log.at(-1)).toMatch(/^warning: WARNING: the new maxmemory value set via CONFIG SET \(\d+\) is smaller than the current memory usage \(\d+\)\. This will result in key eviction/);
  });

  test('set inside a transaction evicts after it', () => {
    using lab = simulate({ settings: { 'maxmemory-policy': 'allkeys-lru' } });
    const client = lab.connect();
    client.send('MULTI\r\nINCR x\r\nCONFIG SET maxmemory 1\r\nINCR x\r\nEXEC\r\n');
    expect(client.receive()).toMatch(/\*3\r\n:1\r\n\+OK\r\n:2\r\n$/);
    expect(lab.server.keyspace.databases[0]!.size).toBe(0);
  });

  test('also applies to unread output of clients: keys are evicted for it', () => {
    using lab = simulate({ settings: { 'maxmemory-policy': 'allkeys-lru' } });
    const [reader, writer] = [lab.connect(), lab.connect()];
    for (let i = 0; i < 50; i++) writer.ask('SET', `key:${i}`, 'v'.repeat(10_000));
    writer.ask('CONFIG', 'SET', 'maxmemory', String(lab.server.keyspace.usedBytes + 20_000));
    reader.peer.setWindow(0);
    for (let i = 0; i < 10; i++) reader.sendCommand('GET', 'key:49');
    lab.settle();
    writer.ask('PING');
    expect(lab.server.keyspace.stats.evicted).toBeGreaterThanOrEqual(8);
    expect(lab.server.keyspace.stats.evicted).toBeLessThan(25);
  });

  test('evictions that fill the buffers of caching clients do not lead to more of them', () => {
    using lab = simulate({ settings: { 'maxmemory-policy': 'allkeys-lru', 'maxmemory-eviction-tenacity': 100 } });
    const writer = lab.connect();
    const readers = Array.from({ length: 10 }, () => lab.connect());
    for (const reader of readers) reader.send('HELLO 3\r\nCLIENT TRACKING ON\r\n');
    for (let i = 0; i < 300; i++) {
      const key = `${i}${'x'.repeat(1000)}`;
      writer.ask('SET', key, 'x');
      for (const reader of readers) reader.ask('GET', key);
    }
    for (const reader of readers) reader.peer.setWindow(0);
    const before = lab.server.keyspace.usedBytes;
    writer.sendCommand('CONFIG', 'SET', 'maxmemory', String(before - 40_000));
    lab.turn();
    expect(lab.server.keyspace.stats.evicted).toBeGreaterThan(10);
    expect(lab.server.keyspace.stats.evicted).toBeLessThan(50);
  });
});
