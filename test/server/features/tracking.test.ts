/** Client-side caching beyond what transcripts can express: redirections, the limit of the table, and that it costs nothing when unused. */
import { describe, expect, test, vi } from 'vitest';
import { type Lab, type LabClient, simulate } from '../simulation/harness.js';

function idOf(client: LabClient): string {
  return client.ask('CLIENT', 'ID').slice(1, -2);
}

function trackingClient(lab: Lab, ...options: string[]): LabClient {
  const client = lab.connect();
  client.ask('HELLO', '3');
  expect(client.ask('CLIENT', 'TRACKING', 'ON', ...options)).toBe('+OK\r\n');
  return client;
}

const invalidation = (key: string): string => `>2\r\n$10\r\ninvalidate\r\n*1\r\n$${key.length}\r\n${key}\r\n`;

describe('redirection', () => {
  test('a RESP2 subscriber is sent messages of the channel __redis__:invalidate', () => {
    using lab = simulate();
    const target = lab.connect();
    const reader = lab.connect();
    const writer = lab.connect();
    expect(reader.ask('CLIENT', 'TRACKING', 'ON', 'REDIRECT', idOf(target))).toBe('+OK\r\n');
    reader.ask('GET', 'k');
    writer.ask('SET', 'k', '1');
    // Not subscribed yet, so it cannot be notified; and the key is forgotten.
    expect(target.receive()).toBe('');
    target.ask('SUBSCRIBE', '__redis__:invalidate');
    writer.ask('SET', 'k', '1');
    expect(target.receive()).toBe('');
    reader.ask('GET', 'k');
    writer.ask('SET', 'k', '1');
    expect(target.receive()).toBe('*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n');
    writer.ask('FLUSHALL');
    expect(target.receive()).toBe('*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n$-1\r\n');
  });

  test('when the target disconnects, a RESP3 client is notified, and CLIENT shows it', () => {
    using lab = simulate();
    const target = lab.connect();
    const id = idOf(target);
    const reader = trackingClient(lab, 'REDIRECT', id);
    reader.ask('GET', 'k');
    target.close();
    lab.settle();
    lab.connect().ask('SET', 'k', '1');
    expect(reader.receive()).toBe(`>2\r\n$21\r\ntracking-redir-broken\r\n:${id}\r\n`);
    expect(reader.ask('CLIENT', 'TRACKINGINFO')).toContain('broken_redirect');
    expect(reader.ask('CLIENT', 'INFO')).toContain(' flags=tR ');
    expect(reader.ask('CLIENT', 'GETREDIR')).toBe(`:${id}\r\n`);
  });
});

test('the oldest keys are invalidated when the table outgrows tracking-table-max-keys', () => {
  using lab = simulate({ settings: { 'tracking-table-max-keys': 2 } });
  const reader = trackingClient(lab);
  for (const key of ['a', 'b', 'c']) reader.ask('GET', key);
  expect(lab.server.tracking.counts).toEqual({ clients: 1, keys: 3, items: 3, prefixes: 0 });
  lab.connect().ask('PING');
  expect(reader.receive()).toBe(invalidation('a'));
  expect(lab.server.tracking.counts.keys).toBe(2);
});

test('the table is reduced also if no command arrives: after what the last one has read, and after the limit was lowered', () => {
  using lab = simulate();
  const reader = trackingClient(lab);
  for (let i = 0; i < 250; i++) reader.ask('GET', `k${i}`);
  lab.connect().ask('CONFIG', 'SET', 'tracking-table-max-keys', '10');
  expect(lab.server.tracking.counts.keys).toBe(250);
  lab.advance(100);
  expect(lab.server.tracking.counts.keys).toBe(150);
  lab.advance(100);
  expect(lab.server.tracking.counts.keys).toBe(10);
  expect(reader.receive().match(/invalidate/g)).toHaveLength(240);
  reader.ask('GET', 'one more');
  lab.advance(100);
  expect(reader.receive()).toBe(invalidation('k240'));
  expect(lab.server.loop.timers.nearest()).toBe(null);
});

test('an overfull table without clients keeps no timer', () => {
  using lab = simulate({ settings: { 'tracking-table-max-keys': 1 } });
  const reader = trackingClient(lab);
  reader.ask('MGET', 'a', 'b', 'c');
  reader.close();
  lab.advance(100);
  expect(lab.server.loop.timers.nearest()).toBe(null);
});

test('keys removed by the server itself are reported as well', () => {
  using lab = simulate();
  const reader = trackingClient(lab);
  lab.connect().ask('SET', 'k', 'v', 'PX', '50');
  reader.ask('GET', 'k');
  lab.advance(1000);
  expect(reader.receive()).toBe(invalidation('k'));
});

test('broadcasts of one turn are one message, in the order of the keys', () => {
  using lab = simulate();
  const reader = trackingClient(lab, 'BCAST', 'PREFIX', 'a');
  const writer = lab.connect();
  writer.send('SET ab 1\r\nSET aa 1\r\nSET b 1\r\nSET ab 2\r\n');
  writer.receive();
  expect(reader.receive()).toBe('>2\r\n$10\r\ninvalidate\r\n*2\r\n$2\r\naa\r\n$2\r\nab\r\n');
});

test('nothing is sent to a disconnected client, and the keyspace has no listener any more', () => {
  using lab = simulate();
  const reader = trackingClient(lab, 'BCAST');
  expect(lab.server.keyspace.listener).not.toBe(null);
  reader.close();
  lab.settle();
  expect(lab.server.keyspace.listener).toBe(null);
  expect(lab.server.tracking.counts).toEqual({ clients: 0, keys: 0, items: 0, prefixes: 0 });
});

test('CLIENT REPLY OFF does not silence invalidations', () => {
  using lab = simulate();
  const reader = trackingClient(lab);
  reader.ask('GET', 'k');
  expect(reader.ask('CLIENT', 'REPLY', 'OFF')).toBe('');
  lab.connect().ask('SET', 'k', '1');
  expect(reader.receive()).toBe(invalidation('k'));
});

test('reducing the table never visits keys that were forgotten before', () => {
  using lab = simulate({ settings: { 'tracking-table-max-keys': 500 } });
  const reader = trackingClient(lab);
  for (let i = 0; i < 500; i++) reader.sendCommand('GET', `k${i}`);
  reader.receive();
  const keys = vi.spyOn(Map.prototype, 'keys');
  const entries = vi.spyOn(Map.prototype, Symbol.iterator);
  for (let i = 500; i < 1000; i++) reader.sendCommand('GET', `k${i}`);
  const received = reader.receive();
  const walks = [...keys.mock.contexts, ...entries.mock.contexts].filter((map) => (map as Map<unknown, unknown>).size >= 500);
  keys.mockRestore();
  entries.mockRestore();
  expect(walks.length).toBe(0);
  expect(lab.server.tracking.counts.keys).toBe(501);
  expect(received.match(/invalidate/g)).toHaveLength(499);
  expect(received).not.toContain('k499\r\n');
});
